import { createServer, type Server } from 'node:http';
import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createPost } from '../../activities/egress/post.ts';
import { createReading } from '../../activities/egress/read.ts';
import { pollSignals } from '../../activities/signals/poll.ts';
import { signWebhook } from '../../crypto/webhook-signature.ts';
import { openSignals } from '../../db/queries/signal.ts';
import { type ApiHarness, startApi } from '../support/api.ts';
import { keyAudience, publishKeys } from '../support/key-publisher.ts';
import { caep, connect, email, follow, type Transmitter } from '../support/signals.ts';
import { expectProblem } from '../support/standing.ts';

// The two other ways in for signals: alerts of a security information system, and transmitters that are asked.

const sam = 'sam@northwind.example';
const anna = 'anna@acme.example';
const omar = 'omar@northwind.example';
const gus = 'gus@globex.example';

let http: ApiHarness;
beforeAll(async () => {
  const readAddress = createReading({ reachable: 'anywhere', limitMs: 2_000 });
  http = await startApi({ webhooksReach: 'anywhere', readAddress });
});
afterAll(() => http.stop());
afterEach(() => expect(http.faults.splice(0)).toEqual([]));

const signalsOf = async (address: string): Promise<string[]> => {
  const rows = await http.ledger.owner.db.execute<{ signals: string[] }>(
    sql`select ${openSignals(sql`p.id`)} as signals from person p where p.email = ${address}`,
  );
  return rows[0]?.signals ?? [];
};

