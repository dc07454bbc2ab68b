import { fileURLToPath } from 'node:url';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { newId } from '../../domain/ids.ts';
import { requestWorkflowId, taskQueues } from '../../workflows/contract.ts';
import { ask, decide } from '../support/asking.ts';
import { noteAttack } from '../support/attack-report.ts';
import { isDrill, rounds } from '../support/extent.ts';
import { type Operator, operatorOf } from '../support/operator.ts';
import { type Mishap, type Unreliable, unreliable } from '../support/outage.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { becomes, orderEnding, tell, told, trail } from '../support/story.ts';
import { eventually } from '../support/wait.ts';
import {
  held,
  keepMending,
  keepReaping,
  latenessMs,
  loginOf,
  lookAtTarget,
  trySignIn,
  waiting,
} from './scene.ts';

// Promise 2: an activity derives its authority from rows, and what it answers, or seems to answer, is never believed.

let stack: Stack;
let operator: Operator;
let target: Unreliable;
let mishap: Mishap = 'none';
const stops: (() => Promise<void>)[] = [];

beforeAll(async () => {
  stack = await startStack();
  operator = operatorOf(stack);
  target = unreliable(stack, () => mishap);
  stops.push(
    await stack.startWorkers({ connectors: target.connectors }),
    keepMending(stack),
    await startRogueWorker(),
  );
});

afterAll(async () => {
  mishap = 'none';
  for (const stop of stops.reverse()) await stop();
  await stack?.stop();
});

beforeEach(() => {
  mishap = 'none';
});

async function startRogueWorker(): Promise<() => Promise<void>> {
  const connection = await NativeConnection.connect({ address: stack.temporal.address });
  const worker = await Worker.create({
    connection,
    namespace: 'default',
    taskQueue: 'rogue',
    workflowsPath: fileURLToPath(new URL('rogue-workflows.ts', import.meta.url)),
  });
  const running = worker.run();
  return async () => {
    worker.shutdown();
    await running;
    await connection.close();
  };
}

/** Every way to have one of the product's activities run that nobody asked for. */
const ways = {
  async standalone(activity: string, queue: string, input: string) {
    const id = newId('task');
    await operator.startActivity({ type: activity, id, queue, input });
    await operator.activityOutcome(id);
  },
  async 'another workflow'(activity: string, queue: string, input: string) {
    await stack.client.workflow.execute('callByName', {
      workflowId: newId('task'),
      taskQueue: 'rogue',
      args: [queue, activity, JSON.parse(input)],
    });
  },
};

const calls = [
  ['settle', taskQueues.main],
  ['stop', taskQueues.main],
  ['provision', taskQueues.main],
  ['extend', taskQueues.main],
  ['end', taskQueues.main],
  ['end', taskQueues.ending],
] as const;

for (const [way, call] of Object.entries(ways)) {
  const callAll = async (id: string) => {
    for (const [activity, queue] of calls) await call(activity, queue, JSON.stringify(id));
  };

  test(`activities by ${way} grant nothing to a request that waits`, async () => {
    const { db } = stack.ledger;
    const requestId = await waiting(stack);
    await callAll(requestId);
    expect(await tell(db, requestId)).toMatchObject({ state: 'waiting', grant: null });
    expect(await trail(db, requestId)).toEqual([]);
    // The activity really ran: once the request is approved and its time has come, the same call is allowed to act.
    await decide(db, requestId, 'priya@northwind.example');
    await becomes(db, requestId, 'granted', 'held');
    await noteAttack({
      attack: 'forged activity',
      tried: `${calls.length} by ${way}, request waits`,
      found: 'nothing',
    });
  });

  test(`activities by ${way} begin nothing before its start and nothing that was denied`, async () => {
    const { db } = stack.ledger;
    const { requestId: later } = await ask(db, { startsAt: new Date(Date.now() + 3_600_000) });
    const denied = await waiting(stack);
    await decide(db, denied, 'priya@northwind.example', 'deny');
    await becomes(db, denied, 'denied');
    for (const id of [later, denied]) await callAll(id);
    expect(await tell(db, later)).toMatchObject({ state: 'approved', grant: null });
    expect(await tell(db, denied)).toMatchObject({ state: 'denied', grant: null });
    await noteAttack({
      attack: 'forged activity',
      tried: `${calls.length} by ${way}, too early or denied`,
      found: 'nothing',
    });
  });

  test(`activities by ${way} end nothing before its time, and bring nothing back`, async () => {
    const { db } = stack.ledger;
    const { requestId, story: before } = await held(stack, { period: 'PT8S' });
    const login = loginOf(stack, before);
    await callAll(requestId);
    const during = await tell(db, requestId);
    expect(during.grant).toMatchObject({
      state: 'held',
      from: before.grant?.from,
      until: before.grant?.until,
    });
    const ended = await becomes(db, requestId, 'granted', 'ended');
    expect(latenessMs(ended)).toBeGreaterThanOrEqual(0);
    await callAll(requestId);
    expect((await tell(db, requestId)).grant).toEqual(ended.grant);
    expect(await trySignIn(login)).toMatchObject({ ok: false });
    expect(await told(db, requestId, 'grant.begun')).toBe(1);
    await noteAttack({
      attack: 'forged activity',
      tried: `${calls.length} by ${way}, held and ended`,
      found: 'ended at its time, stays ended',
    });
  });

  test(`activities by ${way} with foreign ids and with no ids answer nothing and write nothing`, async () => {
    const { db } = stack.ledger;
    const { story } = await held(stack);
    const inputs = [`"${story.grant?.id}"`, `"${newId('req')}"`, 'null', '{}', '[]', '7', `"' or true --"`];
    const events = () => db.execute('select count(*) from audit_event');
    const before = await events();
    for (const input of isDrill ? inputs : inputs.slice(0, 2))
      for (const [activity, queue] of calls) await call(activity, queue, input);
    expect(await events()).toEqual(before);
    expect(await trySignIn(loginOf(stack, story))).toMatchObject({ ok: true });
    await noteAttack({ attack: 'forged activity', tried: `foreign ids by ${way}`, found: 'nothing written' });
  });
}

