import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { FaultPoint } from '../../activities/fault-points.ts';
import { checkout, nodeScript } from '../../bin/local/node-script.ts';
import type { Stack } from './stack.ts';

/** A real process of ours that kills itself (SIGKILL) at a named place. */
export interface CrashingProcess {
  /** Resolves when it is gone, with the signal or code by which. */
  gone: Promise<string>;
  /** Ends it if it has not ended itself. */
  stop(): Promise<void>;
}

/** Starts `bin/worker.ts` or `bin/reaper.ts` as the launcher would, with an end at that place. */
export function startCrashing(stack: Stack, name: 'worker' | 'reaper', crashAt: FaultPoint): CrashingProcess {
  const { command, words } = nodeScript(join(checkout, 'bin', `${name}.ts`));
  const child = spawn(command, words, {
    cwd: checkout,
    env: { PATH: process.env['PATH'], ...stack.environment('system'), TENURE_CRASH_AT: crashAt },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const gone = new Promise<string>((resolve) => {
    child.once('close', (code, signal) => resolve(signal ?? `${code} ${said}`));
  });
  return {
    gone,
    async stop() {
      child.kill('SIGKILL');
      await gone;
    },
  };
}