describe('Alerts', () => {
  const make = async (by: string, organization: string) => {
    const wish = { organization, name: 'SIEM', kind: 'alert' };
    const { status, body } = await http.call(by, 'POST', '/v1/signal-sources', wish);
    expect(status).toBe(201);
    return { id: String(body.id), secret: String(body.secret) };
  };
  const send = (
    { id, secret }: { id: string; secret: string },
    body: unknown,
    { signedAtMs = Date.now(), tampered = false } = {},
  ) => {
    const raw = JSON.stringify(body);
    const signed = signWebhook('standard', secret, { body: Buffer.from(raw), signedAtMs, deliveryId: 'd1' });
    const headers = { 'content-type': 'application/json', ...signed };
    return http.call(null, 'POST', `/v1/signals/${id}`, undefined, {
      raw: tampered ? `${raw} ` : raw,
      headers,
    });
  };
  const alert = (id: string, more: object = {}) => ({
    id,
    subject: { email: sam },
    signal: 'impossible-travel',
    occurred_at: new Date(Date.now() - 1_000).toISOString(),
    severity: 'high',
    ...more,
  });

  it('are kept once, stand in policy’s context by their own name, and are over when it is said or their time is', async () => {
    const siem = await make(omar, 'northwind');
    for (let time = 0; time < 2; time += 1) expect((await send(siem, alert('a1'))).status).toBe(202);
    await follow(http);
    expect(await signalsOf(sam)).toEqual(['impossible-travel']);
    const second = [
      alert('a2', { signal: 'malware-found' }),
      alert('a3', { signal: 'short', ends_at: new Date().toISOString() }),
    ];
    expect((await send(siem, second)).status).toBe(202);
    await follow(http);
    expect(await signalsOf(sam)).toEqual(['impossible-travel', 'malware-found']);
    const over = { active: false, occurred_at: new Date().toISOString() };
    // What is said late of an earlier moment undoes nothing.
    for (const one of [alert('a4', over), alert('a5')]) expect((await send(siem, one)).status).toBe(202);
    await follow(http);
    expect(await signalsOf(sam)).toEqual(['malware-found']);
    const events = await http.ledger.owner.db.execute(
      sql`select 1 from audit_event where type = 'signal.received' and actor_id = ${siem.id}`,
    );
    expect(events).toHaveLength(5);
  });

  it('of nobody else’s people count, and what is no alert or is forged is not taken', async () => {
    const [acmes, globexs] = [await make(anna, 'acme'), await make(gus, 'globex')];
    const before = await http.count('signal');
    for (const answer of [
      await send({ ...acmes, secret: globexs.secret }, alert('f1')),
      await send(acmes, alert('f2'), { tampered: true }),
      await send(acmes, alert('f3'), { signedAtMs: Date.now() - 600_000 }),
      await http.call(null, 'POST', `/v1/signals/${acmes.id}`, alert('f4')),
    ])
      expect(answer).toMatchObject({ status: 401, body: { err: 'authentication_failed' } });
    for (const [wrong, words] of [
      [[], /body|id|Too small|least/i],
      [{ ...alert('m1'), id: undefined }, /id/],
      [alert('m2', { signal: 'Not a name' }), /signal|Invalid/],
      [alert('m3', { occurred_at: 'yesterday' }), /occurred_at|Invalid/],
      [alert('m4', { occurred_at: new Date(Date.now() + 3_600_000).toISOString() }), /not later than now/],
      [alert('m5', { subject: { email: `a\u0000${sam}` } }), /subject|Invalid/],
      [[alert('m6'), { nothing: true }], /1|id|Invalid/],
    ] as const) {
      const answer = await send(acmes, wrong);
      expect(answer).toMatchObject({ status: 400, body: { err: 'invalid_request' } });
      expect(answer.headers.get('content-language')).toBe('en');
      expect(answer.body.description).toMatch(words);
    }
    expect(await http.count('signal')).toBe(before);
    const was = await signalsOf(sam);
    expect((await send(acmes, alert('x1', { signal: 'crossed' }))).status).toBe(202);
    await follow(http);
    expect(await signalsOf(sam)).toEqual(was);
  });

  it('are signed with a secret that is shown once, and changed without a gap', async () => {
    const siem = await make(anna, 'acme');
    const listed = await http.call(anna, 'GET', '/v1/signal-sources');
    expect(JSON.stringify(listed.body)).not.toContain(siem.secret.slice(6));
    const kept = await http.ledger.owner.db.execute(sql`select s::text from signal_source s`);
    expect(JSON.stringify(kept)).not.toContain(siem.secret.slice(6));
    const path = `/v1/signal-sources/${siem.id}/secret`;
    expectProblem(await http.call(gus, 'POST', path, {}), 404, 'not-found');
    const { body } = await http.call(anna, 'POST', path, { former_valid_for: 'PT1H' });
    expect(body.former_secret_until).not.toBeNull();
    const next = { id: siem.id, secret: String(body.secret) };
    for (const one of [siem, next]) expect((await send(one, alert(one.secret.slice(-9)))).status).toBe(202);
    const at = await http.call(anna, 'POST', path, { former_valid_for: 'PT0S' });
    expect((await send(next, alert('late'))).status).toBe(401);
    expect((await send({ ...next, secret: at.body.secret }, alert('new'))).status).toBe(202);
    await http.call(anna, 'POST', `/v1/signal-sources/${siem.id}/ending`, {});
    expect((await send({ ...next, secret: at.body.secret }, alert('ended'))).status).toBe(401);
  });

  it('have no keys, and transmitters no secret', async () => {
    const wish = { organization: 'acme', name: 'X' };
    for (const [body, pointer] of [
      [{ ...wish, kind: 'alert', issuer: 'x' }, '/issuer'],
      [{ ...wish, kind: 'push' }, '/jwks'],
      [{ ...wish, kind: 'poll', issuer: 'i', audience: 'a', jwks: { keys: [{ kty: 'OKP' }] } }, '/poll'],
    ] as const) {
      const answer = await http.call(anna, 'POST', '/v1/signal-sources', body);
      expectProblem(answer, 422, 'invalid-input');
      expect(answer.body.errors.map((one: { pointer: string }) => one.pointer)).toContain(pointer);
    }
    const pushing = await connect(http, anna, 'acme');
    const path = `/v1/signal-sources/${pushing.id}/secret`;
    expectProblem(await http.call(anna, 'POST', path, {}), 409, 'nothing-to-change');
  });
});

