import type { Sql } from 'postgres';
import { inTransaction } from '../../../db/transaction.ts';
import type { Holding } from '../../../domain/plan.ts';
import type { Attempt } from '../connector.ts';
import { actingFor } from './adopted.ts';
import type { Elsewhere } from './elsewhere.ts';
import { retryingConflicts } from './failures.ts';
import { markEnded, type Remains } from './fence.ts';
import { accountIdentifier, isOurs } from './names.ts';
import { leaveNothing } from './ownership.ts';
import { endSessions } from './sessions.ts';
import type { PostgresSettings } from './settings.ts';
import { shutOut, withdraw } from './shut-out.ts';

/**
 * Ends a grant in the target, in an order in which each step holds whatever happens after it: every right is gone, the
 * one to connect included, once the first transaction commits, which nothing the holder does can delay; then sessions end
 * and logins are refused; then what the role owned, and the role.
 */
export async function remove(
  sql: Sql,
  settings: PostgresSettings,
  holding: Holding,
  attempt: Attempt,
  elsewhere: Elsewhere,
): Promise<void> {
  const { signal } = attempt;
  const { account } = holding;
  const { roleOid, exists } = await end(sql, holding, attempt);
  await attempt.reach('postgres.after-withdrawing');
  if (exists && roleOid !== null) {
    await shutOut(sql, account, roleOid, signal, elsewhere, (statement) => sql.unsafe(statement));
  }
  // A login that was under way when logins began to be refused may have become a session only now.
  if (roleOid !== null) await endSessions(sql, roleOid, signal);
  await attempt.reach('postgres.after-ending-sessions');
  if (exists) await drop(sql, settings, account, signal, elsewhere);
  if (roleOid !== null) await endSessions(sql, roleOid, signal);
  await attempt.reach('postgres.after-remove');
}

function end(sql: Sql, holding: Holding, attempt: Attempt): Promise<Remains> {
  return retryingConflicts(attempt.signal, () =>
    inTransaction(sql, async (tx) => {
      const remains = await markEnded(tx, holding, attempt.number);
      if (remains.exists) await withdraw(tx, holding.account, remains.memberOf);
      if (remains.exists && !isOurs(holding.account)) await tx.unsafe(actingFor(holding.account));
      return remains;
    }),
  );
}

async function drop(
  sql: Sql,
  settings: PostgresSettings,
  account: string,
  signal: AbortSignal,
  elsewhere: Elsewhere,
): Promise<void> {
  const name = accountIdentifier(account);
  const work = async () => {
    await leaveNothing(sql, settings, account, signal, elsewhere);
    // Another session may be about to mention the role, e.g. in a GRANT.
    await sql.unsafe(`SET LOCAL lock_timeout = '2s'; DROP ROLE IF EXISTS ${name}`);
  };
  // 2BP01: something still depends on the role, e.g. what a session committed with its last breath.
  await retryingConflicts(signal, work, ['2BP01']);
}
