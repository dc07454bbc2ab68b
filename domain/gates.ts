import { type Catalog, entitlementName } from './catalog.ts';
import { conflictsAmong } from './catalog-conflicts.ts';
import { reach } from './catalog-entitlements.ts';
import type { Change } from './plan.ts';

/** A plan that may not be applied as it is. */
export class GateError extends Error {
  override readonly name = 'GateError';
}

/**
 * The step between plan and apply. A plan passes when it concerns one account only, that of whoever it was made for: nobody
 * decided on anything else. (What is planned for many people at once meets the fence before.)
 * @throws GateError naming no account.
 */
export function gate(changes: readonly Change[], account: string): void {
  if (changes.some((change) => change.holding.account !== account)) {
    throw new GateError('the plan reaches beyond what was approved');
  }
}

/** Why what was planned for a person by their roles may not be carried out, as a closed code. */
export type StandingRefusal = 'conflicting-roles' | 'misconfigured';

/** The gate of standing access: nobody gets anything by roles that nobody may hold together. Null: it passes. */
export function gateRoles(catalog: Pick<Catalog, 'roles'>, roles: readonly string[]): StandingRefusal | null {
  return conflictsAmong(catalog, roles).length > 0 ? 'conflicting-roles' : null;
}

/** One entitlement on one resource, by their keys. */
export interface NamedEntitlement {
  resource: string;
  entitlement: string;
}

/**
 * Whether something must be gone before these roles give anything: it comes from a role that conflicts with one of them.
 * Which role it was held by is not asked; that it could be one is enough, since taking away first is never wrong.
 */
export function mustGoFirst(
  catalog: Pick<Catalog, 'roles'>,
  roles: readonly string[],
  going: readonly NamedEntitlement[],
): boolean {
  if (going.length === 0 || catalog.roles.every((role) => role.conflictsWith.length === 0)) return false;
  const byKey = new Map(catalog.roles.map((role) => [role.key, role]));
  const kept = new Set(roles.flatMap((key) => [...reach(key, byKey).keys()]));
  const names = new Set(going.map((one) => entitlementName(one.resource, one.entitlement)));
  const before = conflictsAmong(catalog, roles).length;
  return catalog.roles.some(
    (role) =>
      !kept.has(role.key) &&
      role.entitlements.some((name) => names.has(name)) &&
      conflictsAmong(catalog, [...roles, role.key]).length > before,
  );
}
