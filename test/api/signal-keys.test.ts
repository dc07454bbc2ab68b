import type { RequestListener } from 'node:http';
import { sql } from 'drizzle-orm';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createReading } from '../../activities/egress/read.ts';
import type { EgressOptions } from '../../activities/egress/request.ts';
import { refreshDueKeys } from '../../db/signal-keys.ts';
import { signalSourceShape } from '../../api/schemas/signal.ts';
import { type ApiHarness, startApi } from '../support/api.ts';
import { type KeyPublisher, keyAudience, publishKeys } from '../support/key-publisher.ts';
import { caep, connect, email } from '../support/signals.ts';
import { expectProblem } from '../support/standing.ts';

// Keys that a transmitter publishes: they are followed when it turns them, and nobody makes us ask for them more than is good.

const [anna, gus, tom] = ['anna@acme.example', 'gus@globex.example', 'tom@acme.example'];
const readAddress = createReading({ reachable: 'anywhere', limitMs: 1_000 });

let http: ApiHarness;
let publisher: KeyPublisher;
beforeAll(async () => {
  http = await startApi({ webhooksReach: 'anywhere', readAddress });
});
afterAll(() => http.stop());
beforeEach(async () => {
  publisher = await publishKeys();
});
afterEach(() => {
  publisher.stop();
  expect(http.faults.splice(0)).toEqual([]);
});

const wishOf = (more: object) => ({ organization: 'acme', name: 'Test', audience: keyAudience, ...more });
const wishAt = (more: object = {}) =>
  wishOf({ issuer: publisher.origin, jwks_uri: `${publisher.origin}/jwks`, ...more });

async function made(wish: object, by = anna): Promise<string> {
  const { status, body } = await http.call(by, 'POST', '/v1/signal-sources', wish);
  expect(status, JSON.stringify(body)).toBe(201);
  return body.id;
}
const push = (id: string, raw: string) =>
  http.call(null, 'POST', `/v1/signals/${id}`, undefined, {
    raw,
    headers: { 'content-type': 'application/secevent+jwt' },
  });
const shown = async (id: string) => {
  const { body } = await http.call(anna, 'GET', '/v1/signal-sources');
  const found = body.items.find((one: { id: string }) => one.id === id);
  return signalSourceShape.parse(found);
};
const pass = (id: string, time: string) =>
  http.ledger.system.db.execute(
    sql`update signal_source set keys_tried_at = tenure_now() - ${time}::interval where id = ${id}`,
  );
const refresh = () =>
  refreshDueKeys({ within: (work) => http.ledger.system.db.transaction(work), readAddress });
const keyEvents = async (id: string) => {
  const rows = await http.ledger.owner.db.execute(sql`
    select 1 from audit_event e join audit_text t on t.event_id = e.id
    where e.type = 'signal.source_changed' and t.reason = 'keys' and e.subject_id = ${id}`);
  return rows.length;
};

