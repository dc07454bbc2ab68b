import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ApiHarness, startApi } from '../support/api.ts';
import { endOrder, expectProblem, standing } from '../support/standing.ts';

const sam = 'sam@northwind.example';
const priya = 'priya@northwind.example';
const marek = 'marek@northwind.example';

let http: ApiHarness;
beforeAll(async () => {
  http = await startApi();
});
afterAll(() => http.stop());
afterEach(() => expect(http.faults.splice(0)).toEqual([]));

const requests = '/v1/access-requests';
const act = (who: string, id: string, what: string, body: object = {}) =>
  http.call(who, 'POST', `${requests}/${id}/${what}`, body);

describe('Extension', () => {
  const wish = { period: 'PT2H', justification: 'Not found yet' };

  it('is a request of its own with its own stages; the old end holds', async () => {
    const { id, grantId } = await standing(http, 'held');
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
    const { id } = await standing(http, 'held');
    expect(await act(sam, id, 'extension', { ...wish, period: 'PT7H1S' })).toMatchObject({
      status: 422,
      body: { type: 'urn:tenure:problem:period-too-long', longest: 'PT8H' },
    });
    expect((await act(sam, id, 'extension', { ...wish, period: 'PT4H' })).status).toBe(201);
    expectProblem(await act(sam, id, 'extension', { ...wish, period: 'PT3H1S' }), 422, 'period-too-long');
    expect((await act(sam, id, 'extension', { ...wish, period: 'PT3H' })).status).toBe(201);
  });

  it('is the holder’s, of what is held', async () => {
    expectProblem(await act(priya, (await standing(http, 'held')).id, 'extension', wish), 403, 'forbidden');
    for (const state of ['waiting', 'approved', 'provisioning'] as const) {
      expectProblem(await act(sam, (await standing(http, state)).id, 'extension', wish), 409, 'not-held');
    }
    expectProblem(
      await act(sam, (await standing(http, 'ended')).id, 'extension', wish),
      409,
      'already-ended',
    );
    const { id } = await standing(http, 'held');
    await act(sam, id, 'return');
    expectProblem(await act(sam, id, 'extension', wish), 409, 'already-ended');
  });

  it('ends with the access that it extends: nobody decides on it any more', async () => {
    const endings: [string, string, object][] = [
      [sam, 'return', {}],
      [priya, 'revocation', { reason: 'No' }],
    ];
    for (const [who, what, body] of endings) {
      const { id, grantId } = await standing(http, 'held');
      const waiting = (await act(sam, id, 'extension', { ...wish, period: 'PT1H' })).body.id;
      const approved = (await act(sam, id, 'extension', { ...wish, period: 'PT1H' })).body.id;
      await act(priya, approved, 'decisions', { decision: 'approve' });
      http.hurried.length = 0;
      const ended = await act(who, id, what, body);
      expect(ended.status).toBe(201);
      for (const extension of [waiting, approved]) {
        expect((await http.call(sam, 'GET', `${requests}/${extension}`)).body.state).toBe('cancelled');
        expect((await http.events(extension)).at(-1)).toBe('access_request.cancelled');
        expectProblem(
          await act(marek, extension, 'decisions', { decision: 'approve' }),
          409,
          'no-longer-waiting',
        );
      }
      expect((await endOrder(http, grantId))?.due).toBe(true);
      const told = http.hurried.map(({ subjectId, message }) => [subjectId, message.signal, message.id]);
      const signal = what === 'return' ? 'return' : 'revoke';
      expect(told).toEqual([
        [id, signal, ended.body.id],
        [waiting, 'cancel', ended.body.id],
        [approved, 'cancel', ended.body.id],
      ]);
    }
  });

  it('of what is not there any more is refused by name', async () => {
    const { id } = await standing(http, 'held');
    const retired = (at: string | null) =>
      http.ledger.owner.db.execute(sql`update resource set retired_at = ${at} where key = 'globex-env'`);
    await retired(new Date().toISOString());
    const answer = await act(sam, id, 'extension', wish);
    await retired(null);
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer: 'id' }] } });
  });

  it('is weighed by policy anew', async () => {
    const { id } = await standing(http, 'held');
    const email = sam;
    await http.ledger.owner.db.execute(
      sql`update person set employment = 'contractor' where email = ${email}`,
    );
    expectProblem(await act(sam, id, 'extension', wish), 403, 'refused-by-policy');
    await http.ledger.owner.db.execute(sql`update person set employment = 'employee' where email = ${email}`);
    expect((await http.events(id)).at(-1)).toBe('access_request.refused');
  });

  it('may be cancelled or revoked while it waits, and the access goes on', async () => {
    const { id, grantId } = await standing(http, 'held');
    for (const [who, what, body] of [
      [sam, 'cancellation', {}],
      [priya, 'revocation', { reason: 'No' }],
    ] as const) {
      const extension = await act(sam, id, 'extension', wish);
      expect((await act(who, extension.body.id, what, body)).status).toBe(201);
      expect((await http.call(sam, 'GET', `${requests}/${extension.body.id}`)).body.state).toBe('cancelled');
    }
    expect((await endOrder(http, grantId))?.order).toBeNull();
  });
});
