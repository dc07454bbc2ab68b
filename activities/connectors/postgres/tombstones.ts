import type { Sql } from 'postgres';
import type { PostgresSettings } from './settings.ts';

const everyMs = 60 * 60_000;

/** When each target database was swept last, on the clock of `performance.now`. */
export type SweptAt = Map<string, number>;

/**
 * Deletes the marks of accounts that ended more than seven days ago, far longer than any attempt can be late; at most
 * once an hour per database. A mark stays as long as its role does.
 */
export async function forgetEndedAccounts(
  sql: Sql,
  { host, port, database }: PostgresSettings,
  sweptAt: SweptAt,
): Promise<void> {
  const key = JSON.stringify([host, port, database]);
  const now = performance.now();
  const last = sweptAt.get(key);
  if (last !== undefined && now - last < everyMs) return;
  sweptAt.set(key, now);
  await sql`
    DELETE FROM tenure.account WHERE account IN (
      SELECT known.account FROM tenure.account known
      WHERE known.ended_at < clock_timestamp() - interval '7 days'
        AND NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = known.account)
      LIMIT 1000 FOR UPDATE SKIP LOCKED
    )`;
}
