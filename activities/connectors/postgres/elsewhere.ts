import type { Sql } from 'postgres';
import { connect } from './pools.ts';
import type { PostgresSettings } from './settings.ts';

/** Opens one connection to a database of the same server and closes it when `work` is done. */
export type Elsewhere = (database: string, work: (sql: Sql) => Promise<void>) => Promise<void>;

/** Connections for ends, whose work may lie in any database of the server. */
export function elsewhere(settings: PostgresSettings, secret: string): Elsewhere {
  return async (database, work) => {
    const sql = connect({ ...settings, database }, secret, 'ending');
    try {
      await work(sql);
    } finally {
      await sql.end({ timeout: 2 });
    }
  };
}
