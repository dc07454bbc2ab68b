import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { userListShape, userProcessShape } from '../../api/schemas/customer.ts';
import { suspendOrganization } from '../../db/queries/offboarding.ts';
import { actors } from '../../domain/audit-event.ts';
import { type ApiHarness, startApi } from '../support/api.ts';
import { expectProblem } from '../support/standing.ts';
import { addTo, removeFrom, trail } from '../support/users.ts';

// Adding and listing a customer's users, as its administrators and the vendor's operations do.

const omar = 'omar@northwind.example';
const sam = 'sam@northwind.example';
const sita = 'sita@northwind.example';
const anna = 'anna@acme.example';
const tom = 'tom@acme.example';
const gus = 'gus@globex.example';
const ines = 'ines@initech.example';

let http: ApiHarness;
beforeAll(async () => {
  http = await startApi();
});
afterAll(() => http.stop());
afterEach(() => expect(http.faults.splice(0)).toEqual([]));

const added = async (who: string, customer: string, email: string, more: object = {}) => {
  const answer = await addTo(http, who, customer, email, more);
  expect(answer).toMatchObject({ status: 201 });
  const { user, process } = answer.body;
  return { personId: String(user.person.id), processId: String(process.id), body: answer.body };
};
const change = (who: string, customer: string, person: string, wish: object) =>
  http.call(who, 'POST', `/v1/customers/${customer}/users/${person}/role-change`, { reason: 'x', ...wish });
const invite = (who: string, customer: string, person: string) =>
  http.call(who, 'POST', `/v1/customers/${customer}/users/${person}/invitation`, {});
const users = async (who: string, customer: string, query = '') => {
  const answer = await http.call(who, 'GET', `/v1/customers/${customer}/users${query}`);
  expect(answer.status).toBe(200);
  return userListShape.parse(answer.body).items;
};
const userOf = async (customer: string, email: string) =>
  (await users(omar, customer)).find(({ person }) => person.email === email);
const tokenOf = async (email: string) => (await http.call(email, 'GET', '/v1/me')).status;

