import type postgres from 'postgres';
import { hasCode, sqlState } from './errors.ts';

/** What the server says last on a connection that it then closes: it stops, crashes, or has waited too long. */
const lastWords = /^(08|57P|25P0[34])/;
/** What Node and the driver say of a connection that broke. */
const broken = /^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|CONNECTION_)/;

/**
 * Runs the work in one transaction. When its connection is lost on the way, the server rolls back by itself; the driver
 * would still write ROLLBACK, or the work's next statement, to a connection that is gone, and fail outside of every
 * promise, which ends the process. So nothing more is handed to it: it rejects as soon as it has noticed.
 * @param mode what the BEGIN says of it
 * @throws whatever the work throws, and the driver's error when the connection is lost
 */
export async function inTransaction<T>(
  sql: Pick<postgres.Sql, 'begin'>,
  work: (tx: postgres.TransactionSql) => Promise<T>,
  mode = '',
): Promise<T> {
  let isOver = false;
  try {
    const answer = await sql.begin(mode, (tx) =>
      work(whileOpen(tx, () => isOver)).catch((error: unknown) => {
        if (isLost(error)) return never();
        throw error;
      }),
    );
    // The driver's type also unwraps lists of promises, which no work of ours returns.
    return answer as T;
  } finally {
    isOver = true;
  }
}

/**
 * Runs work that only reads, in one transaction in which the server refuses every write. Nothing depends on its COMMIT, so that
 * nobody waits for it: a round trip less than `inTransaction`.
 * @throws whatever the work throws, and the driver's error when the connection is lost
 */
export function inReading<T>(
  sql: Pick<postgres.Sql, 'begin'>,
  work: (tx: postgres.TransactionSql) => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    inTransaction(sql, async (tx) => resolve(await work(tx)), 'read only').catch(reject);
  });
}

function isLost(error: unknown): boolean {
  const state = sqlState(error);
  return state ? lastWords.test(state) : hasCode(error, broken);
}

/** The driver rejects when it sees the connection close, and forgets this. */
function never(): Promise<never> {
  return new Promise(() => undefined);
}

/** The transaction as long as it is one; afterwards every statement throws. */
function whileOpen(tx: postgres.TransactionSql, isOver: () => boolean): postgres.TransactionSql {
  const check = () => {
    if (isOver()) throw new LostTransaction();
  };
  return new Proxy(tx, {
    apply(target, self, words) {
      check();
      return Reflect.apply(target, self, words);
    },
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (name !== 'unsafe' || typeof member !== 'function') return member;
      return (...words: unknown[]): unknown => {
        check();
        return Reflect.apply(member, target, words);
      };
    },
  });
}

/** Has the code that the driver gives to what it cannot send any more. */
class LostTransaction extends Error {
  readonly code = 'CONNECTION_CLOSED';
  constructor() {
    super('The transaction is over: its connection was lost.');
  }
}
