import type { Executor } from '../../db/client.ts';
import type { Page, PageWish } from '../../db/queries/instant.ts';
import { listResources, readResource, type ResourceView } from '../../db/queries/resource.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import type { PersonPrincipal } from '../principal.ts';
import { reading } from '../transact.ts';
import { customerIdOf } from './list-people.ts';
import { notFound } from './refusals.ts';

/** What access can be held on, by name. A customer is named by its id or key. */
export function findResources(
  deps: ApiDeps,
  caller: PersonPrincipal,
  filter: { find?: string | undefined; customer?: string | undefined },
  page: PageWish,
): Promise<Outside<Page<ResourceView>>> {
  return reading(deps, caller, async (tx) => {
    const customer = await customerIdOf(tx, filter.customer);
    return listResources(tx, { find: filter.find, customer }, page);
  });
}

/** One resource, by id or key. @throws TenureError `not-found` */
export function showResource(
  deps: ApiDeps,
  caller: PersonPrincipal,
  name: string,
): Promise<Outside<ResourceView>> {
  return reading(deps, caller, (tx) => resourceOf(tx, name));
}

/** @throws TenureError `not-found` for one that is none or that the caller may not know */
export async function resourceOf(tx: Executor, name: string): Promise<ResourceView> {
  const resource = await readResource(tx, name);
  if (!resource) throw notFound();
  return resource;
}
