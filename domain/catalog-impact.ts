import { type Catalog, inOrder } from './catalog.ts';
import type { CountedEffect } from './catalog-effect.ts';
import {
  giftsUnder,
  type HolderGroup,
  type HoldingFacts,
  holdingsUnder,
  likenessIn,
  type RoleGift,
} from './catalog-holding.ts';

/** People of one organization for whom both sides of a change say the same: thousands of them are a few groups. */
export interface CountedGroup extends HolderGroup {
  people: number;
}

export interface CatalogImpact<Group> {
  /** First what is lost, each in the order of its names. */
  effects: CountedEffect[];
  /** Groups that gain or lose anything, whose roles change, or whose access policy may see in another light. */
  affected: Group[];
  /** How many people gain or lose anything, by the id of their organization. */
  touched: Map<string, number>;
  /** Who they are: groups by `effectId`. */
  moved: Map<string, Group[]>;
}

/** What tells an effect from the others of one change, e.g. `gain acme-env:read`. */
export function effectId({
  kind,
  resource,
  entitlement,
}: Pick<CountedEffect, 'kind' | 'resource' | 'entitlement'>): string {
  return `${kind} ${resource}:${entitlement}`;
}

/**
 * Who gains and loses what by roles when the one catalog follows the other, as far as policy lets it be held. Access by request is
 * not the catalog's to give or take. Pure but for what policy is asked.
 */
export function impactOn<Group extends CountedGroup>(
  before: Catalog,
  after: Catalog,
  groups: readonly Group[],
  facts: HoldingFacts,
): CatalogImpact<Group> {
  const counts = { lose: new Map<string, Count>(), gain: new Map<string, Count>() };
  const touched = new Map<string, number>();
  const affected: Group[] = [];
  const moved = new Map<string, Group[]>();
  for (const { groups: alike, isSeenAnew, lost, gained } of compare(before, after, groups, facts)) {
    const isTouched = lost.length + gained.length > 0;
    if (isTouched || isSeenAnew) affected.push(...alike);
    for (const group of alike) {
      const { id } = group.organization;
      if (isTouched) touched.set(id, (touched.get(id) ?? 0) + group.people);
      for (const name of lost) add(counts.lose, name, group);
      for (const name of gained) add(counts.gain, name, group);
    }
    for (const name of lost) put(moved, `lose ${name}`, alike);
    for (const name of gained) put(moved, `gain ${name}`, alike);
  }
  return { effects: [...told('lose', counts.lose), ...told('gain', counts.gain)], affected, touched, moved };
}

/** What one of them would gain: names of entitlements, in order. */
export function gainOf(before: Catalog, after: Catalog, one: HolderGroup, facts: HoldingFacts): string[] {
  return compare(before, after, [one], facts).flatMap(({ gained }) => gained);
}

/** Groups to whom the change is the same. */
interface Alike<Group> {
  groups: Group[];
  /** Their roles are others, or policy looks anew at something that they hold. */
  isSeenAnew: boolean;
  lost: string[];
  gained: string[];
}

interface Moved<Group> {
  groups: [Group, ...Group[]];
  was: RoleGift;
  is: RoleGift;
}

/** What those lose and gain for whom anything may be different. Policy is asked about one of each kind, and about no other. */
function compare<Group extends HolderGroup>(
  before: Catalog,
  after: Catalog,
  groups: readonly Group[],
  facts: HoldingFacts,
): Alike<Group>[] {
  const anew = seenAnew(before, after);
  const isSeenAnew = ({ was, is }: Moved<Group>) =>
    was.id !== is.id || is.names.some((name) => anew.has(name.split(':')[0] ?? ''));
  const looked = movesOf(before, after, groups, facts).filter(
    (one) => isSeenAnew(one) || one.was.names.join(' ') !== one.is.names.join(' '),
  );
  const had = heldUnder(
    before,
    looked.map(({ groups: [group], was: gift }) => ({ group, gift })),
    facts,
  );
  const has = heldUnder(
    after,
    looked.map(({ groups: [group], is: gift }) => ({ group, gift })),
    facts,
  );
  return looked.map((one, at) => {
    const [former, now] = [had[at] ?? [], has[at] ?? []];
    const [lost, gained] = [without(former, now), without(now, former)];
    return { groups: one.groups, isSeenAnew: isSeenAnew(one), lost, gained };
  });
}

/** Everybody by their roles before and after, and by what else policy sees of them. */
function movesOf<Group extends HolderGroup>(
  before: Catalog,
  after: Catalog,
  groups: readonly Group[],
  facts: HoldingFacts,
): Moved<Group>[] {
  const [giftBefore, giftAfter] = [giftsUnder(before, facts.at), giftsUnder(after, facts.at)];
  const likeness = likenessIn([before, after], facts);
  const moves = new Map<string, Moved<Group>>();
  for (const group of groups) {
    const [was, is] = [giftBefore(group), giftAfter(group)];
    const id = JSON.stringify([was.id, is.id, group.customer === null, likeness(group)]);
    const known = moves.get(id);
    if (known) known.groups.push(group);
    else moves.set(id, { groups: [group], was, is });
  }
  return [...moves.values()];
}

function heldUnder(...asked: Parameters<typeof holdingsUnder>): string[][] {
  return holdingsUnder(...asked).map((all) =>
    all.flatMap(({ name, verdict }) => (verdict.allowed ? [name] : [])),
  );
}

function without(some: readonly string[], others: readonly string[]): string[] {
  return some.filter((name) => !others.includes(name));
}

/** Keys of the resources of which something changed that policy looks at. */
export function seenAnew(before: Catalog, after: Catalog): ReadonlySet<string> {
  const former = new Map(before.resources.map((one) => [one.key, one]));
  const fields = ['kind', 'region', 'classification', 'organization', 'shared'] as const;
  const changed = after.resources.filter((one) => {
    const was = former.get(one.key);
    return was && fields.some((field) => was[field] !== one[field]);
  });
  return new Set(changed.map((one) => one.key));
}

interface Count {
  people: number;
  organizations: Set<string>;
}

function add(counts: Map<string, Count>, name: string, { people, organization }: CountedGroup): void {
  const count = counts.get(name) ?? { people: 0, organizations: new Set() };
  count.people += people;
  count.organizations.add(organization.id);
  counts.set(name, count);
}

function put<Group>(moved: Map<string, Group[]>, id: string, groups: readonly Group[]): void {
  moved.set(id, [...(moved.get(id) ?? []), ...groups]);
}

function told(kind: CountedEffect['kind'], counts: ReadonlyMap<string, Count>): CountedEffect[] {
  return inOrder(counts.keys()).map((name) => {
    const [resource = '', entitlement = ''] = name.split(':');
    const { people, organizations } = counts.get(name) ?? { people: 0, organizations: new Set() };
    return { kind, resource, entitlement, people, organizations: organizations.size };
  });
}
