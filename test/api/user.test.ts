import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { userListShape, userProcessShape } from '../../api/schemas/customer.ts';
import { suspendOrganization } from '../../db/queries/offboarding.ts';
import { actors } from '../../domain/audit-event.ts';
import { type ApiHarness, startApi } from '../support/api.ts';
import { expectProblem } from '../support/standing.ts';
import { addTo, holdStanding, removeFrom, sendWelcomes, trail } from '../support/users.ts';

// Adding, changing and inviting a customer's users, as its administrators and the vendor's operations do.

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

describe('Changing a user', () => {
  it('changes what was given, and leaves access to a process', async () => {
    const { personId } = await added(gus, 'globex', 'rik@globex.example', { contract_role: 'member' });
    http.hurried.length = 0;
    const answer = await change(gus, 'globex', 'RIK@globex.example', {
      roles: ['analyst'],
      reason: 'Reports now',
    });
    expect(answer).toMatchObject({
      status: 201,
      body: {
        user: { given_roles: ['analyst'], contract_role: 'member' },
        process: { kind: 'role-change', cause: 'administrator', person: { id: personId } },
      },
    });
    const processId = answer.body.process.id;
    expect(await trail(http, processId)).toEqual([['process.asked', 'Reports now']]);
    expect((await trail(http, personId)).at(-1)).toEqual(['membership.changed', 'Reports now']);
    expect(http.hurried).toMatchObject([{ subjectId: processId, message: { kind: 'role-change' } }]);
    const rows = await http.ledger.owner.db.execute(sql`select wish from process where id = ${processId}`);
    expect(rows).toEqual([{ wish: { what: 'roles' } }]);

    const none = await change(omar, 'globex', personId, { roles: [], contract_role: null });
    expect(none.body).toMatchObject({
      user: { given_roles: [], contract_role: null },
      process: { cause: 'operations' },
    });
  });

  it('is refused where it changes nothing, in whatever order it is said', async () => {
    await added(gus, 'globex', 'same@globex.example', { roles: ['viewer', 'member'] });
    const roles = ['member', 'viewer', 'member'];
    expectProblem(await change(gus, 'globex', 'same@globex.example', { roles }), 409, 'nothing-to-change');
  });

  it('is refused outside of the tier', async () => {
    await added(gus, 'globex', 'tier@globex.example');
    expectProblem(
      await change(gus, 'globex', 'tier@globex.example', { roles: ['integrator'] }),
      422,
      'role-not-allowed',
    );
  });

  it('is refused to oneself, which is on record', async () => {
    const before = (await trail(http, (await http.call(anna, 'GET', '/v1/me')).body.id)).length;
    expectProblem(await change(anna, 'acme', anna, { roles: ['integrator'] }), 403, 'self-approval');
    const events = await trail(http, (await http.call(anna, 'GET', '/v1/me')).body.id);
    expect(events.slice(before)).toEqual([['decision.refused', 'role-change: self-approval']]);
  });

  it('does not know who never was a user, and says of who is none any more that they are gone', async () => {
    for (const person of ['nobody@acme.example', gus, sam, 'person_01kb3v5c2hf8jrxw7s9d0m4p6q', '%00']) {
      expectProblem(await change(anna, 'acme', person, { roles: [] }), 404, 'not-found');
      expectProblem(await invite(anna, 'acme', person), 404, 'not-found');
      expectProblem(await removeFrom(http, anna, 'acme', person), 404, 'not-found');
    }
    await added(anna, 'acme', 'gone@acme.example');
    await removeFrom(http, anna, 'acme', 'gone@acme.example');
    expectProblem(await change(anna, 'acme', 'gone@acme.example', { roles: [] }), 409, 'already-ended');
    expectProblem(await invite(anna, 'acme', 'gone@acme.example'), 409, 'already-ended');
    expectProblem(await removeFrom(http, anna, 'acme', 'gone@acme.example'), 409, 'already-ended');
  });
});

