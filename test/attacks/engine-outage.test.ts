import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunningProcess } from '../../bin/local/running-process.ts';
import { ask, decide } from '../support/asking.ts';
import { noteAttack } from '../support/attack-report.ts';
import { rounds } from '../support/extent.ts';
import { startHttpApi } from '../support/over-http.ts';
import { type Processes, processesOf } from '../support/outage.ts';
import { holdSession } from '../support/foreign-client.ts';
import { durable, startStack, type Stack } from '../support/stack.ts';
import { becomes, tell, told } from '../support/story.ts';
import { eventually } from '../support/wait.ts';
import { held, latenessMs, loginOf, lookAtTarget, trySignIn, waiting } from './scene.ts';

// Promises 1 and 4: what was accepted is carried out, and what is due ends, whichever of our parts was killed.

const patienceMs = 60_000;

let stack: Stack;
let processes: Processes;
let worker: RunningProcess;
let reaper: RunningProcess;

beforeAll(async () => {
  stack = await startStack({ temporal: { persistent: true }, ledger: durable, target: durable });
  processes = processesOf(stack);
  [worker, reaper] = await Promise.all([processes.start('worker'), processes.start('reaper')]);
});

afterAll(async () => {
  await processes?.stop();
  await stack?.stop();
});

const kill = (process: RunningProcess) => process.end('SIGKILL', 1_000);

const askAndWait = async (period: string) => {
  const { requestId } = await ask(stack.ledger.db, { period });
  return { requestId, story: await becomes(stack.ledger.db, requestId, 'granted', 'held', patienceMs) };
};

test('asked and approved while Temporal is down: carried out when it is back', {
  timeout: 120_000,
}, async () => {
  const { db } = stack.ledger;
  // The control: with everything up it is carried out, so what follows is the outage's doing.
  await askAndWait('PT1H');
  const before = await waiting(stack);
  await stack.temporal.kill();
  await decide(db, before, 'priya@northwind.example');
  const during = await waiting(stack);
  await decide(db, during, 'marek@northwind.example');
  const { requestId: automatic } = await ask(db);
  const undecided = await waiting(stack);
  // Long enough for a relay to have tried.
  await eventually('a failed delivery', async () => {
    const rows = await db.execute<{ n: number }>(
      'select count(*)::integer as n from outbox where delivered_at is null and tries > 0',
    );
    return (rows[0]?.n ?? 0) > 0;
  });
  for (const id of [before, during, automatic]) expect((await tell(db, id)).grant).toBeNull();
  const back = performance.now();
  await stack.temporal.start();
  for (const id of [before, during, automatic]) await becomes(db, id, 'granted', 'held', patienceMs);
  const tookMs = Math.round(performance.now() - back);
  expect(await tell(db, undecided)).toMatchObject({ state: 'waiting', grant: null });
  for (const id of [before, during, automatic]) expect(await told(db, id, 'grant.begun')).toBe(1);
  await noteAttack({
    attack: 'Temporal down',
    tried: 'asking and approving',
    found: `all three held ${tookMs} ms after its start`,
  });
});

test('asked and approved over HTTP while Temporal is down: answered at once, carried out when it is back', {
  timeout: 120_000,
}, async () => {
  await stack.temporal.kill();
  // Started without Temporal, too.
  const api = await startHttpApi(stack, processes);
  const wish = { resource: 'globex-env', entitlement: 'read', period: 'PT1H', justification: 'A look' };
  const asked = await api.post('sam@northwind.example', '/v1/access-requests', { ...wish, ticket: 'SUP-1' });
  const requestId = String(asked.body['id']);
  const decisions = `/v1/access-requests/${requestId}/decisions`;
  const decided = await api.post('priya@northwind.example', decisions, { decision: 'approve' });
  expect([asked.status, decided.status]).toEqual([201, 201]);
  expect(Math.max(asked.tookMs, decided.tookMs)).toBeLessThan(2_000);
  expect((await tell(stack.ledger.db, requestId)).grant).toBeNull();
  await stack.temporal.start();
  await becomes(stack.ledger.db, requestId, 'granted', 'held', patienceMs);
  expect(await told(stack.ledger.db, requestId, 'grant.begun')).toBe(1);
  await api.process.end('SIGTERM', 8_000);
  await noteAttack({
    attack: 'Temporal down',
    tried: 'asking and approving over HTTP',
    found: `answered in ${asked.tookMs} and ${decided.tookMs} ms, held when it was back`,
  });
});

test('asked and approved while every worker is down: carried out when one is back', {
  timeout: 120_000,
}, async () => {
  const { db } = stack.ledger;
  await kill(worker);
  const requestId = await waiting(stack);
  await decide(db, requestId, 'priya@northwind.example');
  const { requestId: automatic } = await ask(db);
  worker = await processes.start('worker');
  for (const id of [requestId, automatic]) {
    await becomes(db, id, 'granted', 'held', patienceMs);
    expect(await told(db, id, 'grant.begun')).toBe(1);
  }
  await noteAttack({
    attack: 'workers down',
    tried: 'asking and approving',
    found: 'both held when one was back',
  });
});

