import type postgres from 'postgres';
import type { Ledger } from '../../db/client.ts';

/** Statements as they were sent, with what each of them waited for, so that they can be sent again in the same way. */
export type Recording = readonly Unit[];

interface Statement {
  text: string;
  values: postgres.ParameterOrJSON<never>[];
  /** Whether its rows were asked for as lists. */
  isLists: boolean;
  /** Those that had been answered when it was sent, by their places. */
  after: number[];
}

/** A statement of its own, or a transaction's. */
type Unit = Statement | { statements: Statement[]; after: number[] };

/** Keeps what is sent through a ledger while it is asked to, and sends it again. */
export interface Recorder {
  /** Runs the work; what it sent meanwhile. */
  record(work: () => Promise<unknown>): Promise<Recording>;
  /** Sends it again, over the same connections, and throws the rows away. */
  replay(recording: Recording): Promise<void>;
}

/** How many statements these are. */
export function countOf(recording: Recording): number {
  return recording.reduce((sum, unit) => sum + ('statements' in unit ? unit.statements.length : 1), 0);
}

/** Stands between Drizzle and the driver of that ledger from now on. */
export function recorderOf({ db, reads }: Ledger): Recorder {
  let units: Line<Unit> | null = null;
  const [client] = [db, reads].map((executor) => {
    // Drizzle keeps the driver's client in its session and names neither in its types.
    const session: { client: postgres.Sql } = Reflect.get(executor, 'session');
    const { client } = session;
    session.client = new Proxy(client, {
      get(target, name) {
        if (units && name === 'unsafe') return sending(target, units);
        if (units && name === 'begin') return beginning(target, units);
        return Reflect.get(target, name);
      },
    });
    return client;
  }) as [postgres.Sql, postgres.Sql];
  return {
    async record(work) {
      const line = lineOf<Unit>();
      units = line;
      try {
        await work();
      } finally {
        units = null;
      }
      return line.all;
    },
    replay: (recording) =>
      inOrder(recording, (unit) =>
        'statements' in unit
          ? client.begin((tx) => inOrder(unit.statements, (statement) => sendAgain(tx, statement)))
          : sendAgain(client, unit),
      ),
  };
}

/** What was begun, in order, and which of it is over. */
interface Line<T> {
  all: T[];
  over: Set<number>;
}

const lineOf = <T>(): Line<T> => ({ all: [], over: new Set() });

function begin<T>({ all, over }: Line<T>, one: (after: number[]) => T, end: Promise<unknown>): T {
  const place = all.length;
  const begun = one([...over]);
  all.push(begun);
  const isOver = () => void over.add(place);
  end.then(isOver, isOver);
  return begun;
}

function sending(client: postgres.ISql, line: Line<Statement> | Line<Unit>): postgres.ISql['unsafe'] {
  return (text, values = [], options = {}) => {
    const pending = client.unsafe(text, values, options);
    // The driver sends nothing before the next microtask, so that asking for lists afterwards still counts.
    const statement = begin<Unit>(
      line,
      (after) => ({ text, values: [...values] as Statement['values'], isLists: false, after }),
      pending,
    ) as Statement;
    const asLists = pending.values.bind(pending);
    pending.values = () => {
      statement.isLists = true;
      return asLists();
    };
    return pending as never;
  };
}

function beginning(client: postgres.Sql, line: Line<Unit>) {
  return (work: (tx: postgres.TransactionSql) => Promise<unknown>): Promise<unknown> => {
    const inside = lineOf<Statement>();
    const end = client.begin((tx) =>
      work(
        new Proxy(tx, {
          get: (target, name) =>
            name === 'unsafe' ? sending(target, inside) : (Reflect.get(target, name) as unknown),
        }),
      ),
    );
    begin(line, (after) => ({ statements: inside.all, after }), end);
    return end;
  };
}

function sendAgain(client: postgres.ISql, { text, values, isLists }: Statement): Promise<unknown> {
  const pending = client.unsafe(text, values);
  return isLists ? pending.values() : pending;
}

/** Does each piece as soon as those are done that it once came after. */
async function inOrder<T extends { after: number[] }>(
  pieces: readonly T[],
  work: (piece: T) => Promise<unknown>,
): Promise<void> {
  const done: Promise<unknown>[] = [];
  for (const piece of pieces) {
    const before = piece.after.flatMap((place) => done[place] ?? []);
    done.push(before.length === 0 ? work(piece) : Promise.all(before).then(() => work(piece)));
  }
  await Promise.all(done);
}
