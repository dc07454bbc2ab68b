import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { orderLeaving } from '../../db/queries/offboarding.ts';
import { actors } from '../../domain/audit-event.ts';
import { type ApiHarness, startApi } from '../support/api.ts';
import { drawUpProcess } from '../../activities/processes/draw-up.ts';
import type { ContractPerson } from '../../domain/contract-fact.ts';
import { customerDeps, drawUp, processesOf, stepOn } from '../support/customer.ts';
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

/** The contract names these people, and the customer's workflow has looked at it. */
async function says(organizationId: string, people: ContractPerson[], tier = 'professional'): Promise<void> {
  const occurredAt = new Date(Date.parse('2026-03-02T09:00:00.000Z') + (seconds += 1) * 1_000).toISOString();
  const customer = { id: organizationId, key: null, name: 'Named' };
  await hear(db(), organizationId, { occurredAt, status: 'active', tier, region: 'us', people, customer });
  await stepOn(http.ledger, organizationId);
}

/** The contract names so many people; what follows from it has begun. The addresses of those whom that was about. */
async function names(organizationId: string, count: number): Promise<string[]> {
  await says(organizationId, someUsers(count, 'named.example'));
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

/** Users with their contract roles, as `user0 administrator`. */
async function roles(organizationId: string): Promise<string[]> {
  const rows = await db().execute<{ email: string; role: string }>(sql`
    select p.email, m.contract_role as role from membership m join person p on p.id = m.person_id
    where m.organization_id = ${organizationId} and m.until is null order by p.email`);
  return rows.map(({ email, role }) => `${email.replace(/@.*/, '')} ${role}`);
}

it('follows a role where the contract changes it, and leaves every other as an administrator set it', async () => {
  const organizationId = await unheardOf(db());
  const [first, second, third] = someUsers(3, 'roles.example');
  if (!first || !second || !third) throw new RangeError('three users');
  await says(organizationId, [first, second, third]);
  const carry = async () => {
    const made = (await processesOf(http.ledger, organizationId)).at(-1);
    await drawUp(http.ledger, made?.id ?? '');
    return made;
  };
  await carry();
  expect(await roles(organizationId)).toEqual(['user0 administrator', 'user1 member', 'user2 member']);
  // Somebody who may do so takes the administrator's role from them.
  await db().execute(sql`
    update membership m set contract_role = 'member' from person p where p.id = m.person_id and p.email = ${first.email}`);
  await says(organizationId, [first, second, third], 'enterprise');
  await carry();
  expect(await roles(organizationId)).toEqual(['user0 member', 'user1 member', 'user2 member']);

  // A change of a role alone is one, too, and is not lost when something newer takes its place before it begins.
  const promoted = { ...second, role: 'administrator' };
  await says(organizationId, [first, promoted, third], 'enterprise');
  const made = (await processesOf(http.ledger, organizationId)).at(-1);
  expect(made).toMatchObject({
    kind: 'role-change',
    state: 'waiting',
    wish: { effects: ['people-changed'] },
  });
  expect(JSON.stringify(made?.wish)).not.toContain('@');
  await says(organizationId, [first, promoted, third], 'professional');
  expect(await carry()).toMatchObject({ wish: { effects: ['tier-changed', 'people-changed'] } });
  expect(await roles(organizationId)).toEqual(['user0 member', 'user1 administrator', 'user2 member']);
});

it('does not add whom the contract dropped while an onboarding was being drawn up', async () => {
  const organizationId = await unheardOf(db());
  // More than a page of them: those of one are drawn up in one go, with nothing between.
  const people = someUsers(203, 'dropped.example');
  const kept = people.slice(0, 201);
  await says(organizationId, people, 'enterprise');
  const processId = (await processesOf(http.ledger, organizationId)).at(-1)?.id ?? '';
  const deps = customerDeps(http.ledger);
  const { ledger } = deps;
  let begun = 0;
  // Between the beginning and the first page of users the next event is heard.
  const transaction: typeof ledger.db.transaction = async (...wish) => {
    begun += 1;
    if (begun === 2) await says(organizationId, kept, 'enterprise');
    return ledger.db.transaction(...wish);
  };
  const late = new Proxy(ledger.db, {
    get: (target, name) => (name === 'transaction' ? transaction : Reflect.get(target, name)),
  });
  await drawUpProcess({ ...deps, ledger: { ...ledger, db: late } }, processId, () => undefined);
  expect(await roles(organizationId)).toHaveLength(kept.length);
});
