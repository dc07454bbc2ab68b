import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ApiHarness, startApi } from '../support/api.ts';
import { type LedgerClock, skippableClock } from '../support/clock.ts';
import { drawUp, processesOf, stepOn } from '../support/customer.ts';
import { hear, someUsers, startProcess, unheardOf } from '../support/processes.ts';

// The end of a contract passes and nobody says a word, e.g. because a web hook is down: what its users hold ends by itself.

const dayMs = 24 * 60 * 60_000;
let atMs = Date.parse('2027-01-04T09:00:00.000Z');
let http: ApiHarness;
let clock: LedgerClock;
beforeAll(async () => {
  http = await startApi();
  clock = await skippableClock(http.ledger.ownerUrl);
  await clock.moveTo(atMs);
});
afterAll(async () => {
  await clock.close();
  await http.stop();
});

const db = () => http.ledger.system.db;

async function later(days: number): Promise<void> {
  atMs += days * dayMs;
  await clock.moveTo(atMs);
}

/** The contract stands for so many days more; what follows from it has begun. */
async function standsFor(organizationId: string, days: number): Promise<void> {
  const occurredAt = new Date(atMs).toISOString();
  const endsAt = new Date(atMs + days * dayMs).toISOString();
  const name = organizationId.slice(-8);
  const people = someUsers(1, `${name}.example`);
  const customer = { id: organizationId, key: null, name };
  await hear(db(), organizationId, {
    occurredAt,
    status: 'active',
    tier: 'professional',
    region: 'us',
    endsAt,
    people,
    customer,
  });
  await stepOn(http.ledger, organizationId);
  await drawUp(http.ledger, (await processesOf(http.ledger, organizationId)).at(-1)?.id ?? '');
}

interface Told extends Record<string, unknown> {
  id: string;
  owner: string;
  cause: string;
  isOpen: boolean;
}

async function told(organizationId: string): Promise<Told[]> {
  const rows = await db().execute<Told>(sql`
    select t.id, p.email as owner, t.cause, t.closed_at is null as "isOpen" from task t join person p on p.id = t.owner_person_id
    where t.organization_id = ${organizationId} and t.kind = 'contract' order by t.id`);
  return [...rows];
}

it('the vendor is told when the grace is over, once, until somebody has seen to it', async () => {
  const id = await unheardOf(db());
  await standsFor(id, 30);
  // No workflow waits for it: it is in the row.
  expect(await stepOn(http.ledger, id)).toEqual({ phase: 'idle', wakeAt: null });
  const [row] = await db().execute(sql`
    select wake_at = until + interval '7 days' as due from contract where organization_id = ${id}`);
  expect(row).toEqual({ due: true });
  await later(36);
  await stepOn(http.ledger, id);
  expect(await told(id)).toEqual([]);
  await later(2);
  for (let time = 0; time < 2; time += 1) await stepOn(http.ledger, id);
  const [task] = await told(id);
  expect(await told(id)).toMatchObject([
    { owner: 'omar@northwind.example', cause: 'contract-lapsed', isOpen: true },
  ]);
  const closing = await http.call('omar@northwind.example', 'POST', `/v1/tasks/${task?.id}/closing`, {
    comment: 'They have left',
  });
  expect(closing.status).toBe(201);
  await stepOn(http.ledger, id);
  expect(await told(id)).toMatchObject([{ isOpen: false }]);
});

it('the next word about it that moves its end closes that, and a later end is told of again', async () => {
  const id = await unheardOf(db());
  await standsFor(id, 10);
  await later(18);
  await stepOn(http.ledger, id);
  expect(await told(id)).toMatchObject([{ isOpen: true }]);
  await standsFor(id, 20);
  expect(await told(id)).toMatchObject([{ isOpen: false }]);
  await later(28);
  await stepOn(http.ledger, id);
  expect(await told(id)).toMatchObject([{ isOpen: false }, { isOpen: true }]);
});

it('the same goes for a customer of which no system says anything, whose end was imported', async () => {
  const rows = await db().execute<{ id: string }>(sql`select id from organization where key = 'globex'`);
  const id = rows[0]?.id ?? '';
  const terms = { tier: 'professional', region: 'us', seats: null, state: 'active' };
  const until = new Date(atMs + dayMs).toISOString();
  const wish = { what: 'contract', terms: { ...terms, until } } as const;
  await drawUp(
    http.ledger,
    await startProcess(db(), { kind: 'role-change', organizationId: id, cause: 'roster', wish }),
  );
  await later(9);
  await stepOn(http.ledger, id);
  expect(await told(id)).toMatchObject([{ cause: 'contract-lapsed', isOpen: true }]);
});
