import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { taskShape } from '../../api/schemas/task.ts';
import { assessProcess } from '../../activities/processes/assess.ts';
import { takeAwayPage } from '../../activities/processes/take-away.ts';
import { type ApiHarness, startApi } from '../support/api.ts';
import { customerDeps, drawUp } from '../support/customer.ts';
import { expectProblem, standing } from '../support/standing.ts';

// Somebody who owned things has left, and what they held cannot be taken away: what those who stay see of it, and do.

const omar = 'omar@northwind.example';
const priya = 'priya@northwind.example';
const sam = 'sam@northwind.example';
const mei = 'mei@northwind.example';
const anna = 'anna@acme.example';

let http: ApiHarness;
beforeAll(async () => {
  http = await startApi();
});
afterAll(() => http.stop());
afterEach(() => expect(http.faults.splice(0)).toEqual([]));

type Task = { id: string; kind: string; state: string };

async function tasksOf(who: string, processId: string): Promise<Task[]> {
  const { status, body } = await http.call(who, 'GET', `/v1/tasks?process=${processId}`);
  expect(status).toBe(200);
  for (const task of body.items) taskShape.strict().parse(task);
  return body.items;
}
const close = (who: string, { id }: { id: string }) =>
  http.call(who, 'POST', `/v1/tasks/${id}/closing`, { comment: 'Seen to' });

it('the successor is told of each thing, the owner of what is left, each sees and closes their own, and then it is done', async () => {
  const { db } = http.ledger.owner;
  await standing(http, 'held');
  await db.execute(sql`
    update resource set owner_person_id = (select id from person where email = ${sam}) where key in ('initech-env', 'acme-env')`);
  await db.execute(sql`
    update person set manager_id = (select id from person where email = ${sam}) where email = ${mei}`);

  const leaving = await http.call(omar, 'POST', `/v1/people/${sam}/offboarding`, { reason: 'Leaves' });
  expect(leaving.status).toBe(201);
  const processId: string = leaving.body.id;
  await drawUp(http.ledger, processId);
  const deps = customerDeps(http.ledger);
  const page = () => takeAwayPage(deps, processId, new AbortController().signal, () => undefined, 0);
  await page();
  await page();
  await assessProcess(deps, processId);

  // Sam's manager has it from now on, and whom he managed; she is asked to confirm each thing.
  const handed = (await tasksOf(priya, processId)).filter(({ kind }) => kind === 'handover');
  expect(handed).toHaveLength(2);
  for (const task of handed)
    expect(task).toMatchObject({
      kind: 'handover',
      state: 'open',
      process_id: processId,
      person: { email: sam, name: 'Sam' },
      owner: { email: priya },
      cause: 'owner-left',
    });
  const keys = handed.map((task) => (task as Task & { resource: { key: string } }).resource.key);
  expect(keys.sort()).toEqual(['acme-env', 'initech-env']);
  const [now] = await db.execute(sql`
    select (select count(*)::int from resource r join person p on p.id = r.owner_person_id where p.email = ${priya} and r.key in ('initech-env', 'acme-env')) as owned,
      (select b.email from person m join person b on b.id = m.manager_id where m.email = ${mei}) as manager,
      (select count(*)::int from mail m join person p on p.id = m.to_person_id where p.email = ${priya} and m.kind = 'handover') as mails`);
  expect(now).toEqual({ owned: 2, manager: priya, mails: 2 });

  // What could not be taken away has an owner who is still here, and is never silent.
  const left = (await tasksOf(omar, processId)).filter(({ kind }) => kind === 'residue');
  expect(left.length).toBeGreaterThan(0);
  for (const task of left)
    expect(task).toMatchObject({
      person: { email: sam },
      owner: { email: omar },
      resource: { key: 'globex-env' },
    });
  const shown = await http.call(omar, 'GET', `/v1/processes/${processId}`);
  expect(shown.body).toMatchObject({ kind: 'offboarding', state: 'residue', person: { email: sam } });
  expect((await http.call(sam, 'GET', '/v1/tasks')).status).toBe(401);
  expect(await tasksOf(anna, processId)).toEqual([]);
  expect((await tasksOf(mei, processId)).length).toBe(0);

  // Each closes their own; what is confirmed gone by hand ends the story.
  const [first] = handed;
  if (first) {
    expectProblem(await close(mei, first), 404, 'not-found');
    expect((await close(priya, first)).status).toBe(201);
    expectProblem(await close(priya, first), 409, 'already-decided');
  }
  for (const task of left) expect((await close(omar, task)).status).toBe(201);
  expect((await http.call(omar, 'GET', `/v1/processes/${processId}`)).body.state).toBe('done');
  expect((await tasksOf(priya, processId)).filter(({ state }) => state === 'open')).toHaveLength(1);
});
