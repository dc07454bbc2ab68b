import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { accessRequest, type FakeApi, preview, requestId, startFakeApi } from './fake-api.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const front = join(root, 'bin', 'tenure.mjs');

interface Run {
  child: ChildProcess;
  /** Resolves when the text has come on stderr. */
  said: (text: string) => Promise<void>;
  ended: Promise<{ code: number | null; out: string; err: string }>;
}

describe('the command as a process', () => {
  let api: FakeApi;
  let home: string;
  beforeEach(async () => {
    api = await startFakeApi();
    home = mkdtempSync(join(tmpdir(), 'tenure-cli-'));
  });
  afterEach(async () => {
    rmSync(home, { recursive: true });
    await api.close();
  });

  function run(script: string, words: string[], environment: Record<string, string>): Run {
    const { PATH = '' } = process.env;
    const child = spawn(process.execPath, [script, ...words], {
      cwd: root,
      env: { PATH, TENURE_HOME: home, ...environment },
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (data: Buffer) => void (out += data.toString()));
    child.stderr.on('data', (data: Buffer) => void (err += data.toString()));
    const ended = new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
      child.once('close', (code) => resolve({ code, out, err }));
    });
    const said = (text: string) =>
      new Promise<void>((resolve) => {
        const look = () => {
          if (err.includes(text)) resolve();
        };
        child.stderr.on('data', look);
        look();
      });
    child.stdin.end();
    return { child, said, ended };
  }

  it('prints the body to the letter and ends with the code, through the real front door', async () => {
    const letter = '{"items": [], "next_cursor": null}';
    api.on('GET /v1/access-requests', { body: letter });
    const { ended } = run(front, ['waiting', '--json'], { TENURE_URL: api.url, TENURE_TOKEN: 'trial-token' });
    expect(await ended).toEqual({ code: 0, out: `${letter}\n`, err: '' });
    expect(api.calls[0]?.headers.authorization).toBe('Bearer trial-token');
  });

  it('finds the local installation by the file it left', async () => {
    mkdirSync(join(home, 'run'));
    writeFileSync(join(home, 'run', 'endpoints.json'), JSON.stringify({ api: api.url, targets: {} }));
    api.on('GET /v1/access-requests', { body: { items: [], next_cursor: null } });
    expect(await run(front, ['waiting'], {}).ended).toMatchObject({
      code: 0,
      out: 'No request waits for a decision.\n',
    });
  });

  it('ends with 6 where nobody listens', async () => {
    const { code, err } = await run(front, ['waiting'], { TENURE_URL: 'http://127.0.0.1:9' }).ended;
    expect(code).toBe(6);
    expect(err).toContain('Nothing answers at http://127.0.0.1:9.');
  });

  it('needs --yes without a terminal', async () => {
    const words = ['request', 'globex-env', 'read', '--for', '2h', '--why', 'x'];
    expect(await run(front, words, { TENURE_URL: api.url }).ended).toMatchObject({ code: 2, out: '' });
    expect(api.calls).toEqual([]);
  });

  it('on Ctrl-C during a wait leaves the request, says how to cancel it, and ends with 130', async () => {
    api.on('POST /v1/access-requests/preview', { body: preview });
    api.on('POST /v1/access-requests', { status: 201, body: accessRequest() });
    api.on(`GET /v1/access-requests/${requestId}`, { body: accessRequest() });
    const words = ['request', 'globex-env', 'read', '--for', '2h', '--why', 'x', '--yes'];
    const { child, said, ended } = run(front, words, { TENURE_URL: api.url, TENURE_TOKEN: 't' });
    await said('waiting for Priya or Marek');
    child.kill('SIGINT');
    const { code, err } = await ended;
    expect(code).toBe(130);
    expect(err).toContain('npm run -s tenure -- cancel AR-2207');
  });

  it('says what to do when nothing is installed', async () => {
    mkdirSync(join(home, 'bin'));
    cpSync(front, join(home, 'bin', 'tenure.mjs'));
    const { code, err } = await run(join(home, 'bin', 'tenure.mjs'), ['held'], {}).ended;
    expect(code).toBe(1);
    expect(err).toContain('npm ci');
  });
});
