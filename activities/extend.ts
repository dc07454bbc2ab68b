import { giveUp, noteFailedAttempt, refuseAtActivation } from '../db/queries/activation.ts';
import {
  confirmExtended,
  type ExtendCase,
  readExtensionWish,
  writeExtensionIntent,
} from '../db/queries/extend.ts';
import { noteRestored, writeRestoringIntent } from '../db/queries/restore.ts';
import { limits } from '../domain/limits.ts';
import { type Holding, plan } from '../domain/plan.ts';
import { syncAccount } from './account.ts';
import { reconsider } from './activation.ts';
import { ConnectorError } from './connectors/errors.ts';
import { type ActivityDeps, reachTarget } from './deps.ts';
import { failureCode, isRetryable } from './failures.ts';

/**
 * Carries out an approved extension: the target's own end moves first, and only when that was read back the ledger's.
 * The old end holds until then, and an end that was ordered always wins: then the extension is refused. When it comes to
 * nothing after the target's end has moved, e.g. because it was cancelled, the target gets the ledger's end back.
 */
export async function extendGrant(deps: ActivityDeps, requestId: string, signal: AbortSignal): Promise<void> {
  const { db } = deps.ledger;
  const wish = await readExtensionWish(db, requestId);
  if (!wish) return restoreEnd(deps, requestId, signal);
  const { grantId } = wish;
  try {
    const { isCovered, policy } = await reconsider(deps, wish);
    if (!isCovered) return await refuseAtActivation(db, requestId, 'policy', policy.policyVersion);
    await deps.reach('extend.before-intent');
    const subject = await writeExtensionIntent(db, wish, policy);
    if (!subject) return;
    if (typeof subject === 'string')
      return await refuseAtActivation(db, requestId, subject, policy.policyVersion);
    await deps.reach('extend.after-intent');
    await moveEnd(deps, subject, signal);
    await deps.reach('extend.before-outcome');
    if (!(await confirmExtended(db, requestId, subject))) throw new ConnectorError('superseded');
    await deps.reach('extend.after-outcome');
  } catch (error) {
    const code = failureCode(error);
    const isLate = await noteFailedAttempt(db, requestId, code, limits.provisionForMs);
    const isFinal = isLate || !mayRetry(error);
    deps.log.warn({ requestId, grantId, code, final: isFinal }, 'extending failed');
    if (!isFinal) throw error;
    await giveUp(db, requestId, code);
    await restoreEnd(deps, requestId, signal);
  }
}

/** Throws when the target could not be brought to it; the next try comes here again. */
async function restoreEnd(deps: ActivityDeps, requestId: string, signal: AbortSignal): Promise<void> {
  const subject = await writeRestoringIntent(deps.ledger.db, requestId);
  if (!subject) return;
  await moveEnd(deps, subject, signal);
  await noteRestored(deps.ledger.db, requestId);
}

/** Another attempt has overtaken this one, or the grant has ended: the next try reads which. */
function mayRetry(error: unknown): boolean {
  if (error instanceof ConnectorError && (error.code === 'superseded' || error.code === 'already-ended'))
    return true;
  return isRetryable(error);
}

async function moveEnd(deps: ActivityDeps, subject: ExtendCase, signal: AbortSignal): Promise<void> {
  const { grant } = subject;
  const { connector, target } = reachTarget(deps, grant);
  if (connector.capabilities.sharesAccounts) return moveShared(deps, grant, signal);
  const { account, entitlementKey, scope } = grant;
  const wanted: Holding = { account, entitlement: entitlementKey, scope, until: subject.until.toISOString() };
  const before = await connector.observe(target, [account], signal);
  for (const change of plan([wanted], before.holdings)) {
    // While a credential is being replaced the account holds nothing for a moment: the next try finds it again.
    if (change.kind === 'add') throw new ConnectorError('not-confirmed');
    if (change.kind !== 'move-end') throw new ConnectorError('target-refused');
    await connector.apply(target, change, {
      number: subject.attempt,
      password: null,
      holder: null,
      signal,
      reach: deps.reach,
    });
  }
  const after = await connector.observe(target, [account], signal);
  if (plan([wanted], after.holdings).length > 0) throw new ConnectorError('not-confirmed');
}

/** The written intent counts among what the account shall hold, and the later of all ends wins. */
async function moveShared(
  deps: ActivityDeps,
  grant: ExtendCase['grant'],
  signal: AbortSignal,
): Promise<void> {
  const { resourceId, account, grantId } = grant;
  const synced = await syncAccount(deps, { resourceId, account }, { shares: true, lane: 'giving', signal });
  if (!synced.held.includes(grantId)) throw synced.failure ?? new ConnectorError('not-confirmed');
}
