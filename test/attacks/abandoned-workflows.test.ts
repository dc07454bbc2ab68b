import type postgres from 'postgres';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { requestWorkflowId, taskQueues, workflowTypes } from '../../workflows/contract.ts';
import { decide } from '../support/asking.ts';
import { noteAttack } from '../support/attack-report.ts';
import { type Operator, operatorOf } from '../support/operator.ts';
import { type Mishap, unreliable } from '../support/outage.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { askExtension, becomes, orderEnding, repairNow, tell, told } from '../support/story.ts';
import { superuser } from '../support/target.ts';
import { eventually } from '../support/wait.ts';
import { held, keepMending, waiting } from './scene.ts';

// Promise 2: a workflow that is gone is repaired, also when something else sits in its place, and when only the undoing is left.

let stack: Stack;
let operator: Operator;
let admin: postgres.Sql;
let mishap: Mishap = 'none';
const stops: (() => Promise<void>)[] = [];

beforeAll(async () => {
  stack = await startStack();
  operator = operatorOf(stack);
  admin = superuser(stack);
  const { connectors } = unreliable(stack, ({ kind }) => (kind === 'move-end' ? mishap : 'none'));
  stops.push(await stack.startWorkers({ connectors }), keepMending(stack));
});

afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
  await admin?.end();
  await stack?.stop();
});

beforeEach(() => {
  mishap = 'none';
});

const idOf = (requestId: string, run = 1) => ['--workflow-id', requestWorkflowId(requestId, run)];
const terminate = (requestId: string) =>
  operator.do('workflow', 'terminate', ...idOf(requestId), '--reason', 'an attack');

/** What somebody may put under the ids that the next runs of a request's workflow will have. */
const squats: Record<string, readonly string[]> = {
  'another type': ['--type', 'somethingElse', '--task-queue', taskQueues.main],
  'a queue that nobody serves': ['--type', workflowTypes.request, '--task-queue', 'nowhere'],
  'a start in an hour': [
    '--type',
    workflowTypes.request,
    '--task-queue',
    taskQueues.main,
    '--start-delay',
    '1h',
  ],
};

test.each(Object.entries(squats))(
  'the ids of the next runs are taken by %s: an approval is carried out all the same',
  async (what, words) => {
    const { db } = stack.ledger;
    const requestId = await waiting(stack, { period: 'PT1H' });
    const handle = stack.client.workflow.getHandle(requestWorkflowId(requestId, 1));
    await eventually('the workflow', () => handle.describe().catch(() => null));
    const input = ['--input', JSON.stringify(requestId)];
    for (const run of [2, 3, 4])
      await operator.do('workflow', 'start', ...words, ...idOf(requestId, run), ...input);
    await terminate(requestId);
    await decide(db, requestId, 'priya@northwind.example');
    const story = await becomes(db, requestId, 'granted', 'held');
    expect(await told(db, requestId, 'grant.begun')).toBe(1);
    await noteAttack({
      attack: 'taken workflow ids',
      tried: what,
      found: `held, carried by run ${story.engineRun}`,
    });
  },
);

test('an extension is cancelled and its workflow gone after the target has the later end: the target gets the former one back', async () => {
  const { db } = stack.ledger;
  const { requestId, story } = await held(stack, { period: 'PT20M' });
  const { account = '', until } = story.grant ?? {};
  const targetEnd = async () => {
    const [role] = await admin<{ until: string }[]>`
      select to_char(rolvaliduntil at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as until
      from pg_roles where rolname = ${account}`;
    return role?.until;
  };
  mishap = 'hang-after';
  const extensionId = await askExtension(db, requestId, 'PT20M');
  await operator.pendingActivity(extensionId, 'extend');
  await eventually('the later end', async () => (await targetEnd()) !== until?.toISOString());
  await terminate(extensionId);
  expect(await orderEnding(db, extensionId, 'cancellation')).toBe(true);
  mishap = 'none';
  await eventually('the former end', async () => (await targetEnd()) === until?.toISOString());
  expect((await tell(db, requestId)).grant).toMatchObject({ state: 'held', until });
  expect(await tell(db, extensionId)).toMatchObject({ state: 'cancelled' });
  // Once it is done, nothing of it is open any more.
  await eventually('nothing to repair', async () => (await repairNow(stack)) === 0);
  await noteAttack({
    attack: 'terminate',
    tried: 'an extension that was cancelled half-way',
    found: 'the target has the former end',
  });
});
