import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, it } from 'vitest';
import { ConnectorError } from '../../activities/connectors/errors.ts';
import { moveProcess, nudgeProcess } from '../../db/queries/process.ts';
import { releaseFence } from '../../db/queries/fence-decision.ts';
import { type Story, workflowId } from '../../workflows/contract.ts';
import { recordingReason } from '../support/extent.ts';
import { readHistory } from '../support/history.ts';
import {
  confirmWelcomeOf,
  hear,
  processBecomes,
  prospect,
  repairProcesses,
  someUsers,
  startProcess,
  unheardOf,
} from '../support/processes.ts';
import { startSkippingStack } from '../support/skipping-stack.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { deliverNow, keepRelaying } from '../support/story.ts';
import { eventually } from '../support/wait.ts';
import { type Path, record } from './histories.ts';

// The same for the stories of processes and customers; see record.test.ts.
describe.skipIf(recordingReason === null)('recording processes', () => {
  let stack: Stack;
  let stopRelaying: () => Promise<void>;

  beforeAll(async () => {
    stack = await startStack();
    await stack.startWorkers();
    stopRelaying = keepRelaying(stack);
  });

  afterEach(() => {
    stack.application.before = async () => undefined;
  });

  afterAll(async () => {
    await stopRelaying?.();
    await stack?.stop();
  });

  const db = () => stack.ledger.db;

  /** Waits for the end of a story's first run and keeps its history. */
  async function keep(path: Path, subjectId: string, story: Story): Promise<void> {
    const handle = stack.client.workflow.getHandle(workflowId(story, subjectId, 1));
    await eventually('its end', async () => {
      // Not there yet is not closed.
      const described = await handle.describe().catch(() => null);
      return described !== null && described.status.name !== 'RUNNING';
    });
    record(path, await readHistory(stack.client, subjectId, { story }));
  }

  async function newCustomer(count: number) {
    return prospect(db(), { name: 'Umbra', people: someUsers(count, `u${Math.random()}.example`) });
  }

  async function customer(count: number): Promise<string> {
    const { organizationId, wish } = await newCustomer(count);
    const silent = { ...wish, welcome: false };
    await processBecomes(
      db(),
      await startProcess(db(), { kind: 'onboarding', organizationId, wish: silent }),
      'done',
    );
    return organizationId;
  }

  function isThere(story: Story, subjectId: string): Promise<unknown> {
    const handle = stack.client.workflow.getHandle(workflowId(story, subjectId, 1));
    // Its first task is done: it waits now.
    return eventually('the workflow', () =>
      handle.describe().then(
        (known) => known.historyLength > 4,
        () => false,
      ),
    );
  }

  const inAnHour = () => new Date(Date.now() + 3_600_000);

  it('onboarding', async () => {
    const people = someUsers(2, 'umbra.example');
    const { organizationId, wish } = await prospect(db(), { name: 'Umbra', people });
    const processId = await startProcess(db(), { kind: 'onboarding', organizationId, wish });
    await processBecomes(db(), processId, 'confirming');
    for (const { email } of people) await confirmWelcomeOf(db(), processId, email);
    await keep('onboarding', processId, 'onboarding');
  });

  it('onboarding, reminded', async () => {
    const skipping = await startSkippingStack();
    try {
      const people = someUsers(1, 'umbra.example');
      const known = await prospect(skipping.ledger.db, { name: 'Umbra', people });
      const processId = await startProcess(skipping.ledger.db, { kind: 'onboarding', ...known });
      await deliverNow(skipping);
      await skipping.finished(processId, 'onboarding');
      record(
        'onboarding-reminded',
        await readHistory(skipping.env.client, processId, { story: 'onboarding' }),
      );

      const organizationId = await unheardOf(skipping.ledger.db);
      const occurredAt = new Date(await skipping.now()).toISOString();
      await hear(skipping.ledger.db, organizationId, { occurredAt, status: 'pending' });
      await deliverNow(skipping);
      await skipping.finished(organizationId, 'customer');
      record('customer-quiet', await readHistory(skipping.env.client, organizationId, { story: 'customer' }));
    } finally {
      await skipping.stop();
    }
  });

  it('onboarding, undone', async () => {
    const { organizationId, wish } = await newCustomer(2);
    stack.application.before = async (change) => {
      if (change.kind === 'add') throw new ConnectorError('target-refused');
    };
    const processId = await startProcess(db(), { kind: 'onboarding', organizationId, wish });
    await keep('onboarding-undone', processId, 'onboarding');
  });

  it('onboarding, cancelled in Temporal while it is under way', async () => {
    const { organizationId, wish } = await newCustomer(2);
    let arrive: () => void = () => undefined;
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    stack.application.before = async (_, { signal }) => {
      arrive();
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    };
    const processId = await startProcess(db(), { kind: 'onboarding', organizationId, wish });
    await arrived;
    await stack.client.workflow.getHandle(workflowId('onboarding', processId, 1)).cancel();
    stack.application.before = async () => undefined;
    await keep('onboarding-engine-cancelled', processId, 'onboarding');
  });

  it('role change', async () => {
    const organizationId = await customer(2);
    const processId = await startProcess(db(), {
      kind: 'role-change',
      organizationId,
      wish: { what: 'contract' },
    });
    await keep('role-change', processId, 'role-change');
  });

  it('role change, fenced', async () => {
    const organizationId = await customer(8);
    await db().execute(
      sql`update membership set given_roles = '{customer-administrator}' where organization_id = ${organizationId}`,
    );
    const wish = { what: 'roles' } as const;
    const cause = 'configuration';
    const processId = await startProcess(db(), { kind: 'role-change', organizationId, cause, wish });
    await processBecomes(db(), processId, 'fenced');
    const [item] = await db().execute<{ fence: string; sita: string }>(sql`
      select i.fence_id as fence, p.id as sita from fence_item i, person p
      where i.process_id = ${processId} and p.email = 'sita@northwind.example'`);
    const by = { kind: 'person', id: item?.sita ?? '', name: null } as const;
    await db().transaction((tx) =>
      releaseFence(tx, { fenceId: item?.fence ?? '', by, comment: null, traceparent: null }),
    );
    await keep('role-change-fenced', processId, 'role-change');
  });

  it('role change, cancelled in Temporal', async () => {
    const organizationId = await customer(1);
    const dueAt = inAnHour();
    const processId = await startProcess(db(), { kind: 'role-change', organizationId, dueAt });
    await isThere('role-change', processId);
    await stack.client.workflow.getHandle(workflowId('role-change', processId, 1)).cancel();
    await keep('role-change-engine-cancelled', processId, 'role-change');
  });

  it('offboarding', async () => {
    const organizationId = await customer(2);
    const dueAt = new Date(Date.now() + 2_000);
    const wish = { why: 'churn' } as const;
    const processId = await startProcess(db(), { kind: 'offboarding', organizationId, dueAt, wish });
    await keep('offboarding', processId, 'offboarding');
  });

  it('offboarding, discarded', async () => {
    const organizationId = await customer(1);
    const wish = { why: 'churn' } as const;
    const processId = await startProcess(db(), {
      kind: 'offboarding',
      organizationId,
      dueAt: inAnHour(),
      wish,
    });
    await isThere('offboarding', processId);
    await db().transaction(async (tx) => {
      await moveProcess(tx, processId, ['waiting'], 'discarded');
      await nudgeProcess(tx, processId, 'discard', null);
    });
    await keep('offboarding-discarded', processId, 'offboarding');
  });

  it('a customer by its events', async () => {
    const organizationId = await unheardOf(db());
    const occurredAt = new Date(Date.now() - 60_000).toISOString();
    const people = someUsers(1, 'events.example');
    await hear(db(), organizationId, { occurredAt, status: 'active', tier: 'professional', people });
    await eventually('its onboarding', async () => {
      const rows = await db().execute(
        sql`select 1 from process where organization_id = ${organizationId} and state = 'confirming'`,
      );
      return rows.length > 0;
    });
    await hear(db(), organizationId, {
      occurredAt: new Date().toISOString(),
      status: 'past_due',
      payment: 'failed',
    });
    await eventually('its notice', async () => {
      const rows = await db().execute(
        sql`select 1 from contract where organization_id = ${organizationId} and dunning_state = 'notice'`,
      );
      return rows.length > 0;
    });
    await stack.client.workflow.getHandle(workflowId('customer', organizationId, 1)).cancel();
    await keep('customer', organizationId, 'customer');
    await repairProcesses(stack);
  });

  it('a customer whose history became long', async () => {
    const organizationId = await unheardOf(db());
    const occurredAt = new Date().toISOString();
    await hear(db(), organizationId, { occurredAt, status: 'pending' });
    await isThere('customer', organizationId);
    const handle = stack.client.workflow.getHandle(workflowId('customer', organizationId, 1));
    const { runId } = await handle.describe();
    await eventually(
      'its next history',
      async () => {
        await handle.signal('nudge', organizationId);
        return (await handle.describe()).runId !== runId;
      },
      { timeoutMs: 60_000, everyMs: 20 },
    );
    record(
      'customer-continued',
      await readHistory(stack.client, organizationId, { story: 'customer', runId }),
    );
  });
});
