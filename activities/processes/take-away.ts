import {
  type Findings,
  type Leaving,
  orderPage,
  readApplying,
  readEnds,
  settlePage,
} from '../../db/queries/take-away.ts';
import { type LeftAccount, readWhereabouts, type Whereabouts } from '../../db/queries/whereabouts.ts';
import { actors } from '../../domain/audit-event.ts';
import { endsPerTarget, limits } from '../../domain/limits.ts';
import { cutAdopted } from '../adopted-account.ts';
import { type ActivityDeps, reachTarget } from '../deps.ts';
import { endGrant } from '../end.ts';
import { failureCode } from '../failures.ts';

/** So many people, and so many grants of each target, at once. */
const page = 200;
/** How long the targets may take for one page, in milliseconds. What hangs is tried with the next one, and by the reaper. */
const pageMs = 20_000;

/**
 * Does one page of an offboarding: orders the next people out, hands over what they owned, takes away what they held and what
 * was held on a leaving customer's data, and reads back that nothing is left, accounts that no grant explains among it. What an
 * account held before it was taken over goes as well. A
 * target that fails keeps no other from being cleared. What has been left for `residueAfterMs` is listed with its
 * owner, and the reaper goes on trying; then the process is over all the same. Everything stands in rows: it may be run twice,
 * at once, and after a crash anywhere.
 */
export async function takeAwayPage(
  deps: ActivityDeps,
  processId: string,
  signal: AbortSignal,
  beat: () => void,
  residueAfterMs: number = limits.residueAfterMs,
): Promise<void> {
  const { db } = deps.ledger;
  const leaving = await orderPage(db, processId, page);
  if (!leaving) return;
  beat();
  const deadline = deadlineOf(AbortSignal.any([signal, AbortSignal.timeout(pageMs)]));
  await endAll(deps, leaving, deadline, beat);
  signal.throwIfAborted();
  const people = await readApplying(db, processId, page);
  const gone = people.filter(({ isGone }) => isGone).map(({ personId }) => personId);
  const left = await lookForAccounts(deps, leaving, gone, { deadline, beat });
  signal.throwIfAborted();
  const withAccounts = new Set(left.map(({ personId }) => personId));
  const found: Findings = {
    gone: gone.filter((id) => !withAccounts.has(id)),
    left,
    tried: people.map(({ personId }) => personId),
  };
  await settlePage(db, leaving, found, residueAfterMs);
}

/** Ends what is open, each target by itself and so many at once on each. */
async function endAll(
  deps: ActivityDeps,
  leaving: Leaving,
  { signal, within }: Deadline,
  beat: () => void,
): Promise<void> {
  const byTarget = new Map<string, string[]>();
  for (const { grantId, targetKey } of await readEnds(deps.ledger.db, leaving, page))
    byTarget.set(targetKey, [...(byTarget.get(targetKey) ?? []), grantId]);
  const end = async (grantId: string): Promise<void> => {
    if (signal.aborted) return;
    // Its code stands in its row, and nobody else shall wait for it.
    await within(endGrant(deps, grantId, actors.engine, ofItsOwn(signal))).catch(() => undefined);
    beat();
  };
  await Promise.all([...byTarget.values()].map((grantIds) => inParallel(grantIds, endsPerTarget, end)));
}

/** Accounts that are still there although no grant gives them, and those that could not be looked for. */
async function lookForAccounts(
  deps: ActivityDeps,
  leaving: Leaving,
  personIds: readonly string[],
  { deadline, beat }: { deadline: Deadline; beat: () => void },
): Promise<LeftAccount[]> {
  if (personIds.length === 0) return [];
  const sharing = [...deps.connectors].flatMap(([kind, { capabilities }]) =>
    capabilities.sharesAccounts ? [kind] : [],
  );
  const places = await readWhereabouts(deps.ledger.db, leaving, { personIds, sharing });
  const found: LeftAccount[] = [];
  await inParallel(places, endsPerTarget, async (place) => {
    found.push(...(await lookAt(deps, place, deadline)));
    beat();
  });
  return found;
}

async function lookAt(
  deps: ActivityDeps,
  place: Whereabouts,
  { signal, within }: Deadline,
): Promise<LeftAccount[]> {
  const { resourceId } = place;
  try {
    const { connector, target } = reachTarget(deps, place);
    const accounts = place.accounts.map(({ personId, account }) => ({
      personId,
      account: account ?? connector.account({ grantId: '', personId }),
    }));
    signal.throwIfAborted();
    for (const { account, isAdopted } of place.accounts)
      if (account !== null && isAdopted)
        await within(cutAdopted(deps, { resourceId, account }, { connector, target }, ofItsOwn(signal)));
    const names = accounts.map(({ account }) => account);
    const seen = await within(connector.observe(target, names, ofItsOwn(signal)));
    const there = new Set([...seen.accounts, ...seen.holdings.map(({ account }) => account)]);
    return accounts
      .filter(({ account }) => there.has(account))
      .map(({ personId }) => ({ personId, resourceId, code: 'not-confirmed' }));
  } catch (error) {
    const code = failureCode(error);
    deps.log.warn({ resourceId, code }, 'looking for accounts failed');
    return place.accounts.map(({ personId }) => ({ personId, resourceId, code }));
  }
}

/** Does the work for all, so many at once. */
async function inParallel<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items.values();
  const worker = async () => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
}

/** The time that one page may take, for all that it does. */
interface Deadline {
  signal: AbortSignal;
  /** Waits for the work no longer than the signal allows, whatever the work makes of it. @throws the signal's reason */
  within: <T>(work: Promise<T>) => Promise<T>;
}

/** For one piece of work: everything listens to it that waits, and dozens of pieces at once would listen to the page's. */
function ofItsOwn(signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal]);
}

function deadlineOf(signal: AbortSignal): Deadline {
  const passed = new Promise<never>((_, reject) => {
    const give = () => reject(signal.reason);
    if (signal.aborted) give();
    else signal.addEventListener('abort', give, { once: true });
  });
  // Nobody may be waiting when it passes.
  passed.catch(() => undefined);
  return { signal, within: (work) => Promise.race([work, passed]) };
}
