import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { processListShape, processPeopleShape } from '../../api/schemas/process.ts';
import { actors } from '../../domain/audit-event.ts';
import { newId } from '../../domain/ids.ts';
import { createProcess } from '../../db/queries/process.ts';
import { type ApiHarness, startApi } from '../support/api.ts';
import { expectProblem } from '../support/standing.ts';
import { addTo, holdStanding } from '../support/users.ts';

const omar = 'omar@northwind.example';
const sita = 'sita@northwind.example';
const sam = 'sam@northwind.example';
const anna = 'anna@acme.example';
const gus = 'gus@globex.example';
const ulla = 'ulla@acme.example';

let http: ApiHarness;
/** Processes about: Ulla (by Anna), a user of Globex (by Gus), Sam (by Omar), and Acme as a whole, with Ulla in it. */
const made = { ulla: '', globex: '', sam: '', acme: '' };

beforeAll(async () => {
  http = await startApi();
  const joined = await addTo(http, anna, 'acme', ulla);
  made.ulla = joined.body.process.id;
  made.globex = (await addTo(http, gus, 'globex', 'rik@globex.example')).body.process.id;
  const moved = { region: 'us', reason: 'Moves' };
  made.sam = (await http.call(omar, 'POST', `/v1/people/${sam}/role-change`, moved)).body.id;
  const { id: organizationId } = (await http.call(anna, 'GET', '/v1/customers/acme')).body;
  const wish = { kind: 'role-change', organizationId, cause: 'contract', source: 'stripe' } as const;
  const { id } = await http.ledger.system.db.transaction((tx) =>
    createProcess(tx, { ...wish, wish: { what: 'contract' }, actor: actors.engine, traceparent: null }),
  );
  made.acme = id;
  await holdStanding(http, id, joined.body.user.person.id);
});
afterAll(() => http.stop());
afterEach(() => expect(http.faults.splice(0)).toEqual([]));

const list = async (who: string, query = '') => {
  const answer = await http.call(who, 'GET', `/v1/processes${query}`);
  expect(answer).toMatchObject({ status: 200 });
  return processListShape.parse(answer.body).items.map(({ id }) => id);
};

describe('Processes', () => {
  const all = () => [made.acme, made.sam, made.globex, made.ulla];
  it('are seen by who manages access or reads records, by a customer’s administrators their own, else by whom alone they are about', async () => {
    const seen: [string, string[]][] = [
      [omar, all()],
      [sita, all()],
      ['ada@northwind.example', all()],
      [sam, [made.sam]],
      ['lena@northwind.example', []],
      ['jonas@northwind.example', []],
      [anna, [made.acme, made.ulla]],
      [gus, [made.globex]],
      [ulla, [made.ulla]],
    ];
    for (const [who, ids] of seen) {
      expect([who, await list(who)]).toEqual([who, ids]);
      for (const id of all()) {
        const { status } = await http.call(who, 'GET', `/v1/processes/${id}`);
        expect([who, id, status]).toEqual([who, id, ids.includes(id) ? 200 : 404]);
      }
    }
  });

  it('of others are as unknown as those that are not there', async () => {
    const asked = (id: string) => http.call(ulla, 'GET', `/v1/processes/${id}`);
    const unknown = await asked('proc_01kb3x1m4pe9v7c2k5n8r1t4wz');
    expectProblem(unknown, 404, 'not-found');
    for (const id of [made.acme, made.sam, made.globex, 'nonsense', 'AR-2201', '%00']) {
      const answer = await asked(id);
      expect({ ...answer.body, instance: '' }).toEqual({ ...unknown.body, instance: '' });
    }
  });

  it('are narrowed by customer, person, kind and state, within what one sees', async () => {
    expect(await list(omar, '?customer=acme')).toEqual([made.acme, made.ulla]);
    expect(await list(omar, `?person=${ulla}`)).toEqual([made.acme, made.ulla]);
    expect(await list(omar, '?kind=onboarding')).toEqual([made.globex, made.ulla]);
    expect(await list(omar, '?state=running')).toEqual([made.acme]);
    expect(await list(omar, '?state=open&kind=role-change')).toEqual([made.acme, made.sam]);
    expect(await list(omar, '?state=done')).toEqual([]);
    expect(await list(sam, `?person=${ulla}`)).toEqual([]);
    expect(await list(ulla, `?person=${anna}`)).toEqual([]);
    expectProblem(await http.call(anna, 'GET', '/v1/processes?customer=globex'), 422, 'unknown-reference');
    expectProblem(await http.call(anna, 'GET', `/v1/processes?person=${gus}`), 422, 'unknown-reference');
    expectProblem(await http.call(omar, 'GET', '/v1/processes?state=gone'), 400, 'malformed-parameter');
    expectProblem(await http.call(omar, 'GET', '/v1/processes?person=%00'), 400, 'malformed-parameter');
  });

  it('come in pages, newest first', async () => {
    const first = (await http.call(omar, 'GET', '/v1/processes?limit=3')).body;
    expect(first.items).toHaveLength(3);
    expect(await list(omar, `?limit=3&cursor=${first.next_cursor}`)).toEqual([made.ulla]);
  });

  it('say how far they are, counted in people', async () => {
    const { body } = await http.call(anna, 'GET', `/v1/processes/${made.acme}`);
    expect(body).toMatchObject({
      kind: 'role-change',
      state: 'running',
      person: null,
      cause: 'contract',
      source: 'stripe',
      requested_by: null,
      progress: { total: 1, waiting: 1, done: 0 },
      tasks: [],
    });
  });
});

