import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { assessProcess } from '../../activities/processes/assess.ts';
import { takeAwayPage } from '../../activities/processes/take-away.ts';
import { createReaper } from '../../activities/reaper.ts';
import { type ApiHarness, startApi } from '../support/api.ts';
import { customerDeps, drawUp } from '../support/customer.ts';
import { connectDirectory, type TestDirectory } from '../support/directory.ts';

// A directory that has very many leave at once is a mistake more often than not. The fence of people lets five go, or one in fifty.

const core = 'urn:ietf:params:scim:schemas:core:2.0:User';
const [anna, omar, sita] = ['anna@acme.example', 'omar@northwind.example', 'sita@northwind.example'];

let http: ApiHarness;
let directory: TestDirectory;
beforeAll(async () => {
  http = await startApi();
  directory = await connectDirectory(http, 'acme', anna);
});
afterAll(() => http?.stop());
afterEach(() => expect(http.faults.splice(0)).toEqual([]));

const owner = () => http.ledger.owner.db;
let wave = 0;
/** Users of the directory, and nobody counted yet. */
let ids: string[] = [];
beforeEach(async () => {
  await anHourPasses();
  wave += 1;
  ids = [];
  for (let number = 0; number < 9; number += 1) {
    const made = await directory.send('POST', '/Users', user(number));
    expect(made.status).toBe(201);
    ids.push(made.body.id);
  }
});

/** Nobody who left before counts any more. */
const anHourPasses = async () => {
  await owner().execute(sql`alter table process disable trigger guard_process`);
  await owner().execute(sql`update process set created_at = created_at - interval '1 hour'`);
  await owner().execute(sql`alter table process enable trigger guard_process`);
};

const user = (number: number) => ({ schemas: [core], userName: `w${wave}n${number}@acme.example` });
const put = (number: number, active: boolean) =>
  directory.send('PUT', `/Users/${ids[number]}`, { ...user(number), active });
const putAllOut = async () => {
  for (const number of ids.keys())
    expect(await put(number, false)).toMatchObject({ status: 200, body: { active: false } });
};

type Standing = { left: boolean; suspended: boolean; sessions: number };
const standingOf = async (number: number): Promise<Standing | undefined> => {
  const rows = await owner().execute<Standing>(sql`
    select offboarded_at is not null as left, suspended_at is not null as suspended,
      (select count(*)::int from membership m where m.person_id = p.id) as memberships
    from person p where email = ${user(number).userName}`);
  return rows[0];
};
const all = async () => {
  const seen = await Promise.all([...ids.keys()].map(standingOf));
  return {
    left: seen.filter((one) => one?.left).length,
    suspended: seen.filter((one) => one?.suspended).length,
  };
};
const waiting = async () => [
  ...(await owner().execute<{ id: string; email: string; state: string; error: string | null }>(sql`
    select s.id, p.email, s.state, s.last_error as error from process s join person p on p.id = s.person_id
    where s.wish ? 'beyond' and p.email like ${`w${wave}n%`} order by p.email`)),
];
/** What the worker does of an offboarding, to its end or to the fence. */
const carry = async (processId: string) => {
  const deps = customerDeps(http.ledger);
  await drawUp(http.ledger, processId);
  for (let times = 0; times < 3; times += 1) {
    await assessProcess(deps, processId);
    await takeAwayPage(deps, processId, new AbortController().signal, () => undefined);
  }
  await assessProcess(deps, processId);
};
const carryAll = async () => {
  for (const { id } of await waiting()) await carry(id);
};
const reap = async () => {
  const reaper = createReaper(customerDeps(http.ledger), 8);
  await reaper.round();
  await reaper.settled();
};
const openFence = async () => (await http.call(sita, 'GET', '/v1/fences?state=open')).body.items[0];

