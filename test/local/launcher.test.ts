import { spawn } from 'node:child_process';
import { readdir, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openHome } from '../../bin/local/home.ts';
import { lockHome, unlockHome } from '../../bin/local/lock.ts';
import { checkout } from '../../bin/local/node-script.ts';
import { freePort } from '../../bin/local/ports.ts';
import { serverUser } from '../../bin/local/server-user.ts';
import { launcherSettings } from '../../bin/local/settings.ts';
import { welcomeLines } from '../../bin/local/welcome.ts';
import { temporaryHome } from './dummy-process.ts';

let home: string;
let other: Server | undefined;

beforeEach(async () => {
  home = await temporaryHome();
});

afterEach(async () => {
  other?.close();
  other = undefined;
  await rm(home, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function npmStart(environment: Record<string, string>): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(checkout, 'bin/start.mjs')], {
      cwd: checkout,
      env: { PATH: process.env['PATH'], TENURE_HOME: home, ...environment },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

test('a port in use is said plainly, before anything is started', async () => {
  const port = await freePort();
  other = createServer().listen(port, '127.0.0.1');
  const ended = await npmStart({ PORT: String(port) });
  expect(ended).toEqual({
    code: 1,
    stdout: '',
    stderr: `Port ${port} is in use on 127.0.0.1. Choose another one: PORT=${port + 1} npm start\n`,
  });
  expect(await readdir(join(home, 'data'))).toEqual([]);
  expect(await readdir(join(home, 'run'))).toEqual([]);
});

test('a second start of the same installation says that it is running already', async () => {
  const { run } = await openHome(home, serverUser());
  await lockHome(run);
  const ended = await npmStart({ PORT: String(await freePort()) });
  expect(ended.code).toBe(1);
  expect(ended.stderr).toMatch(
    new RegExp(`^Tenure is running already in ${home} \\(process ${process.pid}\\)\\.`, 'u'),
  );
  unlockHome(run);
});

test('settings that make no sense are refused in a sentence', () => {
  expect(() => launcherSettings({ PORT: '0' })).toThrow('PORT must be a number from 1 to 65535, not "0".');
  expect(() => launcherSettings({ PORT: 'http' })).toThrow('PORT must be');
  expect(() => launcherSettings({ TENURE_ENV: 'prod' })).toThrow(
    'TENURE_ENV may be "production" or left out',
  );
  expect(() => launcherSettings({ TENURE_ENV: 'production' })).toThrow('TENURE_KEY, TENURE_PUBLIC_URL');
  expect(launcherSettings({ PORT: '', TEMPORAL_NAMESPACE: 'x' })).toMatchObject({
    port: 3000,
    host: '127.0.0.1',
    temporalNamespace: 'default',
    publicUrl: 'http://localhost:3000',
  });
});

test('the last line says ready and where, and without a terminal there are no colours', () => {
  const lines = welcomeLines({
    url: 'http://localhost:3000',
    parts: [['ledger', 'PostgreSQL']],
    people: [
      { name: 'Sam', title: 'support engineer', organization: 'Northwind', email: 'sam@northwind.example' },
    ],
    logs: '/x/logs',
    isColoured: false,
  });
  expect(lines.at(-1)).toBe('ready http://localhost:3000');
  expect(lines.join('\n')).not.toContain('\u001B');
  expect(lines).toContain('  Sam  support engineer  Northwind  sam@northwind.example');
});