describe('A transmitter that turns its keys', () => {
  it('is followed with the first token by the new one, and what the former signed is not good any more', async () => {
    const former = await publisher.turn('one');
    const id = await made(wishAt());
    expect((await shown(id)).keys).toEqual(['one']);
    expect((await push(id, await former.sign(publisher.origin, tom))).status).toBe(202);
    const next = await publisher.turn('two');
    const token = await next.sign(publisher.origin, tom);
    // Keys that were fetched a moment ago are not fetched again; nothing wrong is said of what may be good.
    const early = await push(id, token);
    expectProblem(early, 503, 'keys-unavailable');
    expect(early.headers.get('retry-after')).toBe('10');
    await pass(id, '1 minute');
    expect((await push(id, token)).status).toBe(202);
    expect(await shown(id)).toMatchObject({
      keys: ['two'],
      keys_from: { jwks_uri: `${publisher.origin}/jwks`, last_error: null },
    });
    await pass(id, '1 minute');
    const late = await push(id, await former.sign(publisher.origin, tom));
    expect(late).toMatchObject({ status: 400, body: { err: 'invalid_key' } });
    expect(publisher.asked).toHaveLength(3);
  });

  it('is followed as well when its keys have no names', async () => {
    const former = await publisher.turn(null);
    const id = await made(wishAt());
    expect((await push(id, await former.sign(publisher.origin, tom))).status).toBe(202);
    const next = await publisher.turn(null);
    await pass(id, '1 minute');
    expect((await push(id, await next.sign(publisher.origin, tom))).status).toBe(202);
    expect(publisher.asked).toHaveLength(2);
    await pass(id, '1 minute');
    const late = await push(id, await former.sign(publisher.origin, tom));
    expect(late).toMatchObject({ status: 400, body: { err: 'invalid_key' } });
  });

  it('is asked once a minute however many tokens name keys that nobody has', async () => {
    await publisher.turn('one');
    const id = await made(wishAt());
    const forger = await publishKeys();
    const forged = await Promise.all(
      Array.from({ length: 40 }, async (_, place) =>
        (await forger.turn(`no-${place}`)).sign(publisher.origin, tom),
      ),
    );
    forger.stop();
    const before = await http.count('signal');
    await pass(id, '1 minute');
    const answers = await Promise.all(forged.map((token) => push(id, token)));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 400)).toHaveLength(1);
    expect(statuses.filter((status) => status === 503)).toHaveLength(39);
    expect(publisher.asked).toHaveLength(2);
    expect(await http.count('signal')).toBe(before);
  });

  it('is not believed to have none while it does not answer, and each day asked what it has', async () => {
    const { sign } = await publisher.turn('one');
    const id = await made(wishAt());
    publisher.pages.delete('/jwks');
    const next = await publishKeys();
    const unknown = await (await next.turn('two')).sign(publisher.origin, tom);
    next.stop();
    await pass(id, '1 minute');
    expectProblem(await push(id, unknown), 503, 'keys-unavailable');
    expect(await shown(id)).toMatchObject({ keys: ['one'], keys_from: { last_error: 'status-404' } });
    expect((await push(id, await sign(publisher.origin, tom))).status).toBe(202);
    for (const [time, how] of [
      ['59 minutes', 0],
      ['61 minutes', 1],
    ] as const) {
      await pass(id, time);
      expect(await refresh()).toBe(how);
    }
    const withdrawn = await publisher.turn('three');
    await pass(id, '61 minutes');
    expect(await refresh()).toBe(1);
    expect(await shown(id)).toMatchObject({ keys: ['three'], keys_from: { last_error: null } });
    expect(await keyEvents(id)).toBe(1);
    await pass(id, '23 hours');
    expect(await refresh()).toBe(0);
    publisher.pages.set('/jwks', { keys: [] });
    await pass(id, '24 hours');
    expect(await refresh()).toBe(1);
    // All were withdrawn: that is an answer, too.
    expectProblem(await push(id, await withdrawn.sign(publisher.origin, tom)), 503, 'keys-unavailable');
    await pass(id, '1 minute');
    expect((await push(id, await withdrawn.sign(publisher.origin, tom))).status).toBe(400);
    await http.call(anna, 'POST', `/v1/signal-sources/${id}/ending`, {});
    await pass(id, '2 days').catch(() => undefined);
    expect(await refresh()).toBe(0);
  });
});

