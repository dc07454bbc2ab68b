import type { Sql } from 'postgres';
import { accountIdentifier, identifier } from './names.ts';
import type { PostgresSettings } from './settings.ts';
import type { Elsewhere } from './take.ts';

interface Left {
  /** Transactions prepared for two-phase commit: they outlive the session and keep its locks. */
  prepared: { gid: string; database: string }[];
  /** Databases in which something belongs to the role or mentions it; null stands for what the whole server shares. */
  databases: (string | null)[];
}

/**
 * Hands what the account owned to the settings' owner, in every database of the server where there is any, and takes
 * away whatever else mentions it, so that the role can be dropped. Its sessions must have ended.
 */
export async function leaveNothing(
  sql: Sql,
  settings: PostgresSettings,
  account: string,
  signal: AbortSignal,
  elsewhere: Elsewhere,
): Promise<void> {
  const { prepared } = await find(sql, account);
  for (const { gid, database } of prepared) {
    signal.throwIfAborted();
    await elsewhere(database, (there) => rollBackPrepared(there, account, gid));
  }
  // Looked up again: a prepared transaction's own objects show only when it is over.
  const { databases } = await find(sql, account);
  for (const name of new Set(databases.map((database) => database ?? settings.database))) {
    signal.throwIfAborted();
    if (name === settings.database) await handOver(sql, account, settings.owner);
    else await elsewhere(name, (there) => handOver(there, account, settings.owner));
  }
}

async function find(sql: Sql, account: string): Promise<Left> {
  const [left] = await sql<Left[]>`
    SELECT (
      SELECT coalesce(json_agg(json_build_object('gid', gid, 'database', database)), '[]')
      FROM pg_prepared_xacts WHERE owner = ${account}
    ) AS prepared, (
      SELECT coalesce(json_agg(DISTINCT d.datname), '[]')
      FROM pg_shdepend s JOIN pg_roles r ON r.oid = s.refobjid LEFT JOIN pg_database d ON d.oid = s.dbid
      WHERE s.refclassid = 'pg_authid'::regclass AND r.rolname = ${account}
    ) AS databases`;
  return left ?? { prepared: [], databases: [] };
}

async function handOver(sql: Sql, account: string, owner: string): Promise<void> {
  const from = accountIdentifier(account);
  await sql.begin(async (tx) => {
    // Many objects take long; one that another session uses must not hold up everybody behind us.
    await tx`SET LOCAL statement_timeout = '120s'`;
    await tx`SET LOCAL lock_timeout = '2s'`;
    await tx.unsafe(`REASSIGN OWNED BY ${from} TO ${identifier(owner)}; DROP OWNED BY ${from}`);
  });
}

/**
 * Only the role that prepared a transaction may end it, so the connector becomes that role: on a connection of its own,
 * which is closed afterwards. The statement takes no parameters and no transaction around it.
 */
async function rollBackPrepared(sql: Sql, account: string, gid: string): Promise<void> {
  const [quoted] = await sql<{ gid: string }[]>`SELECT quote_literal(${gid}) AS gid`;
  await sql.unsafe(`SET ROLE ${accountIdentifier(account)}`);
  if (quoted) await sql.unsafe(`ROLLBACK PREPARED ${quoted.gid}`);
}
