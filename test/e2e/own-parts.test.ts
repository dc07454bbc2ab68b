import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type DemoInstallation, startInstallation } from '../../bin/demo/installation.ts';
import { checkout } from '../../bin/local/node-script.ts';
import { freePort } from '../../bin/local/ports.ts';
import { freshFolder, serverUser } from '../../bin/local/server-user.ts';
import { type EphemeralPostgres, ephemeralPostgres } from '../support/postgres.ts';
import { type EphemeralTemporal, ephemeralTemporal } from '../support/temporal.ts';
import { eventually } from '../support/wait.ts';

// `npm start` with a server of the user's own in place of an embedded one.

const run = promisify(execFile);
const startLimitMs = 180_000;
const sam = 'sam@northwind.example';
const requestSchema = z.object({ id: z.string(), grant: z.object({ state: z.string() }).nullable() });

let home: string;
let installation: DemoInstallation | undefined;

beforeAll(() => {
  home = freshFolder('tenure-own-', serverUser());
});

async function begin(settings: Record<string, string>): Promise<DemoInstallation> {
  installation = await startInstallation({ home: join(home, 'home'), port: await freePort() }, settings);
  return installation;
}

async function end(): Promise<void> {
  await installation?.stop();
  installation = undefined;
  await rm(home, { recursive: true, force: true });
}

const there = (path: string) => existsSync(join(home, 'home', path));
const read = (path: string) => readFileSync(join(home, 'home', path), 'utf8');
const endpoints = () => JSON.parse(read('run/endpoints.json')) as unknown;

async function call({ url, token }: DemoInstallation, method: string, path: string, body?: object) {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${await token(sam)}`, 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return requestSchema.parse(await response.json());
}

const wish = {
  resource: 'initech-env',
  entitlement: 'read',
  period: 'PT1M',
  justification: 'Servers of their own',
  ticket: 'SUP-1',
};

function untilHeld(of: DemoInstallation, id: string): Promise<unknown> {
  return eventually('the access is held', async () => {
    const { grant } = await call(of, 'GET', `/v1/access-requests/${id}`);
    return grant?.state === 'held';
  });
}

describe('DATABASE_URL and TENURE_KEY', () => {
  const key = randomBytes(32).toString('base64url');
  let ledger: EphemeralPostgres;
  let own: DemoInstallation;

  beforeAll(async () => {
    ledger = await ephemeralPostgres();
    own = await begin({ DATABASE_URL: ledger.url, TENURE_KEY: key });
  }, startLimitMs);
  afterAll(async () => {
    await end();
    await ledger.stop();
  });

  it('replace the embedded ledger and key alone: access is given, and neither is made', async () => {
    expect(endpoints()).toMatchObject({
      api: own.url,
      database_url: ledger.url,
      temporal_address: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      targets: { eu: expect.any(String), us: expect.any(String) },
      application: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    });
    expect(['run/ledger.pid', 'data/ledger', 'key'].filter(there)).toEqual([]);
    expect(['run/temporal.pid', 'run/target-eu.pid', 'run/worker.pid'].filter((f) => !there(f))).toEqual([]);
    await untilHeld(own, (await call(own, 'POST', '/v1/access-requests', wish)).id);
  });

  it('are kept by the command line: it signs with the key it is given, and says when it lacks it', async () => {
    const { PATH } = process.env;
    const tenure = async (words: string[], environment: Record<string, string>) =>
      run(process.execPath, [join(checkout, 'bin/tenure.mjs'), ...words], {
        env: { PATH, TENURE_HOME: join(home, 'home'), ...environment },
      }).then(
        ({ stdout }) => ({ code: 0, said: stdout }),
        ({ code, stderr }: { code: number; stderr: string }) => ({ code, said: stderr }),
      );
    expect(await tenure(['held', '--as', sam], { TENURE_KEY: key })).toMatchObject({ code: 0 });
    const { said } = await tenure(['token', sam], { TENURE_KEY: key });
    const { status } = await fetch(`${own.url}/v1/grants`, {
      headers: { authorization: `Bearer ${said.trim()}` },
    });
    expect(status).toBe(200);
    const others: Record<string, string>[] = [{}, { TENURE_KEY: randomBytes(32).toString('base64url') }];
    for (const environment of others) {
      expect(await tenure(['token', sam], environment)).toEqual({
        code: 2,
        said: 'The installation here was started with another key: set TENURE_KEY to the same as there.\n',
      });
    }
  });
});

describe('TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE', () => {
  const namespace = 'of-their-own';
  let temporal: EphemeralTemporal;
  let own: DemoInstallation;

  beforeAll(async () => {
    home = freshFolder('tenure-own-', serverUser());
    temporal = await ephemeralTemporal();
    const operator = (...words: string[]) =>
      run(temporal.executable, [
        'operator',
        ...words,
        '--namespace',
        namespace,
        '--address',
        temporal.address,
      ]);
    await operator('namespace', 'create');
    // The server's parts learn of a namespace a moment later.
    await eventually('the namespace is known', () =>
      operator('search-attribute', 'list').then(
        () => true,
        () => false,
      ),
    );
    own = await begin({ TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: namespace });
  }, startLimitMs);
  afterAll(async () => {
    await end();
    await temporal.stop();
  });

  it('replace the embedded engine alone; what it lacks is said with the command to run, and then access is given', async () => {
    expect(endpoints()).toMatchObject({
      temporal_address: temporal.address,
      temporal_namespace: namespace,
      database_url: expect.stringContaining('@127.0.0.1:'),
    });
    expect(['run/temporal.pid', 'data/temporal', 'logs/temporal.log'].filter(there)).toEqual([]);
    expect(['run/ledger.pid', 'key', 'run/worker.pid'].filter((file) => !there(file))).toEqual([]);
    const { id } = await call(own, 'POST', '/v1/access-requests', wish);
    const command = /Run: temporal (operator search-attribute create .+)$/m.exec(
      read('logs/launcher.log'),
    )?.[1];
    expect(command).toContain(`--namespace ${namespace}`);
    await run(temporal.executable, [...(command ?? '').split(' '), '--address', temporal.address]);
    await untilHeld(own, id);
  }, 90_000);
});
