import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ApiHarness, startApi } from '../support/api.ts';
import { type LedgerClock, skippableClock } from '../support/clock.ts';
import { drawUp, processesOf, stepOn } from '../support/customer.ts';
import { hear, someUsers, unheardOf } from '../support/processes.ts';

// A contract that names nobody, such as a subscription that no checkout began: the customer is there, and nobody can sign in.

const omar = 'omar@northwind.example';
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

async function later(minutes: number): Promise<void> {
  atMs += minutes * 60_000;
  await clock.moveTo(atMs);
}

/** The contract says so; what follows from it is done. */
async function says(organizationId: string, more: object = {}): Promise<void> {
  const name = organizationId.slice(-8);
  await hear(db(), organizationId, {
    occurredAt: new Date(atMs).toISOString(),
    status: 'active',
    tier: 'professional',
    region: 'us',
    customer: { id: organizationId, key: null, name },
    ...more,
  });
  await stepOn(http.ledger, organizationId);
  const made = (await processesOf(http.ledger, organizationId)).at(-1)?.id ?? '';
  await drawUp(http.ledger, made);
  await db().execute(sql`update process set state = 'done' where id = ${made} and state = 'running'`);
}

async function told(organizationId: string) {
  const rows = await db().execute<{ id: string; owner: string; isOpen: boolean }>(sql`
    select t.id, p.email as owner, t.cause, t.closed_at is null as "isOpen" from task t join person p on p.id = t.owner_person_id
    where t.organization_id = ${organizationId} and t.kind = 'users' order by t.id`);
  return [...rows];
}

async function wakesIn(organizationId: string): Promise<number | null> {
  const [row] = await db().execute<{ minutes: number | null }>(sql`
    select (extract(epoch from wake_at - tenure_now()) / 60)::int as minutes from contract where organization_id = ${organizationId}`);
  return row?.minutes ?? null;
}

it('is told to the vendor when it stays so for an hour, once', async () => {
  const id = await unheardOf(db());
  await says(id);
  expect(await wakesIn(id)).toBe(60);
  await later(59);
  await stepOn(http.ledger, id);
  expect(await told(id)).toEqual([]);
  await later(2);
  for (let time = 0; time < 2; time += 1) await stepOn(http.ledger, id);
  expect(await told(id)).toMatchObject([{ owner: omar, cause: 'names-nobody', isOpen: true }]);
  expect(await wakesIn(id)).toBeNull();
  const [task] = await told(id);
  const { body } = await http.call(omar, 'GET', `/v1/tasks/${task?.id}`);
  expect(body).toMatchObject({ kind: 'users', cause: 'names-nobody', organization: { id } });
  const closing = await http.call(omar, 'POST', `/v1/tasks/${task?.id}/closing`, { comment: 'Added Ola' });
  expect(closing.status).toBe(201);
  await says(id, { tier: 'enterprise' });
  await later(120);
  await stepOn(http.ledger, id);
  expect(await told(id)).toMatchObject([{ isOpen: false }]);
});

it('is no matter when somebody is named, or added, within the hour; named later, that closes it', async () => {
  const [named, added, late] = [await unheardOf(db()), await unheardOf(db()), await unheardOf(db())];
  for (const id of [named, added, late]) await says(id);
  await later(5);
  await says(named, { people: someUsers(1, 'named.example') });
  const user = {
    email: 'ola@added.example',
    name: 'Ola',
    contract_role: 'administrator',
    reason: 'First administrator',
  };
  const answer = await http.call(omar, 'POST', `/v1/customers/${added}/users`, user);
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  await later(120);
  for (const id of [named, added, late]) await stepOn(http.ledger, id);
  expect(await told(named)).toEqual([]);
  expect(await told(added)).toEqual([]);
  expect(await told(late)).toMatchObject([{ isOpen: true }]);
  await says(late, { people: someUsers(1, 'late.example') });
  expect(await told(late)).toMatchObject([{ isOpen: false }]);
});

it('is told once where the onboarding failed: by what says so', async () => {
  const id = await unheardOf(db());
  await says(id, { tier: 'of-nowhere' });
  await later(120);
  await stepOn(http.ledger, id);
  expect(await told(id)).toEqual([]);
  expect(await wakesIn(id)).toBeNull();
  const rows = await db().execute(sql`select kind, cause from task where organization_id = ${id}`);
  expect([...rows]).toEqual([{ kind: 'onboarding', cause: 'unknown-tier' }]);
});
