import { sql } from 'drizzle-orm';
import type postgres from 'postgres';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FaultPoint } from '../../activities/fault-points.ts';
import { requestWorkflowId } from '../../workflows/contract.ts';
import { ask, decide } from '../support/asking.ts';
import { noteAttack } from '../support/attack-report.ts';
import { isDrill } from '../support/extent.ts';
import { type PausingReach, pausingReach } from '../support/pausing-reach.ts';
import { type Stack, startStack } from '../support/stack.ts';
import {
  askExtension,
  becomes,
  closedStatus,
  deliverNow,
  keepRelaying,
  orderEnding,
  repairNow,
  tell,
  told,
  trail,
} from '../support/story.ts';
import { superuser, type TargetState, targetState } from '../support/target.ts';
import { eventually } from '../support/wait.ts';

let stack: Stack;
let admin: postgres.Sql;
let pausing: PausingReach;
let before: TargetState;
let stopRelaying: () => Promise<void>;

beforeAll(async () => {
  stack = await startStack();
  admin = superuser(stack);
  pausing = pausingReach();
  await stack.startWorkers({ reach: pausing.reach });
  stopRelaying = keepRelaying(stack);
});

beforeEach(async () => {
  before = await targetState(admin);
});

afterEach(() => {
  pausing.release();
});

afterAll(async () => {
  await stopRelaying?.();
  await admin?.end();
  await stack?.stop();
});

const db = () => stack.ledger.db;

function workflow(requestId: string) {
  return stack.client.workflow.getHandle(requestWorkflowId(requestId, 1));
}

async function isRunning(requestId: string): Promise<boolean> {
  return workflow(requestId)
    .describe()
    .then(
      (described) => described.status.name === 'RUNNING',
      () => false,
    );
}

/** Cancels the workflow as an operator of Temporal would, and waits until it has closed. */
async function cancelWorkflow(requestId: string): Promise<void> {
  await workflow(requestId).cancel();
  pausing.release();
  expect(await closedStatus(stack.client, requestId)).toBe('CANCELLED');
}

/** What must be so after a workflow was cancelled before its access was due, whatever it was doing. */
async function expectFailedSafe(requestId: string): Promise<void> {
  const story = await tell(db(), requestId);
  expect(['cancelled', 'granted']).toContain(story.state);
  if (story.grant)
    expect(story.grant).toMatchObject({ state: 'ended', endedBy: 'engine', sealedPassword: null });
  expect(await targetState(admin)).toEqual(before);
  const recorded = await db().execute(
    sql`select kind, actor_kind, person_id from ending where request_id = ${requestId}`,
  );
  expect([...recorded]).toEqual([{ kind: 'revocation', actor_kind: 'engine', person_id: null }]);
  expect(await told(db(), requestId, 'revocation.recorded')).toBe(1);
  expect(await told(db(), requestId, 'grant.ended')).toBe(story.grant ? 1 : 0);
  await expectStaysEnded(requestId);
  await noteAttack({
    attack: 'workflow cancelled',
    tried: expect.getState().currentTestName?.split(' > ').at(-1) ?? '',
    found: 'a revocation by the engine, nothing left in the target, stays ended',
  });
}

async function expectStaysEnded(requestId: string): Promise<void> {
  const story = await tell(db(), requestId);
  expect(await repairNow(stack)).toBe(0);
  expect(await orderEnding(db(), requestId, 'revocation')).toBe(false);
  await deliverNow(stack);
  expect(await tell(db(), requestId)).toEqual(story);
  expect(await isRunning(requestId)).toBe(false);
}

const whileBeginning: readonly FaultPoint[] = isDrill
  ? [
      'provision.before-intent',
      'provision.after-intent',
      'postgres.before-add',
      'postgres.inside-add',
      'postgres.after-add',
      'provision.before-outcome',
      'provision.after-outcome',
    ]
  : ['provision.after-intent', 'postgres.inside-add', 'provision.before-outcome'];

const whileEnding: readonly FaultPoint[] = isDrill
  ? [
      'end.before-intent',
      'end.after-intent',
      'postgres.after-withdrawing',
      'postgres.after-ending-sessions',
      'postgres.after-remove',
      'end.before-outcome',
      'end.after-outcome',
    ]
  : ['postgres.after-withdrawing'];

