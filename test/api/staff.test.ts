import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { processShape } from '../../api/schemas/process.ts';
import { type ApiHarness, startApi } from '../support/api.ts';
import { endOrder, expectProblem, standing } from '../support/standing.ts';
import { trail } from '../support/users.ts';

// The vendor's own people: what they are changes, and they leave.

const omar = 'omar@northwind.example';
const ada = 'ada@northwind.example';
const sita = 'sita@northwind.example';
const sam = 'sam@northwind.example';
const mei = 'mei@northwind.example';
const priya = 'priya@northwind.example';
const marek = 'marek@northwind.example';
const lena = 'lena@northwind.example';
const anna = 'anna@acme.example';

let http: ApiHarness;
beforeAll(async () => {
  http = await startApi();
});
afterAll(() => http.stop());
afterEach(() => expect(http.faults.splice(0)).toEqual([]));

const change = (who: string, person: string, wish: object) =>
  http.call(who, 'POST', `/v1/people/${person}/role-change`, { reason: 'A test', ...wish });
const offboard = (who: string, person: string) =>
  http.call(who, 'POST', `/v1/people/${person}/offboarding`, { reason: 'Has left' });
const reinstate = (who: string, person: string) =>
  http.call(who, 'POST', `/v1/people/${person}/reinstatement`, { reason: 'Left by mistake' });
const invite = (who: string, person: string, reason = 'Lost the phone') =>
  http.call(who, 'POST', `/v1/people/${person}/invitation`, { reason });
const idOf = async (email: string) => {
  const rows = await http.ledger.owner.db.execute<{ id: string }>(
    sql`select id from person where email = ${email}`,
  );
  return rows[0]?.id ?? '';
};
const rolesOf = async (email: string): Promise<string[]> =>
  (await http.call(email, 'GET', '/v1/me')).body.roles.map(({ key }: { key: string }) => key);

describe('Changing what somebody of the vendor is', () => {
  it('gives and takes roles at once, each on record, and leaves standing access to a process', async () => {
    http.hurried.length = 0;
    const answer = await change(omar, lena, { roles: ['legal', 'support-lead'], reason: 'Helps out' });
    expect(answer.status).toBe(201);
    expect(processShape.strict().parse(answer.body)).toMatchObject({
      kind: 'role-change',
      cause: 'operations',
      organization: { key: 'northwind' },
      person: { email: lena },
      requested_by: { email: omar },
    });
    expect(await rolesOf(lena)).toEqual(['legal', 'support-lead']);
    expect(await trail(http, await idOf(lena))).toEqual([['role.given', 'Helps out']]);
    expect(await trail(http, answer.body.id)).toEqual([['process.asked', 'Helps out']]);
    expect(http.hurried).toMatchObject([{ subjectId: answer.body.id, message: { kind: 'role-change' } }]);
    expect((await change(ada, lena, { roles: ['support-lead'] })).status).toBe(201);
    expect(await rolesOf(lena)).toEqual(['support-lead']);
    expect((await trail(http, await idOf(lena))).at(-1)).toEqual(['role.taken', 'A test']);
  });

  it.each([
    ['department', { department: 'sales' }],
    ['region', { region: 'us' }],
    ['region', { region: 'eu', department: 'support' }],
  ])('changes the %s, which is on record, and says so to the process', async (what, wish) => {
    const before = (await trail(http, await idOf(sam))).length;
    const answer = await change(omar, sam, wish);
    expect(answer.status).toBe(201);
    const rows = await http.ledger.owner.db.execute(
      sql`select wish from process where id = ${answer.body.id}`,
    );
    expect(rows).toEqual([{ wish: { what } }]);
    expect((await trail(http, await idOf(sam))).slice(before)).toEqual([['person.changed', 'A test']]);
    expectProblem(await change(omar, sam, wish), 409, 'nothing-to-change');
  });

  it('refuses what there is not, what excludes each other, and nothing at all', async () => {
    const unknown = await change(omar, mei, { roles: ['on-call', 'chief'] });
    expectProblem(unknown, 422, 'role-not-allowed');
    expect(unknown.body.errors).toEqual([{ pointer: '/roles/1', detail: 'There is no role chief.' }]);
    const both = await change(omar, sita, { roles: ['security', 'administrator'] });
    expectProblem(both, 422, 'role-not-allowed');
    expect(both.body.errors).toEqual([
      {
        pointer: '/roles',
        detail: 'The roles administrator and security exclude each other. Leave one of them out.',
      },
    ]);
    expectProblem(await change(omar, mei, {}), 422, 'invalid-input');
    expectProblem(await change(omar, mei, { region: 'E\u0000U' }), 422, 'invalid-input');
    expectProblem(
      await change(omar, mei, { roles: ['support-engineer', 'on-call'] }),
      409,
      'nothing-to-change',
    );
    expect(await rolesOf(sita)).toEqual(['security']);
  });

  it('is refused to oneself, whatever it is, which is on record', async () => {
    for (const wish of [{ roles: ['administrator', 'operations'] }, { roles: [] }, { region: 'us' }])
      expectProblem(await change(omar, omar, wish), 403, 'self-approval');
    expectProblem(await offboard(omar, omar), 403, 'self-approval');
    expect(await trail(http, await idOf(omar))).toEqual([
      ['decision.refused', 'role-change: self-approval'],
      ['decision.refused', 'role-change: self-approval'],
      ['decision.refused', 'role-change: self-approval'],
      ['decision.refused', 'offboarding: self-approval'],
    ]);
    expect(await rolesOf(omar)).toEqual(['operations']);
  });

  it('is for who manages access, and about the vendor’s own people only', async () => {
    for (const who of [sam, priya, sita, anna]) {
      expectProblem(await change(who, mei, { roles: [] }), 403, 'forbidden');
      expectProblem(await offboard(who, mei), 403, 'forbidden');
    }
    for (const person of [anna, 'nobody@northwind.example', '%00', 'person_01kb3v5c2hf8jrxw7s9d0m4p6q']) {
      expectProblem(await change(omar, person, { roles: [] }), 404, 'not-found');
      expectProblem(await offboard(omar, person), 404, 'not-found');
    }
  });
});

