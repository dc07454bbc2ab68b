import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ConnectorError } from '../../activities/connectors/errors.ts';
import { discardFence, releaseFence } from '../../db/queries/fence-decision.ts';
import { newId } from '../../domain/ids.ts';
import { taskQueues, workflowId, workflowTypes } from '../../workflows/contract.ts';
import { operatorOf } from '../support/operator.ts';
import { type PausingReach, pausingReach } from '../support/pausing-reach.ts';
import {
  expectEachOnce,
  processBecomes,
  processMails,
  processTrail,
  prospect,
  repairProcesses,
  someUsers,
  startProcess,
  tellProcess,
} from '../support/processes.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { keepRelaying } from '../support/story.ts';
import { eventually } from '../support/wait.ts';

let stack: Stack;
let pausing: PausingReach;
let stopRelaying: () => Promise<void>;

beforeAll(async () => {
  stack = await startStack();
  pausing = pausingReach();
  await stack.startWorkers({ reach: pausing.reach });
  stopRelaying = keepRelaying(stack);
});

afterEach(() => {
  pausing.release();
  stack.application.before = async () => undefined;
});

afterAll(async () => {
  await stopRelaying?.();
  await stack?.stop();
});

const db = () => stack.ledger.db;

async function newCustomer(name: string, count: number) {
  const people = someUsers(count, `${name.toLowerCase()}.example`);
  const { organizationId, wish } = await prospect(db(), { name, people });
  return { organizationId, wish: { ...wish, welcome: false } };
}

async function customer(name: string, count: number): Promise<{ organizationId: string }> {
  const known = await newCustomer(name, count);
  await processBecomes(db(), await startProcess(db(), { kind: 'onboarding', ...known }), 'done');
  return known;
}

/** What the vendor's application holds for the people of that customer, as `email entitlement`. */
async function heldBy(organizationId: string): Promise<string[]> {
  const rows = await db().execute<{ id: string; email: string }>(
    sql`select id, email from person where organization_id = ${organizationId}`,
  );
  const emails = new Map(rows.map(({ id, email }) => [id, email]));
  return stack.application
    .holdings()
    .flatMap(({ account, entitlement }) =>
      emails.has(account) ? [`${emails.get(account)} ${entitlement}`] : [],
    )
    .sort();
}

async function openMembers(organizationId: string): Promise<number> {
  const rows = await db().execute<{ count: number }>(
    sql`select count(*)::int as count from membership where organization_id = ${organizationId} and until is null`,
  );
  return rows[0]?.count ?? 0;
}

function handle(kind: 'onboarding' | 'role-change' | 'offboarding', processId: string, run = 1) {
  return stack.client.workflow.getHandle(workflowId(kind, processId, run));
}

/** The application refuses whatever it shall give to the person with this address. */
function refuse(email: string): void {
  stack.application.before = async (change, { holder }) => {
    if (change.kind === 'add' && holder?.email === email) throw new ConnectorError('target-refused');
  };
}

async function status(...of: Parameters<typeof handle>): Promise<string> {
  return (await handle(...of).describe()).status.name;
}

describe('an onboarding', () => {
  it('of which a step fails for good is taken back as a whole, its owner is told, and it can be tried again', async () => {
    const { organizationId, wish } = await newCustomer('Fails', 4);
    refuse('user2@fails.example');
    const processId = await startProcess(db(), { kind: 'onboarding', organizationId, wish });
    const story = await processBecomes(db(), processId, 'failed');
    expect(story).toMatchObject({
      lastError: 'target-refused',
      people: { undone: 4 },
      tasks: ['onboarding'],
    });
    expect(await heldBy(organizationId)).toEqual([]);
    expect(await openMembers(organizationId)).toBe(0);
    expect(await processMails(db(), processId)).toEqual(['onboarding-failed']);
    expect(await processTrail(db(), processId)).toEqual([
      'process.asked',
      'process.started',
      'process.failed',
    ]);

    stack.application.before = async () => undefined;
    const again = await startProcess(db(), { kind: 'onboarding', organizationId, wish });
    expect(await processBecomes(db(), again, 'done')).toMatchObject({ people: { done: 4 } });
    expect(await openMembers(organizationId)).toBe(4);
  });

  it('gives nobody access whose address is taken elsewhere or who finds no seat, and says so in tasks', async () => {
    const people = [
      ...someUsers(3, 'small.example'),
      { email: 'sam@northwind.example', name: 'Sam', role: 'administrator' },
    ];
    const { organizationId, wish } = await prospect(db(), { name: 'Small', people, seats: 2 });
    const processId = await startProcess(db(), {
      kind: 'onboarding',
      organizationId,
      wish: { ...wish, welcome: false },
    });
    const story = await processBecomes(db(), processId, 'done');
    expect(story).toMatchObject({ people: { done: 2 }, tasks: ['onboarding', 'seats'] });
    expect(await openMembers(organizationId)).toBe(2);
  });

  it('under a tier that the catalog has not got fails with a task and gives nobody anything', async () => {
    const { organizationId, wish } = await prospect(db(), {
      name: 'Odd',
      tier: 'no-such',
      people: someUsers(1, 'odd.example'),
    });
    const processId = await startProcess(db(), { kind: 'onboarding', organizationId, wish });
    expect(await processBecomes(db(), processId, 'failed')).toMatchObject({
      lastError: 'unknown-tier',
      people: {},
      tasks: ['onboarding'],
    });
  });
});