test('Temporal and every worker down at the end: the reaper ends session, login and role', {
  timeout: 120_000,
}, async () => {
  const { db } = stack.ledger;
  const { requestId, story: before } = await askAndWait('PT8S');
  const login = loginOf(stack, before);
  const session = await holdSession(login);
  await Promise.all([kill(worker), stack.temporal.kill()]);
  expect(await trySignIn(login)).toMatchObject({ ok: true });
  const story = await becomes(db, requestId, 'granted', 'ended', patienceMs);
  await session.ended;
  expect(await trySignIn(login)).toMatchObject({ ok: false });
  expect(await lookAtTarget(stack, login.username)).toEqual({ accounts: [], sessions: 0 });
  expect(latenessMs(story)).toBeGreaterThanOrEqual(0);
  expect(latenessMs(story)).toBeLessThan(15_000);
  await stack.temporal.start();
  worker = await processes.start('worker');
  await askAndWait('PT1H');
  expect(await told(db, requestId, 'grant.ended')).toBe(1);
  await noteAttack({
    attack: 'Temporal and workers down',
    tried: 'at the end',
    found: `ended by the reaper ${latenessMs(story)} ms after its end`,
  });
});

test('the ledger down at the end: the target refuses by itself, and it is ended when the ledger is back', {
  timeout: 120_000,
}, async () => {
  const { db } = stack.ledger;
  const { requestId, story: before } = await askAndWait('PT8S');
  const login = loginOf(stack, before);
  expect(await trySignIn(login)).toMatchObject({ ok: true });
  await stack.ledgerServer.kill();
  await eventually('the target’s own refusal', async () => !(await trySignIn(login)).ok, {
    timeoutMs: 15_000,
  });
  // It is the target that refuses: the role is still there, nobody has taken it away.
  expect((await lookAtTarget(stack, login.username)).accounts).toHaveLength(1);
  expect(Date.now()).toBeGreaterThanOrEqual((before.grant?.until.getTime() ?? Infinity) - 100);
  const back = performance.now();
  await stack.ledgerServer.start();
  await eventually('the end', () => becomes(db, requestId, 'granted', 'ended').catch(() => null), {
    timeoutMs: 30_000,
  });
  const tookMs = Math.round(performance.now() - back);
  expect(tookMs).toBeLessThan(30_000);
  expect(await lookAtTarget(stack, login.username)).toEqual({ accounts: [], sessions: 0 });
  await noteAttack({
    attack: 'ledger down',
    tried: 'at the end',
    found: `refused by the target at once, ended ${tookMs} ms after the ledger's start`,
  });
});

test('everything killed at once and started in a random order: what was due ends, what was asked is held', {
  timeout: rounds(180_000, 900_000),
}, async () => {
  const { db } = stack.ledger;
  for (let round = 0; round < rounds(1, 6); round++) {
    const due = await held(stack, { period: 'PT6S' });
    const decided = await waiting(stack);
    await decide(db, decided, 'priya@northwind.example');
    await Promise.all([
      kill(worker),
      kill(reaper),
      stack.temporal.kill(),
      stack.targetServer.kill(),
      stack.ledgerServer.kill(),
    ]);
    const starts: [string, () => Promise<void>][] = [
      ['worker', async () => void (worker = await processes.start('worker'))],
      ['reaper', async () => void (reaper = await processes.start('reaper'))],
      ['temporal', () => stack.temporal.start()],
      ['target', () => stack.targetServer.start()],
      ['ledger', () => stack.ledgerServer.start()],
    ];
    const order = starts.map((start) => ({ start, at: Math.random() })).sort((a, b) => a.at - b.at);
    for (const { start } of order) await start[1]();
    const back = performance.now();
    const names = order.map(({ start }) => start[0]).join(', ');
    const story = await eventually(
      `the end, after ${names}`,
      () => becomes(db, due.requestId, 'granted', 'ended').catch(() => null),
      { timeoutMs: patienceMs },
    );
    const tookMs = Math.round(performance.now() - back);
    expect(await lookAtTarget(stack, story.grant?.account)).toEqual({ accounts: [], sessions: 0 });
    await becomes(db, decided, 'granted', 'held', patienceMs);
    for (const id of [due.requestId, decided]) expect(await told(db, id, 'grant.begun')).toBe(1);
    expect(await told(db, due.requestId, 'grant.ended')).toBe(1);
    await noteAttack({
      attack: 'everything down',
      tried: `started again: ${names}`,
      found: `ended ${tookMs} ms after the last start, ${latenessMs(story)} ms after its end`,
    });
  }
});
