import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { orderLeaving } from '../../db/queries/offboarding.ts';
import { actors } from '../../domain/audit-event.ts';
import { type ApiHarness, startApi } from '../support/api.ts';
import { drawUp, processesOf, stepOn } from '../support/customer.ts';
import { hear, someUsers, startProcess, unheardOf } from '../support/processes.ts';
import { removeFrom } from '../support/users.ts';

// A contract names people; who of them is a user is not for the contract alone to say.

let http: ApiHarness;
beforeAll(async () => {
  http = await startApi();
});
afterAll(() => http.stop());

const db = () => http.ledger.system.db;
let seconds = 0;

/** The contract names so many people; what follows from it has begun. The addresses of those whom that was about. */
async function names(organizationId: string, count: number): Promise<string[]> {
  const occurredAt = new Date(Date.parse('2026-03-02T09:00:00.000Z') + (seconds += 1) * 1_000).toISOString();
  const customer = { id: organizationId, key: null, name: 'Named' };
  const people = someUsers(count, 'named.example');
  const fact = { status: 'active', tier: 'professional', region: 'us', people, customer } as const;
  await hear(db(), organizationId, { occurredAt, ...fact });
  await stepOn(http.ledger, organizationId);
  const processId = (await processesOf(http.ledger, organizationId)).at(-1)?.id ?? '';
  await drawUp(http.ledger, processId);
  const rows = await db().execute<{ email: string }>(sql`
    select p.email from process_person w join person p on p.id = w.person_id where w.process_id = ${processId} order by p.email`);
  return rows.map(({ email }) => email.replace('@named.example', ''));
}

async function users(organizationId: string): Promise<string[]> {
  const rows = await db().execute<{ email: string }>(sql`
    select p.email from membership m join person p on p.id = m.person_id
    where m.organization_id = ${organizationId} and m.until is null order by p.email`);
  return rows.map(({ email }) => email.replace('@named.example', ''));
}

it('adds whom a contract names anew, and nobody again whom a person has removed', async () => {
  const organizationId = await unheardOf(db());
  expect(await names(organizationId, 3)).toEqual(['user0', 'user1', 'user2']);
  await removeFrom(http, 'omar@northwind.example', organizationId, 'user1@named.example');
  expect(await users(organizationId)).toEqual(['user0', 'user2']);
  expect(await names(organizationId, 4)).toEqual(['user3']);
  expect(await users(organizationId)).toEqual(['user0', 'user2', 'user3']);

  // Whom the source itself took out of its list comes back with it.
  const [known] = await db().execute<{ id: string }>(
    sql`select id from person where email = 'user2@named.example'`,
  );
  const personId = known?.id ?? '';
  const processId = await startProcess(db(), {
    kind: 'offboarding',
    organizationId,
    personId,
    cause: 'roster',
    wish: { why: 'removal' },
  });
  const order = { personIds: [personId], processId, actor: actors.engine, traceparent: null } as const;
  await db().transaction((tx) => orderLeaving(tx, { ...order, why: 'removal' }));
  expect(await users(organizationId)).toEqual(['user0', 'user3']);
  expect(await names(organizationId, 5)).toEqual(['user2', 'user4']);
});