describe('a role change', () => {
  it('brings all users of a customer to its new tier, and lists whom it could not', async () => {
    const { organizationId } = await customer('Grows', 3);
    expect(await heldBy(organizationId)).toContain('user0@grows.example administer');
    const terms = { tier: 'enterprise', region: 'us', seats: null, until: null, state: 'active' };
    refuse('user0@grows.example');
    const processId = await startProcess(db(), {
      kind: 'role-change',
      organizationId,
      wish: { what: 'contract', effects: ['tier-changed'], terms },
    });
    expect(await processBecomes(db(), processId, 'residue')).toMatchObject({
      people: { done: 2, failed: 1 },
      tasks: ['role-change'],
    });
    stack.application.before = async () => undefined;
    const again = await startProcess(db(), {
      kind: 'role-change',
      organizationId,
      wish: { what: 'contract' },
    });
    await processBecomes(db(), again, 'done');
    expect(await heldBy(organizationId)).toContain('user0@grows.example automate');
  });
});

describe('a change of many people at once by a feed or an edit', () => {
  /** Gives each of a customer's members one role more, as an import does, beside the process that brings it about. */
  async function widen(organizationId: string): Promise<string> {
    await db().execute(sql`
      update membership set given_roles = '{analyst,customer-administrator}' where organization_id = ${organizationId} and until is null`);
    return startProcess(db(), {
      kind: 'role-change',
      organizationId,
      cause: 'configuration',
      wish: { what: 'roles' },
    });
  }

  const administrators = async (organizationId: string) =>
    (await heldBy(organizationId)).filter((one) => one.endsWith(' administer')).length;

  async function decideOn(processId: string, decide: typeof releaseFence, single: boolean): Promise<void> {
    const items = await db().execute<{ id: string; fence: string }>(sql`
      select id, fence_id as fence from fence_item where process_id = ${processId} and state = 'waiting' order by id`);
    const [sita] = await db().execute<{ id: string }>(
      sql`select id from person where email = 'sita@northwind.example'`,
    );
    const by = { kind: 'person', id: sita?.id ?? '', name: 'Sita' } as const;
    const fenceId = items[0]?.fence ?? '';
    const some = single ? { items: items.slice(0, 1).map(({ id }) => id) } : {};
    await db().transaction((tx) => decide(tx, { fenceId, by, comment: null, traceparent: null, ...some }));
  }

  it('goes on for as many as the fence lets through; each of the others as a second person says', async () => {
    const { organizationId } = await customer('Fenced', 9);
    const processId = await widen(organizationId);
    // One of them administers already: nothing changes for them, and they are not counted.
    expect(await processBecomes(db(), processId, 'fenced')).toMatchObject({ people: { done: 6, fenced: 3 } });
    expect(await administrators(organizationId)).toBe(6);
    await decideOn(processId, releaseFence, true);
    await eventually('the one that was released', async () => (await administrators(organizationId)) === 7);
    await processBecomes(db(), processId, 'fenced');
    await decideOn(processId, discardFence, false);
    expect(await processBecomes(db(), processId, 'done')).toMatchObject({ people: { done: 7, skipped: 2 } });
    expect(await administrators(organizationId)).toBe(7);
  });

  it('takes from nobody beyond the fence who is only named in a feed, until it is released', async () => {
    const { organizationId } = await customer('Roster', 8);
    const people = await db().execute<{ id: string }>(
      sql`select id from person where organization_id = ${organizationId} order by id`,
    );
    const processes: string[] = [];
    for (const { id: personId } of people.slice(0, 7))
      processes.push(
        await startProcess(db(), {
          kind: 'offboarding',
          organizationId,
          personId,
          cause: 'roster',
          wish: { why: 'removal' },
        }),
      );
    await eventually('all of them', async () => {
      const stories = await Promise.all(processes.map((id) => tellProcess(db(), id)));
      return (
        stories.filter(({ state }) => state === 'done').length === 5 &&
        stories.filter(({ state }) => state === 'fenced').length === 2
      );
    });
    const held = new Set((await heldBy(organizationId)).map((one) => one.split(' ')[0]));
    expect(held.size).toBe(3);
    const stories = await Promise.all(
      processes.map(async (id) => ({ id, ...(await tellProcess(db(), id)) })),
    );
    const [released = '', discarded = ''] = stories.flatMap(({ id, state }) =>
      state === 'fenced' ? [id] : [],
    );
    const item = async (processId: string) =>
      (
        await db().execute<{ id: string; fence: string }>(
          sql`select id, fence_id as fence from fence_item where process_id = ${processId}`,
        )
      )[0];
    const [sita] = await db().execute<{ id: string }>(
      sql`select id from person where email = 'sita@northwind.example'`,
    );
    const by = { kind: 'person', id: sita?.id ?? '', name: 'Sita' } as const;
    for (const [processId, decide] of [
      [released, releaseFence],
      [discarded, discardFence],
    ] as const) {
      const known = await item(processId);
      const wish = {
        fenceId: known?.fence ?? '',
        items: [known?.id ?? ''],
        by,
        comment: null,
        traceparent: null,
      };
      await db().transaction((tx) => decide(tx, wish));
    }
    await processBecomes(db(), released, 'done');
    await processBecomes(db(), discarded, 'discarded');
    expect(new Set((await heldBy(organizationId)).map((one) => one.split(' ')[0])).size).toBe(2);
  });
});

