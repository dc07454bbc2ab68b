import { WorkflowNotFoundError } from '@temporalio/client';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CustomerSituation } from '../../workflows/activities.ts';
import { workflowId } from '../../workflows/contract.ts';
import { enqueue } from '../../db/outbox.ts';
import { newId } from '../../domain/ids.ts';
import { rounds } from '../support/extent.ts';
import { prospect, repairProcesses, startProcess, tellProcess } from '../support/processes.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { deliverNow, keepRelaying } from '../support/story.ts';
import { eventually } from '../support/wait.ts';

/** The mechanics of a customer's workflow: the steps are a test's own, and write down how they were taken. */
let stack: Stack;
let stopRelaying: () => Promise<void>;
/** By organization: events that wait, and those that were taken, in their order. */
const waiting = new Map<string, string[]>();
const taken = new Map<string, string[]>();
let slowMs = 0;
let steps = 0;

beforeAll(async () => {
  stack = await startStack();
  await stack.startWorkers({ parts: { customerStep: (_, organizationId) => step(organizationId) } });
  stopRelaying = keepRelaying(stack);
});

afterAll(async () => {
  await stopRelaying?.();
  await stack?.stop();
});

const db = () => stack.ledger.db;

async function step(organizationId: string): Promise<CustomerSituation> {
  if (slowMs > 0) await new Promise((resolve) => setTimeout(resolve, slowMs));
  const event = waiting.get(organizationId)?.shift();
  if (event === undefined) return { phase: 'idle', wakeAt: null };
  taken.set(organizationId, [...(taken.get(organizationId) ?? []), event]);
  // As the real step does: facts that were folded are open no more.
  await db().execute(
    sql`update contract set refold = false, wake_at = null where organization_id = ${organizationId}`,
  );
  const wakeAt = new Date((steps += 1)).toISOString();
  return event.startsWith('proc_')
    ? { phase: 'start', processId: event, kind: 'role-change', wakeAt }
    : { phase: 'idle', wakeAt };
}

async function aCustomer(): Promise<string> {
  const { organizationId } = await prospect(db(), { name: 'Umbra', people: [] });
  return organizationId;
}

/** An event becomes known: a fact, and a line that wakes the workflow. */
async function say(organizationId: string, ...events: string[]): Promise<void> {
  waiting.set(organizationId, [...(waiting.get(organizationId) ?? []), ...events]);
  await db().transaction(async (tx) => {
    await tx.execute(
      sql`update contract set refold = true, wake_at = tenure_now() where organization_id = ${organizationId}`,
    );
    const message = { signal: 'nudge', id: organizationId, organization: organizationId, run: 1 } as const;
    await enqueue(tx, { kind: 'engine', subjectId: organizationId, message, traceparent: null });
  });
}

function handle(organizationId: string, run = 1) {
  return stack.client.workflow.getHandle(workflowId('customer', organizationId, run));
}

function takenAre(organizationId: string, events: string[]): Promise<boolean> {
  return eventually('the events', async () => (taken.get(organizationId) ?? []).length >= events.length, {
    timeoutMs: 60_000,
  }).then(() => {
    expect(taken.get(organizationId)).toEqual(events);
    return true;
  });
}

