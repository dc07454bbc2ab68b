import { execFile } from 'node:child_process';
import type { Answer } from '../../bin/local/run-for.ts';
import { requestWorkflowId, taskQueues } from '../../workflows/contract.ts';
import type { Stack } from './stack.ts';
import { eventually } from './wait.ts';

/** Somebody with Temporal's own command and the address of our server, and nothing else. */
export interface Operator {
  /** Runs `temporal <words>` against the stack's server. */
  try(...words: string[]): Promise<Answer>;
  /** The same, for what Temporal is expected to allow. @throws Error with what the command said. */
  do(...words: string[]): Promise<Answer>;
  /** Tries to start a workflow of any type under any id on any queue. `input` is JSON, or left out. */
  start(wish: { type: string; id: string; queue?: string; input?: string }): Promise<Answer>;
  /** Starts an activity of its own, which no workflow asked for. */
  startActivity(wish: { type: string; id: string; queue?: string; input?: string }): Promise<Answer>;
  /** Waits until the standalone activity is over; its status, e.g. `Completed`. */
  activityOutcome(id: string): Promise<Answer>;
  /** Waits until the run of a request has a pending activity of the type; its id. */
  pendingActivity(requestId: string, type: string, run?: number): Promise<string>;
}

const limitMs = 30_000;

/** Makes an operator of a stack's Temporal server. */
export function operatorOf(stack: Stack): Operator {
  const { executable, address } = stack.temporal;
  const run = (...words: string[]) =>
    command(executable, [...words, '--address', address, '--namespace', 'default', '--color', 'never']);
  const mustRun = async (...words: string[]) => {
    const answer = await run(...words);
    if (answer.code !== 0) throw new Error(`temporal ${words.join(' ')}: ${answer.stderr}`);
    return answer;
  };
  const inputOf = (input: string | undefined) => (input === undefined ? [] : ['--input', input]);
  return {
    try: run,
    do: mustRun,
    start({ type, id, queue = taskQueues.main, input }) {
      const about = ['--type', type, '--task-queue', queue, '--workflow-id', id];
      return run('workflow', 'start', ...about, ...inputOf(input));
    },
    startActivity({ type, id, queue = taskQueues.main, input }) {
      const about = ['--type', type, '--activity-id', id, '--task-queue', queue];
      const limits = ['--start-to-close-timeout', '20s', '--retry-maximum-attempts', '1'];
      return mustRun('activity', 'start', ...about, ...limits, ...inputOf(input));
    },
    activityOutcome: (id) => run('activity', 'result', '--activity-id', id),
    pendingActivity: (requestId, type, number = 1) =>
      eventually(`a pending ${type}`, async () => {
        const handle = stack.client.workflow.getHandle(requestWorkflowId(requestId, number));
        const described = await handle.describe().catch(() => null);
        const pending = described?.raw.pendingActivities ?? [];
        return pending.find((activity) => activity.activityType?.name === type)?.activityId;
      }),
  };
}

/** Runs it to its end, and says yes to whatever it asks. */
function command(executable: string, words: readonly string[]): Promise<Answer> {
  return new Promise((resolve) => {
    const child = execFile(executable, words, { timeout: limitMs }, (error, stdout, stderr) => {
      resolve({ code: error ? (child.exitCode ?? 124) : 0, stdout, stderr });
    });
    child.stdin?.on('error', () => undefined);
    child.stdin?.end('y\n');
  });
}
