import postgres from 'postgres';
import type { PostgresSettings } from './settings.ts';

/** Ends have connections of their own, so that a rush of beginnings cannot delay them. */
export type Lane = 'giving' | 'ending';

export interface Pools {
  /** The connections to one target database. At most a few at a time: more only meet in the same catalog rows. */
  of(settings: PostgresSettings, secret: string, lane: Lane): postgres.Sql;
  /** Closes these at once, whatever they are doing, because the target does not answer on them. */
  discard(sql: postgres.Sql): void;
  /** Closes all of them. */
  close(): Promise<void>;
}

const connections: Readonly<Record<Lane, number>> = { giving: 4, ending: 8 };
const closeWithinSeconds = 2;

/** One small pool per target database and lane, made when first needed. A changed secret makes a new one. */
export function createPools(): Pools {
  const known = new Map<string, { secret: string; sql: postgres.Sql }>();
  return {
    of(settings, secret, lane) {
      const { host, port, database, username } = settings;
      const key = JSON.stringify([host, port, database, username, lane]);
      const pool = known.get(key);
      if (pool?.secret === secret) return pool.sql;
      // The former pool's queries finish; nobody waits for it.
      void pool?.sql.end({ timeout: closeWithinSeconds });
      const sql = connect(settings, secret, connections[lane]);
      known.set(key, { secret, sql });
      return sql;
    },
    discard(sql) {
      for (const [key, pool] of known) if (pool.sql === sql) known.delete(key);
      void sql.end({ timeout: 0 });
    },
    async close() {
      const all = [...known.values()];
      known.clear();
      await Promise.all(all.map(({ sql }) => sql.end({ timeout: closeWithinSeconds })));
    },
  };
}

/** Connections to one database, as the connector. */
export function connect(settings: PostgresSettings, secret: string, max: number): postgres.Sql {
  const { host, port, database, username } = settings;
  return postgres({
    host,
    port,
    database,
    username,
    password: secret,
    max,
    connect_timeout: 5,
    idle_timeout: 30,
    // The driver's own pauses grow to 20 s, which would keep an end waiting after the target is back.
    backoff: () => 0.2,
    fetch_types: false,
    onnotice: () => {},
    connection: {
      application_name: 'tenure connector',
      // Nothing that a grant's holder made can pose as a function or an operator of the connector's statements.
      search_path: 'pg_catalog',
      TimeZone: 'UTC',
      client_min_messages: 'error',
      statement_timeout: 15_000,
      idle_in_transaction_session_timeout: 15_000,
    },
  });
}
