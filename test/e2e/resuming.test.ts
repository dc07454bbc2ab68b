import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { type DemoInstallation, startInstallation } from '../../bin/demo/installation.ts';
import { freePort } from '../../bin/local/ports.ts';
import { freshFolder, serverUser } from '../../bin/local/server-user.ts';
import { isDrill } from '../support/extent.ts';

// A whole installation as `npm start` makes it, whose processes are killed one after the other.

const bodySchema = z.record(z.string(), z.unknown());
const sam = 'sam@northwind.example';
let folder: string;
let place: { home: string; port: number };
let installation: DemoInstallation;

beforeAll(async () => {
  folder = freshFolder('tenure-resuming-', serverUser());
  place = { home: join(folder, 'home'), port: await freePort() };
  installation = await startInstallation(place);
});

afterAll(async () => {
  await installation.stop();
  await rm(folder, { recursive: true, force: true });
});

const pidOf = (name: string) =>
  Number.parseInt(readFileSync(join(installation.home, 'run', `${name}.pid`), 'utf8'), 10);
const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

async function call(
  method: string,
  path: string,
  body?: object,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const headers = {
    authorization: `Bearer ${await installation.token(sam)}`,
    'content-type': 'application/json',
  };
  const response = await fetch(`${installation.url}${path}`, {
    method,
    headers,
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return { status: response.status, body: bodySchema.parse(await response.json()) };
}

async function ask(period: string): Promise<string> {
  const wish = {
    resource: 'initech-env',
    entitlement: 'read',
    period,
    justification: 'A test of resuming',
    ticket: 'SUP-1',
  };
  const answer = await call('POST', '/v1/access-requests', wish);
  expect(answer.status).toBe(201);
  return String(answer.body['id']);
}

async function grantIs(requestId: string, state: string): Promise<void> {
  await expect
    .poll(async () => (await call('GET', `/v1/access-requests/${requestId}`)).body['grant'], {
      timeout: 45_000,
      interval: 250,
    })
    .toMatchObject({ state });
}

async function everythingIsUp(): Promise<void> {
  const ready = () =>
    fetch(`${installation.url}/readyz`).then(
      (response) => response.json(),
      () => null,
    );
  await expect
    .poll(ready, { timeout: 45_000, interval: 250 })
    .toEqual({ ledger: 'up', engine: 'up', worker: 'up', reaper: 'up' });
}

const all = ['worker', 'temporal', 'ledger', 'target-us', 'reaper', 'api'];

it.each(isDrill ? all : ['worker', 'ledger'])(
  'loses nothing when its %s is killed: what was held goes on and new access is given',
  async (name) => {
    const before = await ask('PT8S');
    await grantIs(before, 'held');
    const pid = pidOf(name);
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => pidOf(name) !== pid && isAlive(pidOf(name)), { timeout: 20_000 }).toBe(true);
    await everythingIsUp();
    await grantIs(before, 'ended');
    const after = await ask('PT1M');
    await grantIs(after, 'held');
    await call('POST', `/v1/access-requests/${after}/return`, {});
    await grantIs(after, 'ended');
  },
  120_000,
);

it('takes over when the launcher itself was killed, and what was held meanwhile has ended', async () => {
  const held = await ask('PT10S');
  await grantIs(held, 'held');
  const workers = pidOf('worker');
  process.kill(installation.launcherPid, 'SIGKILL');
  expect(isAlive(workers)).toBe(true);
  installation = await startInstallation(place);
  expect(isAlive(workers)).toBe(false);
  await grantIs(held, 'ended');
}, 120_000);

it('stops every process it started, and says so by removing its endpoints', async () => {
  const names = ['ledger', 'target-eu', 'target-us', 'northwind-app', 'temporal', 'worker', 'reaper', 'api'];
  const pids = names.map(pidOf);
  await installation.stop();
  expect(pids.filter(isAlive)).toEqual([]);
  expect(existsSync(join(place.home, 'run', 'endpoints.json'))).toBe(false);
}, 60_000);
