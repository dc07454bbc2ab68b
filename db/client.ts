import { type SQL, sql } from 'drizzle-orm';
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { keptFirst } from './kept.ts';
import { inReading, inTransaction } from './transaction.ts';

/** A connection pool or a transaction in it: what every query function takes first. */
export type Executor = PostgresJsDatabase;

export interface Ledger {
  db: Executor;
  /** The same, of which every transaction only reads. It is there for `readingWithin`; a statement outside of a transaction is one as with `db`. */
  reads: Executor;
  /** Waits for running queries and closes every connection. */
  close(): Promise<void>;
}

export interface LedgerOptions {
  url: string;
  /** Connections at most. */
  max?: number;
  /** Shown in `pg_stat_activity`. */
  applicationName: string;
  /** A statement that takes longer is cancelled by the server. */
  statementTimeoutMs?: number;
}

/** Opens the ledger lazily: nothing connects before the first query, and a broken connection is made anew. */
export function openLedger(options: LedgerOptions): Ledger {
  const client = postgres(options.url, {
    max: options.max ?? 10,
    connect_timeout: 5,
    idle_timeout: 60,
    backoff: (retries: number) => Math.min(0.1 * 2 ** retries, 1),
    onnotice: () => undefined,
    connection: {
      application_name: options.applicationName,
      // A plan for the values at hand costs more than most of our statements take, and every one of them has its index.
      plan_cache_mode: 'force_generic_plan',
      // Those plans are thought to cost far more than they do; compiling one each time that it runs would.
      jit: 'off',
      statement_timeout: options.statementTimeoutMs ?? 15_000,
      idle_in_transaction_session_timeout: 30_000,
    },
  });
  const begin: Begin = (work) => inTransaction(client, (tx) => work(preparing(tx)));
  const beginReading: Begin = (work) => inReading(client, (tx) => work(preparing(tx)));
  return {
    db: drizzle(preparing(client, begin)),
    reads: drizzle(preparing(client, beginReading)),
    close: () => client.end({ timeout: 5 }),
  };
}

type Work = (tx: postgres.TransactionSql) => Promise<unknown>;
type Begin = (work: Work) => Promise<unknown>;

const unkept = '/* unkept */';

/**
 * Stands at the beginning of a statement whose text somebody outside has a say in, e.g. by a filter: it is not prepared, because
 * every connection and its server would keep whatever anybody has ever thought of.
 */
export const unkeptStatement = sql.raw(unkept);

/**
 * Drizzle names no statement, and an unnamed one is parsed and planned anew at every call, in two round trips. With this
 * every statement that has parameters is prepared once per connection: one round trip, and its plan is kept.
 */
function preparing<Client extends postgres.ISql>(client: Client, begin?: Begin): Client {
  return new Proxy(client, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (name === 'unsafe') {
        const prepared: Client['unsafe'] = (query, parameters, options) =>
          target.unsafe(query, parameters, { ...options, prepare: !query.startsWith(unkept) });
        return prepared;
      }
      if (name === 'begin' && begin) return begin;
      if (name === 'savepoint' && typeof member === 'function') {
        return (work: Work): unknown =>
          Reflect.apply(member, target, [(tx: postgres.TransactionSql) => work(preparing(tx))]);
      }
      return member;
    },
  });
}

/** Whose eyes a transaction of the application role has; row-level security knows nothing else. */
export interface Scope {
  personId: string;
  organizationId: string;
  /** `all`: the vendor's people who read every record. */
  reach: 'own' | 'all';
}

/**
 * Waits for statements of one transaction that were sent together. Of several that fail the first in their order is thrown: the
 * others fail only because the transaction has. Those that functions have begun are sent first, in their order, and then
 * Drizzle's own, which are sent when they are waited for.
 */
export async function together<T extends readonly unknown[]>(
  statements: readonly [...T],
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  // Once each: Drizzle sends its own again for everybody who waits for them.
  const sent = statements.map((one) => Promise.resolve(one));
  await Promise.allSettled(sent);
  // Their own types, each at its place, which `map` forgets.
  return Promise.all(sent) as Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }>;
}

/** Runs the work in one transaction that sees only what the scope sees. Nothing of it outlives the transaction. */
export function within<T>(ledger: Ledger, scope: Scope, work: (tx: Executor) => Promise<T>): Promise<T> {
  return withScope(ledger.db, scope, work);
}

/** The same for work that only reads, and sooner: the server refuses what would write. */
export function readingWithin<T>(
  ledger: Ledger,
  scope: Scope,
  work: (tx: Executor) => Promise<T>,
): Promise<T> {
  return withScope(ledger.reads, scope, work);
}

function withScope<T>(db: Executor, scope: Scope, work: (tx: Executor) => Promise<T>): Promise<T> {
  return db.transaction(async (tx) => {
    // Not waited for: the statements of a transaction keep their order, and the first of the work follows at once.
    const [, answer] = await Promise.all([setScope(tx, { ...scope }), work(tx)]);
    return answer;
  });
}

const setScope = keptFirst<object, keyof Scope>(
  (given) => sql`select set_config('tenure.organization', ${given('organizationId')}, true),
      set_config('tenure.person', ${given('personId')}, true), set_config('tenure.reach', ${given('reach')}, true)`,
);

/**
 * Runs the work in one transaction with the eyes of the vendor as a whole and of no person: for what no person asks, e.g. an
 * event that a source has signed.
 */
export function withinVendor<T>(ledger: Ledger, work: (tx: Executor) => Promise<T>): Promise<T> {
  return withEyesOf(ledger, sql`tenure_vendor()`, work);
}

/** The same with the eyes of one organization: for somebody of it of whom it is not known yet who they are. */
export function withinOrganization<T>(
  ledger: Ledger,
  organizationId: string,
  work: (tx: Executor) => Promise<T>,
): Promise<T> {
  return withEyesOf(ledger, sql`${organizationId}`, work);
}

function withEyesOf<T>(ledger: Ledger, organization: SQL, work: (tx: Executor) => Promise<T>): Promise<T> {
  return ledger.db.transaction(async (tx) => {
    const scoped = tx
      .execute(sql`select set_config('tenure.organization', ${organization}, true)`)
      .then(() => undefined);
    const [answer] = await Promise.all([work(tx), scoped]);
    return answer;
  });
}
