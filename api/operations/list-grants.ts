import { type GrantFilter, type GrantView, listGrants, readGrant } from '../../db/queries/grant.ts';
import type { Page, PageWish } from '../../db/queries/instant.ts';
import { isId } from '../../domain/ids.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import { type PersonPrincipal, viewerOf } from '../principal.ts';
import { reading } from '../transact.ts';
import { duringOf, invalidPeriod, resolveFilters } from './references.ts';
import { notFound } from './refusals.ts';

/** What a list of grants is narrowed to, by the names that the caller uses. Instants are ISO 8601 UTC. */
export type GrantNames = Pick<GrantFilter, 'person' | 'resource' | 'customer' | 'state' | 'at'> & {
  entitlement?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
};

/** The grants that the caller may see, newest first. With an instant or a period: those with which access was held then. */
export function findGrants(
  deps: ApiDeps,
  caller: PersonPrincipal,
  names: GrantNames,
  page: PageWish,
): Promise<Outside<Page<GrantView>>> {
  return reading(deps, caller, async (tx) => {
    const during = duringOf(names);
    if (during && names.at !== undefined)
      throw invalidPeriod('Either `at`, or `from` and `to`.', ['at', 'from', 'to']);
    const { person, customer, resource, entitlement } = names;
    const found = await resolveFilters(tx, { person, customer, resource, entitlement });
    const filter: GrantFilter = {
      person: found.person ?? undefined,
      customer: found.customer ?? undefined,
      resource: found.resource ?? undefined,
      entitlements: entitlement === undefined ? undefined : found.entitlements,
      state: names.state,
      at: names.at,
      during: during ?? undefined,
    };
    return listGrants(tx, viewerOf(caller), filter, page);
  });
}

/** One grant, by its id. */
export function getGrant(
  deps: ApiDeps,
  caller: PersonPrincipal,
  grantId: string,
): Promise<Outside<GrantView>> {
  return reading(deps, caller, async (tx) => {
    const grant = isId('grant', grantId) ? await readGrant(tx, viewerOf(caller), grantId) : null;
    if (!grant) throw notFound();
    return grant;
  });
}