describe('A transmitter that is asked', () => {
  let server: Server;
  let url: string;
  let transmitter: Transmitter;
  /** What it has not been told to forget, and what it was asked with. */
  const waiting = new Map<string, string>();
  const asked: {
    ack?: string[];
    setErrs?: Record<string, { err: string }>;
    maxEvents: number;
    authorization: string;
  }[] = [];
  let answer: () => { status: number; body: string } | null = () => null;

  beforeAll(async () => {
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const said = JSON.parse(Buffer.concat(chunks).toString());
        asked.push({ ...said, authorization: request.headers.authorization ?? '' });
        for (const jti of [...(said.ack ?? []), ...Object.keys(said.setErrs ?? {})]) waiting.delete(jti);
        const special = answer();
        const sets = Object.fromEntries([...waiting].slice(0, 2));
        response.writeHead(special?.status ?? 200, { 'content-type': 'application/json' });
        response.end(special?.body ?? JSON.stringify({ sets, moreAvailable: waiting.size > 2 }));
      });
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/poll`;
    transmitter = await connect(http, anna, 'acme', { url, authorization: 'Bearer of-ours' });
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const poll = async () => {
    await http.ledger.owner.db.transaction(async (tx) => {
      await tx.execute(sql`alter table signal_source disable trigger user`);
      await tx.execute(sql`update signal_source set poll_at = tenure_now() where kind = 'poll'`);
      await tx.execute(sql`alter table signal_source enable trigger user`);
    });
    const post = createPost({ reachable: 'anywhere', limitMs: 2_000, reads: true });
    const readAddress = createReading({ reachable: 'anywhere', limitMs: 2_000 });
    const { sealing } = http.ledger.keys;
    return pollSignals(
      { ledger: http.ledger.system, sealing, post, readAddress },
      new AbortController().signal,
    );
  };
  const state = async () => {
    const { body } = await http.call(anna, 'GET', '/v1/signal-sources');
    return body.items.find((one: { id: string }) => one.id === transmitter.id)?.poll;
  };
  const event = `${caep}device-compliance-change`;
  const notCompliant = {
    current_status: 'not-compliant',
    event_timestamp: Math.floor(Date.now() / 1_000) - 60,
  };

  it('tells all that it has; what was kept is acknowledged, what is wrong is refused, and nothing counts twice', async () => {
    const good = await Promise.all([1, 2, 3].map(() => transmitter.token(event, email(anna), notCompliant)));
    for (const [place, token] of good.entries()) waiting.set(`good-${place}`, token);
    waiting.set('forged', `${good[0]?.slice(0, -6)}AAAAAA`);
    expect(await poll()).toBe(1);
    expect(waiting.size).toBe(0);
    expect(asked.at(-1)?.authorization).toBe('Bearer of-ours');
    expect(asked.flatMap(({ ack = [] }) => ack).sort()).toEqual(['good-0', 'good-1', 'good-2']);
    expect(asked.flatMap(({ setErrs = {} }) => Object.entries(setErrs))).toMatchObject([
      ['forged', { err: 'invalid_key' }],
    ]);
    await follow(http);
    expect(await signalsOf(anna)).toEqual(['device-not-compliant']);
    const kept = await http.count('signal');
    waiting.set('again', good[0] ?? '');
    await poll();
    expect(await http.count('signal')).toBe(kept);
    expect(waiting.size).toBe(0);
    expect(await state()).toMatchObject({ last_error: null, polled_at: expect.any(String) });
  });

  it('is asked again when it fails, and later each time; what it said meanwhile is not lost', async () => {
    waiting.set('late', await transmitter.token(event, email(anna), { current_status: 'compliant' }));
    const failures: [string, () => { status: number; body: string }][] = [
      ['status-503', () => ({ status: 503, body: '' })],
      ['malformed', () => ({ status: 200, body: 'no json' })],
      ['malformed', () => ({ status: 200, body: '{"sets": {"a": 1}}' })],
      ['status-302', () => ({ status: 302, body: '' })],
    ];
    for (const [code, failing] of failures) {
      answer = failing;
      await poll();
      expect((await state()).last_error).toBe(code);
    }
    const [row] = await http.ledger.owner.db.execute<{ pause: number }>(sql`
      select extract(epoch from poll_at - tenure_now())::float8 as pause from signal_source where id = ${transmitter.id}`);
    expect(row?.pause).toBeGreaterThan(20);
    answer = () => null;
    await poll();
    await follow(http);
    expect(await signalsOf(anna)).toEqual([]);
    expect((await state()).last_error).toBeNull();
  });

  it('holds up no others by having always more: a round ends, with what it said acknowledged', async () => {
    let told = 0;
    answer = () => ({ status: 200, body: JSON.stringify({ sets: { [`endless-${(told += 1)}`]: 'x.y.z' } }) });
    await poll();
    const last = asked.at(-1);
    expect(last?.maxEvents).toBe(0);
    expect(Object.keys(last?.setErrs ?? {})).toEqual([`endless-${told - 1}`]);
    expect((await state()).last_error).toBeNull();
    answer = () => null;
  });

  it('takes nothing that is pushed in its name, and is asked nowhere inside', async () => {
    const token = await transmitter.token(event, email(anna), { current_status: 'not-compliant' });
    expect((await transmitter.push(token)).status).toBe(401);
    const outside = http.over({ webhooksReach: 'outside' });
    const wish = {
      organization: 'acme',
      name: 'X',
      kind: 'poll',
      issuer: 'i',
      audience: 'a',
      jwks: { keys: [transmitter.jwk] },
      poll: { url: 'https://169.254.169.254/latest' },
    };
    const response = await outside.request('/v1/signal-sources', {
      method: 'POST',
      headers: { authorization: `Bearer ${await http.token(anna)}`, 'content-type': 'application/json' },
      body: JSON.stringify(wish),
    });
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ errors: [{ pointer: '/poll/url' }] });
  });

  it('is asked for its keys when it turns them; what cannot be checked until then stays with it', async () => {
    const publisher = await publishKeys();
    const former = await publisher.turn('one');
    const [issuer, jwks_uri] = [publisher.origin, `${publisher.origin}/jwks`];
    const wish = {
      organization: 'acme',
      name: 'X',
      kind: 'poll',
      audience: keyAudience,
      issuer,
      jwks_uri,
      poll: { url },
    };
    const keys = await http.call(anna, 'POST', '/v1/signal-sources', wish);
    expect(keys.status).toBe(201);
    transmitter = { ...transmitter, id: keys.body.id };
    await http.ledger.owner.db.execute(sql`
      update signal_source set ended_at = tenure_now(), ended_by = made_by where kind = 'poll' and id <> ${transmitter.id}`);
    waiting.set('former', await former.sign(issuer, anna));
    const next = await publisher.turn('two');
    waiting.set('next', await next.sign(issuer, anna));
    asked.length = 0;
    await poll();
    expect([...waiting.keys()]).toEqual(['next']);
    // No more often than it tells something that can be settled.
    expect(asked.map(({ ack = [], setErrs = {} }) => [ack, Object.keys(setErrs)])).toEqual([
      [[], []],
      [['former'], []],
    ]);
    expect((await state()).last_error).toBe('unknown-key');
    await http.ledger.system.db.execute(
      sql`update signal_source set keys_tried_at = tenure_now() - interval '1 minute' where id = ${transmitter.id}`,
    );
    await poll();
    expect(waiting.size).toBe(0);
    expect(asked.at(-1)).toMatchObject({ ack: ['next'], setErrs: {} });
    expect((await state()).last_error).toBeNull();
    publisher.stop();
  });
});
