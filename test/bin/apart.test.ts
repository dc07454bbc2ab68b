import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAlive } from '../../bin/local/processes.ts';
import { checkout } from '../../bin/local/node-script.ts';

// What runs on servers of its own ends with all of them, whether it comes to its end or not.

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenure-apart-'));
  await chmod(folder, 0o755);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Run {
  child: ChildProcess;
  ended: Promise<{ code: number | null; lines: string[]; errors: string }>;
}

function run(script: string, words: string[]): Run {
  const { PATH } = process.env;
  const child = spawn(process.execPath, [join(checkout, 'bin', script), ...words], {
    env: { PATH, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let errors = '';
  child.stdout.on('data', (data: Buffer) => void (out += data.toString()));
  child.stderr.on('data', (data: Buffer) => void (errors += data.toString()));
  const ended = new Promise<Awaited<Run['ended']>>((resolve) => {
    child.once('close', (code) => resolve({ code, lines: out.trimEnd().split('\n'), errors }));
  });
  return { child, ended };
}

/** Every process that was started with our folder as its place for temporary files, or works in it. */
function itsProcesses(): number[] {
  const read = (pid: string, file: string): string => {
    try {
      return readFileSync(`/proc/${pid}/${file}`, 'utf8');
    } catch {
      return '';
    }
  };
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && isAlive(Number(pid)))
    .filter((pid) => read(pid, 'cmdline').includes(folder) || read(pid, 'environ').includes(folder))
    .map(Number);
}

async function hasServer(): Promise<boolean> {
  const below = await readdir(folder, { recursive: true }).catch(() => []);
  return below.some((path) => path.endsWith('postmaster.pid'));
}

describe.skipIf(process.platform !== 'linux')('interrupted (seen through /proc)', () => {
  it.each([
    ['bench.mjs', ['audit-vs-insert'], 'SIGINT', 130],
    ['bench.mjs', ['lifecycle-vs-shape'], 'SIGTERM', 143],
    ['demo.mjs', [], 'SIGINT', 130],
    ['drill.mjs', ['test/db/row-security.test.ts'], 'SIGINT', 130],
  ] as const)(
    '%s %s ends on %s with its servers, and leaves no process and no folder',
    async (script, words, signal, code) => {
      const { child, ended } = run(script, [...words]);
      await expect.poll(hasServer, { timeout: 60_000, interval: 50 }).toBe(true);
      expect(itsProcesses().length).toBeGreaterThan(2);
      child.kill(signal);
      expect((await ended).code).toBe(code);
      expect(itsProcesses()).toEqual([]);
      expect(await readdir(folder)).toEqual([]);
    },
    120_000,
  );
});

it('counts skipped tests on a line of their own, and ends with the two numbers', async () => {
  const { lines, code } = await run('test.mjs', ['test/domain/period.test.ts', '-t', 'sum of their parts'])
    .ended;
  expect(code).toBe(0);
  expect(lines.at(-2)).toMatch(/^\d+ skipped$/);
  expect(lines.at(-1)).toMatch(/^\d+ passed, 0 failed$/);
  expect(await readdir(folder)).toEqual([]);
});

it('counts a file that cannot be loaded, or none at all, as a failure', async () => {
  const { lines, code } = await run('test.mjs', ['test/no-such-file.test.ts']).ended;
  expect(code).toBe(1);
  expect(lines.at(-1)).toBe('0 passed, 1 failed');
});
