import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { workflowId } from '../../workflows/contract.ts';
import { confirmWelcomeOf, hear, someUsers, unheardOf } from '../support/processes.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { keepRelaying } from '../support/story.ts';
import { eventually } from '../support/wait.ts';

let stack: Stack;
let stopRelaying: () => Promise<void>;

beforeAll(async () => {
  stack = await startStack();
  await stack.startWorkers();
  stopRelaying = keepRelaying(stack);
});

afterAll(async () => {
  await stopRelaying?.();
  await stack?.stop();
});

const db = () => stack.ledger.db;

function handleOf(story: 'customer' | 'onboarding', subjectId: string) {
  return stack.client.workflow.getHandle(workflowId(story, subjectId, 1));
}

/** The kinds of the events of a story's first run, by Temporal's numbers. */
async function eventsOf(...of: Parameters<typeof handleOf>): Promise<string[]> {
  const { events } = await handleOf(...of).fetchHistory();
  return (events ?? []).map((event) => String(event.eventType));
}

/** Has taken notice of the end of the story that it began, or that somebody else had begun it (30), and waits. */
function isAtRest(events: readonly string[]): boolean {
  const isTold = events.includes('32') || events.includes('30');
  return isTold && !['5', '6'].includes(events.at(-1) ?? '');
}

describe('a customer from its contract to the confirmation of its first user', () => {
  it('costs Temporal at most 36 events for the onboarding and 17 for the customer', async () => {
    const organizationId = await unheardOf(db());
    const people = someUsers(1, 'counted.example');
    const occurredAt = new Date(Date.now() - 1_000).toISOString();
    await hear(db(), organizationId, { occurredAt, status: 'active', tier: 'professional', people });
    const processId = await eventually('its onboarding', async () => {
      const rows = await db().execute<{ id: string }>(
        sql`select id from process where organization_id = ${organizationId} and state = 'confirming'`,
      );
      return rows[0]?.id;
    });
    await confirmWelcomeOf(db(), processId, people[0]?.email ?? '');
    await handleOf('onboarding', processId).result();
    await eventually('the customer at rest', async () =>
      isAtRest(await eventsOf('customer', organizationId)),
    );
    expect((await eventsOf('onboarding', processId)).length).toBeLessThanOrEqual(36);
    expect((await eventsOf('customer', organizationId)).length).toBeLessThanOrEqual(17);
  });
});
