import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { userListShape } from '../../api/schemas/customer.ts';
import { processShape } from '../../api/schemas/process.ts';
import { peopleToWelcome, readWelcomeStanding } from '../../db/queries/process-settle.ts';
import { type ApiHarness, startApi } from '../support/api.ts';
import { endOrder, expectProblem } from '../support/standing.ts';
import { addTo, holdStanding, removeFrom, sendWelcomes, trail } from '../support/users.ts';

// A user who is removed is out with the answer, and who comes back comes back clean.

const omar = 'omar@northwind.example';
const anna = 'anna@acme.example';
const tom = 'tom@acme.example';
const una = 'una@acme.example';

let http: ApiHarness;
beforeAll(async () => {
  http = await startApi();
});
afterAll(() => http.stop());
afterEach(() => expect(http.faults.splice(0)).toEqual([]));

/** Una, added, provisioned and invited. */
async function joined(email = una) {
  const { body } = await addTo(http, anna, 'acme', email);
  const [personId, processId] = [String(body.user.person.id), String(body.process.id)];
  const grantId = await holdStanding(http, processId, personId);
  const welcomeId = await sendWelcomes(http, processId, personId);
  return { personId, processId, grantId, welcomeId };
}
const userOf = async (email: string) => {
  const { body } = await http.call(anna, 'GET', '/v1/customers/acme/users?limit=200');
  return userListShape.parse(body).items.find(({ person }) => person.email === email);
};
const seatsUsed = async () => (await http.call(anna, 'GET', '/v1/customers/acme')).body.seats.used;

describe('Removing a user', () => {
  it('orders everything at once, in the transaction that answers', async () => {
    const before = await seatsUsed();
    const { personId, processId, grantId, welcomeId } = await joined();
    const token = { authorization: `Bearer ${await http.token(una)}` };
    expect((await http.api.request('/v1/me', { headers: token })).status).toBe(200);
    http.hurried.length = 0;
    const answer = await removeFrom(http, anna, 'acme', una);
    expect(answer.status).toBe(201);
    expect((await http.api.request('/v1/me', { headers: token })).status).toBe(401);
    expect(processShape.strict().parse(answer.body)).toMatchObject({
      kind: 'offboarding',
      state: 'waiting',
      cause: 'administrator',
      person: { id: personId },
      requested_by: { email: anna },
      reason: 'Has left',
      progress: { total: 1 },
    });
    expect(await endOrder(http, grantId)).toEqual({ order: 'offboarding', due: true, by: anna });
    const [row] = await http.ledger.owner.db.execute(sql`
      select voided_at is not null as voided, sealed_token is null as forgotten from welcome where id = ${welcomeId}`);
    expect(row).toEqual({ voided: true, forgotten: true });
    expect(await userOf(una)).toMatchObject({ state: 'removed', until: expect.any(String), roles: [] });
    expect(await seatsUsed()).toBe(before);
    expect(await trail(http, answer.body.id)).toEqual([['process.asked', 'Has left']]);
    expect((await trail(http, grantId)).at(-1)).toEqual(['grant.end_intended', 'removal']);
    expect((await trail(http, personId)).slice(2)).toEqual([
      ['membership.ended', 'removal'],
      ['person.offboarded', 'removal'],
    ]);
    const [begun, woken, ...more] = http.hurried.toSorted((one) => (one.subjectId === processId ? 1 : -1));
    expect(begun).toMatchObject({ subjectId: answer.body.id, message: { kind: 'offboarding' } });
    // Their onboarding waited for nobody else, and is over when it looks.
    expect(woken).toMatchObject({ subjectId: processId, message: { signal: 'nudge' } });
    expect(more).toEqual([]);
    const { db } = http.ledger.system;
    expect(await readWelcomeStanding(db, processId, [])).toEqual({
      missing: 0,
      open: 0,
      due: 0,
      nextAt: null,
    });
    const rows = await http.ledger.owner.db.execute(
      sql`select wish from process where id = ${answer.body.id}`,
    );
    expect(rows).toEqual([{ wish: { why: 'removal' } }]);
  });

  it('works while their onboarding is under way, and once for one Idempotency-Key', async () => {
    const email = 'half@acme.example';
    const { body } = await addTo(http, anna, 'acme', email);
    const grantId = await holdStanding(http, body.process.id, body.user.person.id);
    const path = `/v1/customers/acme/users/${email}/removal`;
    const headers = { 'idempotency-key': 'half' };
    const remove = () => http.call(omar, 'POST', path, { reason: 'Not coming' }, { headers });
    const [one, other] = await Promise.all([remove(), remove()]);
    const answers = [one, other, await remove()];
    const processes = new Set(answers.filter(({ status }) => status === 201).map((a) => a.body.id));
    expect(processes.size).toBe(1);
    expect(answers[2]?.status).toBe(201);
    expect(answers[2]?.body).toMatchObject({ cause: 'operations' });
    expect(await endOrder(http, grantId)).toMatchObject({ order: 'offboarding', by: omar });
  });

  it('is done once by several who do it at once', async () => {
    await joined('once@acme.example');
    const answers = await Promise.all(
      [anna, tom, omar].map((who) => removeFrom(http, who, 'acme', 'once@acme.example')),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409, 409]);
    for (const answer of answers) if (answer.status === 409) expectProblem(answer, 409, 'already-ended');
  });

  it('is refused to oneself, which is on record, and needs a reason', async () => {
    expectProblem(await removeFrom(http, anna, 'acme', anna), 403, 'self-approval');
    const { id } = (await http.call(anna, 'GET', '/v1/me')).body;
    expect((await trail(http, id)).at(-1)).toEqual(['decision.refused', 'removal: self-approval']);
    const silent = await http.call(anna, 'POST', `/v1/customers/acme/users/${tom}/removal`, {});
    expectProblem(silent, 422, 'invalid-input');
    expect(silent.body.errors).toEqual([{ pointer: '/reason', detail: 'This is required.' }]);
    const odd = await http.call(anna, 'POST', `/v1/customers/acme/users/${tom}/removal`, { reason: 5 });
    expect(odd.body.errors).toMatchObject([
      { pointer: '/reason', detail: expect.stringContaining('expected string') },
    ]);
  });
});

