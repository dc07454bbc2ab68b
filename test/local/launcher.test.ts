import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { reachableUrl, shownUrl } from '../../bin/local/address.ts';
import { openHome } from '../../bin/local/home.ts';
import { lockHome, unlockHome } from '../../bin/local/lock.ts';
import { checkout } from '../../bin/local/node-script.ts';
import { freePort } from '../../bin/local/ports.ts';
import { serverUser } from '../../bin/local/server-user.ts';
import { launcherSettings } from '../../bin/local/settings.ts';
import { voiceIn } from '../../bin/local/voice.ts';
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
  expect(await readdir(home)).toEqual([]);
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

test('the folder of an installation is not even made when the port is in use', async () => {
  const port = await freePort();
  other = createServer().listen(port, '127.0.0.1');
  const ended = await npmStart({ PORT: String(port), TENURE_HOME: join(home, 'not-yet') });
  expect(ended.code).toBe(1);
  expect(await readdir(home)).toEqual([]);
});

test('the launcher keeps what it says in its log, with the time and without colours', async () => {
  await mkdir(join(home, 'logs'));
  const voice = voiceIn({ logs: join(home, 'logs') });
  voice.keep('\u001B[1mWhat runs\u001B[0m');
  voice.keep('');
  const log = join(home, 'logs', 'launcher.log');
  expect(await readFile(log, 'utf8')).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z What runs\n$/);
  expect((await stat(log)).mode & 0o777).toBe(0o600);
});

test.each([
  ['127.0.0.1', 'http://localhost:3000', 'http://127.0.0.1:3000'],
  ['0.0.0.0', 'http://localhost:3000', 'http://127.0.0.1:3000'],
  ['::', 'http://localhost:3000', 'http://127.0.0.1:3000'],
  ['192.0.2.7', 'http://192.0.2.7:3000', 'http://192.0.2.7:3000'],
  ['tenure.example', 'http://tenure.example:3000', 'http://tenure.example:3000'],
  ['2001:db8::7', 'http://[2001:db8::7]:3000', 'http://[2001:db8::7]:3000'],
])('on HOST %s people are told %s', (host, shown, reachable) => {
  expect(shownUrl({ host, port: 3000 })).toBe(shown);
  expect(reachableUrl({ host, port: 3000 })).toBe(reachable);
  expect(launcherSettings({ HOST: host }).publicUrl).toBe(shown);
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

test('what the processes would be refused for is said by the start itself, all of it at once', () => {
  expect(() => launcherSettings({ TENURE_STRIPE_URL: 'stripe' })).toThrow(
    /^TENURE_STRIPE_URL: must be a URL/,
  );
  const wrong = {
    PORT: 'http',
    TENURE_ENV: 'production',
    TENURE_STRIPE_URL: 'stripe',
    TENURE_LOG_LEVEL: 'loud',
  };
  let said = '';
  try {
    launcherSettings(wrong);
  } catch (error) {
    said = String(error);
  }
  const order = [
    'The environment is not complete:',
    'PORT must be',
    'TENURE_KEY, ',
    'TENURE_LOG_LEVEL: ',
    'TENURE_STRIPE_URL: ',
  ];
  expect(order.map((one) => said.indexOf(one))).toEqual(
    order.map((one) => said.indexOf(one)).toSorted((a, b) => a - b),
  );
  expect(order.filter((one) => !said.includes(one))).toEqual([]);
  expect(said.match(/PORT/g)).toHaveLength(1);
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
