import {
  type ActivationPolicy,
  giveUp,
  noteFailedAttempt,
  refuseAtActivation,
} from '../db/queries/activation.ts';
import { readFoundOn } from '../db/queries/found-account.ts';
import {
  confirmBegun,
  type Intent,
  nextGrantId,
  type ProvisionCase,
  readProvisionCase,
  writeIntent,
} from '../db/queries/provision.ts';
import { newPassword } from '../crypto/password.ts';
import { seal, unseal } from '../crypto/sealing.ts';
import { limits } from '../domain/limits.ts';
import { type Change, type Holding, plan } from '../domain/plan.ts';
import { gate } from '../domain/gates.ts';
import { syncAccount } from './account.ts';
import { reconsider } from './activation.ts';
import type { Connector, Target } from './connectors/connector.ts';
import { ConnectorError } from './connectors/errors.ts';
import { type ActivityDeps, reachTarget } from './deps.ts';
import { failureCode, isRetryable } from './failures.ts';

/**
 * Makes an approved request's access real: policy once more, observe, plan, gates, intent, apply, read back, outcome.
 * Safe to repeat and to run twice at once: an attempt has a number, the target refuses an older one, and only the attempt
 * that was read back is written as held. Gives up by itself when policy refuses, when the failure is final or when it was
 * tried for too long; then what was made is ordered to be undone. Throws only what may pass with time.
 */
export async function provisionRequest(
  deps: ActivityDeps,
  requestId: string,
  signal: AbortSignal,
): Promise<void> {
  const { db } = deps.ledger;
  const subject = await readProvisionCase(db, requestId);
  if (!subject) return;
  try {
    const { isCovered, policy } = await reconsider(deps, { ...subject, wholeMs: subject.periodMs });
    if (!isCovered) return await refuseAtActivation(db, requestId, 'policy', policy.policyVersion);
    await attempt(deps, subject, policy, signal);
  } catch (error) {
    const code = failureCode(error);
    if (code === 'superseded') return;
    const isLate = await noteFailedAttempt(db, requestId, code, limits.provisionForMs);
    const isFinal = isLate || !isRetryable(error);
    deps.log.warn({ requestId, code, final: isFinal }, 'provisioning failed');
    if (!isFinal) throw error;
    await giveUp(db, requestId, code);
  }
}

async function attempt(
  deps: ActivityDeps,
  subject: ProvisionCase,
  policy: ActivationPolicy,
  signal: AbortSignal,
): Promise<void> {
  const { connector, target } = reachTarget(deps, subject);
  const grantId = nextGrantId(subject);
  const found = connector.capabilities.sharesAccounts ? await readFoundOn(deps.ledger.db, subject) : null;
  // Theirs was left alone, and they shall not have two.
  if (found && found.hindrance !== null) throw new ConnectorError('target-refused');
  const account = found?.account ?? connector.account({ grantId, personId: subject.personId });
  // Where grants share an account, what it held before is what the ledger says of the others.
  const prior = connector.capabilities.sharesAccounts
    ? null
    : (await connector.observe(target, [account], signal)).holdings;
  await deps.reach('provision.before-intent');
  const intent = await writeIntent(deps.ledger.db, {
    subject,
    grantId,
    account,
    prior,
    policy,
    sealPassword: connector.capabilities.yieldsCredential ? sealNewPassword(deps) : null,
  });
  if (!intent) return;
  await deps.reach('provision.after-intent');
  if (prior) await bringOwn(deps, subject, intent, prior, signal);
  else await bringShared(deps, subject, intent, signal);
  await deps.reach('provision.before-outcome');
  await confirmBegun(deps.ledger.db, subject, intent);
  await deps.reach('provision.after-outcome');
}

async function bringShared(
  deps: ActivityDeps,
  { resourceId }: ProvisionCase,
  { account, grantId }: Intent,
  signal: AbortSignal,
): Promise<void> {
  const synced = await syncAccount(deps, { resourceId, account }, { shares: true, lane: 'giving', signal });
  if (!synced.held.includes(grantId)) throw synced.failure ?? new ConnectorError('not-confirmed');
}

async function bringOwn(
  deps: ActivityDeps,
  subject: ProvisionCase,
  intent: Intent,
  prior: readonly Holding[],
  signal: AbortSignal,
): Promise<void> {
  const { connector, target } = reachTarget(deps, subject);
  const desired = [...prior.filter((held) => held.account !== intent.account), holdingOf(subject, intent)];
  await apply(deps, connector, target, plan(desired, prior), intent, signal);
  const after = await connector.observe(target, [intent.account], signal);
  if (plan(desired, after.holdings).length > 0) throw new ConnectorError('not-confirmed');
}

async function apply(
  deps: ActivityDeps,
  connector: Connector,
  target: Target,
  changes: readonly Change[],
  intent: Intent,
  signal: AbortSignal,
): Promise<void> {
  gate(changes, intent.account);
  const password =
    intent.sealedPassword && unseal(deps.sealing, intent.sealedPassword, `grant:${intent.grantId}`);
  for (const change of changes) {
    await connector.apply(target, change, {
      number: intent.attempt,
      password,
      holder: null,
      signal,
      reach: deps.reach,
    });
  }
}

function sealNewPassword(deps: ActivityDeps): (grantId: string) => string {
  return (grantId) => seal(deps.sealing, newPassword(), `grant:${grantId}`);
}

function holdingOf(subject: ProvisionCase, intent: Intent): Holding {
  return {
    account: intent.account,
    entitlement: subject.entitlementKey,
    scope: subject.scope,
    until: intent.until.toISOString(),
  };
}
