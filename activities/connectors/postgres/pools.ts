import postgres from 'postgres';
import { endsPerTarget } from '../../../domain/limits.ts';
import type { PostgresSettings } from './settings.ts';
import { transportOptions } from './transport.ts';

/** Ends have connections of their own, so that a rush of beginnings cannot delay them. */
export type Lane = 'giving' | 'ending';

/** One connection to a target database, for one piece of work at a time. */
export interface Lent {
  readonly sql: postgres.Sql;
  /** Gives it back, to be used by others. */
  release(): void;
  /** Closes it at once, whatever it is doing, because the target does not answer on it. */
  discard(): void;
}

export interface Pools {
  /**
   * Lends a connection to one target database, and waits for one while all are lent. There are a few at a time: more
   * would only meet in the same catalog rows. Rejects with the signal's reason.
   */
  lend(settings: PostgresSettings, secret: string, lane: Lane, signal: AbortSignal): Promise<Lent>;
  /** Closes all of them. */
  close(): Promise<void>;
}

const connections: Readonly<Record<Lane, number>> = { giving: 4, ending: endsPerTarget };
const closeWithinSeconds = 2;

/** One small pool per target database and lane, made when first needed. Changed settings or secrets make a new one. */
export function createPools(): Pools {
  const known = new Map<string, { identity: string; pool: Pool }>();
  return {
    lend(settings, secret, lane, signal) {
      const { host, port, database, username } = settings;
      const key = JSON.stringify([host, port, database, username, lane]);
      const identity = JSON.stringify([secret, settings.tls, settings.certificateAuthority]);
      const found = known.get(key);
      if (found?.identity === identity) return found.pool.lend(signal);
      found?.pool.retire();
      const pool = new Pool(() => connect(settings, secret, lane), connections[lane]);
      known.set(key, { identity, pool });
      return pool.lend(signal);
    },
    async close() {
      const all = [...known.values()];
      known.clear();
      await Promise.all(all.map(({ pool }) => pool.close()));
    },
  };
}

/**
 * The driver's own pool can only be closed as a whole, and with it the work of others. This one holds clients of one
 * connection each, so that each can be closed alone.
 */
class Pool {
  readonly #make: () => postgres.Sql;
  readonly #idle: postgres.Sql[] = [];
  readonly #all = new Set<postgres.Sql>();
  readonly #waiting: (() => void)[] = [];
  #free: number;
  #isClosed = false;

  constructor(make: () => postgres.Sql, max: number) {
    this.#make = make;
    this.#free = max;
  }

  async lend(signal: AbortSignal): Promise<Lent> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free -= 1;
    else await this.#turn(signal);
    const sql = this.#idle.pop() ?? this.#make();
    this.#all.add(sql);
    let isLent = true;
    const giveBack = (close: boolean) => {
      if (!isLent) return;
      isLent = false;
      if (close || this.#isClosed) {
        this.#all.delete(sql);
        void sql.end({ timeout: close ? 0 : closeWithinSeconds });
      } else this.#idle.push(sql);
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    };
    return { sql, release: () => giveBack(false), discard: () => giveBack(true) };
  }

  /** Closes what is idle now, and what is lent when it is given back. */
  retire(): void {
    this.#isClosed = true;
    for (const sql of this.#idle.splice(0)) void sql.end({ timeout: closeWithinSeconds });
  }

  /** Closes all, also what is lent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const all = [...this.#all];
    this.#all.clear();
    await Promise.all(all.map((sql) => sql.end({ timeout: closeWithinSeconds })));
  }

  /** Waits until a connection is handed over. Whoever gave up is passed over. */
  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        this.#waiting.splice(this.#waiting.indexOf(take), 1);
        reject(signal.reason);
      };
      const take = () => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      this.#waiting.push(take);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }
}

/** One connection to one database, as the connector. */
export function connect(settings: PostgresSettings, secret: string, lane: Lane): postgres.Sql {
  const { host, port, database, username } = settings;
  return postgres({
    host,
    port,
    database,
    username,
    password: secret,
    ...transportOptions(settings),
    max: 1,
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
      // Giving holds the account's mark, which its end needs, and so must not wait long for what a holder has locked.
      ...(lane === 'giving' ? { lock_timeout: 2_000 } : {}),
    },
  });
}
