import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import postgres from 'postgres';
import { afterEach, expect, test } from 'vitest';
import { type Engine, startEngine } from '../../bin/local/engine.ts';
import { type Home, openHome } from '../../bin/local/home.ts';
import { hold, release } from '../../bin/local/hold.ts';
import { isListening } from '../../bin/local/ports.ts';
import { endLeftovers, recordedProcess } from '../../bin/local/process-record.ts';
import { isAlive } from '../../bin/local/processes.ts';
import { serverUser, sharedCacheFolder } from '../../bin/local/server-user.ts';
import { launcherSettings } from '../../bin/local/settings.ts';
import { Supervisor } from '../../bin/local/supervisor.ts';
import { devServerArguments, searchAttributeNames } from '../../bin/local/temporal-arguments.ts';
import { temporaryHome, until } from './dummy-process.ts';

const order = [['temporal'], ['ledger']] as const;
const cleanUps: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function newHome(): Promise<Home> {
  const folder = await temporaryHome();
  cleanUps.push(() => rm(folder, { recursive: true, force: true }));
  const home = await openHome(folder, serverUser());
  // The executables fetched once for all tests do.
  return { ...home, executables: sharedCacheFolder() };
}

async function start(home: Home): Promise<{ engine: Engine; supervisor: Supervisor }> {
  const supervisor = new Supervisor({ home: home.folder, note: () => undefined, pollMs: 50 });
  cleanUps.push(() => supervisor.killAll());
  // Production has no embedded targets; the ledger and Temporal are embedded all the same.
  const settings = { ...launcherSettings({}), isProduction: true };
  const engine = await startEngine({ settings, environment: {}, home, supervisor, note: () => undefined });
  return { engine, supervisor };
}

async function starts(url: string): Promise<number> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    await sql`CREATE TABLE IF NOT EXISTS starts (at timestamptz DEFAULT clock_timestamp())`;
    await sql`INSERT INTO starts DEFAULT VALUES`;
    const rows = await sql`SELECT FROM starts`;
    return rows.length;
  } finally {
    await sql.end();
  }
}

async function namespaceOf(address: string): Promise<string> {
  const connection = await Connection.connect({ address });
  try {
    const answer = await connection.workflowService.describeNamespace({ namespace: 'default' });
    return answer.namespaceInfo?.id ?? '';
  } finally {
    await connection.close();
  }
}

test('two installations side by side do not disturb each other, and each resumes where it stopped', async () => {
  const [mine, other] = await Promise.all([newHome(), newHome()]);
  const [first, beside] = await Promise.all([start(mine), start(other)]);
  expect(first.engine.temporalAddress).not.toBe(beside.engine.temporalAddress);
  expect(await Promise.all([starts(first.engine.ownerUrl), starts(beside.engine.ownerUrl)])).toEqual([1, 1]);
  const namespace = await namespaceOf(first.engine.temporalAddress);
  await first.supervisor.stopAll(order);
  expect(await isListening(Number(new URL(first.engine.ownerUrl).port))).toBe(false);
  expect(await starts(beside.engine.ownerUrl)).toBe(2);

  const again = await start(mine);
  expect(again.engine.ownerUrl).toBe(first.engine.ownerUrl);
  expect(again.engine.temporalAddress).toBe(first.engine.temporalAddress);
  expect(await starts(again.engine.ownerUrl)).toBe(2);
  expect(await namespaceOf(again.engine.temporalAddress)).toBe(namespace);
}, 30_000);

test('servers of a killed launcher are ended by the next start, which loses nothing', async () => {
  const home = await newHome();
  const first = await start(home);
  await starts(first.engine.ownerUrl);
  const left = (['ledger', 'temporal'] as const).map((name) => recordedProcess(home.run, name) ?? 0);
  expect(left.every(isAlive)).toBe(true);
  // The first supervisor is as good as dead from here on: it would restart what ends, so it is told to let go.
  const ending = first.supervisor.stopAll([]);
  expect((await endLeftovers(home.run)).toSorted()).toEqual(['ledger', 'temporal']);
  await ending;
  expect(left.some(isAlive)).toBe(false);
  const next = await start(home);
  expect(await starts(next.engine.ownerUrl)).toBe(2);
}, 30_000);

test('a held ledger answers nobody and comes back with all it knew', async () => {
  const home = await newHome();
  const { engine } = await start(home);
  await starts(engine.ownerUrl);
  await hold(home.folder, 'ledger');
  const port = Number(new URL(engine.ownerUrl).port);
  await until(async () => !(await isListening(port)));
  expect(existsSync(join(home.run, 'ledger.hold'))).toBe(true);
  await release(home.folder, 'ledger');
  expect(await until(() => starts(engine.ownerUrl).catch(() => undefined))).toBe(2);
}, 30_000);

test('the development server gets the arguments of temporal-dev.yml, with address, ports and file of its own', async () => {
  const inMemory = (await devServerArguments({ port: 1234 })).join(' ');
  expect(inMemory).toMatch(/^server start-dev /u);
  expect(inMemory).toContain('--ip 127.0.0.1 --port 1234 --headless');
  expect(inMemory).toContain('--dynamic-config-value history.transferProcessorMaxPollRPS=2000');
  expect(inMemory).not.toMatch(/0\.0\.0\.0|7233|8233|sqlite|db-filename/u);
  const kept = (await devServerArguments({ port: 1234, uiPort: 5678, dbFilename: '/x/t.db' })).join(' ');
  expect(kept).toContain('--ui-port 5678');
  expect(kept).toContain('--db-filename /x/t.db');
  expect(kept).toContain('--sqlite-pragma journal_mode=wal');
  expect(await searchAttributeNames()).toEqual(['TenureOrganization', 'TenureState', 'TenureUntil']);
});
