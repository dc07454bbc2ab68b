import { type Catalog, type CatalogRole, compareText, entitlementName, inOrder } from './catalog.ts';

/** What someone holds by their roles, and why. */
export interface EffectiveEntitlement {
  resource: string;
  entitlement: string;
  /**
   * How it comes: each from a role that is held over the roles it includes to the one that gives it. For every pair of
   * these two ends the shortest way, and the first by name of several; the shortest of all stands first.
   */
  derivations: string[][];
}

/**
 * Everything that holding these roles gives, in the order of its names. Roles that the catalog lacks give nothing, and
 * roles in a circle give what they give once.
 */
export function effectiveEntitlements(
  catalog: Pick<Catalog, 'roles'>,
  held: readonly string[],
): EffectiveEntitlement[] {
  const roles = new Map(catalog.roles.map((role) => [role.key, role]));
  const found = new Map<string, EffectiveEntitlement>();
  for (const start of new Set(held)) {
    const reached = reach(start, roles);
    for (const giving of reached.keys()) {
      for (const name of new Set(roles.get(giving)?.entitlements)) {
        const known = found.get(name) ?? { ...parts(name), derivations: [] };
        known.derivations.push(wayTo(giving, reached));
        found.set(name, known);
      }
    }
  }
  for (const one of found.values()) one.derivations.sort(compareWays);
  return [...found.values()].sort(
    (a, b) => compareText(a.resource, b.resource) || compareText(a.entitlement, b.entitlement),
  );
}

/** Why in words, e.g. `read on acme-env: role support-lead includes role support-engineer, which gives it`. */
export function derivationInWords(
  { resource, entitlement }: Pick<EffectiveEntitlement, 'resource' | 'entitlement'>,
  derivation: readonly string[],
): string {
  const [held = '', ...included] = derivation;
  const steps = [...included.map((key) => `includes role ${key}`), 'gives it'];
  return `${entitlement} on ${resource}: role ${held} ${steps.join(', which ')}`;
}

/**
 * What a role reaches over the roles it includes, itself first, nearer ones before farther ones: each with the role it is
 * reached from on the shortest way, the first by name of several.
 */
export function reach(start: string, roles: ReadonlyMap<string, CatalogRole>): Map<string, string | null> {
  const from = new Map<string, string | null>([[start, null]]);
  // The map grows while it is walked: that is the queue.
  for (const key of from.keys()) {
    for (const included of inOrder(roles.get(key)?.includes ?? [])) {
      if (!from.has(included)) from.set(included, key);
    }
  }
  return from;
}

/** The way to one of the roles that were reached, from the start on. */
export function wayTo(key: string, reached: ReadonlyMap<string, string | null>): string[] {
  const way = [key];
  for (let back = reached.get(key); back; back = reached.get(back)) way.unshift(back);
  return way;
}

function compareWays(a: readonly string[], b: readonly string[]): number {
  return a.length - b.length || compareText(a.join(' '), b.join(' '));
}

function parts(name: string): { resource: string; entitlement: string } {
  const [resource = '', entitlement = ''] = name.split(':');
  return { resource, entitlement };
}

/** The names of everything that holding these roles gives, as `resource:entitlement`. */
export function entitlementNames(catalog: Pick<Catalog, 'roles'>, held: readonly string[]): string[] {
  return effectiveEntitlements(catalog, held).map((one) => entitlementName(one.resource, one.entitlement));
}
