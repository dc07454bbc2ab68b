import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ServerUser } from './server-user.ts';

/** How to start one child process. */
export interface ProcessOptions {
  readonly command: string;
  readonly words: readonly string[];
  readonly cwd: string;
  /** The child's whole environment; ours when left out. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Both its outputs are appended here: they need no reader, so the child outlives us unharmed. */
  readonly logFile: string;
  /** In a process group of its own, so that Ctrl-C in the terminal does not reach it. */
  readonly detached: boolean;
  readonly user?: ServerUser | undefined;
}

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A child process that runs, or has run. */
export interface RunningProcess {
  readonly pid: number;
  /** Settles when the process has ended, however. */
  readonly exited: Promise<Exit>;
  /** How it ended, or undefined while it runs. */
  exit(): Exit | undefined;
  /** Sends the signal, after `limitMs` SIGKILL, and waits until it is gone. Safe to repeat. */
  end(signal: NodeJS.Signals, limitMs: number): Promise<void>;
}

function spawnChild(options: ProcessOptions): ChildProcess {
  mkdirSync(dirname(options.logFile), { recursive: true });
  const log = openSync(options.logFile, 'a', 0o600);
  try {
    return spawn(options.command, options.words, {
      cwd: options.cwd,
      detached: options.detached,
      stdio: ['ignore', log, log],
      ...(options.environment === undefined ? {} : { env: { ...options.environment } }),
      ...(options.user === undefined ? {} : { uid: options.user.uid, gid: options.user.gid }),
    });
  } finally {
    closeSync(log);
  }
}

/**
 * Starts a child process.
 *
 * @throws when the executable cannot be run at all.
 */
export async function startProcess(options: ProcessOptions): Promise<RunningProcess> {
  const child = spawnChild(options);
  const { pid } = child;
  if (pid === undefined) {
    throw await new Promise<Error>((resolve) => {
      child.once('error', resolve);
    });
  }
  let ended: Exit | undefined;
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => {
      ended = { code, signal };
      resolve(ended);
    });
  });
  return {
    pid,
    exited,
    exit: () => ended,
    end: async (signal, limitMs) => {
      child.kill(signal);
      const race = new AbortController();
      const late = delay(limitMs, 'late' as const, { signal: race.signal }).catch(() => 'in time' as const);
      if ((await Promise.race([exited, late])) === 'late') child.kill('SIGKILL');
      race.abort();
      await exited;
    },
  };
}

/** The last lines a process wrote to its log since `offset` (bytes), for an error message. */
export async function lastWords(logFile: string, offset: number): Promise<string> {
  const log = await readFile(logFile).catch(() => Buffer.alloc(0));
  const said = log.subarray(offset).toString('utf8').trim().split('\n').slice(-8).join('\n');
  return said === '' ? 'it said nothing' : said;
}
