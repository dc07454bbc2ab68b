import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { sql } from 'drizzle-orm';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createPost } from '../../activities/egress/post.ts';
import { createWebhooks, type Webhooks } from '../../activities/webhooks/sending.ts';
import { confirmEnded, readEndCase } from '../../db/queries/end.ts';
import { actors } from '../../domain/audit-event.ts';
import { type ApiHarness, startApi } from '../support/api.ts';
import { holdBySql } from '../support/grant-by-sql.ts';

// OpenID SSF 1.0 with CAEP 1.0 as a transmitter: security event tokens (RFC 8417) by push (RFC 8935).

const [ada, anna, sam] = ['ada@northwind.example', 'anna@acme.example', 'sam@northwind.example'];
const sessionRevoked = 'https://schemas.openid.net/secevent/caep/event-type/session-revoked';

let http: ApiHarness;
let server: Server;
let origin: string;
let webhooks: Webhooks;
let status = 202;
const taken: { path: string; headers: IncomingHttpHeaders; token: string }[] = [];

beforeAll(async () => {
  http = await startApi({ webhooksReach: 'anywhere' });
  server = createServer((request, response) => {
    void text(request).then((token) => {
      taken.push({ path: request.url ?? '', headers: request.headers, token });
      response.writeHead(status).end(status === 400 ? '{"err":"invalid_audience"}' : '');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  origin = `http://127.0.0.1:${port}`;
  webhooks = createWebhooks({
    ledger: http.ledger.system,
    sealing: http.ledger.keys.sealing,
    post: createPost({ reachable: 'anywhere', limitMs: 5_000 }),
    publicUrl: 'http://localhost:3000',
    log: pino({ enabled: false }),
  });
});
afterEach(async () => {
  taken.length = 0;
  status = 202;
  await http.ledger.owner.db.execute(
    sql`update webhook_endpoint set state = 'removed' where state <> 'removed'`,
  );
  expect(http.faults.splice(0)).toEqual([]);
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await http.stop();
});

async function stream(who: string, path: string, wish: object = {}) {
  const body = {
    url: `${origin}${path}`,
    description: path,
    security_events: { audience: 'https://app.example', ...wish },
  };
  const { status: made, body: answer } = await http.call(who, 'POST', '/v1/webhooks', body);
  expect(made, JSON.stringify(answer)).toBe(201);
  return answer;
}

/** Somebody's access ends, as the worker has it confirmed. */
async function end(resource = 'initech-env'): Promise<string> {
  const { system } = http.ledger;
  const { grantId } = await holdBySql(system.db, { resource });
  await system.db.execute(
    sql`update access_grant set end_at = tenure_now(), end_order = 'revocation' where id = ${grantId}`,
  );
  const subject = await readEndCase(system.db, grantId);
  if (!subject) throw new RangeError('No such grant.');
  expect(await confirmEnded(system.db, subject, actors.engine)).toBe(true);
  return grantId;
}

async function run(): Promise<void> {
  await webhooks.forward();
  while ((await webhooks.send()) > 0) await webhooks.settled();
}

async function verified(token: string) {
  const { body: keys } = await http.call(null, 'GET', '/.well-known/jwks.json');
  const { body: ssf } = await http.call(null, 'GET', '/.well-known/ssf-configuration');
  const expected = { issuer: ssf.issuer, audience: 'https://app.example', algorithms: ['RS256'] };
  return (await jwtVerify(token, createLocalJWKSet(keys), { ...expected, typ: 'secevent+jwt' })).payload;
}

describe('A stream of security events', () => {
  it('is told whose access has ended, signed with the keys that are published', async () => {
    const made = await stream(ada, '/set', { authorization: 'Bearer of-theirs' });
    expect(made).toMatchObject({
      secret: null,
      types: ['tenure.grant.ended.v1', 'tenure.grant.rolled_back.v1'],
      security_events: {
        audience: 'https://app.example',
        subject_format: 'iss_sub',
        has_authorization: true,
      },
    });
    await stream(ada, '/email', { subject_format: 'email' });
    await stream(anna, '/acme');
    const [person] = await http.ledger.owner.db.execute<{ id: string }>(
      sql`select id from person where email = ${sam}`,
    );
    await end();
    await run();
    expect(taken.map(({ path }) => path).toSorted()).toEqual(['/email', '/set']);
    const one = taken.find(({ path }) => path === '/set');
    expect(one?.headers).toMatchObject({
      'content-type': 'application/secevent+jwt',
      accept: 'application/json',
      authorization: 'Bearer of-theirs',
    });
    expect(decodeProtectedHeader(one?.token ?? '')).toMatchObject({ typ: 'secevent+jwt', alg: 'RS256' });
    const claims = await verified(one?.token ?? '');
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
    const byEmail = await verified(taken.find(({ path }) => path === '/email')?.token ?? '');
    expect(byEmail['sub_id']).toEqual({ format: 'email', email: sam });
    const shown = await http.call(ada, 'GET', `/v1/webhooks/${made.id}`);
    expect(JSON.stringify(shown.body)).not.toContain('of-theirs');
  });

  it('is tried again with the same jti, and given up at once where it says that the token is wrong', async () => {
    const { id } = await stream(ada, '/again');
    status = 500;
    await end();
    await run();
    const listed = `/v1/webhooks/${id}/deliveries`;
    expect((await http.call(ada, 'GET', listed)).body.items).toMatchObject([
      { state: 'pending', last_status: 500 },
    ]);
    status = 400;
    await http.ledger.owner.db.execute(
      sql`update webhook_delivery set due_at = tenure_now() where endpoint_id = ${id}`,
    );
    await run();
    expect((await http.call(ada, 'GET', listed)).body.items).toMatchObject([
      { state: 'dead', last_status: 400, last_error: 'rejected', tries: 2 },
    ]);
    const [first, second] = await Promise.all(taken.map(({ token }) => verified(token)));
    expect(second?.jti).toBe(first?.jti);
  });

  it('is verified by an event about itself, has no secret to rotate, and takes no types', async () => {
    const { id } = await stream(anna, '/verified');
    expect((await http.call(anna, 'POST', `/v1/webhooks/${id}/test`, {})).status).toBe(201);
    await run();
    expect(await verified(taken[0]?.token ?? '')).toMatchObject({
      sub_id: { format: 'opaque', id },
      events: { 'https://schemas.openid.net/secevent/ssf/event-type/verification': {} },
    });
    expect((await http.call(anna, 'POST', `/v1/webhooks/${id}/secrets`, {})).status).toBe(409);
    const wrong = {
      url: `${origin}/x`,
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
