import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '../../domain/ids.ts';
import { requestWorkflowId, wakeUpSignals } from '../../workflows/contract.ts';
import { decide } from '../support/asking.ts';
import { noteAttack } from '../support/attack-report.ts';
import { rounds } from '../support/extent.ts';
import { type Operator, operatorOf } from '../support/operator.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { becomes, closedStatus, tell, told, trail } from '../support/story.ts';
import { eventually } from '../support/wait.ts';
import { countGrants, held, keepMending, lookAtTarget, waiting } from './scene.ts';

// Promise 2: no Temporal input carries authority. Here: signals and starts by whoever reaches Temporal.

let stack: Stack;
let operator: Operator;
const stops: (() => Promise<void>)[] = [];

beforeAll(async () => {
  stack = await startStack();
  operator = operatorOf(stack);
  stops.push(await stack.startWorkers(), keepMending(stack));
});

afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
  await stack?.stop();
});

/** Sends it with the command and waits until a worker has dealt with it. */
async function signal(workflowId: string, name: string, input: string): Promise<void> {
  await operator.do('workflow', 'signal', '--workflow-id', workflowId, '--name', name, '--input', input);
}

/** Ids that an attacker may think of: made up, of another request's rows, of this request itself, and no ids at all. */
async function foreignIds(requestId: string): Promise<string[]> {
  const other = await waiting(stack);
  const decision = await decide(stack.ledger.db, other, 'priya@northwind.example');
  const ids = [newId('dec'), newId('rev'), decision, requestId, '', "' or true --"];
  return [...ids.map((id) => JSON.stringify(id)), '{"decision":"approve"}', 'null', '["approve"]', '7'];
}

/** Waits until every signal that was sent has been dealt with by a worker. */
async function dealtWith(workflowId: string, signals: number): Promise<void> {
  await eventually('the signals to be dealt with', async () => {
    const history = await stack.client.workflow.getHandle(workflowId).fetchHistory();
    const events = history.events ?? [];
    const seen = events.filter((event) => event.workflowExecutionSignaledEventAttributes).length;
    const lastSignal = events.findLastIndex((event) => event.workflowExecutionSignaledEventAttributes);
    const lastTask = events.findLastIndex((event) => event.workflowTaskCompletedEventAttributes);
    return seen >= signals && lastTask > lastSignal;
  });
}

test('forged signals of every name with every kind of foreign id grant nothing to a request that waits', async () => {
  const { db } = stack.ledger;
  const requestId = await waiting(stack);
  const workflowId = requestWorkflowId(requestId, 1);
  await eventually('the workflow', () =>
    stack.client.workflow
      .getHandle(workflowId)
      .describe()
      .catch(() => null),
  );
  const ids = await foreignIds(requestId);
  let sent = 0;
  for (const name of [...wakeUpSignals, 'settle', '__stack_trace', 'approved'])
    for (const [index, id] of ids.entries()) {
      // In a test each name meets two kinds of input; in a drill all of them.
      if (index % rounds(5, 1) !== 0) continue;
      await signal(workflowId, name, id);
      sent++;
    }
  await dealtWith(workflowId, sent);
  expect(await tell(db, requestId)).toMatchObject({ state: 'waiting', grant: null });
  expect(await trail(db, requestId)).toEqual([]);

  // The same wake-up with a decision's row behind it does grant: the signals above were not simply lost.
  await decide(db, requestId, 'marek@northwind.example');
  await becomes(db, requestId, 'granted', 'held');
  await noteAttack({
    attack: 'forged signal',
    tried: `${sent} signals to a request that waits`,
    found: 'stays waiting, no grant',
  });
});

test('forged signals of every name end nothing that is held before its time', async () => {
  const { db } = stack.ledger;
  const { requestId, story } = await held(stack, { period: 'PT6S' });
  const workflowId = requestWorkflowId(requestId, 1);
  const names = wakeUpSignals.flatMap((name) => Array.from({ length: rounds(1, 4) }, () => name));
  for (const name of names) await signal(workflowId, name, JSON.stringify(newId('rev')));
  await dealtWith(workflowId, names.length);
  const after = await tell(db, requestId);
  expect(after.grant).toMatchObject({ state: 'held', until: story.grant?.until });
  const ended = await becomes(db, requestId, 'granted', 'ended');
  expect(ended.grant?.endedBy).toBe('time');
  expect(ended.grant?.endedAt?.getTime()).toBeGreaterThanOrEqual(ended.grant?.until.getTime() ?? Infinity);
  await noteAttack({
    attack: 'forged signal',
    tried: `${names.length} signals to a held grant`,
    found: 'ended at its time, not before',
  });
});

