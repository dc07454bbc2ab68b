import { afterAll, beforeAll, describe, it } from 'vitest';
import { ConnectorError } from '../../activities/connectors/errors.ts';
import type { FaultPoint } from '../../activities/fault-points.ts';
import { requestWorkflowId } from '../../workflows/contract.ts';
import { ask, decide } from '../support/asking.ts';
import { recordingReason } from '../support/extent.ts';
import { readHistory } from '../support/history.ts';
import { startSkippingStack } from '../support/skipping-stack.ts';
import { type Stack, startStack } from '../support/stack.ts';
import {
  askExtension,
  becomes,
  closedStatus,
  deliverNow,
  keepRelaying,
  orderEnding,
} from '../support/story.ts';
import { eventually } from '../support/wait.ts';
import { type Path, record } from './histories.ts';

// Plays every notable path once and writes down what Temporal has recorded of it. Runs only when it is asked to, with
// a reason: what is recorded anew proves nothing about workflows that are under way.
describe.skipIf(recordingReason === null)('recording', () => {
  let stack: Stack;
  let stopRelaying: () => Promise<void>;
  let failing: FaultPoint | null = null;

  beforeAll(async () => {
    stack = await startStack();
    await stack.startWorkers({
      reach: async (point) => {
        if (point === failing) throw new ConnectorError('target-refused');
      },
    });
    stopRelaying = keepRelaying(stack);
  });

  afterAll(async () => {
    await stopRelaying?.();
    await stack?.stop();
  });

  const db = () => stack.ledger.db;
  const globex = { resource: 'globex-env', stages: ['support-lead'] };

  async function keep(path: Path, requestId: string): Promise<void> {
    await closedStatus(stack.client, requestId);
    record(path, await readHistory(stack.client, requestId));
  }

  async function waiting(): Promise<string> {
    const { requestId } = await ask(db(), { ...globex, period: 'PT2S' });
    const described = () => stack.client.workflow.getHandle(requestWorkflowId(requestId, 1)).describe();
    // Its first task is done: it waits for a signal now.
    await eventually('the workflow', () =>
      described().then(
        (known) => known.historyLength > 4,
        () => false,
      ),
    );
    return requestId;
  }

  async function held(period = 'PT20M'): Promise<string> {
    const { requestId } = await ask(db(), { period });
    await becomes(db(), requestId, 'granted', 'held');
    return requestId;
  }

  it('approved', async () => {
    const requestId = await waiting();
    await decide(db(), requestId, 'priya@northwind.example');
    await keep('approved', requestId);
  });

  it('automatic', async () => keep('automatic', await held('PT2S')));

  it('denied', async () => {
    const requestId = await waiting();
    await decide(db(), requestId, 'priya@northwind.example', 'deny');
    await keep('denied', requestId);
  });

  it('lapsed', async () => {
    const skipping = await startSkippingStack();
    try {
      const { requestId } = await ask(skipping.ledger.db, globex);
      await deliverNow(skipping);
      await skipping.finished(requestId);
      record('lapsed', await readHistory(skipping.env.client, requestId));
    } finally {
      await skipping.stop();
    }
  });

  it.each(['revocation', 'return'] as const)('%s', async (kind) => {
    const requestId = await held();
    await orderEnding(db(), requestId, kind);
    await keep(kind === 'return' ? 'returned' : 'revoked', requestId);
  });

  it('extended', async () => {
    const requestId = await held('PT4S');
    const extensionId = await askExtension(db(), requestId, 'PT2S', true);
    await decide(db(), extensionId, 'marek@northwind.example');
    await keep('extension', extensionId);
    await keep('extended', requestId);
  });

  it('later start', async () => {
    const { requestId } = await ask(db(), { period: 'PT1S', startsAt: new Date(Date.now() + 4_000) });
    await keep('later-start', requestId);
  });

  it('cancelled while waiting', async () => {
    const requestId = await waiting();
    await orderEnding(db(), requestId, 'cancellation');
    await keep('cancelled-while-waiting', requestId);
  });

  it.each(['waiting', 'held'] as const)('cancelled in Temporal while %s', async (state) => {
    const requestId = state === 'held' ? await held() : await waiting();
    await stack.client.workflow.getHandle(requestWorkflowId(requestId, 1)).cancel();
    await keep(`engine-cancelled-while-${state}`, requestId);
  });

  it('an extension that is cancelled in Temporal', async () => {
    const requestId = await held();
    const extensionId = await askExtension(db(), requestId, 'PT20M', true);
    const described = () => stack.client.workflow.getHandle(requestWorkflowId(extensionId, 1)).describe();
    await eventually('the workflow', () =>
      described().then(
        (known) => known.historyLength > 4,
        () => false,
      ),
    );
    await stack.client.workflow.getHandle(requestWorkflowId(extensionId, 1)).cancel();
    await keep('engine-cancelled-extension', extensionId);
    await orderEnding(db(), requestId, 'return');
    await closedStatus(stack.client, requestId);
  });

  it('failed and rolled back', async () => {
    failing = 'provision.before-outcome';
    try {
      const { requestId } = await ask(db());
      await becomes(db(), requestId, 'failed', 'failed');
      await keep('failed-rolled-back', requestId);
    } finally {
      failing = null;
    }
  });
});
