import { type Executor, together } from '../../db/client.ts';
import { readActiveCatalog } from '../../db/queries/catalog-revision.ts';
import type { CustomerFacts } from '../../db/queries/customer.ts';
import { readNow } from '../../db/queries/effective.ts';
import { type Catalog, inOrder } from '../../domain/catalog.ts';
import { conflictsAmong } from '../../domain/catalog-conflicts.ts';
import { rolesOf } from '../../domain/catalog-tier.ts';
import { TenureError } from '../../domain/errors.ts';
import { type RoleRefusal, roleRefusals } from '../../domain/role-refusal.ts';

/** The catalog that is active, and the ledger's now (ISO 8601 UTC). */
export interface CatalogNow {
  catalog: Catalog;
  now: string;
}

export async function readCatalogNow(tx: Executor): Promise<CatalogNow> {
  const [{ catalog }, now] = await together([readActiveCatalog(tx), readNow(tx)]);
  return { catalog, now };
}

/**
 * Refuses roles that a customer's users may not hold under its tier and overrides, that do not exist, or that exclude each
 * other; each is named. `areKept`: the roles were given before, and those that the tier no longer has only do not count.
 * @throws TenureError `role-not-allowed`
 */
export function refuseForeignRoles(
  { catalog, now }: CatalogNow,
  customer: CustomerFacts,
  wish: { contractRole: string | null; roles: readonly string[]; areKept?: boolean },
): void {
  const refusals = roleRefusals(catalog, customer, wish, now);
  refuse(wish.areKept ? refusals.filter(({ index }) => index === null) : refusals);
}

/** Keys of the roles that count for a customer's user by this change and did not before. */
export async function gainedRoles(
  tx: Executor,
  { key, tier }: CustomerFacts,
  before: { contractRole: string | null; givenRoles: readonly string[] },
  after: { contractRole: string | null; roles: readonly string[] },
): Promise<string[]> {
  const { catalog, now } = await readCatalogNow(tx);
  const rolesWith = (contractRole: string | null, roles: readonly string[]) => {
    const customer = { key, tier: tier ?? '', contractRole, restricted: false };
    return rolesOf(catalog, { roles, customer }, now);
  };
  const had = new Set(rolesWith(before.contractRole, before.givenRoles));
  return inOrder([...rolesWith(after.contractRole, after.roles)].filter((role) => !had.has(role)));
}

/**
 * Refuses to give back roles that exclude each other by now; what the tier no longer has of them only does not count.
 * @throws TenureError `role-not-allowed`
 */
export async function refuseExclusiveRoles(
  tx: Executor,
  { key, tier }: CustomerFacts,
  { contractRole, givenRoles }: { contractRole: string | null; givenRoles: readonly string[] },
): Promise<void> {
  const { catalog, now } = await readCatalogNow(tx);
  const place = { key, tier: tier ?? '', contractRole, restricted: false };
  const counted = rolesOf(catalog, { roles: givenRoles, customer: place }, now);
  const [pair] = conflictsAmong(catalog, counted);
  if (!pair) return;
  const detail = `They can’t come back as they were: the roles ${pair[0]} and ${pair[1]} exclude each other by now. Add them anew, with one of the two.`;
  throw new TenureError('role-not-allowed', detail);
}

/** The same for the vendor's people, whom no tier binds. @throws TenureError `role-not-allowed` */
export async function refuseUnknownRoles(tx: Executor, roles: readonly string[]): Promise<void> {
  const { catalog } = await readActiveCatalog(tx);
  refuse(roleRefusals(catalog, null, { roles, contractRole: null }, await readNow(tx)));
}

function refuse(refusals: readonly RoleRefusal[]): void {
  if (refusals.length === 0) return;
  const errors = refusals.map(({ field, index, detail }) => {
    const pointer = field === 'contractRole' ? '/contract_role' : '/roles';
    return { pointer: index === null ? pointer : `${pointer}/${index}`, detail };
  });
  const detail = errors.map((error) => error.detail).join(' ');
  throw new TenureError('role-not-allowed', detail, errors);
}
