import { type Catalog, type CatalogProblem, compareText } from './catalog.ts';
import { reach } from './catalog-entitlements.ts';
import { names, problem } from './catalog-problem.ts';

/** Two roles that nobody may hold at once, in the order of their names. */
export type RolePair = readonly [string, string];

/**
 * The pairs of roles in conflict among those held and those they include, each once and in order; empty when all may be held
 * together. It does not matter which of two roles names the other.
 */
export function conflictsAmong(catalog: Pick<Catalog, 'roles'>, roles: readonly string[]): RolePair[] {
  const byKey = new Map(catalog.roles.map((role) => [role.key, role]));
  const held = new Set(roles.flatMap((key) => [...reach(key, byKey).keys()]));
  const pairs = new Map<string, RolePair>();
  for (const one of held) {
    for (const other of byKey.get(one)?.conflictsWith ?? []) {
      if (!held.has(other) || one === other) continue;
      const pair: RolePair = one < other ? [one, other] : [other, one];
      pairs.set(idOf(pair), pair);
    }
  }
  return [...pairs.values()].sort((a, b) => compareText(a[0], b[0]) || compareText(a[1], b[1]));
}

/** What is wrong with a catalog's conflicts: roles that are not there, and roles that could not be held as they are given. */
export function conflictProblems(catalog: Catalog): CatalogProblem[] {
  return [...roleProblems(catalog), ...tierProblems(catalog), ...customerTypeProblems(catalog)];
}

function roleProblems(catalog: Catalog): CatalogProblem[] {
  const known = new Set(catalog.roles.map((one) => one.key));
  return catalog.roles.flatMap(({ key, includes, conflictsWith }, at) => {
    const path = ['roles', at];
    const itself = conflictsWith.indexOf(key);
    return [
      ...names([...path, 'conflicts_with'], conflictsWith, known, 'role'),
      ...(itself < 0
        ? []
        : [problem([...path, 'conflicts_with', itself], `The role ${key} conflicts with itself.`)]),
      ...together(
        catalog,
        [key],
        includes.map((one) => [one]),
      ).map((pair) => problem([...path, 'includes'], unholdable(key, pair))),
    ];
  });
}

function unholdable(key: string, [one, other]: RolePair): string {
  if (key !== one && key !== other)
    return `The role ${key} includes ${one} and ${other}, which conflict: nobody could hold it.`;
  return `The role ${key} includes ${key === one ? other : one}, with which it conflicts: nobody could hold it.`;
}

function tierProblems(catalog: Catalog): CatalogProblem[] {
  return catalog.tiers.flatMap((tier, at) =>
    Object.entries(tier.defaultRoles).flatMap(([contractRole, given]) =>
      together(catalog, given, singly(given)).map((pair) =>
        problem(['tiers', at, 'default_roles', contractRole], `${inWords(pair)}: nobody may have both.`),
      ),
    ),
  );
}

/** A customer's first users have the contract role's default roles beside the first ones. */
function customerTypeProblems(catalog: Catalog): CatalogProblem[] {
  return catalog.customerTypes.flatMap(({ firstRoles, tier }, at) => {
    const path = ['customer_types', at, 'first_roles'];
    const defaults = catalog.tiers.find((one) => one.key === tier)?.defaultRoles ?? {};
    return [
      ...together(catalog, firstRoles, singly(firstRoles)).map((pair) =>
        problem(path, `${inWords(pair)}: nobody may have both.`),
      ),
      ...Object.entries(defaults).flatMap(([contractRole, given]) =>
        together(catalog, [...firstRoles, ...given], [firstRoles, given]).map((pair) =>
          problem(path, `${inWords(pair)}: the tier ${tier} gives the other to ${contractRole}.`),
        ),
      ),
    ];
  });
}

/** The conflicts that come by putting these roles together: none of the parts has them, of which each is told by itself. */
function together(
  catalog: Catalog,
  roles: readonly string[],
  parts: readonly (readonly string[])[],
): RolePair[] {
  const told = new Set(parts.flatMap((part) => conflictsAmong(catalog, part).map(idOf)));
  return conflictsAmong(catalog, roles).filter((pair) => !told.has(idOf(pair)));
}

function singly(roles: readonly string[]): string[][] {
  return roles.map((one) => [one]);
}

function inWords([one, other]: RolePair): string {
  return `The roles ${one} and ${other} conflict`;
}

function idOf(pair: RolePair): string {
  return pair.join(' ');
}