describe("a customer's workflow", () => {
  it('takes a flood of events one at a time, in their order, each once, through several histories', async () => {
    const organizationId = await aCustomer();
    const events = Array.from({ length: rounds(180, 450) }, (_, index) => `event ${index}`);
    for (let from = 0; from < events.length; from += 45)
      await say(organizationId, ...events.slice(from, from + 45));
    for (let count = 0; count < 100; count += 1)
      await handle(organizationId)
        .signal('nudge', organizationId)
        .catch(() => undefined);
    await takenAre(organizationId, events);
    const described = await handle(organizationId).describe();
    expect(described.status.name).toBe('RUNNING');
    expect(described.raw.workflowExecutionInfo?.firstRunId).not.toBe(described.runId);
    // It is still the first run of ours, and listens.
    await say(organizationId, 'one more');
    await takenAre(organizationId, [...events, 'one more']);
  });

  it('loses no event that comes while its history is being left behind', async () => {
    const organizationId = await aCustomer();
    slowMs = 2;
    const events = Array.from({ length: rounds(120, 230) }, (_, index) => `event ${index}`);
    for (const event of events) await say(organizationId, event);
    await takenAre(organizationId, events);
    slowMs = 0;
  });

  it('has each story told by a workflow of its own, which goes on when the customer is cancelled or terminated', async () => {
    const organizationId = await aCustomer();
    const dueAt = new Date(Date.now() + 3_600_000);
    // The relay tells of a process as well: whoever comes second finds it started.
    const processId = await startProcess(db(), { kind: 'role-change', organizationId, dueAt });
    await say(organizationId, processId);
    await takenAre(organizationId, [processId]);
    const child = stack.client.workflow.getHandle(workflowId('role-change', processId, 1));
    await eventually('the story', () => child.describe().catch(() => null));
    await handle(organizationId).cancel();
    await eventually(
      'the end',
      async () => (await handle(organizationId).describe()).status.name === 'CANCELLED',
    );
    expect((await child.describe()).status.name).toBe('RUNNING');
    await say(organizationId, 'after the cancellation');
    await takenAre(organizationId, [processId, 'after the cancellation']);
    await handle(organizationId, 2).terminate();
    await say(organizationId, 'after the end');
    await takenAre(organizationId, [processId, 'after the cancellation', 'after the end']);
    expect((await child.describe()).status.name).toBe('RUNNING');
    expect(await tellProcess(db(), processId)).toMatchObject({ state: 'waiting' });
  });

  it('is brought back by the repair when it is gone and something waits, and only then', async () => {
    const organizationId = await aCustomer();
    await say(organizationId, 'first');
    await takenAre(organizationId, ['first']);
    await handle(organizationId).terminate();
    await repairProcesses(stack);
    await expect(handle(organizationId, 2).describe()).rejects.toThrow(WorkflowNotFoundError);
    // The fact alone: its line was lost.
    waiting.set(organizationId, ['second']);
    await db().execute(
      sql`update contract set refold = true, wake_at = tenure_now() where organization_id = ${organizationId}`,
    );
    await repairProcesses(stack);
    await takenAre(organizationId, ['first', 'second']);
    await handle(organizationId, 2).terminate();
    waiting.set(organizationId, ['third']);
    await db().execute(
      sql`update contract set wake_at = tenure_now() - interval '1 second' where organization_id = ${organizationId}`,
    );
    await repairProcesses(stack);
    await takenAre(organizationId, ['first', 'second', 'third']);
  });

  it('does nothing under an id that is not its own, or for what is no organization', async () => {
    const organizationId = await aCustomer();
    waiting.set(organizationId, ['forged']);
    const { start } = stack.client.workflow;
    const forged = await Promise.all(
      [
        ['elsewhere', organizationId],
        [workflowId('customer', newId('org'), 1), organizationId],
        [workflowId('customer', 'nobody', 1), 'nobody'],
      ].map(([id = '', argument]) =>
        start.call(stack.client.workflow, 'customer', {
          workflowId: id,
          taskQueue: 'tenure',
          args: [argument],
          workflowExecutionTimeout: '3s',
        }),
      ),
    );
    await Promise.allSettled(forged.map((one) => one.result()));
    expect(taken.get(organizationId)).toBeUndefined();
  });
});

it('lines for what does not exist are delivered to nobody', async () => {
  const nobody = newId('org');
  await enqueue(db(), {
    kind: 'engine',
    subjectId: nobody,
    message: { signal: 'nudge', id: nobody, organization: nobody, run: 1 },
    traceparent: null,
  });
  await deliverNow(stack);
  await expect(handle(nobody).describe()).rejects.toThrow();
});
