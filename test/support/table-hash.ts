import { sql } from 'drizzle-orm';
import type { Executor } from '../../db/client.ts';

/** What a test may not mind: who was refused is recorded, and processes say that they live. */
export const records = ['audit_event', 'audit_text', 'change', 'heartbeat', 'outbox'];

/** A hash of everything that each table holds, by its name. */
export async function tableHashes(
  db: Executor,
  but: readonly string[] = [],
): Promise<Record<string, string>> {
  const tables = await db.execute<{ name: string }>(
    sql`select tablename as name from pg_tables where schemaname = 'public' order by tablename`,
  );
  const wanted = tables.map(({ name }) => name).filter((name) => !but.includes(name));
  const hashes = sql.join(
    wanted.map(
      (name) => sql`select ${name}::text as name,
        (select count(*) || ' ' || md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from ${sql.identifier(name)} t) as hash`,
    ),
    sql` union all `,
  );
  const rows = await db.execute<{ name: string; hash: string }>(hashes);
  return Object.fromEntries(rows.map(({ name, hash }) => [name, hash]));
}