describe('Coming back', () => {
  it('is clean: by the name they have now, with what they get now, invited anew; what has ended stays ended', async () => {
    const email = 'back@acme.example';
    const { personId, processId, grantId, welcomeId } = await joined(email);
    await http.ledger.system.db.execute(
      sql`update welcome set confirmed_at = tenure_now(), sealed_token = null where id = ${welcomeId}`,
    );
    expect(await userOf(email)).toMatchObject({ state: 'active', confirmed_at: expect.any(String) });
    const removal = await removeFrom(http, anna, 'acme', email);
    http.hurried.length = 0;
    const wish = { name: 'Nora Nilsson', roles: ['member'], reason: 'Is back' };
    const { status, body } = await addTo(http, tom, 'acme', email, wish);
    expect({ status, body }).toMatchObject({ status: 201 });
    expect(body).toMatchObject({
      user: {
        person: { id: personId, name: 'Nora Nilsson' },
        state: 'joining',
        given_roles: ['member'],
        contract_role: null,
        roles: [],
        confirmed_at: null,
        until: null,
      },
      process: { kind: 'onboarding', requested_by: { email: tom } },
    });
    expect(await endOrder(http, grantId)).toMatchObject({ order: 'offboarding', due: true, by: anna });
    expect((await http.call(email, 'GET', '/v1/me')).status).toBe(200);
    expect((await trail(http, personId)).slice(-2)).toEqual([
      ['person.restored', 'Is back'],
      ['membership.begun', 'Is back'],
    ]);
    // What was under way for them would void the new link with one of its own.
    const { db } = http.ledger.system;
    await db.execute(
      sql`update process_person set state = 'done' where process_id = ${processId} and person_id = ${personId}`,
    );
    expect(await peopleToWelcome(db, processId, 10)).toEqual([]);
    await holdStanding(http, body.process.id, personId);
    await db.execute(sql`update process_person set state = 'done' where process_id = ${body.process.id}`);
    expect(await peopleToWelcome(db, body.process.id, 10)).toEqual([personId]);
    expect(removal.body.id).not.toBe(body.process.id);
  });

  it('needs a seat like anybody', async () => {
    const ines = 'ines@initech.example';
    for (const name of ['one', 'two']) await addTo(http, ines, 'initech', `${name}@initech.example`);
    await removeFrom(http, ines, 'initech', 'one@initech.example');
    await addTo(http, ines, 'initech', 'three@initech.example');
    expectProblem(await addTo(http, ines, 'initech', 'one@initech.example'), 409, 'no-seat-left');
    expectProblem(await addTo(http, omar, 'globex', 'one@initech.example'), 409, 'already-a-user');
  });
});
