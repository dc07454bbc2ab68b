import { setTimeout as delay } from 'node:timers/promises';
import type { Sql, TransactionSql } from 'postgres';
import { ConnectorError } from '../errors.ts';
import { isConflict } from './failures.ts';
import { accountIdentifier, identifier } from './names.ts';
import { rollBackPrepared } from './prepared.ts';
import { endSessions } from './sessions.ts';
import type { Elsewhere } from './elsewhere.ts';

const shutOutWithinMs = 10_000;

/** The longest wait for the role's own row before its sessions are ended once more, as SQL. */
const lockLimit = '300ms';

/**
 * Takes away what we made the account a member of, and with it every right, the one to connect to the database included.
 * Memberships are rows that their holder cannot lock, so nothing the holder does can delay it.
 */
export async function withdraw(
  tx: TransactionSql,
  account: string,
  memberOf: readonly string[],
): Promise<void> {
  const name = accountIdentifier(account);
  if (memberOf.length === 0) return;
  await tx.unsafe(memberOf.map((role) => `REVOKE ${identifier(role)} FROM ${name}`).join(';'));
}

/**
 * Ends the account's sessions and prepared transactions and refuses every login from then on. Its rights must have been
 * withdrawn. The role's own row is one that its holder can change (`ALTER ROLE CURRENT_USER PASSWORD …`) and so can lock,
 * by a transaction left open or prepared, or can keep changing under our hands. Hence sessions first, then the row with
 * little patience, and again, until it is done.
 *
 * @param refuse runs the statement that refuses logins, in a transaction that may check first whether it still may. What
 *   follows in that statement changes the role too.
 * @throws ConnectorError `target-error` after 10 s.
 */
export async function shutOut(
  sql: Sql,
  account: string,
  roleOid: number,
  signal: AbortSignal,
  elsewhere: Elsewhere,
  refuse: (statement: string) => Promise<unknown>,
): Promise<void> {
  const statement = `SET LOCAL lock_timeout = '${lockLimit}';
    ALTER ROLE ${accountIdentifier(account)} NOLOGIN`;
  const giveUpAt = performance.now() + shutOutWithinMs;
  for (;;) {
    await endSessions(sql, roleOid, signal);
    await rollBackPrepared(sql, account, signal, elsewhere);
    signal.throwIfAborted();
    try {
      await refuse(statement);
      return;
    } catch (error) {
      // 42704: there is no such role any more, because another attempt at the same end was faster.
      if (isConflict(error, ['42704']) && !(await exists(sql, roleOid))) return;
      if (!isConflict(error, ['55P03'])) throw error;
      if (performance.now() > giveUpAt) throw new ConnectorError('target-error', '55P03');
      await delay(Math.random() * 10);
    }
  }
}

async function exists(sql: Sql, roleOid: number): Promise<boolean> {
  const roles = await sql`SELECT FROM pg_roles WHERE oid = ${roleOid}`;
  return roles.length > 0;
}
