import { setTimeout as delay } from 'node:timers/promises';
import type { Sql } from 'postgres';
import { ConnectorError } from '../errors.ts';

/** The server's own limit (`authentication_timeout`) is 60 s where nobody changed it. */
const endWithinMs = 65_000;
const longestPauseMs = 50;

/**
 * Waits until every login is over that is under way now. The server reads a role's password when a login begins, and the
 * client may take its time to answer: until then a login with a former password can still succeed. Such a login has no
 * row of its own in `pg_stat_activity` yet, but it holds its transaction's lock already. Nobody but a superuser may end
 * it; the server does, after its limit.
 *
 * @throws ConnectorError `target-error` when one is not over after 65 s; the signal's reason.
 */
export async function outlastLogins(sql: Sql, signal: AbortSignal): Promise<void> {
  const giveUpAt = performance.now() + endWithinMs;
  const first = new Set(await underWay(sql));
  for (let pauseMs = 1; first.size > 0; pauseMs = Math.min(longestPauseMs, pauseMs * 2)) {
    await delay(pauseMs);
    signal.throwIfAborted();
    if (performance.now() > giveUpAt) throw new ConnectorError('target-error');
    const now = new Set(await underWay(sql));
    for (const login of first) if (!now.has(login)) first.delete(login);
  }
}

/** The logins that are not over yet, each by the number of its transaction. Later servers show them as sessions of nobody. */
async function underWay(sql: Sql): Promise<string[]> {
  const logins = await sql<{ login: string }[]>`
    SELECT DISTINCT lock.pid || ' ' || lock.virtualtransaction AS login FROM pg_locks lock
    LEFT JOIN pg_stat_activity session ON session.pid = lock.pid
    WHERE lock.locktype = 'virtualxid' AND session.usesysid IS NULL
      AND coalesce(session.backend_type, 'client backend') = 'client backend'`;
  return logins.map(({ login }) => login);
}
