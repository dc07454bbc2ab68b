import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { userListShape } from '../../api/schemas/customer.ts';
import { type ApiHarness, startApi } from '../support/api.ts';
import { recordCancellation } from '../../db/queries/undo-people.ts';
import { drawUp } from '../support/customer.ts';
import { startProcess, tellProcess } from '../support/processes.ts';
import { expectProblem } from '../support/standing.ts';
import { addTo, holdStanding, removeFrom, sendWelcomes, trail } from '../support/users.ts';

// Changing and inviting a customer's users, as its administrators and the vendor's operations do.

const omar = 'omar@northwind.example';
const sam = 'sam@northwind.example';
const anna = 'anna@acme.example';
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

  it('leaves the roles as they are where none are named', async () => {
    const more = { contract_role: 'member', roles: ['analyst'] };
    await added(gus, 'globex', 'keeps@globex.example', more);
    const answer = await change(gus, 'globex', 'keeps@globex.example', { contract_role: 'viewer' });
    expect(answer).toMatchObject({
      status: 201,
      body: { user: { given_roles: ['analyst'], contract_role: 'viewer' } },
    });
    // Since a downgrade the tier has it no more: it does not count, and is in nobody's way.
    await http.ledger.system.db.execute(sql`
      update membership set given_roles = '{integrator}' where person_id = ${answer.body.user.person.id}`);
    const later = await change(gus, 'globex', 'keeps@globex.example', { contract_role: 'member' });
    expect(later).toMatchObject({ status: 201, body: { user: { given_roles: ['integrator'] } } });
    expectProblem(await change(gus, 'globex', 'keeps@globex.example', {}), 422, 'invalid-input');
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
    expectProblem(await addTo(http, ines, 'initech', 'aud@initech.example', audit), 422, 'role-not-allowed');
  });

  it('gives nobody roles back who was removed, once they exclude each other', async () => {
    await put('roles', 'counter', { name: 'Counter', entitlements: ['northwind-app:view'] });
    await put('overrides', 'globex/role/counter', {
      customer: 'globex',
      what: { kind: 'role', role: 'counter' },
      reason: 'Bought alone',
      approver: 'priya@northwind.example',
      until: '2036-01-01T00:00:00.000Z',
    });
    const email = 'back@globex.example';
    await added(gus, 'globex', email, { roles: ['auditor', 'counter'] });
    expect((await removeFrom(http, gus, 'globex', email)).status).toBe(201);
    const counter = { name: 'Counter', entitlements: ['northwind-app:view'] };
    await put('roles', 'counter', { ...counter, conflicts_with: ['auditor'] });
    const path = `/v1/customers/globex/users/${email}/reinstatement`;
    const back = () => http.call(gus, 'POST', path, { reason: 'By mistake' });
    const answer = await back();
    expectProblem(answer, 422, 'role-not-allowed');
    expect(answer.body.detail).toContain('the roles auditor and counter exclude each other by now');
    expect(await userOf('globex', email)).toMatchObject({ state: 'removed' });
    // The exclusion is what keeps them out.
    await put('roles', 'counter', counter);
    expect((await back()).status).toBe(201);
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
    expect(again).toMatchObject({
      status: 201,
      body: { user: { state: 'joining' }, process: { id: processId, state: 'confirming' } },
    });
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

  it('takes nothing from a user when it is cancelled, whether it has begun or not', async () => {
    const { personId, processId } = await added(anna, 'acme', 'uli@acme.example');
    const grant = await holdStanding(http, processId, personId);
    const welcome = await sendWelcomes(http, processId, personId);
    const { db } = http.ledger.system;
    await db.execute(sql`update welcome set expires_at = tenure_now() where id = ${welcome}`);
    await db.execute(
      sql`update process set state = 'done', settled_at = tenure_now() where id = ${processId}`,
    );
    for (const hasBegun of [false, true]) {
      const { body } = await invite(anna, 'acme', 'uli@acme.example');
      const again = String(body.process.id);
      if (hasBegun) {
        await drawUp(http.ledger, again);
        // Nothing is left to do for them but to welcome them.
        expect(await tellProcess(db, again)).toMatchObject({ state: 'running', people: { done: 1 } });
      }
      await recordCancellation(db, again);
      expect(await tellProcess(db, again)).toMatchObject({ state: 'discarded', tasks: [] });
    }
    expect((await userOf('acme', 'uli@acme.example'))?.until).toBeNull();
    const [held] = await db.execute(sql`select end_at as "endAt" from access_grant where id = ${grant}`);
    expect(held).toEqual({ endAt: null });
  });

  it('is refused to who has confirmed and can sign in, and to oneself', async () => {
    const { personId, processId } = await added(anna, 'acme', 'con@acme.example');
    await holdStanding(http, processId, personId);
    const welcome = await sendWelcomes(http, processId, personId);
    await http.ledger.system.db.execute(
      sql`update welcome set confirmed_at = tenure_now(), sealed_token = null where id = ${welcome}`,
    );
    const { db } = http.ledger.system;
    await db.execute(sql`
      insert into sign_in_domain (id, organization_id, domain, token, proof, proven_at)
      select 'dom_test', id, 'acme.example', 'token', 'dns', tenure_now() from organization where key = 'acme'`);
    await db.execute(sql`
      insert into sign_in_provider (id, organization_id, name, issuer, client_id, claims, state)
      select 'idp_test', id, 'Test', 'https://sign-in.example', 'tenure', '{}', 'live' from organization where key = 'acme'`);
    const answer = await invite(anna, 'acme', 'con@acme.example');
    expectProblem(answer, 409, 'nothing-to-change');
    expect(answer.body.detail).toBe('They have confirmed their invitation.');
    expect(await userOf('acme', 'con@acme.example')).toMatchObject({ state: 'active' });
    expectProblem(await invite(anna, 'acme', anna), 403, 'self-approval');
    // Without a provider and a passkey there is no way in, so a new link leads to a new passkey.
    await db.execute(sql`update sign_in_provider set state = 'retired' where id = 'idp_test'`);
    expect((await invite(anna, 'acme', 'con@acme.example')).status).toBe(201);
  });
});

it('an onboarding that comes to nothing leaves nothing of what its user held beside it', async () => {
  const { personId, processId } = await added(anna, 'acme', 'ole@acme.example');
  const own = await holdStanding(http, processId, personId);
  const { db } = http.ledger.system;
  const { organizationId } = (
    await db.execute<{ organizationId: string }>(
      sql`select organization_id as "organizationId" from person where id = ${personId}`,
    )
  )[0] ?? { organizationId: '' };
  const other = await startProcess(db, {
    kind: 'role-change',
    organizationId,
    personId,
    wish: { what: 'roles' },
  });
  const grant = await holdStanding(http, other, personId, 'use');
  await db.execute(sql`
    insert into person_role (person_id, role_id, organization_id) select ${personId}, id, ${organizationId} from role where key = 'viewer'`);
  await recordCancellation(db, processId);
  const rows = await db.execute(sql`
    select id, end_at is not null as ended from access_grant where person_id = ${personId} order by id = ${own}`);
  // What it gave itself, its own pages take back.
  expect(rows).toEqual([
    { id: grant, ended: true },
    { id: own, ended: false },
  ]);
  expect(
    await db.execute(sql`
      select from person_role where person_id = ${personId} and (until is null or until > tenure_now())`),
  ).toHaveLength(0);
});