describe('The people of a process', () => {
  const people = (who: string, id: string, query = '') =>
    http.call(who, 'GET', `/v1/processes/${id}/people${query}`);

  it('are listed with how far it is with each, by state and in pages, for whoever sees the process', async () => {
    for (const who of [omar, sita, anna]) {
      const { status, body } = await people(who, made.acme);
      expect({ who, status }).toEqual({ who, status: 200 });
      const { items } = processPeopleShape.parse(body);
      expect(items.map(({ person }) => person.email)).toEqual([ulla]);
    }
    const { db } = http.ledger.owner;
    await db.execute(sql`
      insert into process_person (process_id, person_id, organization_id, state, last_error, tried_at)
      select ${made.acme}, id, organization_id, 'failed', 'target-refused', tenure_now() from person where email = ${anna}`);
    const failed = processPeopleShape.parse((await people(omar, made.acme, '?state=failed')).body);
    expect(failed.items).toMatchObject([
      { person: { email: anna }, state: 'failed', last_error: 'target-refused' },
    ]);
    const first = (await people(omar, made.acme, '?limit=1')).body;
    const second = (await people(omar, made.acme, `?limit=1&cursor=${first.next_cursor}`)).body;
    const seen = [...first.items, ...second.items].map(
      ({ person }: { person: { email: string } }) => person.email,
    );
    expect(seen.sort()).toEqual([anna, ulla]);
    await db.execute(sql`delete from process_person where process_id = ${made.acme} and state = 'failed'`);
    for (const query of ['?state=gone', '?limit=0', '?cursor=x'])
      expectProblem(await people(omar, made.acme, query), 400, 'malformed-parameter');
  });

  it('of others are as unknown as those that are not there', async () => {
    for (const [who, id] of [
      [gus, made.acme],
      [sam, made.acme],
      [ulla, made.acme],
      [omar, newId('proc')],
      [omar, 'nothing'],
    ] as const)
      expectProblem(await people(who, id), 404, 'not-found');
  });
});

describe('A churn that a fence holds', () => {
  it('waits for a second person, and once one has let it go for its time alone', async () => {
    const { db } = http.ledger.system;
    const acme = (await http.call(omar, 'GET', '/v1/customers/acme')).body.id;
    const wish = { kind: 'offboarding', organizationId: acme, cause: 'contract', source: 'stripe' } as const;
    const dueAt = new Date(Date.now() + 86_400_000);
    const more = { wish: { why: 'churn' }, dueAt, actor: actors.engine, traceparent: null } as const;
    const { id } = await db.transaction((tx) => createProcess(tx, { ...wish, ...more }));
    const fenceId = newId('fence');
    await db.execute(sql`
      insert into fence (id, kind, subject, cause, "limit") values (${fenceId}, 'source', 'stripe', 'contract', 5)`);
    await db.execute(sql`
      insert into fence_item (id, fence_id, process_id, organization_id, difference)
      values (${newId('item')}, ${fenceId}, ${id}, ${acme}, '{}')`);
    await db.execute(sql`update process set state = 'fenced' where id = ${id}`);
    const shown = async () => (await http.call(omar, 'GET', `/v1/processes/${id}`)).body;
    expect(await shown()).toMatchObject({ state: 'fenced' });
    expect(await list(omar, '?state=fenced')).toEqual([id]);
    const released = await http.call(sita, 'POST', `/v1/fences/${fenceId}/release`, {});
    expect(released).toMatchObject({ status: 201 });
    expect(await shown()).toMatchObject({ state: 'waiting', due_at: dueAt.toISOString() });
    expect(await list(omar, '?state=fenced')).toEqual([]);
    expect(await list(omar, '?state=waiting&kind=offboarding')).toEqual([id]);
    expect(await list(omar, '?state=open&kind=offboarding')).toEqual([id]);
  });
});
