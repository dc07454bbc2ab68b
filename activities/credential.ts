import { unseal } from '../crypto/sealing.ts';
import { readEndCase } from '../db/queries/end.ts';
import { readNextPassword, takeOverPassword } from '../db/queries/password.ts';
import { type ActivityDeps, reachTarget } from './deps.ts';

/**
 * Gives a grant's account the password that its holder asked for anew, and then makes it the one the ledger shows. Open
 * sessions end with the former one. Does nothing for a grant that is due or over.
 */
export async function replaceCredential(
  deps: ActivityDeps,
  grantId: string,
  signal: AbortSignal,
): Promise<void> {
  const { db } = deps.ledger;
  const sealed = await readNextPassword(db, grantId);
  const subject = await readEndCase(db, grantId);
  if (!sealed || !subject || subject.due || subject.state !== 'held') return;
  const { connector, target } = reachTarget(deps, subject);
  const password = unseal(deps.sealing, sealed, `grant:${grantId}`);
  await connector.replacePassword(target, subject.account, password, signal);
  await takeOverPassword(db, grantId, sealed);
}
