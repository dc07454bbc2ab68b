import type { Sql } from 'postgres';
import type { Elsewhere } from './elsewhere.ts';
import { accountIdentifier } from './names.ts';

/**
 * Rolls back what the account has prepared for two-phase commit, in every database of the server: such transactions
 * outlive their session and keep its locks.
 */
export async function rollBackPrepared(
  sql: Sql,
  account: string,
  signal: AbortSignal,
  elsewhere: Elsewhere,
): Promise<void> {
  const prepared = await sql<{ gid: string; database: string }[]>`
    SELECT quote_literal(gid) AS gid, database FROM pg_prepared_xacts WHERE owner = ${account}`;
  for (const { gid, database } of prepared) {
    signal.throwIfAborted();
    // Only the role that prepared a transaction may end it, so the connector becomes that role: on a connection of its
    // own, which is closed afterwards. The statement takes no parameters and no transaction around it.
    await elsewhere(database, async (there) => {
      await there.unsafe(`SET ROLE ${accountIdentifier(account)}`);
      await there.unsafe(`ROLLBACK PREPARED ${gid}`);
    });
  }
}
