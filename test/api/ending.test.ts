import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type ApiHarness, startApi } from '../support/api.ts';

const sam = 'sam@northwind.example';
const mei = 'mei@northwind.example';
const priya = 'priya@northwind.example';
const sita = 'sita@northwind.example';
const ada = 'ada@northwind.example';
const anna = 'anna@acme.example';
const gus = 'gus@globex.example';
const ines = 'ines@initech.example';

let http: ApiHarness;
beforeAll(async () => {
  http = await startApi();
});
afterAll(() => http.stop());
afterEach(() => expect(http.faults.splice(0)).toEqual([]));

const requests = '/v1/access-requests';

/** A request that has come as far as the state says. */
async function standing(
  state: 'waiting' | 'approved' | 'provisioning' | 'held' | 'ended',
  more: object = {},
) {
  const body = {
    resource: 'globex-env',
    entitlement: 'read',
    period: 'PT1H',
    justification: 'A look',
    ticket: 'SUP-1',
    ...more,
  };
  const asked = await http.call(sam, 'POST', requests, body);
  expect(asked.status).toBe(201);
  const { id } = asked.body;
  if (state === 'waiting') return { id, grantId: '' };
  if (asked.body.state === 'waiting')
    await http.call(priya, 'POST', `${requests}/${id}/decisions`, { decision: 'approve' });
  if (state === 'approved') return { id, grantId: '' };
  const grantId = await http.provision(id, state === 'provisioning' ? 'provisioning' : 'held');
  if (state === 'ended') {
    await http.ledger.owner.db.execute(
      sql`update access_grant set end_at = tenure_now(), end_order = 'revocation' where id = ${grantId}`,
    );
    await http.end(grantId, 'revocation');
  }
  return { id, grantId };
}

const act = (who: string, id: string, what: string, body: object = {}) =>
  http.call(who, 'POST', `${requests}/${id}/${what}`, body);
const revoke = (who: string, id: string) => act(who, id, 'revocation', { reason: 'Enough' });

function expectProblem(answer: Answer, status: number, code: string): void {
  expect(answer).toMatchObject({ status, body: { type: `urn:tenure:problem:${code}` } });
}

async function grantRow(grantId: string) {
  const rows = await http.ledger.owner.db.execute<{
    order: string | null;
    due: boolean;
    by: string | null;
  }>(sql`
    select end_order as order, due_at <= tenure_now() as due, (select email from person where id = end_ordered_by) as by
    from access_grant where id = ${grantId}`);
  return rows[0];
}

