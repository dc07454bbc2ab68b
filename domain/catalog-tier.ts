import type { Catalog, CatalogTier, Exception } from './catalog.ts';

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
  customer: (TieredCustomer & { contractRole: string | null }) | null;
}

/**
 * The roles a person has under this catalog at an instant (ISO 8601 UTC with milliseconds). A customer's user has those
 * given and the contract role's, as far as the tier or an override allows them; the vendor's people have those given.
 */
export function rolesOf(catalog: Catalog, { roles, customer }: RoleHolder, at: string): string[] {
  const known = new Set(catalog.roles.map((role) => role.key));
  if (!customer) return [...new Set(roles)].filter((key) => known.has(key));
  const tier = tierOf(catalog, customer);
  const byContract = Object.entries(tier?.defaultRoles ?? {}).find(([key]) => key === customer.contractRole);
  const extra = exceptions(catalog, customer.key, at).flatMap((one) =>
    one.kind === 'role' ? [one.role] : [],
  );
  const allowed = new Set([...(tier?.allowedRoles ?? []), ...extra]);
  return [...new Set([...roles, ...(byContract?.[1] ?? [])])].filter(
    (key) => known.has(key) && allowed.has(key),
  );
}

/**
 * How many users a customer may have at an instant, null for any number: what an override says, else the contract
 * (`agreed`, null when it names no number), else the tier. A tier that the catalog lacks has no seats.
 */
export function seatsOf(
  catalog: Catalog,
  customer: TieredCustomer & { agreed: number | null },
  at: string,
): number | null {
  const exception = exceptions(catalog, customer.key, at).find((one) => one.kind === 'seats');
  if (exception) return exception.seats;
  const tier = tierOf(catalog, customer);
  return customer.agreed ?? (tier ? tier.seats : 0);
}

/** What the product switches on for a customer at an instant: the tier's features, with overrides. */
export function featuresOf(catalog: Catalog, customer: TieredCustomer, at: string): Record<string, boolean> {
  const changed = exceptions(catalog, customer.key, at).flatMap((one) =>
    one.kind === 'feature' ? [[one.feature, one.enabled] as const] : [],
  );
  return { ...tierOf(catalog, customer)?.features, ...Object.fromEntries(changed) };
}

function tierOf(catalog: Catalog, customer: TieredCustomer): CatalogTier | undefined {
  return catalog.tiers.find((one) => one.key === customer.tier);
}

/** What a customer's overrides say that have not ended. */
function exceptions(catalog: Catalog, customer: string, at: string): Exception[] {
  return catalog.overrides
    .filter((one) => one.customer === customer && at < one.until)
    .map((one) => one.what);
}
