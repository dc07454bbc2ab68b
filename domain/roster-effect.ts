import { type Catalog, inOrder } from './catalog.ts';
import { entitlementNames } from './catalog-entitlements.ts';

/** So many people of one organization whose roles change in the same way. */
export interface RoleMove {
  /** Key of the organization. */
  organization: string;
  people: number;
  before: readonly string[];
  after: readonly string[];
}

/** What so many people gain or lose. */
export interface RosterEffect {
  kind: 'gain' | 'lose';
  resource: string;
  entitlement: string;
  people: number;
  /** How many organizations they are of. */
  organizations: number;
}

/** What a roster does to what people hold by their roles. */
export interface RosterImpact {
  /** First what is lost, each in the order of its names. */
  effects: RosterEffect[];
  /** How many people of each organization gain or lose anything, by key. */
  touched: Map<string, number>;
}

/** Works it out for thousands of people who share a few sets of roles. As far as policy lets them hold it all. */
export function impactOfMoves(catalog: Catalog, moves: readonly RoleMove[]): RosterImpact {
  const namesOf = holdings(catalog);
  const touched = new Map<string, number>();
  const counts = { lose: new Map<string, Count>(), gain: new Map<string, Count>() };
  for (const { organization, people, before, after } of moves) {
    const [had, has] = [namesOf(before), namesOf(after)];
    const lost = [...had].filter((name) => !has.has(name));
    const gained = [...has].filter((name) => !had.has(name));
    if (lost.length + gained.length === 0) continue;
    touched.set(organization, (touched.get(organization) ?? 0) + people);
    for (const name of lost) add(counts.lose, name, { organization, people });
    for (const name of gained) add(counts.gain, name, { organization, people });
  }
  const effects = (['lose', 'gain'] as const).flatMap((kind) =>
    inOrder(counts[kind].keys()).map((name) => {
      const [resource = '', entitlement = ''] = name.split(':');
      const { people, organizations } = counts[kind].get(name) ?? { people: 0, organizations: new Set() };
      return { kind, resource, entitlement, people, organizations: organizations.size };
    }),
  );
  return { effects, touched };
}

interface Count {
  people: number;
  organizations: Set<string>;
}

function add(
  counts: Map<string, Count>,
  name: string,
  { organization, people }: { organization: string; people: number },
): void {
  const count = counts.get(name) ?? { people: 0, organizations: new Set() };
  count.people += people;
  count.organizations.add(organization);
  counts.set(name, count);
}

function holdings(catalog: Catalog): (roles: readonly string[]) => ReadonlySet<string> {
  const known = new Map<string, ReadonlySet<string>>();
  return (roles) => {
    const id = inOrder(roles).join(' ');
    const names = known.get(id) ?? new Set(entitlementNames(catalog, roles));
    known.set(id, names);
    return names;
  };
}