describe('a workflow that is cancelled in Temporal', () => {
  it('takes an onboarding back that is under way', async () => {
    const { organizationId, wish } = await newCustomer('Cancelled', 2);
    const arrived = pausing.pauseAt('standing.before-outcome');
    const processId = await startProcess(db(), { kind: 'onboarding', organizationId, wish });
    await arrived;
    await handle('onboarding', processId).cancel();
    pausing.release();
    expect(await processBecomes(db(), processId, 'failed')).toMatchObject({ lastError: 'cancelled' });
    await eventually('the end', async () => (await status('onboarding', processId)) === 'CANCELLED');
    expect(await heldBy(organizationId)).toEqual([]);
    expect(await openMembers(organizationId)).toBe(0);
    expect(await repairProcesses(stack)).toBe(0);
  });

  it('discards an onboarding that has not begun', async () => {
    const { organizationId, wish } = await newCustomer('Never', 1);
    const dueAt = new Date(Date.now() + 3_600_000);
    const processId = await startProcess(db(), { kind: 'onboarding', organizationId, wish, dueAt });
    await eventually('the workflow', () =>
      handle('onboarding', processId)
        .describe()
        .catch(() => null),
    );
    await handle('onboarding', processId).cancel();
    await processBecomes(db(), processId, 'discarded');
    expect(await processTrail(db(), processId)).toEqual([
      'process.asked',
      'process.cancelled',
      'process.discarded',
    ]);
  });

  it.each(['role-change', 'offboarding'] as const)(
    'stops no %s: the next run carries it out',
    async (kind) => {
      const { organizationId } = await customer(`Stays-${kind}`, 1);
      const before = await heldBy(organizationId);
      const dueAt = new Date(Date.now() + 4_000);
      const wish = kind === 'offboarding' ? { why: 'churn' as const } : { what: 'contract' as const };
      const processId = await startProcess(db(), { kind, organizationId, wish, dueAt });
      await eventually('the workflow', () =>
        handle(kind, processId)
          .describe()
          .catch(() => null),
      );
      await handle(kind, processId).cancel();
      await eventually('the end', async () => (await status(kind, processId)) === 'CANCELLED');
      expect(await tellProcess(db(), processId)).toMatchObject({ state: 'waiting' });
      expect(await repairProcesses(stack)).toBe(1);
      await processBecomes(db(), processId, 'done');
      expect(await processTrail(db(), processId)).toContain('process.cancelled');
      expect(await heldBy(organizationId)).toEqual(kind === 'offboarding' ? [] : before);
    },
  );
});

