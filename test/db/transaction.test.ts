import { setTimeout as delay } from 'node:timers/promises';
import { sql as statement } from 'drizzle-orm';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Executor, openLedger, together } from '../../db/client.ts';
import { sqlState } from '../../db/errors.ts';
import { inReading, inTransaction } from '../../db/transaction.ts';
import { type EphemeralPostgres, ephemeralPostgres } from '../support/postgres.ts';
import { eventually } from '../support/wait.ts';

let server: EphemeralPostgres;
let sql: postgres.Sql;
let admin: postgres.Sql;
const uncaught: unknown[] = [];
const note = (error: unknown) => uncaught.push(error);

beforeAll(async () => {
  server = await ephemeralPostgres();
  sql = postgres(server.url, { max: 2, onnotice: () => undefined });
  admin = postgres(server.url, { max: 1, onnotice: () => undefined });
  process.on('uncaughtException', note);
});

afterAll(async () => {
  process.off('uncaughtException', note);
  await Promise.all([sql?.end({ timeout: 1 }), admin?.end({ timeout: 1 })]);
  await server?.stop();
});

const backendOf = async (tx: postgres.ISql) => {
  const [row] = await tx<{ pid: number }[]>`select pg_backend_pid() as pid`;
  return row?.pid ?? 0;
};
const terminated = (pid: number) => admin`select pg_terminate_backend(${pid})`;

/** Ways in which a connection goes away under a transaction. */
const losses: [string, (tx: postgres.ISql) => Promise<unknown>][] = [
  [
    'ended by the server while a statement runs',
    async (tx) => {
      const pid = await backendOf(tx);
      return Promise.all([tx`select pg_sleep(20)`, delay(50).then(() => terminated(pid))]);
    },
  ],
  [
    'ended by the server between two statements',
    async (tx) => {
      await terminated(await backendOf(tx));
      await delay(200);
      return tx.unsafe('select 1');
    },
  ],
  [
    'ended by the server just before a statement',
    async (tx) => {
      void terminated(await backendOf(tx)).execute();
      for (;;) await tx`select 1`;
    },
  ],
];

/** Both ways to have a transaction. */
const ways: Record<string, <T>(sql: postgres.Sql, work: (tx: postgres.ISql) => Promise<T>) => Promise<T>> = {
  'a transaction': inTransaction,
  'a reading': inReading,
};
const cases = Object.entries(ways).flatMap(([name, way]) =>
  losses.map(([loss, work]) => [name, loss, way, work] as const),
);

for (const [name, loss, way, work] of cases) {
  it(`${name} rejects and the next goes on when its connection is ${loss}`, async () => {
    await expect(way(sql, work)).rejects.toBeDefined();
    // The driver tells the first that comes afterwards what the lost connection's server said last.
    await eventually(name, () =>
      way(sql, async (tx) => (await tx`select 2 as two`).length === 1).catch(() => false),
    );
    await delay(50);
    expect(uncaught).toEqual([]);
  });
}

it('both reject and go on when the whole server crashes, again and again', { timeout: 60_000 }, async () => {
  for (let time = 0; time < 5; time += 1) {
    const works = Object.values(ways).map((way) =>
      way(sql, async (tx) => {
        for (;;) await tx`select ${'x'.repeat(time * 400)}::text`;
      }),
    );
    const outcomes = Promise.allSettled(works);
    await delay(100 + 30 * Math.random());
    await server.kill();
    expect((await outcomes).map(({ status }) => status)).toEqual(works.map(() => 'rejected'));
    await server.start();
  }
  expect(uncaught).toEqual([]);
});

it('rolls back what an error of ours interrupts, and throws it', async () => {
  const fresh = postgres(server.url, { max: 1, onnotice: () => undefined });
  await fresh`create table fact (id int)`;
  const failing = inTransaction(fresh, async (tx) => {
    await tx`insert into fact values (1)`;
    throw new RangeError('ours');
  });
  await expect(failing).rejects.toThrow('ours');
  expect(await fresh`select from fact`).toHaveLength(0);
  await fresh.end({ timeout: 1 });
});

