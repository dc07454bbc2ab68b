import { unseal } from '../crypto/sealing.ts';
import { readEndCase } from '../db/queries/end.ts';
import { takeNextPassword, takeOverPassword } from '../db/queries/password.ts';
import { type ActivityDeps, reachTarget } from './deps.ts';

/**
 * Gives a grant's account the password that its holder asked for anew, and then makes it the one the ledger shows. Open
 * sessions end with the former one. Does nothing for a grant that is due or over. Each try has a number, taken with the
 * password, so that the target refuses one that wakes up when a later password is already there.
 */
export async function replaceCredential(
  deps: ActivityDeps,
  grantId: string,
  signal: AbortSignal,
): Promise<void> {
  const { db } = deps.ledger;
  const next = await takeNextPassword(db, grantId);
  const subject = await readEndCase(db, grantId);
  if (!next || !subject || subject.due || subject.state !== 'held') return;
  const { connector, target } = reachTarget(deps, subject);
  const password = unseal(deps.sealing, next.sealed, `grant:${grantId}`);
  const attempt = { number: next.attempt, password, holder: null, signal, reach: deps.reach };
  await connector.replacePassword(target, subject.account, attempt);
  await deps.reach('credential.before-take-over');
  await takeOverPassword(db, grantId, next.sealed);
}
