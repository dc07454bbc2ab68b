import { type Catalog, type CatalogTier, inOrder } from './catalog.ts';
import { conflictsAmong } from './catalog-conflicts.ts';
import { rolesOf } from './catalog-tier.ts';

/** One reason why a person may not have the roles that are wished for them, and what may be had. */
export interface RoleRefusal {
  field: 'roles' | 'contractRole';
  /** Which of the roles; null: of all together. */
  index: number | null;
  detail: string;
}

/** What is wished for a person: roles by themselves and, for a customer's user, the contract's own word. */
export interface RoleWish {
  roles: readonly string[];
  contractRole: string | null;
}

/**
 * Why a customer's user may not have these roles under its tier and overrides at an instant (ISO 8601 UTC), each by itself;
 * for the vendor's people (`customer` null) only what is not there or excludes another. Nothing when they may.
 */
export function roleRefusals(
  catalog: Catalog,
  customer: { key: string; tier: string | null } | null,
  { roles, contractRole }: RoleWish,
  at: string,
): RoleRefusal[] {
  const place = customer && { key: customer.key, tier: customer.tier ?? '', contractRole, restricted: false };
  const counted = rolesOf(catalog, { roles, customer: place }, at);
  const tier = catalog.tiers.find((one) => one.key === customer?.tier);
  const refusals = roles.flatMap((role, index): RoleRefusal[] =>
    counted.includes(role) ? [] : [{ field: 'roles', index, detail: whyNot(catalog, role, tier) }],
  );
  if (customer && contractRole !== null && !Object.hasOwn(tier?.defaultRoles ?? {}, contractRole))
    refusals.push({
      field: 'contractRole',
      index: null,
      detail: unknownContractRole(contractRole, tier),
    });
  for (const [one, other] of conflictsAmong(catalog, counted)) {
    const detail = `The roles ${one} and ${other} exclude each other. Leave one of them out.`;
    refusals.push({ field: 'roles', index: null, detail });
  }
  return refusals;
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