describe('Revocation', () => {
  it.each([priya, sita, gus])('by %s ends what is held, in the row itself', async (who) => {
    const { id, grantId } = await standing('held');
    const answer = await revoke(who, id);
    expect(answer).toMatchObject({
      status: 201,
      body: {
        kind: 'revocation',
        request_id: id,
        grant_id: grantId,
        person: { email: who },
        reason: 'Enough',
      },
    });
    expect(await grantRow(grantId)).toEqual({ order: 'revocation', due: true, by: who });
    expect((await http.events(id)).slice(-2)).toEqual(['revocation.recorded', 'grant.end_intended']);
    expect(http.hurried.at(-1)).toMatchObject({
      subjectId: id,
      message: { signal: 'revoke', id: answer.body.id },
    });
  });

  it.each([ada, sam])('%s sees it but may not revoke it, which is recorded', async (who) => {
    const { id, grantId } = await standing('held');
    expectProblem(await revoke(who, id), 403, 'forbidden');
    expect((await http.events(id)).filter((type) => type === 'decision.refused')).toHaveLength(1);
    expect((await grantRow(grantId))?.order).toBeNull();
  });

  it.each([anna, mei])('for %s it is not there', async (who) => {
    const { id, grantId } = await standing('held');
    expectProblem(await revoke(who, id), 404, 'not-found');
    expectProblem(
      await http.call(who, 'POST', `/v1/grants/${grantId}/revocation`, { reason: 'x' }),
      404,
      'not-found',
    );
  });

  it('of what nobody had to approve is the customer’s and security’s', async () => {
    const wish = { resource: 'initech-env', period: 'PT10M' };
    const { id } = await standing('held', wish);
    expectProblem(await revoke(priya, id), 404, 'not-found');
    expect((await revoke(ines, id)).status).toBe(201);
    expect((await revoke(sita, (await standing('held', wish)).id)).status).toBe(201);
  });

  it('by the grant’s id is the same', async () => {
    const { id, grantId } = await standing('held');
    const answer = await http.call(sita, 'POST', `/v1/grants/${grantId}/revocation`, { reason: 'Enough' });
    expect(answer).toMatchObject({ status: 201, body: { request_id: id, grant_id: grantId } });
  });

  it.each(['waiting', 'approved', 'provisioning'] as const)('of what is %s cancels it', async (state) => {
    const { id, grantId } = await standing(state);
    expect((await revoke(priya, id)).status).toBe(201);
    expect((await http.call(sam, 'GET', `${requests}/${id}`)).body.state).toBe('cancelled');
    if (grantId) expect((await grantRow(grantId))?.order).toBe('revocation');
  });

  it('happens once', async () => {
    const { id, grantId } = await standing('held');
    const answers = await Promise.all([revoke(priya, id), revoke(sita, id), act(sam, id, 'return')]);
    expect(answers.map((answer) => answer.status).sort((a, b) => a - b)).toEqual([201, 409, 409]);
    for (const answer of answers) if (answer.status === 409) expectProblem(answer, 409, 'already-ended');
    expect((await grantRow(grantId))?.due).toBe(true);
    const rows = await http.ledger.owner.db.execute(sql`select id from ending where grant_id = ${grantId}`);
    expect(rows).toHaveLength(1);
  });

  it('of what is over says so', async () => {
    expectProblem(await revoke(priya, (await standing('ended')).id), 409, 'already-ended');
    const { id } = await standing('waiting');
    await act(sam, id, 'cancellation');
    expectProblem(await revoke(priya, id), 409, 'no-longer-waiting');
  });

  it('needs a reason', async () => {
    const { id } = await standing('held');
    expect(await act(priya, id, 'revocation')).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/reason' }] },
    });
  });
});

describe('Return', () => {
  it('is the holder’s, and needs no body', async () => {
    const { id, grantId } = await standing('held');
    expectProblem(await act(priya, id, 'return'), 403, 'forbidden');
    const answer = await http.call(sam, 'POST', `${requests}/${id}/return`);
    expect(answer).toMatchObject({ status: 201, body: { kind: 'return', reason: null } });
    expect(await grantRow(grantId)).toMatchObject({ order: 'return', by: sam });
    expectProblem(await act(sam, id, 'return'), 409, 'already-ended');
  });

  it.each(['waiting', 'approved', 'provisioning'] as const)(
    'of what is %s is not possible',
    async (state) => {
      expectProblem(await act(sam, (await standing(state)).id, 'return'), 409, 'not-held');
    },
  );
});

describe('Cancellation', () => {
  it.each(['waiting', 'approved', 'provisioning'] as const)(
    'of what is %s is its requester’s',
    async (state) => {
      const { id, grantId } = await standing(state);
      expectProblem(await act(priya, id, 'cancellation'), 403, 'forbidden');
      expect((await act(sam, id, 'cancellation')).body).toMatchObject({
        kind: 'cancellation',
        request_id: id,
      });
      expect((await http.call(sam, 'GET', `${requests}/${id}`)).body.state).toBe('cancelled');
      if (grantId) expect((await grantRow(grantId))?.order).toBe('cancellation');
      expect((await http.events(id)).filter((type) => type === 'access_request.cancelled')).toHaveLength(1);
      expectProblem(
        await act(sam, id, 'cancellation'),
        409,
        grantId ? 'no-longer-waiting' : 'no-longer-waiting',
      );
    },
  );

  it('once access has begun is a return', async () => {
    const answer = await act(sam, (await standing('held')).id, 'cancellation');
    expectProblem(answer, 409, 'no-longer-waiting');
    expect(answer.body.detail).toMatch(/return/);
  });
});

