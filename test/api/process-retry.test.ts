import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { moveProcess } from '../../db/queries/process.ts';
import { openProcessTask } from '../../db/queries/task.ts';
import { recordCancellation } from '../../db/queries/undo-people.ts';
import { actors } from '../../domain/audit-event.ts';
import { type ApiHarness, startApi } from '../support/api.ts';
import { drawUp } from '../support/customer.ts';
import { prospect, someUsers, startProcess, tellProcess } from '../support/processes.ts';
import { expectProblem } from '../support/standing.ts';
import { addTo, removeFrom, trail } from '../support/users.ts';

// What failed is tried again by whoever manages it, once, and nobody else's task is left of it.

const omar = 'omar@northwind.example';
const anna = 'anna@acme.example';

let http: ApiHarness;
beforeAll(async () => {
  http = await startApi();
});
afterAll(() => http.stop());
afterEach(() => expect(http.faults.splice(0)).toEqual([]));

const db = () => http.ledger.system.db;
const retry = (who: string, id: string) =>
  http.call(who, 'POST', `/v1/processes/${id}/retry`, { reason: 'The target is back' });

/** Anna adds somebody, whose onboarding fails and is taken back, as the worker does. */
async function failedFor(email: string): Promise<string> {
  const { body } = await addTo(http, anna, 'acme', email, { roles: ['member'], contract_role: 'member' });
  const { id } = body.process;
  await drawUp(http.ledger, id);
  await recordCancellation(db(), id);
  await db().execute(sql`update process_person set state = 'undone' where process_id = ${id}`);
  await db().transaction((tx) => moveProcess(tx, id, ['undoing'], 'failed'));
  return id;
}

async function openTasks(processId: string): Promise<number> {
  const rows = await db().execute(
    sql`select from task where process_id = ${processId} and closed_at is null`,
  );
  return rows.length;
}

it('a user whose onboarding was taken back is one again, as they were added', async () => {
  const id = await failedFor('nora@acme.example');
  expect(await openTasks(id)).toBe(1);
  expectProblem(await retry('sam@northwind.example', id), 403, 'forbidden');
  expectProblem(await retry('gus@globex.example', id), 404, 'not-found');
  const answer = await retry(anna, id);
  expect(answer).toMatchObject({
    status: 201,
    body: {
      kind: 'onboarding',
      state: 'waiting',
      cause: 'administrator',
      person: { email: 'nora@acme.example' },
      requested_by: { email: anna },
      reason: 'The target is back',
    },
  });
  expect(http.hurried.at(-1)).toMatchObject({ kind: 'engine', subjectId: answer.body.id });
  const { items } = (await http.call(anna, 'GET', '/v1/customers/acme/users')).body;
  expect(items[0]).toMatchObject({
    person: { email: 'nora@acme.example' },
    state: 'joining',
    given_roles: ['member'],
    contract_role: 'member',
    until: null,
  });
  expect(await openTasks(id)).toBe(0);
  expect((await http.call(anna, 'GET', `/v1/processes/${id}`)).body.replaced_by).toBe(answer.body.id);
  const [task] = await db().execute<{ id: string }>(sql`select id from task where process_id = ${id}`);
  expect((await trail(http, task?.id ?? '')).at(-1)).toEqual([
    'task.closed',
    `Tried again (${answer.body.id}): The target is back`,
  ]);
  expectProblem(await retry(omar, id), 409, 'nothing-to-change');
});

it('nobody comes back by it who was removed meanwhile, nor where there is no seat', async () => {
  const id = await failedFor('luca@acme.example');
  await addTo(http, anna, 'acme', 'luca@acme.example');
  await removeFrom(http, anna, 'acme', 'luca@acme.example');
  expectProblem(await retry(omar, id), 409, 'nothing-to-change');
  const other = await failedFor('mia@acme.example');
  await db().execute(sql`
    insert into contract (organization_id, content, seats) select id, '{"terms": {}}', 1 from organization where key = 'acme'`);
  expectProblem(await retry(anna, other), 409, 'no-seat-left');
  await db().execute(sql`update contract set seats = null`);
});

it('of a change of many people those are tried again who failed, by the vendor alone', async () => {
  const { id: organizationId } = (await http.call(anna, 'GET', '/v1/customers/acme')).body;
  const wish = { what: 'contract', effects: ['tier-changed'] } as const;
  const id = await startProcess(db(), {
    kind: 'role-change',
    organizationId,
    source: 'stripe',
    wish: { ...wish, effects: [...wish.effects] },
  });
  await drawUp(http.ledger, id);
  const [failed] = await db().execute<{ id: string }>(
    sql`select id from person where email = 'tom@acme.example'`,
  );
  const personId = failed?.id ?? '';
  await db().execute(
    sql`update process_person set state = case person_id when ${personId} then 'failed' else 'done' end where process_id = ${id}`,
  );
  await db().transaction(async (tx) => {
    const about = { kind: 'role-change', processId: id, personId, cause: 'target-refused' } as const;
    await openProcessTask(tx, { ...about, actor: actors.engine });
  });
  expectProblem(await retry(omar, id), 409, 'nothing-to-change');
  await db().transaction((tx) => moveProcess(tx, id, ['running'], 'residue'));
  expectProblem(await retry(anna, id), 403, 'forbidden');
  const { status, body } = await retry(omar, id);
  expect({ status, body }).toMatchObject({
    status: 201,
    body: { kind: 'role-change', cause: 'contract', source: 'stripe', person: null, progress: { total: 1 } },
  });
  expect(await tellProcess(db(), id)).toMatchObject({ state: 'done' });
  expect(await openTasks(id)).toBe(0);
  await drawUp(http.ledger, body.id);
  expect(await tellProcess(db(), body.id)).toMatchObject({ state: 'running', people: { waiting: 1 } });
});

it('an onboarding of a customer is tried with what its contract says by then', async () => {
  const people = someUsers(2, 'odd.example');
  const { organizationId, wish } = await prospect(db(), { name: 'Odd', tier: 'no-such', people });
  const id = await startProcess(db(), { kind: 'onboarding', organizationId, wish });
  await drawUp(http.ledger, id);
  expect(await tellProcess(db(), id)).toMatchObject({ state: 'failed', tasks: ['onboarding'] });
  await db().execute(sql`
    update contract set content = jsonb_set(content, '{terms,tier}', '"professional"') where organization_id = ${organizationId}`);
  const { status, body } = await retry(omar, id);
  expect(status).toBe(201);
  expect(await openTasks(id)).toBe(0);
  await drawUp(http.ledger, body.id);
  expect(await tellProcess(db(), body.id)).toMatchObject({ state: 'running', people: { waiting: 2 } });
});
