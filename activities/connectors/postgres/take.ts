import type { Sql } from 'postgres';
import type { Holding } from '../../../domain/plan.ts';
import type { Attempt } from '../connector.ts';
import { retryingConflicts } from './failures.ts';
import { markEnded, type Remains } from './fence.ts';
import { accountIdentifier, identifier } from './names.ts';
import { leaveNothing } from './ownership.ts';
import { endSessions } from './sessions.ts';
import type { PostgresSettings } from './settings.ts';

/** Opens one connection to a database of the same server and closes it when `work` is done. */
export type Elsewhere = (database: string, work: (sql: Sql) => Promise<void>) => Promise<void>;

/**
 * Ends a grant in the target, in an order in which each step holds whatever happens after it: logins are refused and
 * every right is gone once the first transaction commits; then the sessions, what the role owned, and the role.
 */
export async function remove(
  sql: Sql,
  settings: PostgresSettings,
  holding: Holding,
  attempt: Attempt,
  elsewhere: Elsewhere,
): Promise<void> {
  const { signal } = attempt;
  const remains = await refuseLogins(sql, holding, attempt);
  await attempt.reach('postgres.after-refusing-logins');
  if (remains.roleOid !== null) await endSessions(sql, remains.roleOid, signal);
  await attempt.reach('postgres.after-ending-sessions');
  if (remains.exists) await drop(sql, settings, holding.account, signal, elsewhere);
  // A login that was under way when logins began to be refused may have become a session only now.
  if (remains.roleOid !== null) await endSessions(sql, remains.roleOid, signal);
  await attempt.reach('postgres.after-remove');
}

async function refuseLogins(sql: Sql, holding: Holding, attempt: Attempt): Promise<Remains> {
  const account = accountIdentifier(holding.account);
  return retryingConflicts(attempt.signal, () =>
    sql.begin(async (tx) => {
      const remains = await markEnded(tx, holding, attempt.number);
      if (!remains.exists) return remains;
      const given = remains.memberOf.map((role) => `; REVOKE ${identifier(role)} FROM ${account}`);
      await tx.unsafe(`ALTER ROLE ${account} NOLOGIN VALID UNTIL '-infinity'${given.join('')}`);
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
    await sql.unsafe(`DROP ROLE IF EXISTS ${name}`);
  };
  // 2BP01: something still depends on the role, e.g. what a session committed with its last breath.
  await retryingConflicts(signal, work, ['2BP01']);
}