describe('Of what is published', () => {
  it('public keys of allowed algorithms alone are kept, whatever stands beside them', async () => {
    const rsa = await exportJWK(
      (await generateKeyPair('RS256', { extractable: true, modulusLength: 2_048 })).publicKey,
    );
    const leaked = await exportJWK((await generateKeyPair('ES256', { extractable: true })).privateKey);
    const secret = Buffer.from('a secret that everybody can read');
    const beside = [
      { kty: 'oct', kid: 'hmac', alg: 'HS256', k: secret.toString('base64url') },
      { ...leaked, kid: 'leaked', alg: 'ES256' },
      { ...rsa, kid: 'short', n: rsa.n?.slice(0, 170) },
      { ...rsa, kid: 'for-secrets', use: 'enc' },
      { ...rsa, kid: 'not\u0000storable' },
      { ...rsa, kid: 'lone\ud800' },
      { ...rsa, kid: 7 },
      { ...rsa, kid: 'hs', alg: 'HS256' },
      { kty: 'EC', crv: 'P-256', kid: 'broken', x: 'x', y: 'y' },
    ];
    const { sign, jwk } = await publisher.turn('good', beside);
    for (const kid of ['not\u0000storable', 'lone\ud800']) {
      const given = wishOf({ issuer: publisher.origin, jwks: { keys: [{ ...jwk, kid }] } });
      expectProblem(await http.call(anna, 'POST', '/v1/signal-sources', given), 422, 'invalid-input');
    }
    const more = { ...jwk, x5c: ['\u0000'], note: 'a\u0000b' };
    await made(wishOf({ issuer: publisher.origin, jwks: { keys: [more] } }));
    const id = await made(wishAt());
    expect((await shown(id)).keys).toEqual(['good']);
    expect((await push(id, await sign(publisher.origin, tom))).status).toBe(202);
    const forged = await new SignJWT({
      events: { [`${caep}session-revoked`]: {} },
      sub_id: email(tom),
      jti: 'h',
    })
      .setProtectedHeader({ alg: 'HS256', kid: 'hmac', typ: 'secevent+jwt' })
      .setIssuer(publisher.origin)
      .setAudience(keyAudience)
      .setIssuedAt()
      .sign(secret);
    expect(await push(id, forged)).toMatchObject({ status: 400, body: { err: 'invalid_key' } });
    publisher.pages.set('/jwks', { keys: beside });
    const answer = await http.call(anna, 'POST', '/v1/signal-sources', wishAt());
    expectProblem(answer, 422, 'invalid-input');
    expect(answer.body.errors[0].pointer).toBe('/jwks_uri');
  });

  it('nothing is taken for keys that is none, leads on, is too much, does not end or comes too late', async () => {
    const inner = await publishKeys();
    await inner.turn('inner');
    const kept = await http.count('signal_source');
    let isCut = false;
    const wrong: [string, RequestListener][] = [
      ['status-302', (_, response) => response.writeHead(302, { location: `${inner.origin}/jwks` }).end()],
      ['refused', (_, response) => response.end(`{"keys": ["${'x'.repeat(10_485_760)}"]}`)],
      [
        'refused',
        (_, response) => {
          const timer = setInterval(() => response.write('x'.repeat(50_000)), 1);
          response.on('close', () => {
            isCut = true;
            clearInterval(timer);
          });
        },
      ],
      ['timed-out', () => undefined],
      ['timed-out', (_, response) => response.write('{"keys": [')],
      ['malformed', (_, response) => response.end('<html>')],
      ['malformed', (_, response) => response.end('{"keys": {}}')],
      ['malformed', (_, response) => response.end('null')],
      ['status-500', (_, response) => response.writeHead(500).end('{"keys": []}')],
    ];
    for (const [code, answer] of wrong) {
      const one = await publishKeys(answer);
      const wish = wishOf({ issuer: one.origin, jwks_uri: `${one.origin}/jwks` });
      const refused = await http.call(anna, 'POST', '/v1/signal-sources', wish);
      expectProblem(refused, 422, 'invalid-input');
      expect(refused.body.errors[0].detail).toContain(`: ${code}.`);
      one.stop();
    }
    await expect.poll(() => isCut).toBe(true);
    expect(inner.asked).toEqual([]);
    inner.stop();
    expect(await http.count('signal_source')).toBe(kept);
  });

  it('nothing is asked for inside, by whatever name', async () => {
    const looked: string[] = [];
    const resolve: EgressOptions['resolve'] = (name, _, answer) => {
      looked.push(name);
      answer(null, [{ address: name.startsWith('meta') ? '169.254.169.254' : '10.0.0.7', family: 4 }]);
    };
    const guarded = http.over({
      webhooksReach: 'outside',
      readAddress: createReading({ reachable: 'outside', limitMs: 1_000, resolve }),
    });
    const ask = async (more: object) => {
      const response = await guarded.request('/v1/signal-sources', {
        method: 'POST',
        headers: { authorization: `Bearer ${await http.token(anna)}`, 'content-type': 'application/json' },
        body: JSON.stringify(wishOf(more)),
      });
      expect(response.status).toBe(422);
      const refusal: { errors?: object[] } = Object(await response.json());
      return refusal.errors?.[0];
    };
    const issuer = 'https://idp.example';
    for (const address of ['https://inside.example/jwks', 'https://meta.example/jwks']) {
      const refusal = await ask({ issuer, jwks_uri: address });
      expect(refusal).toMatchObject({ pointer: '/jwks_uri', detail: expect.stringContaining('not-allowed') });
    }
    expect(await ask({ transmitter: 'https://inside.example' })).toMatchObject({ pointer: '/transmitter' });
    expect(looked).toEqual(['inside.example', 'meta.example', 'inside.example']);
    for (const address of ['http://idp.example/jwks', 'https://127.0.0.1/jwks', 'https://idp.example:22/'])
      expect(await ask({ issuer, jwks_uri: address })).toMatchObject({ pointer: '/jwks_uri' });
    expect(looked).toHaveLength(3);
  });
});