describe('a workflow that is gone', () => {
  it.each(['terminate', 'delete'] as const)(
    'by a %s is brought back by the repair, and nothing is done twice',
    async (how) => {
      const { organizationId, wish } = await newCustomer(`Gone-${how}`, 2);
      const arrived = pausing.pauseAt('standing.after-intent');
      const processId = await startProcess(db(), { kind: 'onboarding', organizationId, wish });
      await arrived;
      await operatorOf(stack).do('workflow', how, '--workflow-id', workflowId('onboarding', processId, 1));
      await eventually(
        'its end',
        async () => (await status('onboarding', processId).catch(() => '')) !== 'RUNNING',
      );
      pausing.release();
      await repairProcesses(stack);
      await processBecomes(db(), processId, 'done');
      await expectEachOnce(db(), processId, 2);
    },
  );

  it('and whose id somebody else has taken is replaced', async () => {
    const { organizationId, wish } = await newCustomer('Taken', 1);
    const dueAt = new Date(Date.now() + 4_000);
    const processId = await startProcess(db(), { kind: 'onboarding', organizationId, wish, dueAt });
    await eventually('the workflow', () =>
      handle('onboarding', processId)
        .describe()
        .catch(() => null),
    );
    await handle('onboarding', processId).terminate();
    const operator = operatorOf(stack);
    for (const run of [1, 2, 3])
      await operator.start({
        type: workflowTypes['role-change'],
        id: workflowId('onboarding', processId, run),
        queue: 'nowhere',
        input: JSON.stringify(processId),
      });
    await repairProcesses(stack);
    await processBecomes(db(), processId, 'done');
  });

  it('by a reset begins again and does nothing twice', async () => {
    const { organizationId, wish } = await newCustomer('Reset', 2);
    const arrived = pausing.pauseAt('standing.before-outcome');
    const processId = await startProcess(db(), { kind: 'onboarding', organizationId, wish });
    await arrived;
    const words = [
      '--workflow-id',
      workflowId('onboarding', processId, 1),
      '--type',
      'FirstWorkflowTask',
      '--reason',
      'x',
    ];
    await operatorOf(stack).do('workflow', 'reset', ...words);
    pausing.release();
    await processBecomes(db(), processId, 'done');
    await expectEachOnce(db(), processId, 2);
  });
});

describe('what is forged does nothing', () => {
  it('starts under other ids, of other kinds and of what there is not, and signals', async () => {
    const { organizationId, wish } = await newCustomer('Forged', 1);
    const dueAt = new Date(Date.now() + 3_600_000);
    const processId = await startProcess(db(), { kind: 'onboarding', organizationId, wish, dueAt });
    await eventually('the workflow', () =>
      handle('onboarding', processId)
        .describe()
        .catch(() => null),
    );
    const other = newId('proc');
    const forged = [
      ['onboarding', 'elsewhere', processId],
      ['roleChange', workflowId('onboarding', processId, 7), processId],
      ['offboarding', workflowId('onboarding', processId, 8), processId],
      ['onboarding', workflowId('onboarding', other, 1), other],
      ['onboarding', workflowId('onboarding', 'x', 1), 'x'],
    ] as const;
    for (const [type, id, argument] of forged) {
      const started = await stack.client.workflow.start(type, {
        workflowId: id,
        taskQueue: taskQueues.main,
        args: [argument],
      });
      await started.result();
    }
    for (const signal of ['nudge', 'confirm', 'release', 'discard', 'approve'])
      await handle('onboarding', processId).signal(signal, newId('item'));
    const operator = operatorOf(stack);
    for (const [index, type] of [
      'drawUp',
      'bringAbout',
      'undo',
      'welcome',
      'takeAway',
      'stopProcess',
      'assess',
    ].entries()) {
      await operator.startActivity({ type, id: `forged-${index}`, input: JSON.stringify(processId) });
      await operator.activityOutcome(`forged-${index}`);
    }
    expect(await tellProcess(db(), processId)).toMatchObject({ state: 'waiting', people: {} });
    expect(await processTrail(db(), processId)).toEqual(['process.asked']);
    await handle('onboarding', processId).terminate();
  });
});