describe('Adding a user', () => {
  it('takes a seat, writes who did it and why, and leaves the rest to a process', async () => {
    http.hurried.length = 0;
    const { personId, processId, body } = await added(anna, 'acme', 'Nora@Acme.example', {
      contract_role: 'member',
      roles: ['viewer', 'member', 'viewer'],
      reason: 'Starts on Monday',
    });
    expect(userProcessShape.strict().parse(body)).toMatchObject({
      user: {
        person: { email: 'nora@acme.example', name: 'Nora' },
        state: 'joining',
        contract_role: 'member',
        given_roles: ['member', 'viewer'],
        roles: [],
        until: null,
        invited_at: null,
      },
      process: {
        kind: 'onboarding',
        state: 'waiting',
        organization: { key: 'acme' },
        person: { id: personId },
        cause: 'administrator',
        requested_by: { email: anna },
        reason: 'Starts on Monday',
      },
    });
    expect(await trail(http, personId, processId)).toEqual([
      ['person.added', null],
      ['membership.begun', 'Starts on Monday'],
      ['process.asked', 'Starts on Monday'],
    ]);
    expect(http.hurried).toMatchObject([
      { kind: 'engine', subjectId: processId, message: { signal: null, id: processId, kind: 'onboarding' } },
    ]);
    expect(await tokenOf('nora@acme.example')).toBe(200);
  });

  it('keeps names and reasons where they can be forgotten', async () => {
    const { personId, processId } = await added(anna, 'acme', 'oda@acme.example', { reason: 'Secret words' });
    const rows = await http.ledger.owner.db.execute<{ line: string }>(sql`
      select e::text as line from audit_event e where e.subject_id in (${personId}, ${processId})
      union all select message::text from outbox where subject_id = ${processId}`);
    expect(rows).toHaveLength(4);
    for (const { line } of rows) expect(line).not.toMatch(/Nora|Anna|Secret|@/);
  });

  it('says `operations` where the vendor does it, and once for one Idempotency-Key', async () => {
    const wish = { email: 'kim@globex.example', name: 'Kim', roles: [], reason: 'By phone' };
    const headers = { 'idempotency-key': 'add-kim' };
    const path = '/v1/customers/globex/users';
    const [one, other] = [
      await http.call(omar, 'POST', path, wish, { headers }),
      await http.call(omar, 'POST', path, wish, { headers }),
    ];
    expect(one).toMatchObject({ status: 201, body: { process: { cause: 'operations' } } });
    expect(other.body).toEqual(one.body);
    const reused = await http.call(omar, 'POST', path, { ...wish, name: 'Kit' }, { headers });
    expectProblem(reused, 422, 'idempotency-key-reused');
    expect(await trail(http, one.body.process.id)).toHaveLength(1);
  });

  const wrong: [string, object][] = [
    ['/email', { email: 'nora' }],
    ['/name', { name: '' }],
    ['/name', { name: 'No\u0000ra' }],
    ['/reason', { reason: ' ' }],
    ['/roles/0', { roles: ['View er'] }],
    ['/contract_role', { contract_role: 'a\nb' }],
    ['/seat', { seat: 1 }],
  ];
  it.each(wrong)('names the field that is wrong: %s', async (pointer, more) => {
    const answer = await addTo(http, anna, 'acme', 'wrong@acme.example', more);
    expectProblem(answer, 422, 'invalid-input');
    expect(answer.body.errors).toMatchObject([{ pointer, detail: expect.any(String) }]);
  });

  it('refuses what the tier does not hold, all at once, and says what it does', async () => {
    const roles = ['viewer', 'integrator', 'operations', 'nothing'];
    const answer = await addTo(http, gus, 'globex', 'no@globex.example', { roles, contract_role: 'owner' });
    expectProblem(answer, 422, 'role-not-allowed');
    const allowed = 'analyst, customer-administrator, customer-user, member, viewer';
    expect(answer.body.errors).toEqual([
      {
        pointer: '/roles/1',
        detail: `The Professional tier does not include the role integrator. It allows ${allowed}.`,
      },
      {
        pointer: '/roles/2',
        detail: `The Professional tier does not include the role operations. It allows ${allowed}.`,
      },
      { pointer: '/roles/3', detail: 'There is no role nothing.' },
      {
        pointer: '/contract_role',
        detail: 'The Professional tier has no contract role owner. It has administrator, member, viewer.',
      },
    ]);
    expect(await userOf('globex', 'no@globex.example')).toBeUndefined();
  });

  it('is refused alike for the address of a colleague, another customer’s person and the vendor’s', async () => {
    const answers = await Promise.all([tom, gus, sam].map((email) => addTo(http, anna, 'acme', email)));
    for (const answer of answers) expectProblem(answer, 409, 'already-a-user');
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(JSON.stringify(answers)).not.toMatch(/globex|gus|northwind\.example/i);
    expectProblem(await addTo(http, omar, 'acme', gus), 409, 'already-a-user');
  });
});

describe('Seats', () => {
  it('run out in words that say what to do', async () => {
    await added(ines, 'initech', 'one@initech.example');
    await added(ines, 'initech', 'two@initech.example');
    const answer = await addTo(http, ines, 'initech', 'three@initech.example');
    expectProblem(answer, 409, 'no-seat-left');
    expect(answer.body).toMatchObject({
      detail:
        'All 3 seats of the Free tier are used. Remove a user, or upgrade to Professional for 25 seats.',
      limit: 3,
      used: 3,
    });
    const { seats } = (await http.call(ines, 'GET', '/v1/customers/initech')).body;
    expect(seats).toEqual({ limit: 3, used: 3, left: 0, source: 'tier', until: null });
    expect((await removeFrom(http, ines, 'initech', 'two@initech.example')).status).toBe(201);
    await added(ines, 'initech', 'three@initech.example');
    await removeFrom(http, ines, 'initech', 'three@initech.example');
    await removeFrom(http, ines, 'initech', 'one@initech.example');
  });

  it('are never taken twice, however many add users at once', async () => {
    const emails = Array.from({ length: 8 }, (_, i) => `racer${i}@initech.example`);
    const answers = await Promise.all(emails.map((email) => addTo(http, ines, 'initech', email)));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      201, 201, 409, 409, 409, 409, 409, 409,
    ]);
    const { seats } = (await http.call(ines, 'GET', '/v1/customers/initech')).body;
    expect(seats).toMatchObject({ used: 3, left: 0 });
  });

  it('are taken once by one address that several add at once', async () => {
    const before = await users(omar, 'globex');
    const answers = await Promise.all(
      [gus, omar, gus, omar].map((who) => addTo(http, who, 'globex', 'twice@globex.example')),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409, 409, 409]);
    for (const answer of answers) if (answer.status === 409) expectProblem(answer, 409, 'already-a-user');
    expect(await users(omar, 'globex')).toHaveLength(before.length + 1);
  });
});

