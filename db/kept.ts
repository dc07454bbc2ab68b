import { is, Placeholder, type SQL, sql } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import { PostgresJsSession } from 'drizzle-orm/postgres-js';
import type { Executor } from './client.ts';

/** A text that is a value of a statement, or the place of one that comes with each call. */
export type Given = string | Placeholder;

type Row = Record<string, unknown>;
type Values<Name extends string> = Readonly<Record<Name, unknown>>;

/** How a statement differs from others of its kind in more than its values. */
type Shape = Readonly<Record<string, string | boolean>>;

const dialect = new PgDialect();

/**
 * A statement that is put together once, and not with each call: for those of every page Drizzle's putting together costs as much
 * as drawing what they tell. What differs from call to call is given by name. It is sent in its turn: after what was sent, and
 * before what is called after it, whichever way.
 */
export function kept<R extends object, Name extends string>(compose: Compose<Name>): Kept<R, Name> {
  const one = lazily(compose);
  // Drizzle takes as long to send what a function has called, and nothing shall overtake it.
  return (tx, values) => Promise.resolve().then(() => send<R>(tx, one(), values));
}

/** The same, but sent before everything that was called and is not sent yet. */
export function keptFirst<R extends object, Name extends string>(compose: Compose<Name>): Kept<R, Name> {
  const one = lazily(compose);
  // The driver sends what somebody waits for.
  return (tx, values) => send<R>(tx, one(), values).then((rows) => rows);
}

/** A kind of kept statements, of which there must be few: one for each shape. */
export function keptByShape<R extends object, Name extends string, Of extends Shape>(
  compose: (given: (name: Name) => Placeholder, shape: Of) => SQL,
): (tx: Executor, shape: Of, values: Values<Name>) => Promise<readonly R[]> {
  const known = new Map<string, Kept<R, Name>>();
  return (tx, shape, values) => {
    const key = Object.values(shape).join();
    const one = known.get(key) ?? kept<R, Name>((given) => compose(given, shape));
    known.set(key, one);
    return one(tx, values);
  };
}

type Compose<Name extends string> = (given: (name: Name) => Placeholder) => SQL;
type Kept<R, Name extends string> = (tx: Executor, values: Values<Name>) => Promise<readonly R[]>;

interface Composed {
  text: string;
  params: readonly unknown[];
}

/** Modules name each other's pieces, so that nothing can be put together before all are there. */
function lazily<Name extends string>(compose: Compose<Name>): () => Composed {
  let known: Composed | null = null;
  return () => {
    if (known) return known;
    const { sql: text, params } = dialect.sqlToQuery(compose((name) => sql.placeholder(name)));
    known = { text, params };
    return known;
  };
}

function send<R extends object>(
  tx: Executor,
  { text, params }: Composed,
  values: Values<string>,
): Promise<readonly R[]> {
  const { session } = tx._;
  if (!(session instanceof PostgresJsSession)) throw new TypeError('The ledger is read by another driver.');
  const given = params.map((one) => (is(one, Placeholder) ? values[one.name] : one));
  return session.queryObjects<R & Row>(text, given);
}
