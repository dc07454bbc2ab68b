import type { Sql } from 'postgres';
import type { Elsewhere } from './elsewhere.ts';
import { closingStatements, movingStatements } from './leftovers.ts';
import { accountIdentifier, identifier } from './names.ts';
import type { PostgresSettings } from './settings.ts';

/** How many objects change hands in one transaction: few enough for the server's lock table, many enough to be quick. */
const batchSize = 100;

/**
 * Hands what the account owned to the settings' owner, in every database of the server where there is any, and takes
 * away whatever else mentions it, so that the role can be dropped. Nobody but the owner has any right to it afterwards.
 * Its sessions and prepared transactions must have ended. The work is committed in small steps: one that is broken off
 * goes on where it was.
 */
export async function leaveNothing(
  sql: Sql,
  settings: PostgresSettings,
  account: string,
  signal: AbortSignal,
  elsewhere: Elsewhere,
): Promise<void> {
  for (const { database, isOwner } of await find(sql, account)) {
    signal.throwIfAborted();
    const work = (there: Sql) => handOver(there, account, settings.owner, isOwner, signal);
    // What the whole server shares can be dealt with anywhere.
    if (database === null || database === settings.database) await work(sql);
    else await elsewhere(database, work);
  }
}

interface Place {
  /** Null for what the whole server shares. */
  database: string | null;
  /** Something there belongs to the role; else something only mentions it. */
  isOwner: boolean;
}

async function find(sql: Sql, account: string): Promise<Place[]> {
  return sql<Place[]>`
    SELECT d.datname AS database, bool_or(s.deptype = 'o' AND s.dbid <> 0) AS "isOwner"
    FROM pg_shdepend s JOIN pg_roles r ON r.oid = s.refobjid LEFT JOIN pg_database d ON d.oid = s.dbid
    WHERE s.refclassid = 'pg_authid'::regclass AND r.rolname = ${account}
    GROUP BY d.datname`;
}

async function handOver(
  sql: Sql,
  account: string,
  owner: string,
  isOwner: boolean,
  signal: AbortSignal,
): Promise<void> {
  if (isOwner) {
    // Others' rights first: that waits for no lock, and must not be owed while something else is in use.
    for await (const page of closingStatements(sql, account)) await inBatches(sql, page, signal);
    for await (const page of movingStatements(sql, account, owner)) await inBatches(sql, page, signal);
  }
  const from = accountIdentifier(account);
  await inBatches(
    sql,
    [`REASSIGN OWNED BY ${from} TO ${identifier(owner)}`, `DROP OWNED BY ${from}`],
    signal,
  );
}

async function inBatches(sql: Sql, statements: readonly string[], signal: AbortSignal): Promise<void> {
  for (let from = 0; from < statements.length; from += batchSize) {
    signal.throwIfAborted();
    const batch = statements.slice(from, from + batchSize);
    // One message is one transaction. An object that another session uses must not hold up everybody behind us.
    await sql.unsafe(["SET LOCAL lock_timeout = '2s'", ...batch].join(';\n'));
  }
}