describe('a reading', () => {
  it('is refused every write by the server, and leaves the connection fit for one', async () => {
    const fresh = postgres(server.url, { max: 1, onnotice: () => undefined });
    await fresh`create table written (id int)`;
    await expect(inReading(fresh, (tx) => tx`insert into written values (1)`)).rejects.toMatchObject({
      code: '25006',
    });
    await inTransaction(fresh, (tx) => tx`insert into written values (2)`);
    expect(await fresh`select id from written`).toEqual([{ id: 2 }]);
    await fresh.end({ timeout: 1 });
  });

  it('has its statements in one transaction, also those that nobody waits for', async () => {
    const fresh = postgres(server.url, { max: 1, onnotice: () => undefined });
    const told = await inReading(fresh, async (tx) => {
      void tx.unsafe(`select set_config('tenure.person', 'ada', true)`).execute();
      const [[first], [second]] = await Promise.all([
        tx`select current_setting('tenure.person') as person, txid_current_if_assigned() as id, now() as at`,
        tx`select current_setting('tenure.person') as person, txid_current_if_assigned() as id, now() as at`,
      ]);
      return [first, second];
    });
    expect(told[0]).toMatchObject({ person: 'ada', id: null });
    expect(told[1]).toEqual(told[0]);
    const [after] = await fresh`select current_setting('tenure.person', true) as person`;
    expect(after?.person ?? '').toBe('');
    await fresh.end({ timeout: 1 });
  });

  it('takes turns on one connection, and gives it back when its work fails', async () => {
    const fresh = postgres(server.url, { max: 1, onnotice: () => undefined });
    const works = Array.from({ length: 20 }, (_, i) =>
      inReading(fresh, async (tx) => {
        const [row] = await tx<{ i: number }[]>`select ${i}::int as i`;
        if (i % 3 === 0) throw new RangeError('ours');
        if (i % 3 === 1) await tx`select 1 / 0`;
        return row?.i;
      }),
    );
    const ends = await Promise.allSettled(works);
    expect(ends.map(({ status }) => status)).toEqual(
      works.map((_, i) => (i % 3 === 2 ? 'fulfilled' : 'rejected')),
    );
    expect(await fresh`select 1 as one`).toEqual([{ one: 1 }]);
    await fresh.end({ timeout: 1 });
  });

  it('rejects when nobody answers at the address', async () => {
    const nowhere = postgres('postgres://nobody@127.0.0.1:1/none', { max: 1, connect_timeout: 1 });
    await expect(inReading(nowhere, (tx) => tx`select 1`)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await nowhere.end({ timeout: 1 });
  });
});

describe('Statements sent together', () => {
  const tell = (tx: Executor, word: string) =>
    tx.execute<{ word: string }>(statement`insert into told (word) values (${word}) returning word`);

  it('are done once each, in their order, and the first that fails is what is thrown', async () => {
    const ledger = openLedger({ url: server.url, max: 1, applicationName: 'tenure-test' });
    try {
      await admin`create table told (place serial, word text)`;
      const [[first], nothing, [second]] = await ledger.db.transaction((tx) =>
        together([tell(tx, 'first'), null, tell(tx, 'second')]),
      );
      expect([first?.word, nothing, second?.word]).toEqual(['first', null, 'second']);
      const failing = ledger.db.transaction((tx) =>
        together([tell(tx, 'third'), tx.execute(statement`select 1 / ${0}::int`), tell(tx, 'fourth')]),
      );
      expect(sqlState(await failing.catch((error: unknown) => error))).toBe('22012');
      expect(await admin`select word from told order by place`).toEqual([
        { word: 'first' },
        { word: 'second' },
      ]);
    } finally {
      await ledger.close();
    }
  });
});
