import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ApiHarness, startApi } from '../support/api.ts';
import { endOrder, expectProblem, standing } from '../support/standing.ts';

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
const act = (who: string, id: string, what: string, body: object = {}) =>
  http.call(who, 'POST', `${requests}/${id}/${what}`, body);
const revoke = (who: string, id: string) => act(who, id, 'revocation', { reason: 'Enough' });

describe('Revocation', () => {
  it.each([priya, sita, gus])('by %s ends what is held, in the row itself', async (who) => {
    const { id, grantId } = await standing(http, 'held');
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
    expect(await endOrder(http, grantId)).toEqual({ order: 'revocation', due: true, by: who });
    expect((await http.events(id)).slice(-2)).toEqual(['revocation.recorded', 'grant.end_intended']);
    expect(http.hurried.at(-1)).toMatchObject({
      subjectId: id,
      message: { signal: 'revoke', id: answer.body.id },
    });
  });

  it.each([ada, sam])('%s sees it but may not revoke it, which is recorded', async (who) => {
    const { id, grantId } = await standing(http, 'held');
    expectProblem(await revoke(who, id), 403, 'forbidden');
    expect((await http.events(id)).filter((type) => type === 'decision.refused')).toHaveLength(1);
    expect((await endOrder(http, grantId))?.order).toBeNull();
  });

  it.each([anna, mei])('for %s it is not there', async (who) => {
    const { id, grantId } = await standing(http, 'held');
    expectProblem(await revoke(who, id), 404, 'not-found');
    expectProblem(
      await http.call(who, 'POST', `/v1/grants/${grantId}/revocation`, { reason: 'x' }),
      404,
      'not-found',
    );
  });

  it('of what nobody had to approve is the customer’s and security’s', async () => {
    const wish = { resource: 'initech-env', period: 'PT10M' };
    const { id } = await standing(http, 'held', wish);
    expectProblem(await revoke(priya, id), 404, 'not-found');
    expect((await revoke(ines, id)).status).toBe(201);
    expect((await revoke(sita, (await standing(http, 'held', wish)).id)).status).toBe(201);
  });

  it('by the grant’s id is the same', async () => {
    const { id, grantId } = await standing(http, 'held');
    const answer = await http.call(sita, 'POST', `/v1/grants/${grantId}/revocation`, { reason: 'Enough' });
    expect(answer).toMatchObject({ status: 201, body: { request_id: id, grant_id: grantId } });
  });

  it.each(['waiting', 'approved', 'provisioning'] as const)('of what is %s cancels it', async (state) => {
    const { id, grantId } = await standing(http, state);
    expect((await revoke(priya, id)).status).toBe(201);
    expect((await http.call(sam, 'GET', `${requests}/${id}`)).body.state).toBe('cancelled');
    if (grantId) expect((await endOrder(http, grantId))?.order).toBe('revocation');
  });

  it('happens once', async () => {
    const { id, grantId } = await standing(http, 'held');
    const answers = await Promise.all([revoke(priya, id), revoke(sita, id), act(sam, id, 'return')]);
    expect(answers.map((answer) => answer.status).sort((a, b) => a - b)).toEqual([201, 409, 409]);
    for (const answer of answers) if (answer.status === 409) expectProblem(answer, 409, 'already-ended');
    expect((await endOrder(http, grantId))?.due).toBe(true);
    const rows = await http.ledger.owner.db.execute(sql`select id from ending where grant_id = ${grantId}`);
    expect(rows).toHaveLength(1);
  });

  it('of what is over says so', async () => {
    expectProblem(await revoke(priya, (await standing(http, 'ended')).id), 409, 'already-ended');
    const { id } = await standing(http, 'waiting');
    await act(sam, id, 'cancellation');
    expectProblem(await revoke(priya, id), 409, 'no-longer-waiting');
  });

  it('needs a reason', async () => {
    const { id } = await standing(http, 'held');
    expect(await act(priya, id, 'revocation')).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/reason' }] },
    });
  });
});

describe('Return', () => {
  it('is the holder’s, and needs no body', async () => {
    const { id, grantId } = await standing(http, 'held');
    expectProblem(await act(priya, id, 'return'), 403, 'forbidden');
    const answer = await http.call(sam, 'POST', `${requests}/${id}/return`);
    expect(answer).toMatchObject({ status: 201, body: { kind: 'return', reason: null } });
    expect(await endOrder(http, grantId)).toMatchObject({ order: 'return', by: sam });
    expectProblem(await act(sam, id, 'return'), 409, 'already-ended');
  });

  it.each(['waiting', 'approved', 'provisioning'] as const)(
    'of what is %s is not possible',
    async (state) => {
      expectProblem(await act(sam, (await standing(http, state)).id, 'return'), 409, 'not-held');
    },
  );
});

describe('Cancellation', () => {
  it.each(['waiting', 'approved', 'provisioning'] as const)(
    'of what is %s is its requester’s',
    async (state) => {
      const { id, grantId } = await standing(http, state);
      expectProblem(await act(priya, id, 'cancellation'), 403, 'forbidden');
      expect((await act(sam, id, 'cancellation')).body).toMatchObject({
        kind: 'cancellation',
        request_id: id,
      });
      expect((await http.call(sam, 'GET', `${requests}/${id}`)).body.state).toBe('cancelled');
      if (grantId) expect((await endOrder(http, grantId))?.order).toBe('cancellation');
      expect((await http.events(id)).filter((type) => type === 'access_request.cancelled')).toHaveLength(1);
      expectProblem(
        await act(sam, id, 'cancellation'),
        409,
        grantId ? 'no-longer-waiting' : 'no-longer-waiting',
      );
    },
  );

  it('once access has begun is a return', async () => {
    const answer = await act(sam, (await standing(http, 'held')).id, 'cancellation');
    expectProblem(answer, 409, 'no-longer-waiting');
    expect(answer.body.detail).toMatch(/return/);
  });
});
