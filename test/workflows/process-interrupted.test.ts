import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../domain/ids.ts';
import { taskQueues, workflowId, workflowTypes } from '../../workflows/contract.ts';
import { isDrill } from '../support/extent.ts';
import { operatorOf } from '../support/operator.ts';
import { type ProcessStack, startProcessStack } from '../support/process-stack.ts';
import {
  expectEachOnce,
  processBecomes,
  processTrail,
  repairProcesses,
  startProcess,
  tellProcess,
} from '../support/processes.ts';
import { eventually } from '../support/wait.ts';

// Somebody lays hands on the workflows of processes in Temporal itself.

let the: ProcessStack;

beforeAll(async () => {
  the = await startProcessStack();
});
afterEach(() => the.calm());
afterAll(() => the?.stop());

const db = () => the.stack.ledger.db;

async function status(...of: Parameters<ProcessStack['handle']>): Promise<string> {
  return (await the.handle(...of).describe()).status.name;
}

describe('a workflow that is cancelled in Temporal', () => {
  it('takes an onboarding back that is under way', async () => {
    const { organizationId, wish } = await the.newCustomer('Cancelled', 2);
    const arrived = the.pausing.pauseAt('standing.before-outcome');
    const processId = await startProcess(db(), { kind: 'onboarding', organizationId, wish });
    await arrived;
    await the.handle('onboarding', processId).cancel();
    the.pausing.release();
    expect(await processBecomes(db(), processId, 'failed')).toMatchObject({ lastError: 'cancelled' });
    await eventually('the end', async () => (await status('onboarding', processId)) === 'CANCELLED');
    expect(await the.heldBy(organizationId)).toEqual([]);
    expect(await the.openMembers(organizationId)).toBe(0);
    expect(await repairProcesses(the.stack)).toBe(0);
  });

  it('discards an onboarding that has not begun', async () => {
    const { organizationId, wish } = await the.newCustomer('Never', 1);
    const dueAt = new Date(Date.now() + 3_600_000);
    const processId = await startProcess(db(), { kind: 'onboarding', organizationId, wish, dueAt });
    await eventually('the workflow', () =>
      the
        .handle('onboarding', processId)
        .describe()
        .catch(() => null),
    );
    await the.handle('onboarding', processId).cancel();
    await processBecomes(db(), processId, 'discarded');
    expect(await processTrail(db(), processId)).toEqual([
      'process.asked',
      'process.cancelled',
      'process.discarded',
    ]);
  });

  it.each(isDrill ? (['role-change', 'offboarding'] as const) : (['offboarding'] as const))(
    'stops no %s: the next run carries it out',
    async (kind) => {
      const { organizationId } = await the.customer(`Stays-${kind}`, 1);
      const before = await the.heldBy(organizationId);
      const dueAt = new Date(Date.now() + 4_000);
      const wish = kind === 'offboarding' ? { why: 'churn' as const } : { what: 'contract' as const };
      const processId = await startProcess(db(), { kind, organizationId, wish, dueAt });
      await eventually('the workflow', () =>
        the
          .handle(kind, processId)
          .describe()
          .catch(() => null),
      );
      await the.handle(kind, processId).cancel();
      await eventually('the end', async () => (await status(kind, processId)) === 'CANCELLED');
      expect(await tellProcess(db(), processId)).toMatchObject({ state: 'waiting' });
      expect(await repairProcesses(the.stack)).toBe(1);
      await processBecomes(db(), processId, 'done');
      expect(await processTrail(db(), processId)).toContain('process.cancelled');
      expect(await the.heldBy(organizationId)).toEqual(kind === 'offboarding' ? [] : before);
    },
  );
});

describe('a workflow that is gone', () => {
  it.each(isDrill ? (['terminate', 'delete'] as const) : (['terminate'] as const))(
    'by a %s is brought back by the repair, and nothing is done twice',
    async (how) => {
      const { organizationId, wish } = await the.newCustomer(`Gone-${how}`, 2);
      const arrived = the.pausing.pauseAt('standing.after-intent');
      const processId = await startProcess(db(), { kind: 'onboarding', organizationId, wish });
      await arrived;
      await operatorOf(the.stack).do(
        'workflow',
        how,
        '--workflow-id',
        workflowId('onboarding', processId, 1),
      );
      await eventually(
        'its end',
        async () => (await status('onboarding', processId).catch(() => '')) !== 'RUNNING',
      );
      the.pausing.release();
      await repairProcesses(the.stack);
      await processBecomes(db(), processId, 'done');
      await expectEachOnce(db(), processId, 2);
    },
  );

  it.runIf(isDrill)('and whose id somebody else has taken is replaced', async () => {
    const { organizationId, wish } = await the.newCustomer('Taken', 1);
    const dueAt = new Date(Date.now() + 4_000);
    const processId = await startProcess(db(), { kind: 'onboarding', organizationId, wish, dueAt });
    await eventually('the workflow', () =>
      the
        .handle('onboarding', processId)
        .describe()
        .catch(() => null),
    );
    await the.handle('onboarding', processId).terminate();
    const operator = operatorOf(the.stack);
    for (const run of [1, 2, 3])
      await operator.start({
        type: workflowTypes['role-change'],
        id: workflowId('onboarding', processId, run),
        queue: 'nowhere',
        input: JSON.stringify(processId),
      });
    await repairProcesses(the.stack);
    await processBecomes(db(), processId, 'done');
  });

  it('by a reset begins again and does nothing twice', async () => {
    const { organizationId, wish } = await the.newCustomer('Reset', 2);
    const arrived = the.pausing.pauseAt('standing.before-outcome');
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
    await operatorOf(the.stack).do('workflow', 'reset', ...words);
    the.pausing.release();
    await processBecomes(db(), processId, 'done');
    await expectEachOnce(db(), processId, 2);
  });
});

describe('what is forged does nothing', () => {
  it('starts under other ids, of other kinds and of what there is not, and signals', async () => {
    const { organizationId, wish } = await the.newCustomer('Forged', 1);
    const dueAt = new Date(Date.now() + 3_600_000);
    const processId = await startProcess(db(), { kind: 'onboarding', organizationId, wish, dueAt });
    await eventually('the workflow', () =>
      the
        .handle('onboarding', processId)
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
      const started = await the.stack.client.workflow.start(type, {
        workflowId: id,
        taskQueue: taskQueues.main,
        args: [argument],
      });
      await started.result();
    }
    for (const signal of ['nudge', 'confirm', 'release', 'discard', 'approve'])
      await the.handle('onboarding', processId).signal(signal, newId('item'));
    const operator = operatorOf(the.stack);
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
    await the.handle('onboarding', processId).terminate();
  });
});
