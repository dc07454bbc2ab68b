import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hold, type ProcessName, release } from '../../bin/local/hold.ts';
import { recordedProcess } from '../../bin/local/process-record.ts';
import { isAlive } from '../../bin/local/processes.ts';
import { Supervisor } from '../../bin/local/supervisor.ts';
import { dummySpec, temporaryHome, until } from './dummy-process.ts';

let home: string;
let supervisor: Supervisor;
let notes: string[];

beforeEach(async () => {
  home = await temporaryHome();
  notes = [];
  supervisor = new Supervisor({ home, note: (line) => notes.push(line), pollMs: 50 });
});

afterEach(async () => {
  await supervisor.killAll();
  await rm(home, { recursive: true, force: true });
});

function running(name: ProcessName): number | undefined {
  return recordedProcess(join(home, 'run'), name);
}

test('a process that dies is started again within two seconds, under its new id', async () => {
  await supervisor.add(dummySpec(home, 'worker')).up;
  const first = await until(() => running('worker'));
  for (const round of [1, 2, 3]) {
    const before = await until(() => running('worker'));
    const killedAt = Date.now();
    process.kill(before, 'SIGKILL');
    const after = await until(() => {
      const pid = running('worker');
      return pid !== before && pid;
    });
    expect(Date.now() - killedAt, `round ${round}`).toBeLessThan(2_000);
    expect(after).not.toBe(first);
    expect(Number(await readFile(join(home, 'run/worker.pid'), 'utf8'))).toBe(after);
  }
  expect(notes.filter((note) => note.includes('worker ended unasked (SIGKILL)'))).toHaveLength(3);
});

test('a held process stays down until it is released, and is down from the start when it was held before', async () => {
  await supervisor.add(dummySpec(home, 'reaper')).up;
  const pid = await until(() => running('reaper'));
  await hold(home, 'reaper');
  await until(() => !isAlive(pid));
  await until(() => !existsSync(join(home, 'run/reaper.pid')));
  await delay(200);
  expect(running('reaper')).toBeUndefined();
  await release(home, 'reaper');
  expect(await until(() => running('reaper'))).not.toBe(pid);

  await hold(home, 'api');
  const { up } = supervisor.add(dummySpec(home, 'api'));
  await delay(200);
  expect(running('api')).toBeUndefined();
  await release(home, 'api');
  await up;
  await until(() => running('api'));
});

test('hold and release know the names of the processes', async () => {
  await expect(hold(home, 'launcher')).rejects.toThrow('There is no process "launcher"');
  await expect(release(home, '../../etc/passwd')).rejects.toThrow('There is no process');
});

test('processes stop in the order asked for, and none is started again', async () => {
  const stopped: string[] = [];
  for (const name of ['ledger', 'temporal', 'worker', 'api'] as const) {
    await supervisor.add(dummySpec(home, name, (ended) => stopped.push(ended))).up;
  }
  const pids = (['ledger', 'temporal', 'worker', 'api'] as const).map((name) => running(name) ?? 0);
  await supervisor.stopAll([['api', 'worker'], ['temporal'], ['ledger']]);
  expect(stopped.slice(0, 2).toSorted()).toEqual(['api', 'worker']);
  expect(stopped.slice(2)).toEqual(['temporal', 'ledger']);
  expect(pids.some(isAlive)).toBe(false);
  await delay(200);
  expect(running('api')).toBeUndefined();
  expect(existsSync(join(home, 'run/api.pid'))).toBe(false);
});

test('a first start that fails is told to whoever asked for it; a later one is tried again', async () => {
  const broken = supervisor.add({ name: 'ledger', start: () => Promise.reject(new Error('no disk')) });
  await expect(broken.up).rejects.toThrow('no disk');

  let attempts = 0;
  const spec = dummySpec(home, 'temporal');
  await supervisor.add({
    name: 'temporal',
    start: (spawned) => {
      attempts += 1;
      return attempts === 2 ? Promise.reject(new Error('port taken')) : spec.start(spawned);
    },
  }).up;
  process.kill(await until(() => running('temporal')), 'SIGKILL');
  await until(() => attempts === 3 && running('temporal'));
  expect(notes).toContainEqual(expect.stringContaining('temporal could not be started again: port taken'));
});

test('a process that keeps dying is reported as failing', async () => {
  await supervisor.add(dummySpec(home, 'worker')).up;
  for (let round = 0; round < 3; round += 1) {
    const pid = await until(() => running('worker'));
    process.kill(pid, 'SIGKILL');
    await until(() => running('worker') !== pid);
  }
  await until(() => supervisor.failing(3).includes('worker'));
});
