import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Executor, type Ledger, openLedger, readingWithin, together } from '../../db/client.ts';
import { sqlState } from '../../db/errors.ts';
import { kept, keptByShape, keptFirst } from '../../db/kept.ts';
import { type EphemeralPostgres, ephemeralPostgres } from '../support/postgres.ts';

let server: EphemeralPostgres;
let ledger: Ledger;

beforeAll(async () => {
  server = await ephemeralPostgres();
  ledger = openLedger({ url: server.url, max: 2, applicationName: 'tenure-test' });
  await ledger.db.execute(sql`create table told (place bigint generated always as identity, word text)`);
});

afterAll(async () => {
  await ledger?.close();
  await server?.stop();
});

let composed = 0;
const told = kept<{ one: string; other: string }, 'one' | 'other'>((given) => {
  composed += 1;
  return sql`select ${given('one')}::text as one, ${given('other')}::text || ${'!'}::text || ${given('one')}::text as other`;
});
const insert = kept<object, 'word'>((given) => sql`insert into told (word) values (${given('word')})`);
const insertFirst = keptFirst<object, 'word'>(
  (given) => sql`insert into told (word) values (${given('word')})`,
);
const words = async (tx: Executor) => {
  const rows = await tx.execute<{ word: string }>(sql`select word from told where ${true} order by place`);
  return rows.map(({ word }) => word);
};

describe('A kept statement', () => {
  it('is put together once, and sends the values of each call at every place that names them', async () => {
    expect(await told(ledger.db, { one: "a'", other: 'b' })).toEqual([{ one: "a'", other: "b!a'" }]);
    expect(await told(ledger.db, { one: '$1', other: 'c' })).toEqual([{ one: '$1', other: 'c!$1' }]);
    expect(composed).toBe(1);
  });

  it('is another one for each shape, and no other values are in it than those of its call', async () => {
    const list = keptByShape<{ word: string }, 'word', { isLoud: boolean; as: 'plain' | 'twice' }>(
      (given, { isLoud, as }) =>
        sql`select ${given('word')}::text || ${as}::text || ${isLoud ? sql`'!'::text` : sql`''::text`} as word`,
    );
    const shapes = [true, false].flatMap((isLoud) =>
      (['plain', 'twice'] as const).map((as) => ({ isLoud, as })),
    );
    for (const word of ['one', 'two'])
      for (const shape of shapes)
        expect(await list(ledger.db, shape, { word })).toEqual([
          { word: `${word}${shape.as}${shape.isLoud ? '!' : ''}` },
        ]);
  });

  it('is sent in its turn among those that Drizzle puts together, and one that goes first before all', async () => {
    const drizzled = async (tx: Executor, word: string) => {
      await tx.execute(sql`insert into told (word) values (${word})`);
    };
    await ledger.db.transaction(async (tx) => {
      await together([
        drizzled(tx, 'second'),
        insert(tx, { word: 'third' }),
        drizzled(tx, 'fourth'),
        insert(tx, { word: 'fifth' }),
        insertFirst(tx, { word: 'first' }),
      ]);
      expect(await words(tx)).toEqual(['first', 'second', 'third', 'fourth', 'fifth']);
    });
  });

  it('has its transaction’s eyes from the first statement on, however that is sent', async () => {
    const scope = { personId: 'p', organizationId: 'o', reach: 'own' } as const;
    const eyes = sql`select current_setting('tenure.person', true) as person where ${true}`;
    const ways: ((tx: Executor) => Promise<readonly object[]>)[] = [
      (tx: Executor) => tx.execute(eyes).then((rows) => [...rows]),
      (tx: Executor) => kept<{ person: string }, never>(() => eyes)(tx, {}),
      (tx: Executor) => keptFirst<{ person: string }, never>(() => eyes)(tx, {}),
    ];
    for (const way of ways) expect(await readingWithin(ledger, scope, way)).toEqual([{ person: 'p' }]);
  });

  it('fails with the state that the ledger gives, and leaves nothing open', async () => {
    const failing = kept<object, 'by'>((given) => sql`select 1 / ${given('by')}::int`);
    const state = await failing(ledger.db, { by: 0 }).catch((error: unknown) => sqlState(error));
    expect(state).toBe('22012');
    expect(await failing(ledger.db, { by: 1 })).toHaveLength(1);
  });
});