describe('a workflow that is cancelled in Temporal fails safe', () => {
  it('while people decide: it is cancelled, and nobody can decide any more', async () => {
    const { requestId } = await ask(db(), { resource: 'globex-env', stages: ['support-lead'] });
    await eventually('the workflow', () => isRunning(requestId));
    await cancelWorkflow(requestId);
    expect(await tell(db(), requestId)).toMatchObject({ state: 'cancelled', grant: null });
    await expectFailedSafe(requestId);
    await expect(decide(db(), requestId, 'priya@northwind.example')).rejects.toMatchObject({
      cause: { code: 'TN004' },
    });
  });

  it('while it waits for a later start: access never begins', async () => {
    const { requestId } = await ask(db(), { startsAt: new Date(Date.now() + 3_600_000) });
    await eventually('the workflow', () => isRunning(requestId));
    await cancelWorkflow(requestId);
    expect(await tell(db(), requestId)).toMatchObject({ state: 'cancelled', grant: null });
    await expectFailedSafe(requestId);
  });

  it.each(whileBeginning)('while access is being made, at %s', async (point) => {
    const arrived = pausing.pauseAt(point);
    const { requestId } = await ask(db());
    await arrived;
    await cancelWorkflow(requestId);
    await expectFailedSafe(requestId);
  });

  it('while access is held: it is revoked by the engine', async () => {
    const { requestId } = await ask(db());
    await becomes(db(), requestId, 'granted', 'held');
    await cancelWorkflow(requestId);
    await expectFailedSafe(requestId);
    expect(await trail(db(), requestId)).toEqual([
      'grant.intended',
      'grant.begun',
      'revocation.recorded',
      'grant.end_intended',
      'grant.ended',
    ]);
  });

  it('while access is held and its extension waits: the extension is cancelled, too', async () => {
    const { requestId } = await ask(db());
    await becomes(db(), requestId, 'granted', 'held');
    const extensionId = await askExtension(db(), requestId, 'PT20M', true);
    await eventually('the workflow', () => isRunning(extensionId));
    await cancelWorkflow(requestId);
    await expectFailedSafe(requestId);
    expect(await tell(db(), extensionId)).toMatchObject({ state: 'cancelled', grant: null });
    expect(await trail(db(), extensionId)).toEqual(['access_request.cancelled']);
    expect(await closedStatus(stack.client, extensionId)).toBe('COMPLETED');
  });

  it.each(whileEnding)(
    'while access that was revoked is being taken away, at %s: the first order stands',
    async (point) => {
      const { requestId } = await ask(db());
      await becomes(db(), requestId, 'granted', 'held');
      const arrived = pausing.pauseAt(point);
      await orderEnding(db(), requestId, 'revocation');
      await arrived;
      await cancelWorkflow(requestId);
      expect(await tell(db(), requestId)).toMatchObject({ grant: { state: 'ended', endedBy: 'revocation' } });
      expect(await told(db(), requestId, 'grant.ended')).toBe(1);
      expect(await targetState(admin)).toEqual(before);
      await expectStaysEnded(requestId);
    },
  );

  it('while an extension waits: only the extension is cancelled, the access keeps its end', async () => {
    const { requestId } = await ask(db());
    const held = await becomes(db(), requestId, 'granted', 'held');
    const extensionId = await askExtension(db(), requestId, 'PT20M', true);
    await eventually('the workflow', () => isRunning(extensionId));
    await cancelWorkflow(extensionId);
    expect(await tell(db(), extensionId)).toMatchObject({ state: 'cancelled', grant: null });
    expect(await tell(db(), requestId)).toEqual(held);
    await orderEnding(db(), requestId, 'return');
    await becomes(db(), requestId, 'granted', 'ended');
  });
});

const whileExtending: readonly FaultPoint[] = isDrill
  ? ['extend.before-intent', 'extend.after-intent', 'postgres.inside-move-end', 'extend.before-outcome']
  : ['extend.before-outcome'];

describe('an extension that is cancelled while it is carried out', () => {
  it.each(
    whileExtending.flatMap(
      (point) =>
        [
          [point, 'its workflow'],
          [point, 'its request'],
        ] as const,
    ),
  )('leaves the end where it was, in the ledger and in the target: at %s, %s', async (point, what) => {
    const { requestId } = await ask(db());
    const held = await becomes(db(), requestId, 'granted', 'held');
    const arrived = pausing.pauseAt(point);
    const extensionId = await askExtension(db(), requestId, 'PT20M');
    await arrived;
    if (what === 'its workflow') await cancelWorkflow(extensionId);
    else {
      // Not by orderEnding: an extension has no grant of its own to end.
      await db().execute(sql`update access_request set state = 'cancelled' where id = ${extensionId}`);
      pausing.release();
      expect(await closedStatus(stack.client, extensionId)).toBe('COMPLETED');
    }
    const { grant } = await tell(db(), requestId);
    const extension = await tell(db(), extensionId);
    // When the cancellation came too late, the extension stands as a whole.
    const until = new Date(
      (held.grant?.until.getTime() ?? 0) + (extension.state === 'granted' ? 1_200_000 : 0),
    );
    expect(['cancelled', 'granted']).toContain(extension.state);
    expect(grant).toMatchObject({ state: 'held', until });
    const [role] =
      await admin`select rolvaliduntil as until from pg_roles where rolname = ${grant?.account ?? ''}`;
    expect(role).toEqual({ until });
    await orderEnding(db(), requestId, 'return');
    await becomes(db(), requestId, 'granted', 'ended');
    expect(await targetState(admin)).toEqual(before);
  });
});

describe('a request that is cancelled while access is being made', () => {
  it.each(whileBeginning.filter((point) => point !== 'provision.after-outcome'))(
    'leaves nothing behind, at %s',
    async (point) => {
      const arrived = pausing.pauseAt(point);
      const { requestId } = await ask(db());
      await arrived;
      expect(await orderEnding(db(), requestId, 'cancellation')).toBe(true);
      pausing.release();
      expect(await closedStatus(stack.client, requestId)).toBe('COMPLETED');
      const story = await tell(db(), requestId);
      expect(story.state).toBe('cancelled');
      if (story.grant) expect(story.grant).toMatchObject({ state: 'ended', endedBy: 'cancellation' });
      expect(await told(db(), requestId, 'grant.begun')).toBe(0);
      expect(await targetState(admin)).toEqual(before);
    },
  );
});
