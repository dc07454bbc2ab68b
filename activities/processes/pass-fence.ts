import type { Executor } from '../../db/client.ts';
import { readActiveCatalog, readCatalogOf } from '../../db/queries/catalog-revision.ts';
import { type Difference, passPeopleFence } from '../../db/queries/fence.ts';
import { keepOnly, readKept } from '../../db/queries/held-back.ts';
import { readWishes, type RosterWish, withWish } from '../../db/queries/import-wish.ts';
import type { ProcessView } from '../../db/queries/process.ts';
import {
  lockPeople,
  readFacts,
  readPeople,
  readScene,
  readStandingGrants,
  type StandingGrantRow,
  type StandingRow,
  type StandingScene,
} from '../../db/queries/standing.ts';
import { type Catalog, entitlementName } from '../../domain/catalog.ts';
import { seenAnew } from '../../domain/catalog-impact.ts';
import { dutyInWords, roleInWords } from '../../domain/fence.ts';
import type { ActivityDeps } from '../deps.ts';
import { askPolicy, factsByName, resourcesOf, type Verdicts } from './ask-policy.ts';
import { type Wished, wishPage } from './wish-page.ts';

/**
 * Whether a fence looks at what a process does to people: only at feeds and edits of the configuration, and of births only at
 * those of an import by which somebody would decide or do something in Tenure itself.
 */
export function isFenced({ kind, cause, wish }: Pick<ProcessView, 'kind' | 'cause' | 'wish'>): boolean {
  return kind === 'onboarding'
    ? cause === 'roster' && wish.counts === true
    : cause === 'configuration' || cause === 'roster';
}

/**
 * Passes a page of a process's people through the fence of their tenant: those beyond its limit wait for a second person,
 * with what the edit or the feed would have them gain and lose, as far as policy lets it be held. What else would happen to
 * them is none of it. Who asks for something that a second person has dropped asks for it anew. Asked again it answers the same.
 */
export async function passPage(
  { mayHoldMany }: Pick<ActivityDeps, 'mayHoldMany'>,
  tx: Executor,
  process: ProcessView,
  personIds: readonly string[],
): Promise<void> {
  const { id: processId, organizationId, cause, requestedBy: author } = process;
  await lockPeople(tx, personIds);
  const scene = await readScene(tx, processId);
  if (!scene) return;
  const rows = await readPeople(tx, processId, personIds);
  const grants = (await readStandingGrants(tx, personIds)).open.filter(
    ({ ending, isDue }) => !ending && !isDue,
  );
  const said = await readWishes(tx, processId, personIds);
  const { catalog } = await readActiveCatalog(tx);
  const after = rows.map((row) => withWish(row, said.get(row.personId), scene.now));
  const page = wishPage(catalog, scene, after);
  const facts = factsByName(await readFacts(tx, resourcesOf(page)));
  const verdicts = askPolicy(scene, page, facts, mayHoldMany);
  const step = await stepOf(tx, process, { scene, catalog, said, rows });
  const people = page.map((one, at) => {
    const touched = step(at, one);
    const shall = process.kind === 'offboarding' ? [] : namesOf(catalog, scene, one, verdicts);
    const have = namesHad(catalog, scene, one.row, rows[at], grants, process.kind === 'offboarding');
    const lose = [...without(have, shall, touched), ...timeLost(rows[at], one.row)];
    const difference = { gain: without(shall, have, touched), lose };
    return { personId: one.row.personId, touched, difference };
  });
  await passPeopleFence(tx, { organizationId, processId, cause, author, people });
  await askAnew(tx, people);
}

/** What a change touches of what somebody shall hold, by its names; null: it may be anything. */
type Touched = ReadonlySet<string> | null;

/** What the step from before the change to after it touches of each person of a page. */
async function stepOf(
  tx: Executor,
  { kind, cause, wish }: ProcessView,
  page: {
    scene: StandingScene;
    catalog: Catalog;
    said: ReadonlyMap<string, RosterWish>;
    rows: readonly StandingRow[];
  },
): Promise<(at: number, after: Wished) => Touched> {
  const { scene, catalog, said, rows } = page;
  if (cause === 'configuration' && wish.revision !== undefined) {
    const [before, after] = await Promise.all([
      readCatalogOf(tx, wish.revision - 1),
      readCatalogOf(tx, wish.revision),
    ]);
    if (!before || !after) return () => null;
    const seen = seenAnew(before.catalog, after.catalog);
    const [former, next] = [wishPage(before.catalog, scene, rows), wishPage(after.catalog, scene, rows)];
    return (at) => touchedBy(before.catalog, former[at], after.catalog, next[at], seen);
  }
  if (cause !== 'roster' || kind === 'offboarding' || wish.people !== 'affected') return () => null;
  const former = wishPage(catalog, scene, rows);
  return (at, after) => {
    const wished = said.get(after.row.personId);
    // Who somebody is and where they work is policy's to judge, and it may see all that they hold in another light.
    if (!wished || !('givenRoles' in wished)) return wished ? null : new Set();
    return touchedBy(catalog, former[at], catalog, after, new Set());
  };
}

