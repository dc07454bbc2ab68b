import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addFacts, failedSince, markRefold } from '../../db/queries/contract.ts';
import type { Executor } from '../../db/client.ts';
import { claimUnchecked, readCarried } from '../../db/queries/repair.ts';
import type { ContractFact } from '../../domain/contract-fact.ts';
import { newId } from '../../domain/ids.ts';
import { type EphemeralLedger, ephemeralLedger } from '../support/ledger.ts';

// What is due is looked up: with many customers, and with much said of one of them, nothing reads all of it every few seconds.

let ledger: EphemeralLedger;
const customers = 20_000;

beforeAll(async () => {
  ledger = await ephemeralLedger();
  const { db } = ledger.owner;
  await db.execute(sql`
    insert into organization (id, key, kind, name) select 'org_' || n, 'c' || n, 'customer', 'C' || n from generate_series(1, ${customers}::int) n`);
  // Every other one has something planned for later, as a customer with a contract's end has.
  await db.execute(sql`
    insert into contract (organization_id, content, engine_checked_at, wake_at)
    select 'org_' || n, '{}', tenure_now() - interval '1 day', case when n % 2 = 0 then tenure_now() + interval '1 day' end
    from generate_series(1, ${customers}::int) n`);
  await db.execute(sql`
    insert into event_source (key, name, scheme, mapping, secrets) values ('test', 'A test', 'standard', '{}', '[]')`);
  await db.execute(sql`analyze contract`);
});
afterAll(() => ledger?.stop());

const db = () => ledger.system.db;

/** How many rows of a table the work has read by index, and without one. */
async function rowsRead<T>(
  table: string,
  work: (tx: Executor) => Promise<T>,
): Promise<{ answer: T; scanned: number; fetched: number }> {
  return db().transaction(async (tx) => {
    const answer = await work(tx);
    const rows = await tx.execute<{ scanned: number; fetched: number }>(sql`
      select seq_tup_read::int as scanned, coalesce(idx_tup_fetch, 0)::int as fetched from pg_stat_xact_user_tables where relname = ${table}`);
    return { answer, scanned: rows[0]?.scanned ?? 0, fetched: rows[0]?.fetched ?? 0 };
  });
}

async function heard(organizationId: string, facts: Partial<ContractFact>[]): Promise<void> {
  const eventId = newId('evt');
  await db().execute(sql`
    insert into inbound_event (id, source, event_id, body, content_type) values (${eventId}, 'test', ${eventId}, '', 'text/plain')`);
  const customer = { id: organizationId, key: null, name: null };
  const said = facts.map((fact) => ({
    source: 'test',
    eventId,
    objectId: organizationId,
    customer,
    rank: 1,
    occurredAt: new Date(0).toISOString(),
    ...fact,
  }));
  await db().transaction((tx) => addFacts(tx, organizationId, eventId, said));
}

it('a round of the repair among 20,000 customers reads those that are due, whatever made them so', async () => {
  const claim = (tx: Executor) => claimUnchecked(tx, 5_000, 50);
  const idle = await rowsRead('contract', claim);
  expect(idle.answer).toEqual([]);
  expect({ scanned: idle.scanned, few: idle.fetched < 10 }).toEqual({ scanned: 0, few: true });
  await heard('org_7', [{ status: 'active' }]);
  await db().transaction((tx) => markRefold(tx, ['org_8']));
  await db().execute(sql`update contract set wake_at = tenure_now() where organization_id = 'org_9'`);
  for (const id of ['org_7', 'org_8', 'org_9'])
    expect(await readCarried(db(), id)).toMatchObject({ isOpen: true });
  expect(await readCarried(db(), 'org_10')).toMatchObject({ isOpen: false });
  const due = await rowsRead('contract', claim);
  expect(due.answer.map(({ id }) => id).sort()).toEqual(['org_7', 'org_8', 'org_9']);
  expect({ scanned: due.scanned, few: due.fetched < 30 }).toEqual({ scanned: 0, few: true });
  expect(await claim(db())).toEqual([]);
});

it('since when payments fail is looked up among any number of facts, in whatever order they came', async () => {
  const at = (minute: number) => new Date(minute * 60_000).toISOString();
  const fact = (minute: number, verdict: 'good' | 'bad' | 'neither'): Partial<ContractFact> => ({
    occurredAt: at(minute),
    ...(verdict === 'neither' ? { seats: minute } : { payment: verdict === 'good' ? 'paid' : 'failed' }),
  });
  const since = (tx: Executor, objectId = 'org_21') =>
    failedSince(tx, 'org_21', { source: 'test', objectId });
  expect(await since(db())).toBeNull();
  await heard('org_21', [fact(30, 'bad'), fact(10, 'bad'), fact(20, 'bad'), fact(40, 'neither')]);
  expect(await since(db())).toBe(at(10));
  await heard('org_21', [fact(15, 'good')]);
  expect(await since(db())).toBe(at(20));
  await heard('org_21', [{ ...fact(50, 'good'), objectId: 'another' }]);
  expect(await since(db())).toBe(at(20));
  expect(await since(db(), 'another')).toBeNull();
  await heard('org_21', [fact(25, 'good'), { occurredAt: at(12), status: 'past_due' }]);
  expect(await since(db())).toBe(at(30));
  await heard('org_21', [{ occurredAt: at(31), status: 'trialing' }]);
  expect(await since(db())).toBeNull();
  for (let batch = 0; batch < 20; batch++)
    await heard(
      'org_21',
      Array.from({ length: 500 }, (_, n) =>
        fact(100 + batch * 500 + n, n % 50 === 0 ? 'good' : n % 2 === 0 ? 'bad' : 'neither'),
      ),
    );
  await ledger.owner.db.execute(sql`analyze contract_fact`);
  const { answer, scanned, fetched } = await rowsRead('contract_fact', since);
  expect(answer).toBe(at(100 + 19 * 500 + 452));
  expect({ scanned, few: fetched < 10 }).toEqual({ scanned: 0, few: true });
});
