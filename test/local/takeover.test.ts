import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AlreadyRunningError, lockHome, unlockHome } from '../../bin/local/lock.ts';
import { nodeScript } from '../../bin/local/node-script.ts';
import { endLeftovers, recordedProcess, recordProcess } from '../../bin/local/process-record.ts';
import { identityOf, isAlive } from '../../bin/local/processes.ts';
import { temporaryHome, until } from './dummy-process.ts';

let home: string;
let run: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  home = await temporaryHome();
  run = join(home, 'run');
  mkdirSync(run);
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await endLeftovers(run);
  await rm(home, { recursive: true, force: true });
});

function bystander(): number {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' });
  children.push(child);
  return child.pid ?? 0;
}

/** A launcher of its own process that supervises dummies. */
function launcherLike(): ChildProcess {
  const script = nodeScript(fileURLToPath(new URL('launcher-like.ts', import.meta.url)), home);
  const child = spawn(script.command, script.words, { stdio: 'ignore' });
  children.push(child);
  return child;
}

const names = ['ledger', 'temporal', 'worker', 'api'] as const;

test('what a launcher left when it was killed lives on and is ended by the next one', async () => {
  const first = launcherLike();
  const pids = await Promise.all(names.map((name) => until(() => recordedProcess(run, name))));
  await expect(lockHome(run)).rejects.toThrow(AlreadyRunningError);

  first.kill('SIGKILL');
  await until(() => !isAlive(first.pid ?? 0));
  expect(pids.every(isAlive)).toBe(true);

  await lockHome(run);
  const ended = await endLeftovers(run);
  expect(ended.toSorted()).toEqual(names.toSorted());
  expect(pids.some(isAlive)).toBe(false);
  expect(recordedProcess(run, 'launcher')).toBe(process.pid);
  unlockHome(run);
  expect(await readdir(run)).toEqual([]);
});

test('a process that got the id of a dead one is never ended', async () => {
  const pid = bystander();
  // As a crash leaves it: the id is on file, but it is another process's today.
  writeFileSync(join(run, 'worker.pid'), `${pid}\n`);
  writeFileSync(join(run, 'worker.identity'), `${pid} another-boot:12345\n`);
  // A file without what tells processes apart says nothing either.
  writeFileSync(join(run, 'api.pid'), `${pid}\n`);
  writeFileSync(join(run, 'ledger.identity'), 'garbage');
  writeFileSync(join(run, 'temporal.identity'), `1 ${identityOf(1) ?? ''}\n`);
  // It was killed while it wrote.
  writeFileSync(join(run, 'api.pid.3349'), `${pid}\n`);
  expect(await endLeftovers(run)).toEqual([]);
  expect(isAlive(pid)).toBe(true);
  expect(await readdir(run)).toEqual([]);
});

test('a claim whose id belongs to another process today does not keep the installation locked', async () => {
  writeFileSync(join(run, 'launcher.pid'), `${bystander()}\n`);
  writeFileSync(join(run, 'launcher.identity'), `${bystander()} another-boot:12345\n`);
  await lockHome(run);
  expect(recordedProcess(run, 'launcher')).toBe(process.pid);
});

test('a process that ignores being asked is ended all the same', async () => {
  const child = spawn('/bin/sh', ['-c', 'trap "" TERM; while :; do sleep 0.1; done'], { stdio: 'ignore' });
  children.push(child);
  recordProcess(run, 'reaper', child.pid ?? 0);
  await endLeftovers(run, 200);
  expect(isAlive(child.pid ?? 0)).toBe(false);
});
