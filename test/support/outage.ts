import { mkdirSync, symlinkSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Attempt, Connector, Target } from '../../activities/connectors/connector.ts';
import { ConnectorError } from '../../activities/connectors/errors.ts';
import { checkout, nodeScript } from '../../bin/local/node-script.ts';
import { type RunningProcess, startProcess } from '../../bin/local/running-process.ts';
import { freshFolder } from '../../bin/local/server-user.ts';
import type { Change } from '../../domain/plan.ts';
import { templatesFolder } from './extent.ts';
import type { Stack } from './stack.ts';

export type ProcessName = 'worker' | 'reaper' | 'api';

/** Our own parts as real processes, which can be killed. */
export interface Processes {
  /** Starts it, with more in its environment than the stack gives it; a second time starts another one. */
  start(name: ProcessName, more?: Record<string, string>): Promise<RunningProcess>;
  /** Where that process writes. */
  logFile(name: ProcessName): string;
  /** Ends all that were started and removes their logs. */
  stop(): Promise<void>;
}

/** Runs bin/worker.ts, bin/reaper.ts and bin/api.ts against a stack's servers, or whatever the environment leads to. */
export function processesOf({ environment }: Pick<Stack, 'environment'>): Processes {
  const folder = homeFolder();
  const started: RunningProcess[] = [];
  const logFile = (name: string) => join(folder, `${name}.log`);
  return {
    logFile,
    async start(name, more = {}) {
      const process = await startProcess({
        ...nodeScript(join(checkout, 'bin', `${name}.ts`)),
        cwd: checkout,
        environment: {
          PATH: '/usr/local/bin:/usr/bin:/bin',
          HOME: folder,
          ...environment(name === 'api' ? 'application' : 'system'),
          TENURE_LOG_LEVEL: 'info',
          ...(name === 'worker' ? { TENURE_HOME: folder } : {}),
          ...more,
        },
        logFile: logFile(name),
        detached: false,
      });
      started.push(process);
      return process;
    },
    async stop() {
      await Promise.all(started.map((process) => process.end('SIGTERM', 8_000)));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * A folder of a test's own as the home of its workers. In a run of many tests they find the workflows' code there: to make
 * it takes each of them seconds of the processor.
 */
export function homeFolder(): string {
  const folder = freshFolder('tenure-processes-', undefined);
  if (templatesFolder === undefined) return folder;
  const shared = join(templatesFolder, 'workflows');
  mkdirSync(shared, { recursive: true, mode: 0o755 });
  symlinkSync(shared, join(folder, 'cache'));
  return folder;
}

/** What happens to a change on its way: nothing, an answer that gets lost, an answer that never comes. */
export type Mishap = 'none' | 'lost-before' | 'lost-after' | 'hang-before' | 'hang-after';

/** A connector whose replies are lost when the test says so. */
export interface Unreliable {
  connectors: ReadonlyMap<string, Connector>;
  /** How often each kind of change has really been carried out. */
  effects: { kind: Change['kind']; account: string }[];
}

/**
 * Wraps the stack's connectors. `mishap` is asked for every change, and while one hangs: it hangs until the activity is
 * cancelled, as it is when it has been taken away from this worker, or until the mishap is over.
 */
export function unreliable(stack: Stack, mishap: (change: Change) => Mishap): Unreliable {
  const effects: Unreliable['effects'] = [];
  const wrap = (real: Connector): Connector => ({
    ...real,
    async apply(target: Target, change: Change, attempt: Attempt) {
      const what = mishap(change);
      if (what === 'lost-before') throw new ConnectorError('target-unreachable');
      const isOver = () => attempt.signal.aborted || mishap(change) !== what;
      if (what === 'hang-before') await hang(isOver);
      await real.apply(target, change, attempt);
      effects.push({ kind: change.kind, account: change.holding.account });
      if (what === 'lost-after') throw new ConnectorError('target-unreachable');
      if (what === 'hang-after') await hang(isOver);
    },
  });
  const connectors = new Map([...stack.deps.connectors].map(([kind, real]) => [kind, wrap(real)]));
  return { connectors, effects };
}

async function hang(isOver: () => boolean): Promise<never> {
  while (!isOver()) await delay(20);
  throw new ConnectorError('target-unreachable');
}