describe('Extension', () => {
  const wish = { period: 'PT2H', justification: 'Not found yet' };

  it('is a request of its own with its own stages; the old end holds', async () => {
    const { id, grantId } = await standing('held');
    const until = (await http.call(sam, 'GET', `/v1/grants/${grantId}`)).body.until;
    const answer = await act(sam, id, 'extension', wish);
    expect(answer).toMatchObject({
      status: 201,
      body: {
        kind: 'extension',
        extends_request_id: id,
        state: 'waiting',
        period: 'PT2H',
        ticket: 'SUP-1',
        lapses_at: until,
        grant: { id: grantId, until },
      },
    });
    expect(answer.body.reference).not.toBe(answer.body.extends_request_id);
    expect(http.hurried.at(-1)).toMatchObject({ subjectId: answer.body.id, message: { signal: null } });
    expectProblem(
      await http.call(sam, 'POST', `${requests}/${answer.body.id}/decisions`, { decision: 'approve' }),
      403,
      'self-approval',
    );
    const decided = await http.call(priya, 'POST', `${requests}/${answer.body.id}/decisions`, {
      decision: 'approve',
    });
    expect(decided.status).toBe(201);
    expect((await http.call(sam, 'GET', `/v1/grants/${grantId}`)).body.until).toBe(until);
  });

  it('never makes the whole span longer than policy allows, not even in pieces', async () => {
    const { id } = await standing('held');
    expect(await act(sam, id, 'extension', { ...wish, period: 'PT7H1S' })).toMatchObject({
      status: 422,
      body: { type: 'urn:tenure:problem:period-too-long', longest: 'PT8H' },
    });
    expect((await act(sam, id, 'extension', { ...wish, period: 'PT4H' })).status).toBe(201);
    expectProblem(await act(sam, id, 'extension', { ...wish, period: 'PT3H1S' }), 422, 'period-too-long');
    expect((await act(sam, id, 'extension', { ...wish, period: 'PT3H' })).status).toBe(201);
  });

  it('is the holder’s, of what is held', async () => {
    expectProblem(await act(priya, (await standing('held')).id, 'extension', wish), 403, 'forbidden');
    for (const state of ['waiting', 'approved', 'provisioning'] as const) {
      expectProblem(await act(sam, (await standing(state)).id, 'extension', wish), 409, 'not-held');
    }
    expectProblem(await act(sam, (await standing('ended')).id, 'extension', wish), 409, 'already-ended');
    const { id } = await standing('held');
    await act(sam, id, 'return');
    expectProblem(await act(sam, id, 'extension', wish), 409, 'already-ended');
  });

  it('is weighed by policy anew', async () => {
    const { id } = await standing('held');
    const email = sam;
    await http.ledger.owner.db.execute(
      sql`update person set employment = 'contractor' where email = ${email}`,
    );
    expectProblem(await act(sam, id, 'extension', wish), 403, 'refused-by-policy');
    await http.ledger.owner.db.execute(sql`update person set employment = 'employee' where email = ${email}`);
    expect((await http.events(id)).at(-1)).toBe('access_request.refused');
  });

  it('may be cancelled or revoked while it waits, and the access goes on', async () => {
    const { id, grantId } = await standing('held');
    for (const [who, what, body] of [
      [sam, 'cancellation', {}],
      [priya, 'revocation', { reason: 'No' }],
    ] as const) {
      const extension = await act(sam, id, 'extension', wish);
      expect((await act(who, extension.body.id, what, body)).status).toBe(201);
      expect((await http.call(sam, 'GET', `${requests}/${extension.body.id}`)).body.state).toBe('cancelled');
    }
    expect((await grantRow(grantId))?.order).toBeNull();
  });
});

