import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { signalExamples } from '../../api/schemas/examples/signal.ts';
import { type FakeApi, problem, startFakeApi } from './fake-api.ts';
import { type Ran, runWords } from './run-words.ts';

const { signal, source, wish } = signalExamples;

describe('signals', () => {
  let api: FakeApi;
  let folder: string;
  beforeEach(async () => {
    process.env.TZ = 'UTC';
    api = await startFakeApi();
    folder = mkdtempSync(join(tmpdir(), 'signal-'));
  });
  afterEach(async () => {
    rmSync(folder, { recursive: true });
    await api.close();
  });

  const run = (...words: string[]): Promise<Ran> => runWords(api.url, words);
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  it('are listed, the open ones unless others are asked for', async () => {
    const over = { ...signal, effect: 'closes', state: 'noted' };
    const unknown = { ...signal, state: 'unmatched', person: null };
    const items = (...found: object[]) => ({ body: { items: found, next_cursor: null } });
    api.on('GET /v1/signals', [items(signal), items(over, unknown), items()]);
    expect((await run('signal')).out).toMatch(
      /Sam +device-not-compliant +open +– +Device management +sig_\w+\n$/,
    );
    expect(api.calls.at(-1)?.query).toMatchObject({ state: 'open' });
    const all = (await run('signal', 'list', '--state', 'all')).out;
    expect(api.calls.at(-1)?.query['state']).toBeUndefined();
    expect(all).toMatch(/Sam +device-not-compliant is over +noted/);
    expect(all).toMatch(/– +device-not-compliant +unmatched/);
    expect((await run('signal', 'list', '--state', 'closed')).out).toBe('No signal.\n');
    expect((await run('signal', 'list', '--state', 'loud')).code).toBe(2);
  });

  it('are closed with a reason, and not one’s own', async () => {
    const path = `POST /v1/signals/${signal.id}/closing`;
    api.on(path, [{ status: 201, body: { ...signal, state: 'closed' } }, problem(403, 'self-approval')]);
    const words = ['signal', 'close', signal.id, '--why', 'The laptop was returned'];
    expect((await run(...words)).out).toBe('device-not-compliant of Sam is closed.\n');
    expect(api.calls.at(-1)?.body).toEqual({ reason: 'The laptop was returned' });
    expect((await run(...words)).code).toBe(5);
    expect((await run('signal', 'close', signal.id)).code).toBe(2);
    expect((await run('signal', 'close', '../people', '--why', 'x')).code).toBe(2);
  });

  it('come from sources, which are listed, connected and ended', async () => {
    const asked = {
      ...source,
      kind: 'poll',
      endpoint: null,
      poll: { url: 'https://devices.example/poll', polled_at: null, last_error: 'timed-out' },
    };
    api.on('GET /v1/signal-sources', [{ body: { items: [source, asked] } }, { body: { items: [] } }]);
    const { out } = await run('signal', 'source');
    expect(out).toMatch(
      /sigsrc_\w+ +Device management +Northwind Cloud +push +live +https:.+signals\/sigsrc/,
    );
    expect(out).toMatch(/poll +timed-out +https:\/\/devices\.example\/poll/);
    expect((await run('signal', 'source', 'list')).out).toBe('No source.\n');

    api.on('POST /v1/signal-sources', [
      { status: 201, body: { ...source, secret: null } },
      { status: 201, body: { ...asked, secret: null } },
      { status: 201, body: { ...source, secret: null } },
      { status: 201, body: { ...source, secret: null } },
      { status: 201, body: { ...source, kind: 'alert', secret: 'whsec_c2VjcmV0' } },
      problem(422, 'invalid-input', { errors: [{ pointer: '/jwks', detail: 'This is required.' }] }),
    ]);
    const connect = ['signal', 'source', 'connect', wish.name, '--organization', 'northwind'];
    const keys = ['--jwks-uri', wish.jwks_uri];
    const transmitter = ['--issuer', wish.issuer, '--audience', wish.audience, ...keys];
    expect((await run(...connect, ...transmitter)).out).toContain(`It sends to:  ${source.endpoint}\n`);
    expect(api.calls.at(-1)?.body).toEqual(wish);
    const poll = ['--kind', 'poll', '--url', 'https://devices.example/poll'];
    const authorization = ['--authorization-file', file('authorization', 'Bearer of-theirs\n')];
    await run(...connect, ...transmitter, ...poll, ...authorization);
    expect(api.calls.at(-1)?.body).toEqual({
      ...wish,
      kind: 'poll',
      poll: { url: 'https://devices.example/poll', authorization: 'Bearer of-theirs' },
    });
    const given = { keys: [{ kty: 'OKP' }] };
    await run(...connect, ...transmitter.slice(0, 4), '--jwks', file('keys.json', JSON.stringify(given)));
    const { jwks_uri: _uri, ...without } = wish;
    expect(api.calls.at(-1)?.body).toEqual({ ...without, jwks: given });
    await run(...connect, '--transmitter', wish.issuer, '--audience', wish.audience);
    const { issuer: transmitterUrl, ...others } = without;
    expect(api.calls.at(-1)?.body).toEqual({ ...others, transmitter: transmitterUrl });
    expect((await run(...connect, '--kind', 'alert')).out).toContain('shown once:  whsec_c2VjcmV0\n');
    expect(api.calls.at(-1)?.body).toEqual({ organization: 'northwind', name: wish.name, kind: 'alert' });
    expect(await run(...connect)).toMatchObject({
      code: 2,
      err: expect.stringContaining('This is required.'),
    });

    api.on(`POST /v1/signal-sources/${source.id}/ending`, { status: 201, body: source });
    expect((await run('signal', 'source', 'end', source.id)).out).toBe('Device management is ended.\n');
  });
});
