import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TenureError } from '../../domain/errors.ts';
import { accessRequest, type FakeApi, preview, problem, startFakeApi } from './fake-api.ts';
import { runWords } from './run-words.ts';

const matrix: [number, string, number][] = [
  [400, 'malformed-json', 2],
  [400, 'malformed-parameter', 2],
  [401, 'unauthenticated', 5],
  [403, 'forbidden', 5],
  [403, 'self-approval', 5],
  [403, 'not-your-stage', 5],
  [403, 'step-up-required', 5],
  [403, 'refused-by-policy', 3],
  [422, 'refused-by-policy', 3],
  [404, 'not-found', 4],
  [405, 'method-not-allowed', 1],
  [409, 'already-decided', 3],
  [409, 'no-longer-waiting', 3],
  [409, 'not-held', 3],
  [409, 'already-ended', 3],
  [409, 'credential-already-shown', 3],
  [409, 'stale-revision', 3],
  [409, 'idempotency-in-progress', 6],
  [409, 'of-a-later-version', 3],
  [413, 'payload-too-large', 2],
  [415, 'unsupported-media-type', 2],
  [422, 'invalid-input', 2],
  [422, 'unknown-reference', 2],
  [422, 'period-too-long', 2],
  [422, 'idempotency-key-reused', 2],
  [429, 'too-many-requests', 6],
  [503, 'ledger-unavailable', 6],
  [503, 'target-unavailable', 6],
  [503, 'keys-unavailable', 6],
  [500, 'internal-error', 1],
  [500, 'of-a-later-version', 1],
];

