import { setTimeout as delay } from 'node:timers/promises';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { inTransaction } from '../../db/transaction.ts';
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

const backendOf = async (tx: postgres.TransactionSql) => {
  const [row] = await tx<{ pid: number }[]>`select pg_backend_pid() as pid`;
  return row?.pid ?? 0;
};
const terminated = (pid: number) => admin`select pg_terminate_backend(${pid})`;

/** Ways in which a connection goes away under a transaction. */
const losses: [string, (tx: postgres.TransactionSql) => Promise<unknown>][] = [
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

for (const [loss, work] of losses) {
  it(`rejects and goes on when its connection is ${loss}`, async () => {
    await expect(inTransaction(sql, work)).rejects.toBeDefined();
    // The driver tells the first that comes afterwards what the lost connection's server said last.
    await eventually('a transaction', () =>
      inTransaction(sql, async (tx) => (await tx`select 2 as two`).length === 1).catch(() => false),
    );
    await delay(50);
    expect(uncaught).toEqual([]);
  });
}

it('rejects and goes on when the whole server crashes, again and again', { timeout: 60_000 }, async () => {
  for (let time = 0; time < 5; time += 1) {
    const works = Array.from({ length: 2 }, () =>
      inTransaction(sql, async (tx) => {
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
