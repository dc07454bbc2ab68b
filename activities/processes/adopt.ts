import type { Executor } from '../../db/client.ts';
import {
  importAtWork,
  type KnownAccount,
  type NewFoundAccount,
  readSearchPlaces,
  readSoughtNames,
  type SearchPlace,
  writeFoundAccounts,
} from '../../db/queries/found-account.ts';
import { type EntitlementFacts, lockPeople, type StandingScene } from '../../db/queries/standing.ts';
import { entitlementName } from '../../domain/catalog.ts';
import { type AccountFinding, holdingName, type SoughtPerson } from '../../domain/found-account.ts';
import { limits } from '../../domain/limits.ts';
import type { ActivityDeps } from '../deps.ts';
import { isRetryable } from '../failures.ts';
import { findAccounts } from '../find-accounts.ts';
import { askPolicy, factsByName } from './ask-policy.ts';
import type { Wished } from './wish-page.ts';

/** How long one target may take to say whom of a page it knows, in milliseconds. */
const lookMs = 20_000;

/** Somebody of a page who was imported, and where an account of theirs may be. */
export interface Sought extends Omit<SoughtPerson, 'wants' | 'personId'> {
  personId: string;
  /** What roles give and policy lets them hold, by the resource's key. */
  wants: ReadonlyMap<string, { entitlement: string; organization: string }[]>;
}

/**
 * Of a page whose people were imported those who may have accounts that nobody has looked for yet, and where their roles reach
 * these; nobody of any other page. Only there: no target is told of people who have no business in it.
 */
export async function toLookFor(
  tx: Executor,
  deps: ActivityDeps,
  scene: StandingScene,
  page: readonly Wished[],
  facts: readonly EntitlementFacts[],
): Promise<Sought[]> {
  if (scene.cause !== 'roster' || scene.source !== null) return [];
  const byName = factsByName(facts);
  const verdicts = askPolicy(scene, page, byName, deps.mayHoldMany);
  const byId = new Map(page.map((one) => [one.row.personId, one]));
  const names = await readSoughtNames(tx, scene.processId, [...byId.keys()]);
  const customer = scene.organization.kind === 'customer' ? scene.organization.key : null;
  return names.flatMap(({ known, ...name }) => {
    const wants = new Map<string, { entitlement: string; organization: string }[]>();
    for (const wish of byId.get(name.personId)?.wishes ?? []) {
      const fact = byName.get(entitlementName(wish.resource, wish.entitlement));
      if (!fact || !verdicts.get(wish)?.allowed || known.includes(fact.resource.id)) continue;
      const finder = deps.connectors.get(fact.connector)?.finder;
      if (!finder || (finder.by === 'name' && name.account === null)) continue;
      const { resource, entitlement, organization } = wish;
      wants.set(resource, [...(wants.get(resource) ?? []), { entitlement, organization }]);
    }
    return wants.size === 0 ? [] : [{ ...name, customer, wants }];
  });
}

/**
 * Looks for accounts that imported people have already, and takes them over, before anything else is done where they are: so
 * nobody gets a second one. What must not be taken over is written down, and nothing is given there until somebody has
 * decided. A target that does not answer keeps the page waiting for as long as anything else is tried; then its people are
 * left alone there.
 * @throws what may pass with time.
 */
export async function adoptAccounts(
  deps: ActivityDeps,
  processId: string,
  people: readonly Sought[],
  signal: AbortSignal,
): Promise<void> {
  const { db } = deps.ledger;
  const atWork = await importAtWork(db, processId);
  if (!atWork) return;
  const places = await readSearchPlaces(db, [...new Set(people.flatMap(({ wants }) => [...wants.keys()]))]);
  const isLast = atWork.sinceMs >= limits.provisionForMs;
  const found = (
    await Promise.all(places.map((place) => lookOn(deps, place, people, { signal, isLast })))
  ).flat();
  if (found.length === 0) return;
  await db.transaction(async (tx) => {
    await lockPeople(
      tx,
      found.map(({ personId }) => personId),
    );
    if (await importAtWork(tx, processId)) await writeFoundAccounts(tx, processId, found);
  });
}

async function lookOn(
  deps: ActivityDeps,
  place: SearchPlace,
  people: readonly Sought[],
  { signal, isLast }: { signal: AbortSignal; isLast: boolean },
): Promise<NewFoundAccount[]> {
  const sought = people.flatMap(({ wants, ...person }) => {
    const scoped = wants.get(place.resourceKey)?.map(({ entitlement, organization }) => ({
      entitlement,
      scope: place.shared ? organization : null,
    }));
    return scoped ? [{ ...person, wants: scoped }] : [];
  });
  if (sought.length === 0) return [];
  try {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(lookMs)]);
    const findings = (await findAccounts(deps, place, sought, limited)) ?? [];
    const shares = deps.connectors.get(place.connector)?.capabilities.sharesAccounts ?? false;
    return sought.flatMap(({ personId, email }) => {
      // Of several that one person has none is taken over: the first stands for them.
      const finding = findings.find((one) => one.email === email);
      return finding ? [written(place, personId, finding, shares)] : [];
    });
  } catch (error) {
    signal.throwIfAborted();
    if (isRetryable(error) && !isLast) throw error;
    deps.log.warn({ resourceId: place.resourceId }, 'accounts could not be looked for');
    return sought.map(({ personId, email }) =>
      written(
        place,
        personId,
        { email, account: null, hindrance: 'not-looked-at', holdings: [], surplus: [] },
        true,
      ),
    );
  }
}

function written(
  { resourceId, resourceKey }: SearchPlace,
  personId: string,
  { account, hindrance, holdings, surplus }: AccountFinding,
  shares: boolean,
): NewFoundAccount {
  return {
    resourceId,
    resourceKey,
    personId,
    account,
    hindrance,
    holdings,
    entitlement: shares ? null : (holdings[0]?.entitlement ?? null),
    surplus: surplus.map(holdingName),
  };
}

/** The same page without what people would get where an account of theirs was found that must not be taken over. */
export function withoutLeftAlone(page: readonly Wished[], known: readonly KnownAccount[]): Wished[] {
  const left = new Set(
    known.flatMap(({ hindrance, personId, resourceKey }) =>
      hindrance === null ? [] : [`${personId} ${resourceKey}`],
    ),
  );
  if (left.size === 0) return [...page];
  return page.map((one) => ({
    ...one,
    wishes: one.wishes.filter(
      (wish) => !left.has(`${one.row.personId} ${wish.resource}`) || one.kept.has(wish),
    ),
  }));
}

/** The account that a new grant uses, where one was taken over for it, and what of it that held before. */
export function adoptedFor(
  known: readonly KnownAccount[],
  grant: { personId: string; resourceId: string; entitlement: string },
): { account: string; prior: KnownAccount['holdings'] } | null {
  const adopted = known.find(
    (one) => one.personId === grant.personId && one.resourceId === grant.resourceId && one.hindrance === null,
  );
  if (!adopted || adopted.account === null) return null;
  const { account, entitlement, isUsedUp, holdings } = adopted;
  // An account of one grant ends with it, for good.
  if (entitlement !== null && (entitlement !== grant.entitlement || isUsedUp)) return null;
  return { account, prior: holdings.filter((one) => one.entitlement === grant.entitlement) };
}