/** What an operator can say in an activity's name. */
const lies = {
  complete: (workflowId: string, id: string) =>
    operator.do(
      'activity',
      'complete',
      '--workflow-id',
      workflowId,
      '--activity-id',
      id,
      '--result',
      '{"phase":"over"}',
    ),
  fail: (workflowId: string, id: string) =>
    operator.do(
      'activity',
      'fail',
      '--workflow-id',
      workflowId,
      '--activity-id',
      id,
      '--reason',
      'an attack',
    ),
};

for (const [lie, say] of Object.entries(lies)) {
  for (const moment of ['hang-before', 'hang-after'] as const) {
    // `npm test` tells each lie once about each activity, so that both moments come; all pairs are the drill’s.
    const isProvisionSampled = (lie === 'complete') === (moment === 'hang-after');
    test.runIf(isDrill || isProvisionSampled)(
      `a pending provision that an operator says did ${lie} (${moment}) makes no false held; the truth follows`,
      async () => {
        const { db } = stack.ledger;
        mishap = moment;
        const { requestId } = await ask(db);
        const workflowId = requestWorkflowId(requestId, 1);
        for (let round = 0; round < rounds(1, 3); round++) {
          const id = await operator.pendingActivity(requestId, 'provision');
          await eventually(
            'the intent',
            async () => ((await tell(db, requestId)).grant?.attempts ?? 0) > round,
          );
          await say(workflowId, id);
          // It has been believed by Temporal when another one is pending.
          await eventually(
            'another try',
            async () => (await operator.pendingActivity(requestId, 'provision')) !== id,
          );
          expect(await tell(db, requestId)).toMatchObject({
            state: 'approved',
            grant: { state: 'provisioning' },
          });
          expect(await told(db, requestId, 'grant.begun')).toBe(0);
        }
        mishap = 'none';
        const story = await becomes(db, requestId, 'granted', 'held', 30_000);
        expect(await told(db, requestId, 'grant.begun')).toBe(1);
        expect(await trySignIn(loginOf(stack, story))).toMatchObject({ ok: true });
        await noteAttack({
          attack: 'faked answer',
          tried: `provision, ${lie}, ${moment}`,
          found: `held once it was so, ${story.grant?.attempts} attempts`,
        });
      },
    );

    test.runIf(isDrill || !isProvisionSampled)(
      `a pending end that an operator says did ${lie} (${moment}) makes no false ended; the truth follows`,
      async () => {
        const { db } = stack.ledger;
        const { requestId, story: before } = await held(stack);
        mishap = moment;
        await orderEnding(db, requestId, 'revocation');
        const id = await operator.pendingActivity(requestId, 'end');
        await say(requestWorkflowId(requestId, 1), id);
        await eventually(
          'another try',
          async () => (await operator.pendingActivity(requestId, 'end')) !== id,
        );
        expect((await tell(db, requestId)).grant?.state).toBe('held');
        expect(await told(db, requestId, 'grant.ended')).toBe(0);
        mishap = 'none';
        const story = await becomes(db, requestId, 'granted', 'ended', 30_000);
        expect(story.grant?.endedBy).toBe('revocation');
        expect(await told(db, requestId, 'grant.ended')).toBe(1);
        expect(await lookAtTarget(stack, before.grant?.account)).toEqual({ accounts: [], sessions: 0 });
        await noteAttack({
          attack: 'faked answer',
          tried: `end, ${lie}, ${moment}`,
          found: 'ended once it was so',
        });
      },
    );
  }
}

test('a pending end that is paused, slowed down or given days to answer is carried out by the reaper', async () => {
  const { db } = stack.ledger;
  const { requestId, story: before } = await held(stack, { period: 'PT3S' });
  mishap = 'lost-before';
  const id = await operator.pendingActivity(requestId, 'end');
  const about = ['--workflow-id', requestWorkflowId(requestId, 1), '--activity-id', id];
  const slow = [
    '--start-to-close-timeout',
    '240h',
    '--heartbeat-timeout',
    '240h',
    '--retry-initial-interval',
    '240h',
    '--retry-maximum-interval',
    '240h',
  ];
  await operator.do('activity', 'update-options', ...about, ...slow);
  await operator.do('activity', 'pause', ...about);
  mishap = 'none';
  const stopReaping = keepReaping(stack);
  try {
    const story = await becomes(db, requestId, 'granted', 'ended');
    expect(latenessMs(story)).toBeLessThan(15_000);
    expect(await lookAtTarget(stack, before.grant?.account)).toEqual({ accounts: [], sessions: 0 });
    await noteAttack({
      attack: 'pause',
      tried: 'a pending end, paused and slowed down',
      found: `ended ${latenessMs(story)} ms after its end`,
    });
  } finally {
    await stopReaping();
    await operator.try('activity', 'unpause', ...about);
  }
});
