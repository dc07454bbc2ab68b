import type { Executor } from '../../db/client.ts';
import { readActiveCatalog } from '../../db/queries/catalog-revision.ts';
import type { CustomerView } from '../../db/queries/customer.ts';
import { readNow } from '../../db/queries/effective.ts';
import { type Catalog, type CatalogTier, inOrder } from '../../domain/catalog.ts';
import { conflictsAmong } from '../../domain/catalog-conflicts.ts';
import { rolesOf } from '../../domain/catalog-tier.ts';
import { type FieldError, TenureError } from '../../domain/errors.ts';

/**
 * Refuses roles that a customer's users may not hold under its tier and overrides, that do not exist, or that exclude each
 * other; each is named.
 * @throws TenureError `role-not-allowed`
 */
export async function refuseForeignRoles(
  tx: Executor,
  customer: CustomerView,
  { contractRole, roles }: { contractRole: string | null; roles: readonly string[] },
): Promise<void> {
  const { catalog } = await readActiveCatalog(tx);
  const place = { key: customer.key, tier: customer.tier ?? '', contractRole, restricted: false };
  const counted = rolesOf(catalog, { roles, customer: place }, await readNow(tx));
  const tier = catalog.tiers.find((one) => one.key === customer.tier);
  const errors: FieldError[] = roles.flatMap((role, i) =>
    counted.includes(role) ? [] : [{ pointer: `/roles/${i}`, detail: whyNot(catalog, role, tier) }],
  );
  if (contractRole !== null && !Object.hasOwn(tier?.defaultRoles ?? {}, contractRole))
    errors.push({ pointer: '/contract_role', detail: unknownContractRole(contractRole, tier) });
  refuse([...errors, ...conflicts(catalog, counted)]);
}

/** The same for the vendor's people, whom no tier binds. @throws TenureError `role-not-allowed` */
export async function refuseUnknownRoles(tx: Executor, roles: readonly string[]): Promise<void> {
  const { catalog } = await readActiveCatalog(tx);
  const errors = roles.flatMap((role, i) =>
    catalog.roles.some((one) => one.key === role)
      ? []
      : [{ pointer: `/roles/${i}`, detail: `There is no role ${role}.` }],
  );
  refuse([...errors, ...conflicts(catalog, roles)]);
}

function whyNot(catalog: Catalog, role: string, tier: CatalogTier | undefined): string {
  if (!catalog.roles.some((one) => one.key === role)) return `There is no role ${role}.`;
  if (!tier) return `Without a tier nobody holds the role ${role}.`;
  return `The ${tier.name} tier does not include the role ${role}. It allows ${listed(tier.allowedRoles)}.`;
}

function unknownContractRole(contractRole: string, tier: CatalogTier | undefined): string {
  if (!tier) return `Without a tier there is no contract role ${contractRole}.`;
  const known = listed(Object.keys(tier.defaultRoles));
  return `The ${tier.name} tier has no contract role ${contractRole}. It has ${known}.`;
}

function listed(keys: readonly string[]): string {
  return keys.length > 0 ? inOrder(keys).join(', ') : 'none';
}

function conflicts(catalog: Catalog, roles: readonly string[]): FieldError[] {
  return conflictsAmong(catalog, roles).map(([one, other]) => ({
    pointer: '/roles',
    detail: `The roles ${one} and ${other} exclude each other. Leave one of them out.`,
  }));
}

function refuse(errors: FieldError[]): void {
  if (errors.length === 0) return;
  const detail = errors.map((error) => error.detail).join(' ');
  throw new TenureError('role-not-allowed', detail, errors);
}
