import { setTimeout as delay } from 'node:timers/promises';
import type { Sql } from 'postgres';
import { ConnectorError } from '../errors.ts';

const endWithinMs = 10_000;
const longestPauseMs = 50;

/**
 * Ends every session of a role and returns when none is left. The sessions are told to end and then looked for again
 * after pauses of 1, 2, 4 … 50 ms: the server's own wait in `pg_terminate_backend` takes steps of 100 ms.
 *
 * @param roleOid because a session outlives its role's name, and a new role could bear the same one.
 * @throws ConnectorError `target-error` when some session has not ended after 10 s.
 */
export async function endSessions(sql: Sql, roleOid: number, signal: AbortSignal): Promise<void> {
  const giveUpAt = performance.now() + endWithinMs;
  for (let pauseMs = 1; ; pauseMs = Math.min(longestPauseMs, pauseMs * 2)) {
    signal.throwIfAborted();
    const open = await sql`
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usesysid = ${roleOid}`;
    if (open.length === 0) return;
    if (performance.now() > giveUpAt) throw new ConnectorError('target-error');
    await delay(pauseMs);
  }
}
