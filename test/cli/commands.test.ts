import type { CliDependencies } from '../../bin/cli/session.ts';
import { mintTrialToken } from '../../bin/local-token.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  accessRequest,
  after,
  credential,
  decisionOf,
  type FakeApi,
  grant,
  granted,
  grantId,
  nowIso,
  problem,
  recordOf,
  requestId,
  sam,
  startFakeApi,
} from './fake-api.ts';
import { runWords } from './run-words.ts';

const list = (...items: unknown[]) => ({ body: { items, next_cursor: null } });
const escape = '\u001b';

describe('commands', () => {
  let api: FakeApi;
  beforeEach(async () => {
    process.env.TZ = 'Europe/Berlin';
    api = await startFakeApi();
  });
  afterEach(() => api.close());

  it('approve records the decision and says what the request waits for now', async () => {
    api.on('POST /v1/access-requests/AR-2207/decisions', {
      status: 201,
      body: decisionOf('approve', 'fine'),
    });
    api.on('GET /v1/access-requests/AR-2207', { body: granted });
    const { code, out } = await runWords(api.url, [
      'approve',
      'AR-2207',
      '--comment',
      'fine',
      '--stage',
      'stage_1',
    ]);
    expect(code).toBe(0);
    expect(api.calls[0]?.body).toEqual({ decision: 'approve', comment: 'fine', stage: 'stage_1' });
    expect(out).toBe('Approved.\nAR-2207  granted until 17:02 (16:02Z), 2 h left\n');
  });

  it('a decision stands even when the request cannot be read afterwards', async () => {
    api.on('POST /v1/access-requests/AR-2207/decisions', { status: 201, body: decisionOf('deny', 'no') });
    const { code, out } = await runWords(api.url, ['deny', 'AR-2207', '--comment', 'no']);
    expect({ code, out }).toEqual({ code: 0, out: 'Denied.\n' });
  });

  it('show leads with how it stands, and has the reason, the ids, times in both zones', async () => {
    api.on('GET /v1/access-requests/AR-2207', { body: granted });
    const { out } = await runWords(api.url, ['show', 'AR-2207']);
    expect(out.split('\n')[0]).toBe('AR-2207  granted until 17:02 (16:02Z), 2 h left');
    expect(out).toContain('  Person   Sam <sam@northwind.example>');
    expect(out).toContain('  Why      Invoices are missing');
    expect(out).toContain('  Decides  support lead: Priya approved 15:02:00 (14:02:00Z): "fine"');
    expect(out).toContain(`  Grant    ${grantId}, held`);
    expect(out).toContain(`  Id       ${requestId}`);
  });

  it('show says loudly that access past its end is not confirmed gone', async () => {
    api.on(`GET /v1/grants/${grantId}`, {
      body: grant({ state: 'overdue', due_at: after(-20), attempts: 9, last_error: 'target-unreachable' }),
    });
    const { out } = await runWords(api.url, ['show', grantId]);
    expect(out).toContain('due 14:42 (13:42Z), NOT confirmed gone');
    expect(out).toContain('Attempts  9, the last: target-unreachable');
  });

  const endings: [string[], string, unknown][] = [
    [['return', 'AR-2207'], '/v1/access-requests/AR-2207/return', {}],
    [['return', grantId], `/v1/access-requests/${requestId}/return`, {}],
    [['revoke', 'AR-2207', '--why', 'Left'], '/v1/access-requests/AR-2207/revocation', { reason: 'Left' }],
    [['revoke', grantId, '--why', 'Left'], `/v1/grants/${grantId}/revocation`, { reason: 'Left' }],
    [['cancel', 'AR-2207'], '/v1/access-requests/AR-2207/cancellation', {}],
  ];
  it.each(endings)('%j is recorded at %s', async (words, path, body) => {
    api.on(`GET /v1/grants/${grantId}`, { body: grant() });
    api.on(`POST ${path}`, { status: 201, body: recordOf('some') });
    const { code, out } = await runWords(api.url, words);
    expect(code).toBe(0);
    expect(out).toContain('recorded 15:02:00 (14:02:00Z).');
    expect(api.calls.at(-1)).toMatchObject({ path, body });
    const json = await runWords(api.url, [...words, '--json']);
    expect(json.out).toBe(`${JSON.stringify(recordOf('some'))}\n`);
  });

  it('a grant without a request can be revoked only', async () => {
    api.on(`GET /v1/grants/${grantId}`, { body: grant({ request_id: null, origin: 'contract' }) });
    const { code, err } = await runWords(api.url, ['return', grantId]);
    expect(code).toBe(2);
    expect(err).toContain('can be revoked only');
  });

  it('credential shows it, once, and never sends the call twice', async () => {
    api.on('POST /v1/access-requests/AR-2207/credential', { body: credential });
    const { code, out } = await runWords(api.url, ['credential', 'AR-2207']);
    expect(code).toBe(0);
    expect(out).toContain('Shown once  valid until 17:02 (16:02Z), 2 h left');
    expect(out).toContain(`  Password  ${credential.password}`);
    expect(out).toContain(`  URL       ${credential.url}`);
    expect(api.calls[0]).toMatchObject({ body: {} });
    expect(api.calls[0]?.headers['idempotency-key']).toBeUndefined();
    await runWords(api.url, ['credential', 'AR-2207', '--replace']);
    expect(api.calls[1]?.body).toEqual({ replace: true });
  });

  it('credential says how to get a new one when it was shown already', async () => {
    api.on('POST /v1/access-requests/AR-2207/credential', problem(409, 'credential-already-shown'));
    const { code, err } = await runWords(api.url, ['credential', 'AR-2207']);
    expect(code).toBe(3);
    expect(err).toContain('--replace');
  });

  it('token prints the token and nothing else', async () => {
    expect(await runWords(api.url, ['token', 'sam@northwind.example'])).toEqual({
      code: 0,
      out: 'minted-for-sam@northwind.example\n',
      err: '',
    });
    const { out } = await runWords(api.url, ['token', 'sam@northwind.example', '--json']);
    expect(JSON.parse(out)).toEqual({
      token: 'minted-for-sam@northwind.example',
      id: 'tok_1',
      expires_at: after(15),
      base_url: api.url,
    });
  });

  it('token passes on how its bearer signed in and how long it lives', async () => {
    const wishes: unknown[] = [];
    const mintLocalToken = (wish: unknown) => {
      wishes.push(wish);
      return Promise.resolve({ token: 't', id: 'i', expiresAt: after(1), baseUrl: api.url });
    };
    await runWords(api.url, ['token', 'a@x.example'], { deps: { mintLocalToken } });
    await runWords(api.url, ['token', 'a@x.example', '--amr', 'pwd', '--for', 'PT1M'], {
      deps: { mintLocalToken },
    });
    expect(wishes).toEqual([
      { email: 'a@x.example', amr: ['pwd', 'otp', 'mfa'], ttlMs: 900_000 },
      { email: 'a@x.example', amr: ['pwd'], ttlMs: 60_000 },
    ]);
  });

  it('a token lives for an hour at most', async () => {
    // Nothing listens there: an hour is refused for want of a ledger, more than an hour before one is looked for.
    const nowhere = { ownerUrl: 'postgres://nobody@127.0.0.1:9/none', masterKey: 'k'.repeat(43) };
    const mintLocalToken: CliDependencies['mintLocalToken'] = async (wish) => ({
      ...(await mintTrialToken(nowhere, wish)),
      baseUrl: api.url,
    });
    const token = (period: string) =>
      runWords(api.url, ['token', 'a@x.example', '--for', period], { deps: { mintLocalToken } });
    for (const period of ['PT1H1S', 'P3650D']) {
      expect(await token(period)).toEqual({
        code: 2,
        out: '',
        err: 'A trial token lives for an hour (PT1H) at most.\n',
      });
    }
    expect((await token('PT1H')).code).not.toBe(2);
  });

  it('a trial token that is about to end is renewed during a wait', async () => {
    let minted = 0;
    const mintLocalToken = () =>
      Promise.resolve({ token: `t${++minted}`, id: 'i', expiresAt: nowIso, baseUrl: api.url });
    api.on('GET /v1/access-requests', list());
    await runWords(api.url, ['waiting', '--as', 'a@x.example'], { deps: { mintLocalToken } });
    expect(api.calls[0]?.headers.authorization).toBe('Bearer t2');
  });

  it('holds and releases a process of the local installation', async () => {
    const done: string[] = [];
    const hold = (home: string, name: string) => Promise.resolve(void done.push(`hold ${home} ${name}`));
    const release = (home: string, name: string) =>
      Promise.resolve(void done.push(`release ${home} ${name}`));
    expect((await runWords(api.url, ['local', 'hold', 'worker'], { deps: { hold, release } })).code).toBe(0);
    expect((await runWords(api.url, ['local', 'release', 'worker'], { deps: { hold, release } })).code).toBe(
      0,
    );
    expect(done).toEqual(['hold /nowhere worker', 'release /nowhere worker']);
  });

  it('obeys no escape sequence, control or reordering character that a name or a reason brings', async () => {
    const evil = `${escape}[2J${escape}]0;owned\u0007\u009b31m\u202egnp.exe\r\nGranted\u0000`;
    const who = { ...sam, name: `Sam${evil}`, email: `sam${evil}` };
    api.on('GET /v1/access-requests/AR-2207', {
      body: accessRequest({ person: who, justification: evil, reference: `AR${evil}` }),
    });
    api.on('GET /v1/access-requests', list(accessRequest({ person: who, justification: evil })));
    api.on('GET /v1/grants', list(grant({ person: who })));
    api.on(
      'POST /v1/access-requests/AR-2207/decisions',
      problem(422, 'invalid-input', { detail: evil, errors: [{ pointer: evil, detail: evil }] }),
    );
    for (const words of [
      ['show', 'AR-2207'],
      ['waiting'],
      ['who-has', 'acme'],
      ['held'],
      ['approve', 'AR-2207'],
      [evil.replace('\r\n', ' ')],
    ]) {
      const { out, err } = await runWords(api.url, words, { columns: 60 });
      const printed = out + err;
      expect(printed).toContain('\\u{1b}');
      expect(printed).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
      expect(printed).not.toMatch(/^Granted/m);
    }
  });

  it('colours only where colours are wanted', async () => {
    api.on('GET /v1/access-requests/AR-2207', { body: granted });
    expect((await runWords(api.url, ['show', 'AR-2207'], { hasColour: true })).out).toContain(
      `${escape}[32m`,
    );
    expect((await runWords(api.url, ['show', 'AR-2207'])).out).not.toContain(escape);
  });
});
