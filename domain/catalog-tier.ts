import type { Catalog, CatalogOverride, CatalogTier } from './catalog.ts';
import { reach } from './catalog-entitlements.ts';

/** A customer as far as its tier goes. */
export interface TieredCustomer {
  key: string;
  /** The tier's key. */
  tier: string;
}

/** The roles of a person under a catalog depend on these. */
export interface RoleHolder {
  /** Keys of the roles given to the person by themselves. */
  roles: readonly string[];
  /** The customer whose user it is; null for the vendor's people, whom no tier binds. */
  customer: (TieredCustomer & CustomerHold) | null;
}

/** What of a customer's user counts beside the tier. */
export interface CustomerHold {
  /** The contract's own word; null: it does not name the user. */
  contractRole: string | null;
  /** Payments fail: users keep the restricted roles only. */
  restricted: boolean;
}

/**
 * The roles a person has under this catalog at an instant (ISO 8601 UTC with milliseconds). A customer's user has those
 * given and the contract role's, as far as the tier or an override allows them; the vendor's people have those given.
 * Of a restricted customer's user, instead of these the restricted roles that are among them or that they include.
 */
export function rolesOf(catalog: Catalog, { roles, customer }: RoleHolder, at: string): string[] {
  const known = new Set(catalog.roles.map((role) => role.key));
  if (!customer) return [...new Set(roles)].filter((key) => known.has(key));
  const tier = tierOf(catalog, customer);
  const byContract = Object.entries(tier?.defaultRoles ?? {}).find(([key]) => key === customer.contractRole);
  const extra = overridesOf(catalog, customer.key, at).flatMap(({ what }) =>
    what.kind === 'role' ? [what.role] : [],
  );
  const allowed = new Set([...(tier?.allowedRoles ?? []), ...extra]);
  const full = [...new Set([...roles, ...(byContract?.[1] ?? [])])].filter(
    (key) => known.has(key) && allowed.has(key),
  );
  return customer.restricted ? restricted(catalog, full) : full;
}

function restricted(catalog: Catalog, roles: readonly string[]): string[] {
  const byKey = new Map(catalog.roles.map((role) => [role.key, role]));
  const reached = new Set(roles.flatMap((key) => [...reach(key, byKey).keys()]));
  return [...new Set(catalog.settings.restrictedRoles)].filter((key) => reached.has(key) && byKey.has(key));
}

/** How many users a customer may have, and by what. */
export interface SeatLimit {
  /** null: any number. */
  seats: number | null;
  by: { kind: 'override'; until: string } | { kind: 'contract' } | { kind: 'tier'; tier: CatalogTier | null };
}

/**
 * How many users a customer may have at an instant: what an override says, else the contract (`agreed`, null when it names
 * no number), else the tier. A tier that the catalog lacks has no seats.
 */
export function seatLimitOf(
  catalog: Catalog,
  customer: TieredCustomer & { agreed: number | null },
  at: string,
): SeatLimit {
  for (const { what, until } of overridesOf(catalog, customer.key, at))
    if (what.kind === 'seats') return { seats: what.seats, by: { kind: 'override', until } };
  if (customer.agreed !== null) return { seats: customer.agreed, by: { kind: 'contract' } };
  const tier = tierOf(catalog, customer) ?? null;
  return { seats: tier ? tier.seats : 0, by: { kind: 'tier', tier } };
}

/** The number of `seatLimitOf` alone. */
export function seatsOf(
  catalog: Catalog,
  customer: TieredCustomer & { agreed: number | null },
  at: string,
): number | null {
  return seatLimitOf(catalog, customer, at).seats;
}

/** What the product switches on for a customer at an instant: the tier's features, with overrides. */
export function featuresOf(catalog: Catalog, customer: TieredCustomer, at: string): Record<string, boolean> {
  const changed = overridesOf(catalog, customer.key, at).flatMap(({ what }) =>
    what.kind === 'feature' ? [[what.feature, what.enabled] as const] : [],
  );
  return { ...tierOf(catalog, customer)?.features, ...Object.fromEntries(changed) };
}

function tierOf(catalog: Catalog, customer: TieredCustomer): CatalogTier | undefined {
  return catalog.tiers.find((one) => one.key === customer.tier);
}

/** A customer's overrides that have not ended. */
export function overridesOf(catalog: Catalog, customer: string, at: string): CatalogOverride[] {
  return catalog.overrides.filter((one) => one.customer === customer && at < one.until);
}