test('a flood of signals neither grants nor loses the request', async () => {
  const { db } = stack.ledger;
  const requestId = await waiting(stack);
  const workflowId = requestWorkflowId(requestId, 1);
  const handle = stack.client.workflow.getHandle(workflowId);
  await eventually('the workflow', () => handle.describe().catch(() => null));
  const flood = rounds(300, 5_000);
  const junk = 'x'.repeat(2_000);
  for (let sent = 0; sent < flood; sent += 50)
    await Promise.all(Array.from({ length: 50 }, () => handle.signal('approve', junk)));
  expect(await tell(db, requestId)).toMatchObject({ state: 'waiting', grant: null });
  await decide(db, requestId, 'priya@northwind.example');
  await becomes(db, requestId, 'granted', 'held', 60_000);
  expect(await told(db, requestId, 'grant.begun')).toBe(1);
  await noteAttack({
    attack: 'forged signal',
    tried: `a flood of ${flood} signals`,
    found: 'stays waiting, then approved as usual',
  });
});

test('forged starts for a request that waits, under its own and other ids, grant nothing and double nothing', async () => {
  const { db } = stack.ledger;
  const requestId = await waiting(stack);
  const other = await waiting(stack);
  const input = JSON.stringify(requestId);
  // Before the relay, as it were: the own id is taken by a forged start whenever the operator is quicker.
  await operator.start({ type: 'elevatedAccess', id: requestWorkflowId(requestId, 1), input });
  const twins = [
    requestWorkflowId(requestId, 2),
    requestWorkflowId(requestId, 777),
    `request/${requestId}/x y`,
  ];
  for (const id of twins)
    expect(await operator.start({ type: 'elevatedAccess', id, input })).toMatchObject({ code: 0 });
  const strangers = [
    'grant-me',
    requestWorkflowId(other, 9),
    `request/${requestId}`,
    `REQUEST/${requestId}/1`,
  ];
  for (const id of strangers) {
    await operator.start({ type: 'elevatedAccess', id, input });
    expect(await operator.do('workflow', 'result', '--workflow-id', id)).toMatchObject({ code: 0 });
  }
  expect(await tell(db, requestId)).toMatchObject({ state: 'waiting', grant: null });

  await decide(db, requestId, 'priya@northwind.example');
  // The twins are woken too, by what looks like the relay's own signal: all of them provision at once.
  for (const id of twins) await signal(id, 'approve', input);
  await becomes(db, requestId, 'granted', 'held');
  for (const id of twins) await signal(id, 'extend', input);
  expect(await told(db, requestId, 'grant.begun')).toBe(1);
  expect(await countGrants(stack, [requestId])).toBe(1);
  await noteAttack({
    attack: 'forged start',
    tried: `${twins.length} twins and ${strangers.length} strangers of one request`,
    found: 'nothing before the approval, begun once after it',
  });
});

test('forged starts with hostile input write nothing and hurt no other request', async () => {
  const { db } = stack.ledger;
  const countStrange = () =>
    db.execute<{ n: number }>(
      "select count(*)::integer as n from audit_event where request_id is null or request_id not like 'req\\_%'",
    );
  const before = await countStrange();
  const unknown = newId('req');
  const inputs = [
    { id: requestWorkflowId(unknown, 1), input: JSON.stringify(unknown) },
    { id: 'request/undefined/1', input: undefined },
    { id: 'request/null/1', input: 'null' },
    { id: 'request/[object Object]/1', input: '{}' },
    { id: 'request/7/1', input: '7' },
    { id: `request/${unknown}/2`, input: JSON.stringify([unknown]) },
    { id: "request/x' or '1'='1/1", input: JSON.stringify("x' or '1'='1") },
    { id: `request/${'x'.repeat(300)}/1`, input: JSON.stringify('x'.repeat(300)) },
    { id: 'request//1', input: '""' },
    { id: 'request/\\u0000/1', input: '"\\u0000"' },
  ];
  for (const { id, input } of inputs)
    await operator.start({ type: 'elevatedAccess', id, ...(input === undefined ? {} : { input }) });
  expect(await closedStatus(stack.client, unknown)).toBe('COMPLETED');
  const { requestId } = await held(stack, { period: 'PT2S' });
  await becomes(db, requestId, 'granted', 'ended');
  expect(await countStrange()).toEqual(before);
  await noteAttack({
    attack: 'forged start',
    tried: `${inputs.length} hostile inputs`,
    found: 'nothing written, others undisturbed',
  });
});

test('what was never asked for is nowhere in the target', async () => {
  const { db } = stack.ledger;
  const known = await db.execute<{ account: string }>(
    `select account from access_grant where state in ('provisioning', 'held')`,
  );
  const { accounts } = await lookAtTarget(stack);
  expect(accounts.filter((account) => !known.some((grant) => grant.account === account))).toEqual([]);
});
