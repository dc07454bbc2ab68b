import { type Catalog, inOrder } from './catalog.ts';
import { entitlementNames } from './catalog-entitlements.ts';
import { type RoleHolder, rolesOf } from './catalog-tier.ts';

/** A person whom a catalog gives something. `person` is an id or an address: whatever the caller counts people by. */
export interface CatalogHolder extends RoleHolder {
  person: string;
}

/** One entitlement that people gain or lose by a change of the catalog. */
export interface Effect {
  kind: 'gain' | 'lose';
  resource: string;
  entitlement: string;
  /** In order, each once. */
  people: string[];
}

/**
 * Who gains and who loses what when the one catalog follows the other at an instant (ISO 8601 UTC with milliseconds): first
 * what is lost, each in the order of its names. Only roles count; access by request is not the catalog's to give or take.
 */
export function effectOnPeople(
  before: Catalog,
  after: Catalog,
  holders: readonly CatalogHolder[],
  at: string,
): Effect[] {
  const heldBefore = holding(before, holders, at);
  const heldAfter = holding(after, holders, at);
  return [...effects('lose', heldBefore, heldAfter), ...effects('gain', heldAfter, heldBefore)];
}

/** `12 people gain read on acme-env`, `1 person loses write on globex-env`. */
export function effectInWords({
  kind,
  resource,
  entitlement,
  people,
}: Pick<Effect, 'kind' | 'resource' | 'entitlement'> & { people: number }): string {
  const who = people === 1 ? `1 person ${kind}s` : `${people} people ${kind}`;
  return `${who} ${entitlement} on ${resource}`;
}

/** The people behind each entitlement. */
function holding(catalog: Catalog, holders: readonly CatalogHolder[], at: string): Map<string, Set<string>> {
  // Thousands of people share a few sets of roles: each set is worked out once.
  const namesByRoles = new Map<string, string[]>();
  const people = new Map<string, Set<string>>();
  for (const holder of holders) {
    const roles = inOrder(rolesOf(catalog, holder, at));
    const id = roles.join(' ');
    const names = namesByRoles.get(id) ?? entitlementNames(catalog, roles);
    namesByRoles.set(id, names);
    for (const name of names) people.set(name, (people.get(name) ?? new Set()).add(holder.person));
  }
  return people;
}

function effects(
  kind: Effect['kind'],
  here: ReadonlyMap<string, ReadonlySet<string>>,
  there: ReadonlyMap<string, ReadonlySet<string>>,
): Effect[] {
  return inOrder(here.keys()).flatMap((name) => {
    const people = inOrder([...(here.get(name) ?? [])].filter((one) => !there.get(name)?.has(one)));
    const [resource = '', entitlement = ''] = name.split(':');
    return people.length > 0 ? [{ kind, resource, entitlement, people }] : [];
  });
}
