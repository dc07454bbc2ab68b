import { confirmEnded, type EndCase, noteEndError, openGrantOf, readEndCase } from '../db/queries/end.ts';
import type { Actor } from '../domain/audit-event.ts';
import { confirmStandingEnded } from '../db/queries/standing-end.ts';
import { type Holding, plan } from '../domain/plan.ts';
import { syncAccount } from './account.ts';
import type { Connector, Target } from './connectors/connector.ts';
import { ConnectorError } from './connectors/errors.ts';
import { type ActivityDeps, reachTarget } from './deps.ts';
import { failureCode } from './failures.ts';
import type { Places } from './places.ts';

/**
 * Ends a grant whose time has come: apply what takes it away, read back that it is gone, then say so. Before its time it
 * does nothing. The workflow and the reaper both call it, at once if it happens: taking away twice is the same as once.
 * Throws when the target could not be brought to it; the caller tries again for ever.
 */
export async function endGrant(
  deps: ActivityDeps,
  grantId: string,
  actor: Actor,
  signal: AbortSignal,
): Promise<void> {
  const { db } = deps.ledger;
  await deps.reach('end.before-intent');
  const subject = await readEndCase(db, grantId);
  if (!subject?.due) return;
  try {
    await deps.reach('end.after-intent');
    const alsoGone = await takeAway(deps, subject, signal);
    await deps.reach('end.before-outcome');
    await confirmEnded(db, subject, actor);
    await confirmStandingEnded(db, alsoGone, actor);
    await deps.reach('end.after-outcome');
  } catch (error) {
    const code = failureCode(error);
    deps.log.warn({ grantId, code }, 'ending failed');
    await noteEndError(db, subject, code, actor);
    throw error;
  }
}

/** Who ends, at most how much at once on one target, and for how long. */
export interface EndingTry {
  actor: Actor;
  places: Places;
  signal: AbortSignal;
}

/** The same for the open grant of a request; nothing when it has none. @throws BusyError when its target has no place free. */
export async function endGrantOf(deps: ActivityDeps, requestId: string, attempt: EndingTry): Promise<void> {
  const { actor, places, signal } = attempt;
  const open = await openGrantOf(deps.ledger.db, requestId);
  if (open) await places.within(open.targetKey, () => endGrant(deps, open.grantId, actor, signal));
}

/** Returns the ids of other grants that were found gone with it. */
async function takeAway(deps: ActivityDeps, subject: EndCase, signal: AbortSignal): Promise<string[]> {
  const place = reachTarget(deps, subject);
  if (place.connector.capabilities.sharesAccounts) return takeFromShared(deps, subject, signal);
  await emptyOwn(deps, place, subject, signal);
  return [];
}

/** What other live grants give the same account stays. */
async function takeFromShared(deps: ActivityDeps, subject: EndCase, signal: AbortSignal): Promise<string[]> {
  const { resourceId, account, grantId } = subject;
  const synced = await syncAccount(deps, { resourceId, account }, { shares: true, lane: 'ending', signal });
  // In neither list it has been said to be over meanwhile.
  if ([...synced.held, ...synced.left].includes(grantId))
    throw synced.failure ?? new ConnectorError('not-confirmed');
  return synced.gone.filter((id) => id !== grantId);
}

async function emptyOwn(
  deps: ActivityDeps,
  { connector, target }: { connector: Connector; target: Target },
  subject: EndCase,
  signal: AbortSignal,
): Promise<void> {
  const own: Holding = {
    account: subject.account,
    entitlement: subject.entitlementKey,
    scope: subject.scope,
    until: subject.until.toISOString(),
  };
  const wanted = subject.by === 'rollback' ? subject.prior : [];
  for (const change of plan(wanted, [
    own,
    ...wanted.filter((other) => other.entitlement !== own.entitlement),
  ])) {
    await connector.apply(target, change, {
      number: subject.attempts,
      password: null,
      holder: null,
      signal,
      reach: deps.reach,
    });
  }
  const after = await connector.observe(target, [subject.account], signal);
  const left = plan(wanted, after.holdings).length > 0 || (wanted.length === 0 && after.sessions > 0);
  if (left || (wanted.length === 0 && connector.capabilities.yieldsCredential && after.accounts.length > 0)) {
    throw new ConnectorError('not-confirmed');
  }
}
