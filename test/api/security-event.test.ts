import { sql } from 'drizzle-orm';
import { decodeProtectedHeader } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ApiHarness, startApi } from '../support/api.ts';
import {
  endAccess,
  readSet,
  type SetReceiver,
  setAudience,
  startSetReceiver,
} from '../support/set-receiver.ts';

// OpenID SSF 1.0 with CAEP 1.0 as a transmitter: security event tokens (RFC 8417) by push (RFC 8935).

const [ada, anna, sam] = ['ada@northwind.example', 'anna@acme.example', 'sam@northwind.example'];
const sessionRevoked = 'https://schemas.openid.net/secevent/caep/event-type/session-revoked';

let http: ApiHarness;
let receiver: SetReceiver;

beforeAll(async () => {
  http = await startApi({ webhooksReach: 'anywhere' });
  receiver = await startSetReceiver(http);
});
afterEach(async () => {
  receiver.taken.length = 0;
  receiver.answer(202);
  await http.ledger.owner.db.execute(
    sql`update webhook_endpoint set state = 'removed' where state <> 'removed'`,
  );
  expect(http.faults.splice(0)).toEqual([]);
});
afterAll(async () => {
  receiver.stop();
  await http.stop();
});

async function stream(who: string, path: string, wish: object = {}) {
  const body = {
    url: `${receiver.origin}${path}`,
    description: path,
    security_events: { audience: setAudience, ...wish },
  };
  const { status: made, body: answer } = await http.call(who, 'POST', '/v1/webhooks', body);
  expect(made, JSON.stringify(answer)).toBe(201);
  return answer;
}

const verified = (token = '') => readSet(http, token);

describe('A stream of security events', () => {
  it('is told whose access has ended, signed with the keys that are published', async () => {
    const made = await stream(ada, '/set', { authorization: 'Bearer of-theirs' });
    expect(made).toMatchObject({
      secret: expect.stringMatching(/^tenure_stream_/),
      types: ['tenure.grant.ended.v1', 'tenure.grant.rolled_back.v1'],
      security_events: {
        audience: setAudience,
        subject_format: 'iss_sub',
        has_authorization: true,
      },
    });
    await stream(ada, '/email', { subject_format: 'email' });
    await stream(anna, '/acme');
    const [person] = await http.ledger.owner.db.execute<{ id: string }>(
      sql`select id from person where email = ${sam}`,
    );
    await endAccess(http);
    await receiver.run();
    expect(receiver.taken.map(({ path }) => path).toSorted()).toEqual(['/email', '/set']);
    const one = receiver.taken.find(({ path }) => path === '/set');
    expect(one?.headers).toMatchObject({
      'content-type': 'application/secevent+jwt',
      accept: 'application/json',
      authorization: 'Bearer of-theirs',
    });
    expect(decodeProtectedHeader(one?.token ?? '')).toMatchObject({ typ: 'secevent+jwt', alg: 'RS256' });
    const claims = await verified(one?.token);
    expect(claims).toMatchObject({
      jti: expect.stringMatching(/^msg_/),
      txn: expect.stringMatching(/^aud_/),
      sub_id: { format: 'iss_sub', iss: 'http://localhost:3000', sub: person?.id },
      events: {
        [sessionRevoked]: { initiating_entity: 'admin', reason_admin: { en: 'Access ended: revocation' } },
      },
    });
    expect(Object.keys(claims)).not.toContain('sub');
    expect(Object.keys(claims)).not.toContain('exp');
    const said = Object.values(claims['events'] ?? {})[0]?.event_timestamp;
    expect(Math.abs(Date.now() / 1_000 - said)).toBeLessThan(60);
    const byEmail = await verified(receiver.taken.find(({ path }) => path === '/email')?.token);
    expect(byEmail['sub_id']).toEqual({ format: 'email', email: sam });
    const shown = await http.call(ada, 'GET', `/v1/webhooks/${made.id}`);
    expect(JSON.stringify(shown.body)).not.toContain('of-theirs');
  });

  it('is tried again with the same jti, and given up at once where it says that the token is wrong', async () => {
    const { id } = await stream(ada, '/again');
    receiver.answer(500);
    await endAccess(http);
    await receiver.run();
    const listed = `/v1/webhooks/${id}/deliveries`;
    expect((await http.call(ada, 'GET', listed)).body.items).toMatchObject([
      { state: 'pending', last_status: 500 },
    ]);
    receiver.answer(400);
    await http.ledger.owner.db.execute(
      sql`update webhook_delivery set due_at = tenure_now() where endpoint_id = ${id}`,
    );
    await receiver.run();
    expect((await http.call(ada, 'GET', listed)).body.items).toMatchObject([
      { state: 'dead', last_status: 400, last_error: 'rejected', tries: 2 },
    ]);
    const [first, second] = await Promise.all(receiver.taken.map(({ token }) => verified(token)));
    expect(second?.jti).toBe(first?.jti);
  });

  it('is verified by an event about itself, and takes no types', async () => {
    const { id } = await stream(anna, '/verified');
    expect((await http.call(anna, 'POST', `/v1/webhooks/${id}/test`, {})).status).toBe(201);
    await receiver.run();
    expect(await verified(receiver.taken[0]?.token)).toMatchObject({
      sub_id: { format: 'opaque', id },
      events: { 'https://schemas.openid.net/secevent/ssf/event-type/verification': {} },
    });
    const wrong = {
      url: `${receiver.origin}/x`,
      description: 'x',
      types: ['tenure.grant.begun.v1'],
      security_events: { audience: 'x' },
    };
    expect(await http.call(anna, 'POST', '/v1/webhooks', wrong)).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/types' }] },
    });
    for (const authorization of ['Bearer x\r\nX-Y: z', '', ' ', 'é'])
      expect(
        (
          await http.call(anna, 'POST', '/v1/webhooks', {
            ...wrong,
            types: [],
            security_events: { audience: 'x', authorization },
          })
        ).status,
      ).toBe(422);
  });
});