describe('Who may', () => {
  const wish = { email: 'x@acme.example', name: 'X', reason: 'x' };
  it('is nobody without the duty, and nobody of another customer, to whom it is not there', async () => {
    for (const who of [sam, sita, 'lena@northwind.example', 'nora@acme.example']) {
      expectProblem(await http.call(who, 'POST', '/v1/customers/acme/users', wish), 403, 'forbidden');
      const list = await http.call(who, 'GET', '/v1/customers/acme/users');
      // Security reads the records of all.
      if (who === sita) expect(list.status).toBe(200);
      else expectProblem(list, 403, 'forbidden');
      expectProblem(await removeFrom(http, who, 'acme', tom), 403, 'forbidden');
    }
    const unknown = await http.call(gus, 'POST', '/v1/customers/nowhere/users', wish);
    for (const customer of ['acme', 'northwind', 'org_01kb3v5c2hexa4y6p0k8s2w9tb']) {
      const answer = await http.call(gus, 'POST', `/v1/customers/${customer}/users`, wish);
      expectProblem(answer, 404, 'not-found');
      expect({ ...answer.body, instance: '' }).toEqual({ ...unknown.body, instance: '' });
      expectProblem(await http.call(gus, 'GET', `/v1/customers/${customer}/users`), 404, 'not-found');
      expectProblem(await removeFrom(http, gus, customer, tom), 404, 'not-found');
      expectProblem(await change(gus, customer, tom, { roles: [] }), 404, 'not-found');
    }
    expectProblem(await removeFrom(http, gus, 'globex', tom), 404, 'not-found');
    expectProblem(await http.call(omar, 'GET', '/v1/customers/northwind/users'), 404, 'not-found');
  });

  it('does so at no customer that is suspended, is leaving or has left', async () => {
    const { db } = http.ledger.system;
    const [row] = await db.execute<{ id: string }>(sql`select id from organization where key = 'globex'`);
    const id = row?.id ?? '';
    const refused = async (words: RegExp) => {
      const tried = [
        await addTo(http, omar, 'globex', 'late@globex.example'),
        await change(omar, 'globex', gus, { roles: ['viewer'] }),
        await invite(omar, 'globex', gus),
      ];
      for (const answer of tried) {
        expectProblem(answer, 409, 'customer-closed');
        expect(answer.body.detail).toMatch(words);
      }
    };
    await suspendOrganization(db, id, actors.system, 'A test');
    await refused(/^Globex is suspended/);
    expect((await http.call(omar, 'GET', '/v1/customers/globex')).body.state).toBe('suspended');
    await db.execute(sql`update organization set suspended_at = null where id = ${id}`);
    await db.execute(sql`
      insert into process (id, kind, organization_id, cause, due_at)
      values ('proc_01kb3v5c2hexa4y6p0k8s2w9tb', 'offboarding', ${id}, 'contract', tenure_now() + interval '7 days')`);
    await refused(/^Globex is leaving/);
    await db.execute(sql`update organization set offboarded_at = tenure_now() where id = ${id}`);
    await refused(/^Globex is no customer any more/);
    // Removing goes on, whatever the customer's own state.
    expect((await removeFrom(http, omar, 'globex', 'kim@globex.example')).status).toBe(201);
  });
});

describe('A list of users', () => {
  it('is narrowed by state and paged, newest person first', async () => {
    await added(anna, 'acme', 'gone@acme.example');
    await removeFrom(http, anna, 'acme', 'gone@acme.example');
    const all = await users(anna, 'acme', '?limit=200');
    expect(all.map(({ person }) => person.id)).toEqual(
      all
        .map(({ person }) => person.id)
        .toSorted()
        .reverse(),
    );
    expect((await users(anna, 'acme', '?state=removed')).map(({ person }) => person.email)).toEqual([
      'gone@acme.example',
    ]);
    const paged: string[] = [];
    for (let next = '?limit=3'; next !== ''; ) {
      const { body } = await http.call(anna, 'GET', `/v1/customers/acme/users${next}`);
      paged.push(...body.items.map((item: { person: { id: string } }) => item.person.id));
      next = body.next_cursor === null ? '' : `?limit=3&cursor=${body.next_cursor}`;
    }
    expect(paged).toEqual(all.map(({ person }) => person.id));
  });
});
