import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { decidedFenceShape, fenceItemShape, fenceWithItemsShape } from '../../api/schemas/fence.ts';
import { passPeopleFence } from '../../db/queries/fence.ts';
import { createProcess } from '../../db/queries/process.ts';
import { actors } from '../../domain/audit-event.ts';
import { type ApiHarness, startApi } from '../support/api.ts';
import { expectProblem } from '../support/standing.ts';

// Omar imports, and a fence holds what is beyond five. Sita releases; Omar, who may release those of others, may not.
const omar = 'omar@northwind.example';
const sita = 'sita@northwind.example';
const people = Array.from({ length: 8 }, (_, i) => `g${i}@globex.example`);

let http: ApiHarness;
beforeAll(async () => {
  http = await startApi();
  const users = people.map((email) => ({ customer: 'globex', email, name: email, contract_role: 'viewer' }));
  const imported = await http.call(omar, 'POST', '/v1/imports', { users, reason: 'A roster' });
  expect(imported.status).toBe(201);
});
afterAll(() => http.stop());
afterEach(() => expect(http.faults.splice(0)).toEqual([]));

/** Has a fence hold three of them, as the worker does when it draws a process up. */
async function held(kind: 'role-change' | 'offboarding' = 'role-change') {
  const { db } = http.ledger.system;
  return db.transaction(async (tx) => {
    const [globex] = await tx.execute<{ id: string; author: string }>(sql`
      select o.id, p.id as author from organization o, person p where o.key = 'globex' and p.email = ${omar}`);
    const known = await tx.execute<{ id: string }>(
      sql`select id from person where email like 'g_@globex.example' order by email`,
    );
    const { id: organizationId = '', author = '' } = globex ?? {};
    await tx.execute(sql`delete from fence_passage`);
    const wish = {
      kind,
      organizationId,
      cause: 'roster',
      wish: {},
      actor: actors.engine,
      traceparent: null,
    } as const;
    const { id: processId } = await createProcess(tx, { ...wish, requestedBy: author });
    await tx.execute(sql`
      insert into process_person (process_id, person_id, organization_id)
      select ${processId}, id, organization_id from person where email like 'g_@globex.example'`);
    const difference = { gain: ['northwind-app:export'], lose: ['northwind-app:view'] };
    await passPeopleFence(tx, {
      organizationId,
      processId,
      cause: 'roster',
      author,
      people: known.map(({ id }) => ({ personId: id, difference })),
    });
    const [fence] = await tx.execute<{ id: string }>(sql`select id from fence where closed_at is null`);
    return fence?.id ?? '';
  });
}

const items = async (id: string, query = '') =>
  (await http.call(sita, 'GET', `/v1/fences/${id}/items${query}`)).body;
const decide = (who: string, id: string, verb: string, body: object = {}) =>
  http.call(who, 'POST', `/v1/fences/${id}/${verb === 'discard' ? 'discarding' : verb}`, body);

describe('A fence', () => {
  it('says who set it off, what would happen, and to whom', async () => {
    const id = await held();
    const listed = await http.call(sita, 'GET', '/v1/fences?state=open');
    expect(listed.body).toMatchObject({ items: [{ id }], next_cursor: null });
    const { body } = await http.call(sita, 'GET', `/v1/fences/${id}`);
    expect(fenceWithItemsShape.strict().parse(body)).toMatchObject({
      kind: 'people',
      state: 'open',
      organization: { key: 'globex' },
      cause: 'roster',
      author: { email: omar },
      limit: 5,
      waiting: 3,
      difference: ['3 people lose view on northwind-app', '3 people gain export on northwind-app'],
    });
    expect(body.items.map((item: { person: { email: string } }) => item.person.email)).toEqual(
      people.slice(5),
    );
    const first = await items(id, '?limit=2');
    expect(first.items).toHaveLength(2);
    expect(fenceItemShape.strict().parse(first.items[0])).toMatchObject({
      state: 'waiting',
      suspended: false,
    });
    expect((await items(id, `?limit=2&cursor=${first.next_cursor}`)).items).toHaveLength(1);
  });

  it('is not released by who set it off, which is recorded', async () => {
    const [{ id }] = (await http.call(omar, 'GET', '/v1/fences')).body.items;
    expectProblem(await decide(omar, id, 'release'), 403, 'self-approval');
    const events = await http.ledger.owner.db.execute(sql`
      select e.type, t.reason from audit_event e join audit_text t on t.event_id = e.id where e.subject_id = ${id} and e.type like 'decision%'`);
    expect([...events]).toEqual([{ type: 'decision.refused', reason: 'release: self-approval' }]);
    expect((await items(id, '?state=waiting')).items).toHaveLength(3);
  });

  it('is released and discarded by somebody else, singly or as a whole, once', async () => {
    const [{ id }] = (await http.call(sita, 'GET', '/v1/fences')).body.items;
    const [one, other] = (await items(id)).items;
    http.hurried.splice(0);
    const released = await decide(sita, id, 'release', { items: [one.id], comment: 'Known to me' });
    expect(released.status).toBe(201);
    expect(decidedFenceShape.strict().parse(released.body)).toMatchObject({
      state: 'open',
      waiting: 2,
      released: 1,
    });
    expect(http.hurried).toMatchObject([{ message: { signal: 'release', id: one.process_id } }]);
    expectProblem(await decide(sita, id, 'release', { items: [one.id] }), 409, 'already-decided');
    expectProblem(await decide(sita, id, 'discard', { items: [other.id] }), 422, 'invalid-input');
    const discarded = await decide(sita, id, 'discard', { comment: 'The roster was cut off' });
    expect(discarded.body).toMatchObject({ state: 'closed', waiting: 0, released: 1, discarded: 2 });
    expect((await items(id, '?state=discarded')).items[0]).toMatchObject({
      decided_by: { email: sita },
      comment: 'The roster was cut off',
    });
    expectProblem(await decide(sita, id, 'release'), 409, 'already-decided');
  });

  it('lifts the suspension of those who do not leave after all', async () => {
    const id = await held('offboarding');
    const suspended = async () =>
      (await http.ledger.owner.db.execute(sql`select 1 from person where suspended_at is not null`)).length;
    const { body } = await http.call(sita, 'GET', `/v1/fences/${id}`);
    expect(body.difference).toContain('3 people leave');
    expect(await suspended()).toBe(3);
    expect((await decide(sita, id, 'discard', { comment: 'They stay' })).status).toBe(201);
    expect(await suspended()).toBe(0);
  });

  it.each(['sam@northwind.example', 'anna@acme.example'])('is nothing for %s', async (who) => {
    expectProblem(await http.call(who, 'GET', '/v1/fences'), 403, 'forbidden');
    expectProblem(await decide(who, 'fence_01kb3x5r7ne2v9c4k6p8t1w3yz', 'release'), 403, 'forbidden');
  });

  it('that is not there is not found, and neither is an item of another', async () => {
    const unknown = 'fence_01kb3x5r7ne2v9c4k6p8t1w3yz';
    expectProblem(await http.call(sita, 'GET', `/v1/fences/${unknown}`), 404, 'not-found');
    expectProblem(await decide(sita, unknown, 'release'), 404, 'not-found');
    const id = await held();
    const foreign = { items: ['item_01kb3x5r8te6q3d9m1v4z7k2bs'] };
    expectProblem(await decide(sita, id, 'release', foreign), 404, 'not-found');
  });
});
