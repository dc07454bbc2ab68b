import type { Executor } from '../../db/client.ts';
import { readCatalogOf } from '../../db/queries/catalog-revision.ts';
import type { Difference } from '../../db/queries/fence.ts';
import type { HeldItem } from '../../db/queries/held-back.ts';
import type { StandingGrantRow, StandingRow, StandingScene } from '../../db/queries/standing.ts';
import { type Catalog, entitlementName } from '../../domain/catalog.ts';
import { effectiveEntitlements } from '../../domain/catalog-entitlements.ts';
import { seenAnew } from '../../domain/catalog-impact.ts';
import { dutyInWords, roleInWords } from '../../domain/fence.ts';
import { groundsOf, mayHold, standingLimit, type StandingWish } from '../../domain/standing.ts';
import { type Wished, wishPage } from './wish-page.ts';

/** What must not happen to somebody, and what they shall hold where it does not. */
export interface Held extends Difference {
  /** What they would hold by their roles without the edits of which something is held; by the names of the entitlements. */
  otherwise: ReadonlyMap<string, StandingWish>;
}

/**
 * Of what is held of these people that which would happen by what is held, and by nothing else: what they gain or lose anyhow,
 * e.g. by another tier or another role, is theirs. Each edit is taken out of the catalog for that, with the facts of this moment.
 */
export async function readHeld(
  tx: Executor,
  catalog: Catalog,
  scene: StandingScene,
  rows: readonly StandingRow[],
  items: readonly HeldItem[],
): Promise<Map<string, Held>> {
  const held = new Map<string, Held>();
  const note = (personId: string, { gain, lose, otherwise }: Held) => {
    const known = held.get(personId) ?? { gain: [], lose: [], otherwise: new Map() };
    held.set(personId, {
      gain: [...known.gain, ...gain],
      lose: [...known.lose, ...lose],
      otherwise: new Map([...known.otherwise, ...otherwise]),
    });
  };
  for (const revision of new Set(items.map((item) => item.revision))) {
    const some = items.filter((item) => item.revision === revision);
    const before = revision === null ? null : await readCatalogOf(tx, revision - 1);
    if (!before) {
      for (const { personId, difference } of some) note(personId, { ...difference, otherwise: new Map() });
      continue;
    }
    const seen = seenAnew(before.catalog, catalog);
    const ids = new Set(some.map(({ personId }) => personId));
    const concerned = rows.filter(({ personId }) => ids.has(personId));
    for (const one of wishPage(before.catalog, scene, concerned)) {
      const otherwise = new Map(one.wishes.map((wish) => [nameOf(wish), wish]));
      const isSeen = (name: string) => seen.has(name.split(':')[0] ?? '');
      for (const { difference } of some.filter(({ personId }) => personId === one.row.personId))
        note(one.row.personId, {
          gain: difference.gain.filter((name) => !otherwise.has(name) || isSeen(name)),
          lose: difference.lose.filter((name) => otherwise.has(name) || isSeen(name)),
          otherwise,
        });
    }
  }
  return held;
}

/**
 * The same page without what is held of these people: of that nothing begins and nothing ends. Whoever shall hold nothing at
 * all, because they are suspended, have left or their time is over, loses it nevertheless: that is never held back. Pure.
 */
export function holdBack(
  catalog: Catalog,
  { now }: Pick<StandingScene, 'now'>,
  page: readonly Wished[],
  { grants, held }: { grants: readonly StandingGrantRow[]; held: ReadonlyMap<string, Held> },
): Wished[] {
  return page.map((one) => {
    const what = held.get(one.row.personId);
    if (!what || !mayHold(catalog, one.person, now)) return one;
    const open = grants.filter(
      (grant) => grant.personId === one.row.personId && !grant.ending && grant.until > now,
    );
    const wishes = one.wishes.filter(
      (wish) => !what.gain.includes(nameOf(wish)) || open.some((grant) => isSame(grant, wish)),
    );
    const kept = open
      .filter((grant) => what.lose.includes(nameOf(grant)))
      .map((grant) => keptWish(catalog, one, grant, { otherwise: what.otherwise, now }));
    const others = wishes.filter((wish) => !kept.some((one) => isSame(one, wish)));
    return { ...one, wishes: [...others, ...kept], kept: new Set(kept), ...rolesHeld(catalog, what) };
  });
}

/** What somebody keeps lasts as long as it would without what is held; where nobody can tell, as everything of theirs. */
function keptWish(
  catalog: Catalog,
  { person }: Wished,
  grant: StandingGrantRow,
  { otherwise, now }: { otherwise: Held['otherwise']; now: string },
): StandingWish {
  const { resource, entitlement, organization } = grant;
  const former = otherwise.get(nameOf(grant));
  if (former && isSame(former, grant)) return former;
  const grounds = groundsOf(catalog, person, '', now).filter(({ until }) => until > now);
  const latest = [grant.until, ...grounds.map(({ until }) => until)].toSorted().at(-1) ?? grant.until;
  const limit = standingLimit(catalog, person);
  const until = limit !== null && limit < latest ? limit : latest;
  return { resource, entitlement, organization, because: [], until, grounds };
}

/** A role that gives, or gave, some of what is held stays where it is as well. */
function rolesHeld(
  catalog: Catalog,
  { gain, lose }: Difference,
): Pick<Wished, 'isGivingHeld' | 'isTakingHeld'> {
  const gives = (role: string) => [
    ...effectiveEntitlements(catalog, [role]).map(nameOf),
    ...(catalog.roles.find(({ key }) => key === role)?.duties ?? []).map(dutyInWords),
    roleInWords(role),
  ];
  return {
    isGivingHeld: (role) => gives(role).some((name) => gain.includes(name)),
    // Of a role that the catalog has no more nobody can tell what it gave.
    isTakingHeld: (role) =>
      lose.length > 0 &&
      (gives(role).some((name) => lose.includes(name)) || !catalog.roles.some(({ key }) => key === role)),
  };
}

type Named = Pick<StandingWish, 'resource' | 'entitlement'>;

function nameOf({ resource, entitlement }: Named): string {
  return entitlementName(resource, entitlement);
}

function isSame(one: Named & { organization: string }, other: Named & { organization: string }): boolean {
  return nameOf(one) === nameOf(other) && one.organization === other.organization;
}
