import { type AccessRequestView, readAccessRequest } from '../../db/queries/access-request.ts';
import { type AccessRequestFilter, listAccessRequests } from '../../db/queries/access-request-list.ts';
import type { Page, PageWish } from '../../db/queries/instant.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import { type PersonPrincipal, viewerOf } from '../principal.ts';
import { reading } from '../transact.ts';
import { resolveFilters } from './references.ts';
import { notFound } from './refusals.ts';

/** What a list of requests is narrowed to, by the names that the caller uses. */
export type AccessRequestNames = Pick<AccessRequestFilter, 'state' | 'person' | 'customer' | 'resource'> & {
  waitingForMe: boolean;
};

/** The requests that the caller may see, newest first. */
export function findAccessRequests(
  deps: ApiDeps,
  caller: PersonPrincipal,
  names: AccessRequestNames,
  page: PageWish,
): Promise<Outside<Page<AccessRequestView>>> {
  return reading(deps, caller, async (tx) => {
    const { person, customer, resource } = names;
    const found = await resolveFilters(tx, { person, customer, resource });
    const filter: AccessRequestFilter = {
      state: names.state,
      person: found.person ?? undefined,
      customer: found.customer ?? undefined,
      resource: found.resource ?? undefined,
      waitingFor: names.waitingForMe ? caller.personId : undefined,
    };
    return listAccessRequests(tx, viewerOf(caller), filter, page);
  });
}

/** One request, by id or reference. */
export function getAccessRequest(
  deps: ApiDeps,
  caller: PersonPrincipal,
  name: string,
): Promise<Outside<AccessRequestView>> {
  return reading(deps, caller, async (tx) => {
    const request = await readAccessRequest(tx, viewerOf(caller), name);
    if (!request) throw notFound();
    return request;
  });
}