describe('what goes wrong', () => {
  let api: FakeApi;
  beforeEach(async () => {
    api = await startFakeApi();
  });
  afterEach(() => api.close());

  it.each(matrix)('%i %s ends with %i', async (status, code, expected) => {
    api.on('POST /v1/access-requests/AR-2207/decisions', problem(status, code));
    const plain = await runWords(api.url, ['approve', 'AR-2207']);
    expect(plain.code).toBe(expected);
    expect(plain.out).toBe('');
    expect(plain.err).toContain(`Title of ${code}\nDetail of ${code}.`);
    const json = await runWords(api.url, ['approve', 'AR-2207', '--json']);
    expect(json).toEqual({ code: expected, out: `${JSON.stringify(problem(status, code).body)}\n`, err: '' });
  });

  it('names each field by the word it was typed under, and the longest period in words', async () => {
    const errors = [
      { pointer: '/period', detail: 'is too long' },
      { pointer: '#/starts_at', detail: 'lies in the past' },
      { pointer: '/unheard_of', detail: 'is wrong' },
    ];
    api.on('POST /v1/access-requests/preview', problem(422, 'period-too-long', { errors, longest: 'PT8H' }));
    const { err } = await runWords(api.url, ['preview', 'globex-env', 'read', '--for', '12h']);
    expect(err).toContain(
      '  --for: is too long\n  --at: lies in the past\n  /unheard_of: is wrong\nThe longest allowed is 8 h.',
    );
  });

  it('says nothing twice, and a period in words only', async () => {
    const detail = 'The longest allowed is PT8H.';
    const errors = [{ pointer: '/period', detail }];
    api.on(
      'POST /v1/access-requests/preview',
      problem(422, 'period-too-long', { title: 'Too long', detail, errors, longest: 'PT8H' }),
    );
    const { err } = await runWords(api.url, ['preview', 'globex-env', 'read', '--for', '12h']);
    expect(err).toBe('Too long\n  --for: The longest allowed is 8 h.\n');
  });

  it('says of a name that is neither a customer nor a resource just that', async () => {
    api.on(
      'GET /v1/grants',
      problem(422, 'unknown-reference', { errors: [{ pointer: '/customer', detail: 'x' }] }),
    );
    expect(await runWords(api.url, ['who-has', 'nobody'])).toEqual({
      code: 4,
      out: '',
      err: 'Neither a customer nor a resource is called nobody\n',
    });
  });

  it('names the policies that refused', async () => {
    const policies = [{ id: 'no-contractors', title: 'Contractors hold no customer data' }];
    api.on('POST /v1/access-requests/preview', problem(403, 'refused-by-policy', { policies }));
    const { code, err } = await runWords(api.url, ['preview', 'globex-env', 'read', '--for', '1h']);
    expect(code).toBe(3);
    expect(err).toContain('  Policy: Contractors hold no customer data (no-contractors)');
  });

  it('says when to try again', async () => {
    api.on('GET /v1/access-requests', {
      ...problem(429, 'too-many-requests'),
      headers: { 'retry-after': '7' },
    });
    expect((await runWords(api.url, ['waiting'])).err).toContain('Again in 7 s.');
  });

  it('ends with 6 where nobody answers, and prints no body', async () => {
    await api.close();
    const { code, out, err } = await runWords(api.url, ['waiting', '--json']);
    expect(code).toBe(6);
    expect(out).toBe('');
    expect(err).toContain(`Nothing answers at ${api.url}.`);
    api = await startFakeApi();
  });

  it('ends with 6 where the answer does not come in time', async () => {
    api.on('POST /v1/access-requests/AR-1/credential', async () => {
      await new Promise((later) => setTimeout(later, 400));
      return { body: {} };
    });
    const { code, err } = await runWords(api.url, ['credential', 'AR-1'], { deps: { timeoutMs: 50 } });
    expect(code).toBe(6);
    expect(err).toContain('did not answer within');
    expect(api.calls).toHaveLength(1);
  });

  it('does not take another program for Tenure', async () => {
    api.on('GET /v1/access-requests', { body: '<html>hello</html>' });
    expect(await runWords(api.url, ['waiting'])).toMatchObject({ code: 1, out: '' });
    api.on('GET /v1/access-requests', { status: 418, body: 'teapot' });
    const { code, err } = await runWords(api.url, ['waiting']);
    expect(code).toBe(1);
    expect(err).toContain('HTTP 418');
  });

  it('does not follow a redirection with a token in hand', async () => {
    api.on('GET /v1/access-requests', {
      status: 307,
      body: '',
      headers: { location: 'http://127.0.0.1:9/' },
    });
    expect((await runWords(api.url, ['waiting'])).code).toBe(1);
    expect(api.calls).toHaveLength(1);
  });

  it('sends the same key again while its first call is still being worked on', async () => {
    api.on('POST /v1/access-requests', [
      problem(409, 'idempotency-in-progress'),
      { status: 201, body: accessRequest() },
    ]);
    const { code } = await runWords(api.url, [
      'request',
      'globex-env',
      'read',
      '--for',
      '1h',
      '--why',
      'x',
      '--json',
      '--no-wait',
    ]);
    expect(code).toBe(0);
    const keys = api.calls.map(({ headers }) => headers['idempotency-key']);
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
  });

  const usage: string[][] = [
    [],
    ['hel'],
    ['held', '--jsn'],
    ['request', 'globex-env', 'read', '--why', 'x', '--yes'],
    ['request', 'globex-env', 'read', '--for', '2h', '--yes'],
    ['request', 'globex-env', 'read', '--for', '2x', '--why', 'x', '--yes'],
    ['request', 'globex-env', 'read', '--for', '2h', '--why', '  ', '--yes'],
    ['request', 'globex-env', 'read', '--for', '2h', '--why', 'x', '--at', '31 February', '--yes'],
    ['deny', 'AR-2207'],
    ['revoke', 'AR-2207'],
    ['who-had', 'acme', '--from', '2026-11-01'],
    ['show', '../grants'],
    ['show', 'AR 2207'],
    ['token', 'sam@northwind.example', '--amr', 'pwd,,mfa'],
    ['local', 'hold', 'launcher'],
  ];
  it.each(usage)(
    'refuses a command line that cannot be meant, before anything is sent: %s %s %s',
    async (...words) => {
      const { code, out, err } = await runWords(api.url, words);
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).not.toBe('');
      expect(api.calls).toEqual([]);
    },
  );

  it('suggests the command that was meant', async () => {
    expect((await runWords(api.url, ['aprove', 'AR-1'])).err).toContain('Did you mean approve?');
  });

  it('answers --help with the exit codes, and 0', async () => {
    const { code, out } = await runWords(api.url, ['--help']);
    expect(code).toBe(0);
    expect(out).toContain('6    the API cannot be reached or is busy');
  });

  it.each(['ftp://tenure.example', 'nonsense', 'http://sam:secret@localhost:3000'])(
    'refuses the address %s',
    async (url) => {
      const { code, err } = await runWords(url, ['waiting']);
      expect(code).toBe(2);
      expect(err).not.toContain('secret');
    },
  );

  it('never prints a token that cannot be one', async () => {
    const { code, err } = await runWords(api.url, ['waiting'], { token: 'half a\ntoken' });
    expect(code).toBe(2);
    expect(err).not.toContain('half a');
  });

  it('takes errors of its helpers by their code', async () => {
    const mintLocalToken = () => Promise.reject(new TenureError('not-found', 'Nobody has that e-mail.'));
    const { code, err } = await runWords(api.url, ['token', 'nobody@x.example'], {
      deps: { mintLocalToken },
    });
    expect({ code, err }).toEqual({ code: 4, err: 'Nobody has that e-mail.\n' });
  });

  it('gives and mints no trial token in production', async () => {
    const setting = { isProduction: true };
    api.on('POST /v1/access-requests/preview', { body: preview });
    expect((await runWords(api.url, ['token', 'sam@northwind.example'], setting)).code).toBe(5);
    expect((await runWords(api.url, ['held', '--as', 'sam@northwind.example'], setting)).code).toBe(5);
    expect(api.calls).toEqual([]);
  });
});