describe('Leaving', () => {
  it('ends at once what they hold, have asked for, asked for others, and are', async () => {
    const held = await standing(http, 'held');
    const waiting = await standing(http, 'waiting');
    const approved = await standing(http, 'approved');
    const making = await standing(http, 'provisioning');
    const token = { authorization: `Bearer ${await http.token(sam)}` };
    expect((await http.api.request('/v1/me', { headers: token })).status).toBe(200);
    http.hurried.length = 0;
    const answer = await offboard(ada, sam);
    expect(answer).toMatchObject({
      status: 201,
      body: {
        kind: 'offboarding',
        cause: 'operations',
        person: { email: sam },
        requested_by: { email: ada },
      },
    });
    expect((await http.api.request('/v1/me', { headers: token })).status).toBe(401);
    for (const { grantId } of [held, making])
      expect(await endOrder(http, grantId)).toEqual({ order: 'offboarding', due: true, by: ada });
    for (const { id } of [waiting, approved, making]) {
      const request = await http.call(sita, 'GET', `/v1/access-requests/${id}`);
      expect(request.body.state).toBe('cancelled');
      expect((await trail(http, id)).at(-1)).toEqual(['access_request.cancelled', 'leaving']);
    }
    expect((await trail(http, await idOf(sam))).at(-1)).toEqual(['person.offboarded', 'leaving']);
    const told = http.hurried.map(({ subjectId, message }) => [subjectId, message.signal]);
    expect(told).toEqual([
      [answer.body.id, null],
      [waiting.id, 'cancel'],
      [approved.id, 'cancel'],
      [making.id, 'cancel'],
      [held.id, 'revoke'],
    ]);
    const roles = await http.ledger.owner.db.execute(
      sql`select 1 from person_role where person_id = ${await idOf(sam)} and until is null`,
    );
    expect(roles).toHaveLength(0);
    expectProblem(await offboard(ada, sam), 409, 'already-ended');
    expectProblem(await change(ada, sam, { roles: [] }), 409, 'already-ended');
  });

  it('takes an approver’s word away: a request that waited for them alone waits for the others', async () => {
    const wish = {
      resource: 'globex-env',
      entitlement: 'read',
      period: 'PT1H',
      justification: 'x',
      ticket: 'S-1',
    };
    const { id } = (await http.call(mei, 'POST', '/v1/access-requests', wish)).body;
    expect((await offboard(omar, priya)).status).toBe(201);
    const { stages } = (await http.call(mei, 'GET', `/v1/access-requests/${id}`)).body;
    const people = stages[0].people.map(({ email }: { email: string }) => email);
    expect(people).not.toContain(priya);
    expect(people).toContain('marek@northwind.example');
    const decide = await http.call(priya, 'POST', `/v1/access-requests/${id}/decisions`, {
      decision: 'approve',
    });
    expectProblem(decide, 401, 'unauthenticated');
  });
});

