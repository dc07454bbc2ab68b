import { readCustomersOf } from '../../db/queries/reachable.ts';
import { listResources, readResource, type ResourceView } from '../../db/queries/resource.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import type { PersonPrincipal } from '../principal.ts';
import { reading } from '../transact.ts';

/** What somebody may mean by a name. */
export interface ResourceChoice {
  /** The one that is meant: it is called exactly so, or nothing else is. */
  resource: ResourceView | null;
  found: ResourceView[];
  /** Whose data may be named, on what customers share. */
  customers: { key: string; name: string }[];
}

/** Finds the resource by what was typed: its key, its id, its name or a part of them. */
export function chooseResource(
  deps: ApiDeps,
  caller: PersonPrincipal,
  typed: string,
): Promise<Outside<ResourceChoice>> {
  return reading(deps, caller, async (tx): Promise<ResourceChoice> => {
    const named = typed === '' ? null : await readResource(tx, typed);
    const found = named
      ? [named]
      : (await listResources(tx, { find: typed }, { limit: 20, after: null })).items;
    const called = found.filter(({ name }) => name.toLowerCase() === typed.toLowerCase());
    const likely = called.length === 1 ? called : found;
    const resource = typed !== '' && likely.length === 1 ? (likely[0] ?? null) : null;
    return { resource, found, customers: resource?.shared ? await readCustomersOf(tx, null) : [] };
  });
}