describe('Credential', () => {
  const credential = (who: string, id: string, body: object = {}) => act(who, id, 'credential', body);
  /** What the worker does: the new password has reached the target. */
  const takeOver = (grantId: string) =>
    http.ledger.system.db.execute(sql`
    update access_grant set sealed_password = sealed_next_password, sealed_next_password = null where id = ${grantId} and sealed_next_password is not null returning id`);

  it('is shown once, to its holder alone', async () => {
    const { id, grantId } = await standing('held');
    expectProblem(await credential(priya, id), 403, 'forbidden');
    expectProblem(await credential(mei, id), 404, 'not-found');
    const shown = await credential(sam, id);
    expect(shown.status).toBe(200);
    expect(shown.body.username).toContain(grantId.slice(6));
    expectProblem(await credential(sam, id), 409, 'credential-already-shown');
    const answers = await Promise.all(
      [1, 2, 3].map(async () => credential(sam, (await standing('held')).id)),
    );
    expect(new Set(answers.map((answer) => answer.body.password)).size).toBe(3);
    expect((await http.events(id)).filter((type) => type === 'credential.shown')).toHaveLength(1);
  });

  it('at once by several is shown to one', async () => {
    const { id } = await standing('held');
    const answers = await Promise.all([1, 2, 3, 4].map(() => credential(sam, id)));
    expect(answers.map((answer) => answer.status).sort((a, b) => a - b)).toEqual([200, 409, 409, 409]);
  });

  it.each(['waiting', 'approved', 'provisioning', 'ended'] as const)(
    'of what is %s is not to be had',
    async (state) => {
      expectProblem(
        await credential(sam, (await standing(state)).id),
        409,
        state === 'ended' ? 'already-ended' : 'not-held',
      );
    },
  );

  it('is replaced by another one once the target has taken it', async () => {
    const { id, grantId } = await standing('held');
    const first = await credential(sam, id);
    const second = credential(sam, id, { replace: true });
    await expect.poll(async () => (await takeOver(grantId)).length, { interval: 50, timeout: 4_000 }).toBe(1);
    const answer = await second;
    expect(answer.status).toBe(200);
    expect(answer.body.password).not.toBe(first.body.password);
    expect(http.hurried.at(-1)).toMatchObject({ kind: 'credential', subjectId: grantId });
    expect((await http.events(id)).slice(-3)).toEqual([
      'credential.shown',
      'credential.replaced',
      'credential.shown',
    ]);
    expectProblem(await credential(sam, id), 409, 'credential-already-shown');
  });

  it('that is on its way is waited for; asking again goes on with the same one', async () => {
    const { id, grantId } = await standing('held');
    await credential(sam, id);
    const late = await credential(sam, id, { replace: true });
    expectProblem(late, 503, 'target-unavailable');
    expect(late.headers.get('retry-after')).toMatch(/^\d+$/);
    await takeOver(grantId);
    expect((await credential(sam, id, { replace: true })).status).toBe(200);
    expect((await http.events(id)).filter((type) => type === 'credential.replaced')).toHaveLength(1);
  });

  it('is nowhere but in that one answer', async () => {
    const { id } = await standing('held');
    const { password } = (await credential(sam, id)).body;
    const url = http.ledger.ownerUrl;
    expect(url).toBeTruthy();
    for (const table of ['access_grant', 'outbox', 'idempotency', 'audit_text', 'audit_event']) {
      const rows = await http.ledger.owner.db.execute(
        sql`select 1 from ${sql.identifier(table)} t where t::text like ${`%${password}%`}`,
      );
      expect(rows).toHaveLength(0);
    }
    expect(JSON.stringify((await http.call(sita, 'GET', `${requests}/${id}`)).body)).not.toContain('sealed');
  });
});
