import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readHeartbeats } from '../../db/queries/readiness.ts';
import { requestWorkflowId } from '../../workflows/contract.ts';
import { ask } from '../support/asking.ts';
import { type Processes, processesOf } from '../support/outage.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { eventually } from '../support/wait.ts';

let stack: Stack;
let processes: Processes;

beforeAll(async () => {
  stack = await startStack();
  processes = processesOf(stack);
});

afterAll(async () => {
  await processes?.stop();
  await stack?.stop();
});

const run = promisify(execFile);
/** How often the workflow has read where it stands. */
async function settledOnce(workflow: WorkflowHandle): Promise<number> {
  const history = await workflow.fetchHistory().catch(() => ({ events: [] }));
  return (history.events ?? []).filter((event) => event.markerRecordedEventAttributes).length;
}

const logText = () => readFile(processes.logFile('worker'), 'utf8').catch(() => '');
const isSeen = async () => (await readHeartbeats(stack.ledger)).has('worker');

test('a worker that Temporal is not prepared for says what to run and is not seen as up until it works', {
  timeout: 120_000,
}, async () => {
  const { executable, address } = stack.temporal;
  const temporal = (...words: string[]) => run(executable, [...words, '--address', address]);
  await temporal('operator', 'namespace', 'create', '--namespace', 'elsewhere');
  const worker = await processes.start('worker', { TEMPORAL_NAMESPACE: 'elsewhere' });
  const advice = await eventually(
    'the advice',
    async () => /temporal (operator search-attribute create [^"]*)/.exec(await logText())?.[1],
    { timeoutMs: 60_000 },
  );
  expect(await isSeen()).toBe(false);
  // What it said is enough, word for word.
  await temporal(...advice.trim().split(' '));
  await eventually('a worker that works', isSeen, { timeoutMs: 60_000 });
  expect(await logText()).toContain('worker ready');
  await worker.end('SIGTERM', 10_000);
  expect(worker.exit()).toEqual({ code: 0, signal: null });
  expect(await isSeen()).toBe(false);
});

test('a worker that is asked to stop while the ledger is down stops within its limit', {
  timeout: 120_000,
}, async () => {
  const worker = await processes.start('worker');
  const { requestId } = await ask(stack.ledger.db, { resource: 'globex-env', stages: ['support-lead'] });
  const workflow = stack.client.workflow.getHandle(requestWorkflowId(requestId, 1));
  await eventually('its workflow', async () => (await settledOnce(workflow)) === 1, { timeoutMs: 60_000 });
  await stack.ledgerServer.kill();
  // Woken now, the workflow asks the ledger again and again.
  await workflow.signal('approve', 'x');
  await delay(1_000);
  const since = performance.now();
  await worker.end('SIGTERM', 30_000);
  expect(worker.exit()).toEqual({ code: 0, signal: null });
  expect(performance.now() - since).toBeLessThan(15_000);
  await stack.ledgerServer.start();
});