it('lets those within the limit leave at once; the others are suspended, and wait for a second person', async () => {
  await putAllOut();
  expect(await all()).toEqual({ left: 5, suspended: 9 });
  expect(await put(8, false)).toMatchObject({ status: 200, body: { active: false } });
  expect(await waiting()).toHaveLength(4);
  await carryAll();
  expect(await all()).toEqual({ left: 5, suspended: 9 });
  expect((await waiting()).map(({ state }) => state)).toEqual(Array(4).fill('fenced'));
  const fence = await openFence();
  expect(fence).toMatchObject({ kind: 'people', limit: 5, waiting: 4 });
  const seen = await http.call(anna, 'GET', '/v1/customers/acme/activity');
  expect(JSON.stringify(seen.body).match(/scim_token.many_left/g)).toHaveLength(1);
  // A customer's own administrators release nothing, and remove one person at any time.
  expect((await http.call(anna, 'POST', `/v1/fences/${fence.id}/release`, {})).status).toBe(403);
  const removal = await http.call(anna, 'POST', `/v1/customers/acme/users/${user(5).userName}/removal`, {
    reason: 'Urgent',
  });
  expect(removal.status).toBe(201);
  expect(await standingOf(5)).toMatchObject({ left: true });
  const released = await http.call(sita, 'POST', `/v1/fences/${fence.id}/release`, {});
  expect(released.status).toBe(201);
  await carryAll();
  expect(await all()).toEqual({ left: 9, suspended: 9 });
  expect(await openFence()).toBeUndefined();
});

it('what a second person drops is as if it had not been said', async () => {
  await putAllOut();
  await carryAll();
  const fence = await openFence();
  const dropped = await http.call(omar, 'POST', `/v1/fences/${fence.id}/discarding`, {
    comment: 'Empty file',
  });
  expect(dropped.status).toBe(201);
  await carryAll();
  expect(await all()).toEqual({ left: 5, suspended: 5 });
  expect((await directory.send('GET', `/Users/${ids[8]}`)).body).toMatchObject({ active: true });
});

it('the directory may take it back, before and after the worker has seen it: they are what they were', async () => {
  await putAllOut();
  expect(await put(6, true)).toMatchObject({ status: 200, body: { active: true } });
  await carryAll();
  expect(await put(7, true)).toMatchObject({ status: 200, body: { active: true } });
  // Said again before anybody looked: still one leaving that waits.
  expect(await put(7, false)).toMatchObject({ status: 200, body: { active: false } });
  expect(await put(7, true)).toMatchObject({ status: 200, body: { active: true } });
  await reap();
  expect((await waiting()).map(({ state, error }) => [state, error])).toEqual([
    ['fenced', null],
    ['discarded', 'taken-back'],
    ['discarded', 'taken-back'],
    ['fenced', null],
  ]);
  expect(await standingOf(7)).toMatchObject({ left: false, suspended: false, memberships: 1 });
  expect(await openFence()).toMatchObject({ waiting: 2 });
  // Who went comes back as a new member, whoever waits beside them.
  expect(await put(0, true)).toMatchObject({ status: 200, body: { active: true } });
  expect(await standingOf(0)).toMatchObject({ left: false, memberships: 2 });
  // And goes again without being counted twice.
  expect((await put(0, false)).status).toBe(200);
  expect(await standingOf(0)).toMatchObject({ left: true });
});

it('whom the vendor has suspended stays so when what the directory said is dropped', async () => {
  await owner().execute(sql`update person set suspended_at = tenure_now() where email = ${user(8).userName}`);
  for (const id of ids) expect((await directory.send('DELETE', `/Users/${id}`)).status).toBe(204);
  await carryAll();
  const fence = await openFence();
  const dropped = await http.call(omar, 'POST', `/v1/fences/${fence.id}/discarding`, {
    comment: 'By mistake',
  });
  expect(dropped.status).toBe(201);
  await carryAll();
  expect(await standingOf(7)).toMatchObject({ left: false, suspended: false });
  expect(await standingOf(8)).toMatchObject({ left: false, suspended: true });
});

it('a deleted user is gone for the directory, their name is free, and whoever gets it is clean', async () => {
  for (const id of ids) expect((await directory.send('DELETE', `/Users/${id}`)).status).toBe(204);
  expect(await all()).toEqual({ left: 5, suspended: 9 });
  await carryAll();
  expect((await directory.send('GET', `/Users/${ids[8]}`)).status).toBe(404);
  const again = await directory.send('POST', '/Users', user(8));
  expect(again).toMatchObject({ status: 201, body: { active: true } });
  expect(again.body.id).not.toBe(ids[8]);
  expect(await standingOf(8)).toMatchObject({ left: false, suspended: false, memberships: 2 });
  // Letting the former leaving go has nobody leave who came after it.
  const fence = await openFence();
  expect((await http.call(sita, 'POST', `/v1/fences/${fence.id}/release`, {})).status).toBe(201);
  await carryAll();
  await reap();
  expect(await standingOf(8)).toMatchObject({ left: false, suspended: false });
  expect(await standingOf(7)).toMatchObject({ left: true });
});