function touchedBy(
  catalogBefore: Catalog,
  before: Wished | undefined,
  catalogAfter: Catalog,
  after: Wished | undefined,
  seen: ReadonlySet<string>,
): Touched {
  if (!before || !after) return null;
  const [was, is] = [wishedNames(catalogBefore, before), wishedNames(catalogAfter, after)];
  const anew = [...before.wishes, ...after.wishes].filter(({ resource }) => seen.has(resource)).map(named);
  return new Set([
    ...was.filter((name) => !is.includes(name)),
    ...is.filter((name) => !was.includes(name)),
    ...anew,
  ]);
}

function wishedNames(catalog: Catalog, { wishes, roles }: Wished): string[] {
  return [...wishes.map(named), ...dutiesOf(catalog, roles)];
}

/** What somebody shall have: what policy lets them hold, what they may do in Tenure itself, and of the vendor's people the roles. */
function namesOf(catalog: Catalog, scene: StandingScene, one: Wished, verdicts: Verdicts): string[] {
  const allowed = one.wishes.filter((wish) => verdicts.get(wish)?.allowed).map(named);
  return [...allowed, ...rolesInWords(catalog, scene, one.roles)];
}

/** What they have. Whoever leaves has what they hold, and their roles go with it. */
function namesHad(
  catalog: Catalog,
  scene: StandingScene,
  { personId }: StandingRow,
  row: StandingRow | undefined,
  grants: readonly StandingGrantRow[],
  isLeaving: boolean,
): string[] {
  const held = grants.filter((grant) => grant.personId === personId).map(named);
  if (isLeaving || !row) return held;
  return [
    ...held,
    ...rolesInWords(
      catalog,
      scene,
      row.roles.map(({ key }) => key),
    ),
  ];
}

/** Nobody's time is cut short by a list alone, though they lose nothing by it today. */
function timeLost(before: StandingRow | undefined, { endsAt }: StandingRow): string[] {
  const isEarlier = endsAt !== null && (!before?.endsAt || endsAt < before.endsAt);
  return before && isEarlier ? [`the time after ${endsAt.slice(0, 10)}`] : [];
}

function rolesInWords(catalog: Catalog, { organization }: StandingScene, roles: readonly string[]): string[] {
  // A customer's user has roles for what they give. The vendor's people decide by theirs, e.g. on requests.
  const names = organization.kind === 'vendor' ? roles.map(roleInWords) : [];
  return [...names, ...dutiesOf(catalog, roles)];
}

function dutiesOf(catalog: Catalog, roles: readonly string[]): string[] {
  const found = catalog.roles.flatMap(({ key, duties }) => (roles.includes(key) ? duties : []));
  return [...new Set(found)].map(dutyInWords);
}

function without(some: readonly string[], others: readonly string[], touched: Touched): string[] {
  const left = some.filter((one) => !others.includes(one) && (!touched || touched.has(one)));
  return [...new Set(left)].sort();
}

function named(one: { resource: string; entitlement: string }): string {
  return entitlementName(one.resource, one.entitlement);
}

/** Whoever touches anew what a second person dropped asks for it anew, and it has passed the fence anew. */
async function askAnew(
  tx: Executor,
  people: readonly { personId: string; touched: Touched; difference: Difference }[],
): Promise<void> {
  const byId = new Map(people.map((one) => [one.personId, one]));
  const kept = await readKept(tx, [...byId.keys()]);
  const changed = kept.flatMap((item) => {
    const one = byId.get(item.personId);
    if (!one) return [];
    const asked = one.touched ?? new Set([...one.difference.gain, ...one.difference.lose]);
    const gain = item.kept.gain.filter((name) => !asked.has(name));
    const lose = item.kept.lose.filter((name) => !asked.has(name));
    if (gain.length + lose.length === item.kept.gain.length + item.kept.lose.length) return [];
    return [{ id: item.id, kept: gain.length + lose.length > 0 ? { gain, lose } : null }];
  });
  await keepOnly(tx, changed);
}
