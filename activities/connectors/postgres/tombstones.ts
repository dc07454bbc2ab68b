import type { Sql } from 'postgres';

const everyMs = 60 * 60_000;
const sweptAt = new WeakMap<Sql, number>();

/**
 * Deletes the marks of accounts that ended more than seven days ago, far longer than any attempt can be late; at most
 * once an hour per pool. A mark stays as long as its role does.
 */
export async function forgetEndedAccounts(sql: Sql): Promise<void> {
  const now = performance.now();
  const last = sweptAt.get(sql);
  if (last !== undefined && now - last < everyMs) return;
  sweptAt.set(sql, now);
  await sql`
    DELETE FROM tenure.account WHERE account IN (
      SELECT known.account FROM tenure.account known
      WHERE known.ended_at < clock_timestamp() - interval '7 days'
        AND NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = known.account)
      LIMIT 1000 FOR UPDATE SKIP LOCKED
    )`;
}