describe('A transmitter that says what it is', () => {
  it('is connected by its address alone, and heard', async () => {
    const { sign } = await publisher.turn('one');
    const issuer = `${publisher.origin}/tenant/7`;
    publisher.pages.set('/.well-known/ssf-configuration/tenant/7', {
      spec_version: '1_0',
      issuer,
      jwks_uri: `${publisher.origin}/jwks`,
    });
    const id = await made(wishOf({ transmitter: issuer }));
    expect(await shown(id)).toMatchObject({ issuer, keys_from: { jwks_uri: `${publisher.origin}/jwks` } });
    expect((await push(id, await sign(issuer, tom))).status).toBe(202);
    const other = await push(id, await sign(publisher.origin, tom));
    expect(other).toMatchObject({ status: 400, body: { err: 'invalid_issuer' } });
  });

  it('is nobody else: its issuer is the one that was asked for, and its keys stand where it says', async () => {
    await publisher.turn('one');
    const at = '/.well-known/ssf-configuration';
    const jwks_uri = `${publisher.origin}/jwks`;
    for (const page of [
      { issuer: 'https://idp.example', jwks_uri },
      { issuer: `${publisher.origin}/`, jwks_uri },
      { issuer: publisher.origin },
      { issuer: publisher.origin, jwks_uri: 7 },
      { issuer: publisher.origin, jwks_uri: 'file:///etc/passwd' },
      { issuer: publisher.origin, jwks_uri: `${publisher.origin}/nothing` },
      'no json',
    ]) {
      publisher.pages.set(at, page);
      const answer = await http.call(
        anna,
        'POST',
        '/v1/signal-sources',
        wishOf({ transmitter: publisher.origin }),
      );
      expectProblem(answer, 422, 'invalid-input');
      expect(answer.body.errors[0].pointer, JSON.stringify(page)).toBe('/transmitter');
    }
  });
});

describe('Where keys are fetched from', () => {
  it('is said by one who manages those people, in one way, and nothing is asked on behalf of others', async () => {
    const { jwk } = await publisher.turn('one');
    expectProblem(await http.call(gus, 'POST', '/v1/signal-sources', wishAt()), 404, 'not-found');
    const [keys, issuer] = [{ jwks: { keys: [jwk] } }, publisher.origin];
    for (const [body, pointer] of [
      [wishOf({ issuer }), '/jwks'],
      [wishAt(keys), '/jwks_uri'],
      [wishOf({ ...keys, transmitter: issuer }), '/jwks'],
      [wishOf({ transmitter: issuer, issuer }), '/issuer'],
      [wishOf({ jwks_uri: `${issuer}/jwks` }), '/issuer'],
      [{ organization: 'acme', name: 'X', kind: 'alert', jwks_uri: `${issuer}/jwks` }, '/jwks_uri'],
    ] as const) {
      const answer = await http.call(anna, 'POST', '/v1/signal-sources', body);
      expectProblem(answer, 422, 'invalid-input');
      expect(answer.body.errors.map((one: { pointer: string }) => one.pointer)).toContain(pointer);
    }
    expect(publisher.asked).toEqual([]);
  });

  it('is kept by the ledger: keys that were given stay, and nothing else changes with those that are fetched', async () => {
    await publisher.turn('one');
    const [fetched, given] = [await made(wishAt()), (await connect(http, anna, 'acme')).id];
    const { db } = http.ledger.system;
    const none = sql`'{"keys": []}'::jsonb`;
    for (const change of [
      sql`update signal_source set jwks = ${none} where id = ${given}`,
      sql`update signal_source set jwks = ${none}, issuer = 'x' where id = ${fetched}`,
      sql`update signal_source set jwks_uri = 'https://x.example/' where id = ${fetched}`,
      sql`update signal_source set keys_tried_at = tenure_now(), jwks_uri = 'https://x.example/', keys_fetched_at = tenure_now() where id = ${given}`,
    ])
      await expect(db.execute(change)).rejects.toThrow();
    await db.execute(sql`update signal_source set jwks = ${none} where id = ${fetched}`);
  });
});
