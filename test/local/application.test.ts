import { randomBytes } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createWebhookConnector } from '../../activities/connectors/webhook/connector.ts';
import { applicationSecret, type LocalApplication, startApplication } from '../../bin/local/application.ts';
import { type Home, homeAt, openHome } from '../../bin/local/home.ts';
import { hold, release } from '../../bin/local/hold.ts';
import { recordedProcess } from '../../bin/local/process-record.ts';
import { commandLine } from '../../bin/local/processes.ts';
import { serverUser } from '../../bin/local/server-user.ts';
import { Supervisor } from '../../bin/local/supervisor.ts';
import { deriveKeys } from '../../crypto/keys.ts';
import { newId } from '../../domain/ids.ts';
import type { Holding } from '../../domain/plan.ts';
import { temporaryHome, until } from './dummy-process.ts';

const key = randomBytes(32).toString('base64url');
const signal = new AbortController().signal;
const connector = createWebhookConnector(2_000);
let folder: string;
let home: Home;
let supervisor: Supervisor;
let application: LocalApplication;

beforeEach(async () => {
  folder = await temporaryHome();
  home = await openHome(folder, serverUser());
  supervisor = new Supervisor({ home: home.folder, note: () => undefined, pollMs: 50 });
});
afterEach(async () => {
  await supervisor.killAll();
  await connector.close();
  await rm(folder, { recursive: true, force: true });
});

const target = () => ({
  resource: 'northwind-app',
  settings: { url: application.url },
  secret: applicationSecret(deriveKeys(key)),
});
const holding: Holding = {
  account: newId('person'),
  entitlement: 'sign-in',
  scope: 'acme',
  until: '2099-01-01T00:00:00.000Z',
};
const held = () =>
  connector.observe(target(), [holding.account], signal).then(
    ({ holdings }) => holdings.length,
    () => null,
  );
const pid = () => recordedProcess(home.run, 'northwind-app');

test('the example application starts again when it is killed, and holds what it was told', async () => {
  application = await startApplication({ home, supervisor }, key);
  await application.up;
  await connector.apply(
    target(),
    { kind: 'add', holding },
    {
      number: 1,
      password: null,
      holder: { email: 'anna@acme.example', name: 'Anna' },
      signal,
      reach: async () => {},
    },
  );
  expect(await (await fetch(application.origin)).text()).toContain('anna@acme.example');
  const before = pid();
  if (before !== undefined) process.kill(before, 'SIGKILL');
  await until(() => pid() !== undefined && pid() !== before);
  await expect.poll(held, { timeout: 10_000 }).toBe(1);
});

test('the example application can be held down, also when all starts, and comes back', async () => {
  await hold(home.folder, 'northwind-app');
  application = await startApplication({ home, supervisor }, key);
  await application.up;
  expect(await held()).toBeNull();
  await release(home.folder, 'northwind-app');
  await expect.poll(held, { timeout: 10_000 }).toBe(0);
  await hold(home.folder, 'northwind-app');
  await until(() => pid() === undefined);
  expect(await held()).toBeNull();
});

test('the secret of the example application is for its owner only, and in no argument', async () => {
  application = await startApplication({ home, supervisor }, key);
  await application.up;
  const { mode } = await stat(join(homeAt(home.folder).run, 'northwind-app.secret'));
  expect(mode & 0o777).toBe(0o600);
  const words = commandLine(pid() ?? 0);
  expect(words.join(' ')).toContain('northwind-app.secret');
  expect(words.join(' ')).not.toContain(target().secret);
});
