import type { WorkflowHandle } from '@temporalio/client';
import { createEngine } from '../../bin/temporal.ts';
import { type OutboxLine, markDelivered } from '../../db/outbox.ts';
import { type Engine, wakeUpOf } from '../../activities/engine.ts';
import { requestWorkflowId } from '../../workflows/contract.ts';
import { type Asking, ask, decideLine } from '../support/asking.ts';
import type { Stack } from '../support/stack.ts';
import { eventually } from '../support/wait.ts';

/** What a request needs before it is granted. */
export type Kind = 'approval' | 'automatic';

/** Plays requests from the wish to the end, as API and worker do: a row, its line, and the line told to the engine at once. */
export interface Lifecycles {
  ask(kind: Kind, wish?: Asking): Promise<string>;
  approve(requestId: string): Promise<void>;
  handle(requestId: string): WorkflowHandle;
}

const wishes: Readonly<Record<Kind, Asking>> = {
  approval: { resource: 'globex-env', stages: ['support-lead'] },
  automatic: { resource: 'initech-env' },
};

/** Makes it for a stack whose worker is a process of its own. */
export function lifecyclesOf(stack: Stack): Lifecycles {
  const engine = createEngine(stack.client, 30_000);
  return {
    async ask(kind, wish = {}) {
      const { requestId, line } = await ask(stack.ledger.db, { ...wishes[kind], ...wish });
      await tell(stack, engine, line);
      return requestId;
    },
    async approve(requestId) {
      await tell(stack, engine, await decideLine(stack.ledger.db, requestId, 'priya@northwind.example'));
    },
    handle: (requestId) => stack.client.workflow.getHandle(requestWorkflowId(requestId, 1)),
  };
}

/** What the API does with a line of its own: tells it to the engine at once. */
export async function tell(stack: Stack, engine: Engine, line: OutboxLine): Promise<void> {
  const wakeUp = wakeUpOf(line);
  if (wakeUp) await engine.wake(wakeUp);
  await markDelivered(stack.ledger.db, line.seq);
}

/** Event types of a closed workflow, sorted. */
export async function eventTypes(handle: WorkflowHandle): Promise<string[]> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).map((event) => String(event.eventType)).sort();
}

/** Waits until a workflow waits for people: its first step is done and its timer is set. */
export function untilWaiting(handle: WorkflowHandle): Promise<unknown> {
  return eventually(`${handle.workflowId} waits`, async () => {
    const { historyLength } = await handle.describe();
    return historyLength >= 6;
  });
}
