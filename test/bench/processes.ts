import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { checkout, nodeScript } from '../../bin/local/node-script.ts';
import { lastWords, type RunningProcess, startProcess } from '../../bin/local/running-process.ts';
import { freshFolder } from '../../bin/local/server-user.ts';
import type { Stack } from '../support/stack.ts';
import { eventually } from '../support/wait.ts';

/** Our own processes beside a stack, each as the launcher starts it. */
export interface Crew {
  /**
   * Runs a script of the checkout against the stack, with these words behind it. `environment` is added to the one of its
   * role. Resolves at once; `log` is a file that nobody else writes to.
   */
  start(wish: {
    script: string;
    words?: string[];
    role: 'application' | 'system';
    environment?: Record<string, string>;
  }): Promise<{ process: RunningProcess; log: string }>;
  /** The same, and waits until its log says so. @throws Error with what it said last. */
  startReady(wish: Parameters<Crew['start']>[0], word: string): Promise<RunningProcess>;
  /** Ends all of them. */
  stop(): Promise<void>;
}

const readyLimitMs = 60_000;

/** Makes the crew of a stack. */
export function crewOf(stack: Stack): Crew {
  const folder = freshFolder('tenure-bench-', undefined);
  const started: RunningProcess[] = [];

  const start: Crew['start'] = async ({ script, words = [], role, environment = {} }) => {
    const log = join(folder, `${started.length}.log`);
    const child = await startProcess({
      ...nodeScript(join(checkout, script), ...words),
      cwd: checkout,
      environment: {
        PATH: '/usr/local/bin:/usr/bin:/bin',
        HOME: folder,
        // Where a worker keeps the bundle of its workflows between starts, as an installation does.
        TENURE_HOME: folder,
        ...stack.environment(role),
        TENURE_LOG_LEVEL: 'info',
        ...environment,
      },
      logFile: log,
      detached: false,
    });
    started.push(child);
    return { process: child, log };
  };

  return {
    start,
    async startReady(wish, word) {
      const { process: child, log } = await start(wish);
      await eventually(
        `"${word}" of ${wish.script}`,
        async () => {
          const said = await lastWords(log, 0);
          if (child.exit()) throw new Error(`${wish.script} ended: ${said}`);
          return said.includes(word);
        },
        { timeoutMs: readyLimitMs, describe: () => lastWords(log, 0) },
      );
      return child;
    },
    async stop() {
      await Promise.all(started.map((child) => child.end('SIGTERM', 8_000)));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