describe('The catalog of the moment', () => {
  const put = async (part: string, key: string, value: object) => {
    const { revision } = (await http.call(omar, 'GET', '/v1/catalog')).body;
    const wish = { base_revision: revision, reason: 'A test', value };
    const answer = await http.call(omar, 'PUT', `/v1/catalog/${part}/${encodeURIComponent(key)}`, wish);
    expect(answer).toMatchObject({ status: 201 });
  };
  const audit = { roles: ['auditor'] };

  it('lets one customer have a role beyond its tier by an override, and no other', async () => {
    await put('roles', 'auditor', {
      name: 'Auditor',
      conflicts_with: ['analyst'],
      entitlements: ['northwind-app:view'],
    });
    expectProblem(await addTo(http, gus, 'globex', 'aud@globex.example', audit), 422, 'role-not-allowed');
    await put('overrides', 'globex/role/auditor', {
      customer: 'globex',
      what: { kind: 'role', role: 'auditor' },
      reason: 'Bought alone',
      approver: 'priya@northwind.example',
      until: '2036-01-01T00:00:00.000Z',
    });
    await added(gus, 'globex', 'aud@globex.example', audit);
    await removeFrom(http, ines, 'initech', 'racer0@initech.example');
    expectProblem(await addTo(http, ines, 'initech', 'aud@initech.example', audit), 422, 'role-not-allowed');
  });

  it('keeps roles apart that exclude each other, those of the contract role among them', async () => {
    const both = [
      await addTo(http, gus, 'globex', 'both@globex.example', { ...audit, contract_role: 'member' }),
      await change(gus, 'globex', 'aud@globex.example', { roles: ['auditor', 'analyst'] }),
    ];
    const detail = 'The roles analyst and auditor exclude each other. Leave one of them out.';
    for (const answer of both) {
      expectProblem(answer, 422, 'role-not-allowed');
      expect(answer.body.errors).toEqual([{ pointer: '/roles', detail }]);
    }
  });
});

describe('Inviting a user again', () => {
  it('voids the former link and has the onboarding that waits send another', async () => {
    const { personId, processId } = await added(anna, 'acme', 'ivo@acme.example');
    const early = await invite(anna, 'acme', 'ivo@acme.example');
    expectProblem(early, 409, 'nothing-to-change');
    expect(early.body.detail).toBe('Their invitation is on its way already.');
    await holdStanding(http, processId, personId);
    await sendWelcomes(http, processId, personId);
    expect(await userOf('acme', 'ivo@acme.example')).toMatchObject({ state: 'invited' });
    http.hurried.length = 0;
    const again = await invite(anna, 'acme', 'ivo@acme.example');
    expect(again).toMatchObject({ status: 201, body: { process: { id: processId, state: 'confirming' } } });
    expect(http.hurried).toMatchObject([{ subjectId: processId, message: { signal: 'nudge' } }]);
    expectProblem(await invite(anna, 'acme', 'ivo@acme.example'), 409, 'nothing-to-change');
    const [row] = await http.ledger.owner.db.execute<{ open: number }>(sql`
      select count(*)::int as open from welcome where person_id = ${personId} and voided_at is null`);
    expect(row?.open).toBe(0);
  });

  it('begins an onboarding where none is under way, e.g. when the link has expired', async () => {
    const { personId, processId } = await added(anna, 'acme', 'eva@acme.example');
    await holdStanding(http, processId, personId);
    const welcome = await sendWelcomes(http, processId, personId);
    const { db } = http.ledger.system;
    await db.execute(sql`update welcome set expires_at = tenure_now() where id = ${welcome}`);
    await db.execute(
      sql`update process set state = 'done', settled_at = tenure_now() where id = ${processId}`,
    );
    expect(await userOf('acme', 'eva@acme.example')).toMatchObject({ state: 'expired' });
    const again = await invite(omar, 'acme', 'eva@acme.example');
    expect(again).toMatchObject({
      status: 201,
      body: { user: { state: 'joining' }, process: { kind: 'onboarding', cause: 'operations' } },
    });
    expect(again.body.process.id).not.toBe(processId);
  });

  it('is refused to who has confirmed, and to oneself', async () => {
    const { personId, processId } = await added(anna, 'acme', 'con@acme.example');
    await holdStanding(http, processId, personId);
    const welcome = await sendWelcomes(http, processId, personId);
    await http.ledger.system.db.execute(
      sql`update welcome set confirmed_at = tenure_now(), sealed_token = null where id = ${welcome}`,
    );
    const answer = await invite(anna, 'acme', 'con@acme.example');
    expectProblem(answer, 409, 'nothing-to-change');
    expect(answer.body.detail).toBe('They have confirmed their invitation.');
    expect(await userOf('acme', 'con@acme.example')).toMatchObject({ state: 'active' });
    expectProblem(await invite(anna, 'acme', anna), 403, 'self-approval');
  });
});

describe('Who may', () => {
  const wish = { email: 'x@acme.example', name: 'X', reason: 'x' };
  it('is nobody without the duty, and nobody of another customer, to whom it is not there', async () => {
    for (const who of [sam, sita, 'lena@northwind.example', 'nora@acme.example']) {
      expectProblem(await http.call(who, 'POST', '/v1/customers/acme/users', wish), 403, 'forbidden');
      expectProblem(await http.call(who, 'GET', '/v1/customers/acme/users'), 403, 'forbidden');
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
