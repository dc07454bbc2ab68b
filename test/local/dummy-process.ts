import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ProcessName } from '../../bin/local/hold.ts';
import { startProcess } from '../../bin/local/running-process.ts';
import type { ProcessSpec } from '../../bin/local/supervisor.ts';

/** An installation's folder of a test's own, which the servers' account can enter. */
export async function temporaryHome(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tenure-home-'));
  await chmod(folder, 0o755);
  return folder;
}

/** A process that does nothing until it is asked to end. */
export function dummySpec(
  home: string,
  name: ProcessName,
  onStop: (name: ProcessName) => void = () => undefined,
): ProcessSpec {
  return {
    name,
    start: async (spawned) => {
      const child = await startProcess({
        command: 'sleep',
        words: ['600'],
        cwd: '/',
        logFile: join(home, 'logs', `${name}.log`),
        detached: true,
      });
      spawned(child.pid);
      return {
        pid: child.pid,
        exited: child.exited,
        stop: async () => {
          await child.end('SIGTERM', 2_000);
          onStop(name);
        },
        kill: () => child.end('SIGKILL', 2_000),
      };
    },
  };
}

/** Polls until the value is there; fails after ten seconds. */
export async function until<T>(
  look: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const deadline = Date.now() + 10_000;
  while (Date.now() < deadline) {
    const value = await look();
    if (value !== undefined && value !== false) return value;
    await delay(20);
  }
  throw new Error('It did not come about within ten seconds.');
}
