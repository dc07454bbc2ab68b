import { readActiveCatalog } from '../../db/queries/catalog-revision.ts';
import { inOrder } from '../../domain/catalog.ts';
import { overridesOf } from '../../domain/catalog-tier.ts';
import { readNow } from '../../db/queries/effective.ts';
import type { ApiDeps } from '../deps.ts';
import type { PersonPrincipal } from '../principal.ts';
import { reading } from '../transact.ts';
import { customerOf } from './find-customer.ts';

/** What a customer's users may be given under its tier now. */
export interface Assignable {
  tier: string | null;
  /** The contract's own words for what a user is. */
  contractRoles: string[];
  /** Roles that may be given beside it. */
  roles: { key: string; name: string }[];
}

/** What the users of a customer may be given, by its tier and its overrides. */
export function listAssignable(deps: ApiDeps, caller: PersonPrincipal, customerName: string) {
  return reading(deps, caller, async (tx): Promise<Assignable> => {
    const customer = await customerOf(tx, customerName);
    const { catalog } = await readActiveCatalog(tx);
    const now = await readNow(tx);
    const tier = catalog.tiers.find(({ key }) => key === customer.tier);
    const extra = overridesOf(catalog, customer.key, now).flatMap(({ what }) =>
      what.kind === 'role' ? [what.role] : [],
    );
    const allowed = new Set([...(tier?.allowedRoles ?? []), ...extra]);
    return {
      tier: tier?.name ?? null,
      contractRoles: inOrder(new Set(Object.keys(tier?.defaultRoles ?? {}))),
      roles: catalog.roles.filter(({ key }) => allowed.has(key)).map(({ key, name }) => ({ key, name })),
    };
  });
}
