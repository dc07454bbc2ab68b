import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { FaultPoint } from '../../activities/fault-points.ts';
import { checkout, nodeScript } from '../../bin/local/node-script.ts';
import { homeFolder } from './outage.ts';
import type { Stack } from './stack.ts';

const goneWithinMs = 60_000;

/** A real process of ours that kills itself (SIGKILL) at a named place. */
export interface CrashingProcess {
  /** Resolves when it is gone, with the signal or code by which; or, after a minute, with that it is still there. */
  gone: Promise<string>;
  /** Ends it if it has not ended itself. */
  stop(): Promise<void>;
}

/** Starts `bin/worker.ts` or `bin/reaper.ts` as the launcher would, with an end at that place. */
export function startCrashing(stack: Stack, name: 'worker' | 'reaper', crashAt: FaultPoint): CrashingProcess {
  const { command, words } = nodeScript(join(checkout, 'bin', `${name}.ts`));
  const home = homeFolder();
  const child = spawn(command, words, {
    cwd: checkout,
    env: {
      PATH: process.env['PATH'],
      ...stack.environment('system'),
      TENURE_HOME: home,
      TENURE_CRASH_AT: crashAt,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const gone = new Promise<string>((resolve) => {
    child.once('close', (code, signal) => {
      rmSync(home, { recursive: true, force: true });
      resolve(signal ?? `${code} ${said}`);
    });
  });
  const limit = new AbortController();
  const tooLate = delay(goneWithinMs, `still there ${goneWithinMs} ms later: ${crashAt} was not reached`, {
    signal: limit.signal,
  }).catch(() => 'ended by the test');
  return {
    gone: Promise.race([gone, tooLate]),
    async stop() {
      limit.abort();
      child.kill('SIGKILL');
      await gone;
    },
  };
}