describe('Coming back', () => {
  it('lets them sign in again and begins clean: no role, access or request of before, whatever date was written down', async () => {
    const { id: personId } = (await http.call(lena, 'GET', '/v1/me')).body;
    expect(await rolesOf(lena)).not.toEqual([]);
    const { db } = http.ledger.owner;
    expect((await offboard(omar, lena)).status).toBe(201);
    await db.execute(sql`update person set ends_at = tenure_now() - interval '1 day' where id = ${personId}`);
    const answer = await reinstate(omar, lena);
    expect(answer).toMatchObject({
      status: 201,
      body: {
        kind: 'onboarding',
        cause: 'operations',
        person: { email: lena },
        requested_by: { email: omar },
      },
    });
    const me = await http.call(lena, 'GET', '/v1/me');
    expect(me).toMatchObject({ status: 200, body: { roles: [], duties: [] } });
    expect((await trail(http, personId)).at(-1)).toEqual(['person.restored', 'Left by mistake']);
    expect(await trail(http, answer.body.id)).toEqual([['process.asked', 'Left by mistake']]);
    const open = await db.execute(sql`
      select from access_grant where person_id = ${personId} and state in ('provisioning', 'held') and end_at is null`);
    expect(open).toHaveLength(0);
    expect((await change(omar, lena, { roles: ['legal'] })).status).toBe(201);
    expect(await rolesOf(lena)).toEqual(['legal']);
    expectProblem(await reinstate(omar, lena), 409, 'nothing-to-change');
  });

  it('is for who manages access, about the vendor’s own people, never about oneself or whom a fence has suspended', async () => {
    for (const who of [mei, sita, anna]) expectProblem(await reinstate(who, sam), 403, 'forbidden');
    for (const person of [anna, 'nobody@northwind.example'])
      expectProblem(await reinstate(omar, person), 404, 'not-found');
    expectProblem(await reinstate(omar, omar), 403, 'self-approval');
    expect((await trail(http, await idOf(omar))).at(-1)).toEqual([
      'decision.refused',
      'reinstatement: self-approval',
    ]);
    const { db } = http.ledger.owner;
    await db.execute(sql`update person set suspended_at = tenure_now() where email = ${mei}`);
    expectProblem(await reinstate(omar, mei), 409, 'nothing-to-change');
    await db.execute(sql`update person set suspended_at = null where email = ${mei}`);
  });
});

describe('A welcome to one of the vendor’s people who has no way to sign in', () => {
  it('is asked for by who manages access, on record, once while it is on its way', async () => {
    expect((await http.call(omar, 'GET', `/v1/people/${marek}`)).body.can_sign_in).toBe(false);
    const held = await rolesOf(marek);
    const answer = await invite(omar, marek);
    expect(answer).toMatchObject({
      status: 201,
      body: {
        kind: 'onboarding',
        cause: 'operations',
        person: { email: marek },
        requested_by: { email: omar },
      },
    });
    expect(await trail(http, answer.body.id)).toEqual([['process.asked', 'Lost the phone']]);
    expectProblem(await invite(ada, marek), 409, 'nothing-to-change');
    expect(await rolesOf(marek)).toEqual(held);
  });

  it('is refused to others, to oneself, about a customer’s people, and for who has a way in, is suspended or has left', async () => {
    for (const who of [mei, sita, anna]) expectProblem(await invite(who, marek), 403, 'forbidden');
    for (const person of [anna, 'nobody@northwind.example'])
      expectProblem(await invite(omar, person), 404, 'not-found');
    expectProblem(await invite(omar, marek, ' '), 422, 'invalid-input');
    expectProblem(await invite(omar, omar), 403, 'self-approval');
    expect((await trail(http, await idOf(omar))).at(-1)).toEqual([
      'decision.refused',
      'invitation: self-approval',
    ]);
    const { db } = http.ledger.owner;
    await db.execute(sql`update person set suspended_at = tenure_now() where email = ${mei}`);
    expectProblem(await invite(omar, mei), 409, 'nothing-to-change');
    await db.execute(sql`update person set suspended_at = null where email = ${mei}`);
    await db.execute(sql`alter table passkey disable trigger user`);
    await db.execute(sql`
      insert into passkey (id, person_id, organization_id, credential_id, public_key, counter, transports, backed_up, name, made_by, challenge_id)
      select 'passkey_01kb3v5c2hf8jrxw7s9d0m4p6q', id, organization_id, 'AAAA', 'AAAA', 0, '{}', false, 'Phone', 'welcome', 'none'
      from person where email = ${sita}`);
    await db.execute(sql`alter table passkey enable trigger user`);
    expect((await http.call(omar, 'GET', `/v1/people/${sita}`)).body.can_sign_in).toBe(true);
    expectProblem(await invite(omar, sita), 409, 'nothing-to-change');
    expect((await offboard(omar, lena)).status).toBe(201);
    expectProblem(await invite(omar, lena), 409, 'already-ended');
  });
});
