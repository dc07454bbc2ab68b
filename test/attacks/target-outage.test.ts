import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { limits } from '../../domain/limits.ts';
import { ask } from '../support/asking.ts';
import { noteAttack } from '../support/attack-report.ts';
import { rounds } from '../support/extent.ts';
import { type Mishap, unreliable } from '../support/outage.ts';
import { durable, startStack, type Stack } from '../support/stack.ts';
import { becomes, repairNow, tell, told } from '../support/story.ts';
import { eventually } from '../support/wait.ts';
import { held, keepMending, keepReaping, latenessMs, loginOf, lookAtTarget, trySignIn } from './scene.ts';

// Promise 4 and "no false granted, no false ended": the target is away when something must be done in it.

let stack: Stack;
let mishap: Mishap = 'none';
const stops: (() => Promise<void>)[] = [];

beforeAll(async () => {
  stack = await startStack({ target: durable });
  // Beginnings alone meet the mishap: the reaper has the real connectors.
  const { connectors } = unreliable(stack, (change) => (change.kind === 'remove' ? 'none' : mishap));
  stops.push(await stack.startWorkers({ connectors }), keepMending(stack), keepReaping(stack));
});

afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
  await stack?.stop();
});

/** What `GET /v1/grants?state=overdue` lists: rows of the ledger and nothing else. */
async function overdue(): Promise<string[]> {
  const rows = await stack.ledger.db.execute<{ request_id: string }>(sql`
    select request_id from access_grant where state in ('provisioning', 'held') and due_at <= tenure_now()`);
  return rows.map((row) => row.request_id);
}

async function taskOf(requestId: string) {
  const rows = await stack.ledger.db.execute<{ kind: string; owner: string; open: boolean }>(sql`
    select t.kind, p.email as owner, t.closed_at is null as open from task t join person p on p.id = t.owner_person_id
    where t.request_id = ${requestId}`);
  return [...rows];
}

test('the target down at the end: overdue, an alert and a task with an owner, never a false ended', {
  timeout: 180_000,
}, async () => {
  const { db } = stack.ledger;
  const all = await Promise.all(Array.from({ length: rounds(2, 20) }, () => held(stack, { period: 'PT8S' })));
  const ids = all.map(({ requestId }) => requestId);
  const logins = all.map(({ story }) => loginOf(stack, story));
  expect(await overdue()).toEqual([]);
  await stack.targetServer.kill();
  await eventually('the list of what is overdue', async () => (await overdue()).length === ids.length);
  for (const id of ids) {
    await eventually('the task', async () => (await taskOf(id)).length > 0, {
      timeoutMs: limits.overdueAlertMs + 10_000,
    });
    expect(await taskOf(id)).toEqual([{ kind: 'overdue', owner: 'omar@northwind.example', open: true }]);
    expect(await told(db, id, 'grant.overdue')).toBe(1);
    expect(await told(db, id, 'grant.ended')).toBe(0);
    const story = await tell(db, id);
    expect(story.grant?.state).toBe('held');
  }
  const rows = await db.execute<{ last_error: string }>(
    sql`select distinct last_error from access_grant where request_id in ${ids}`,
  );
  expect([...rows]).toEqual([{ last_error: 'target-unreachable' }]);
  const back = performance.now();
  await stack.targetServer.start();
  for (const id of ids) await becomes(db, id, 'granted', 'ended', 30_000);
  const tookMs = Math.round(performance.now() - back);
  expect(tookMs).toBeLessThan(30_000);
  for (const id of ids) {
    expect(await taskOf(id)).toEqual([{ kind: 'overdue', owner: 'omar@northwind.example', open: false }]);
    expect(await told(db, id, 'grant.ended')).toBe(1);
  }
  for (const login of logins) expect(await trySignIn(login)).toMatchObject({ ok: false });
  expect(await overdue()).toEqual([]);
  expect((await lookAtTarget(stack)).accounts).toEqual([]);
  await noteAttack({
    attack: 'target down',
    tried: `at the end of ${ids.length} grants`,
    found: `overdue with task, all gone ${tookMs} ms after its start`,
  });
});

test('the target down when access should begin: tried again in sight, no false granted, then held', {
  timeout: 120_000,
}, async () => {
  const { db } = stack.ledger;
  await stack.targetServer.kill();
  const { requestId } = await ask(db, { period: 'PT6S' });
  await eventually(
    'the visible reason',
    async () => (await tell(db, requestId)).lastError === 'target-unreachable',
  );
  expect(await tell(db, requestId)).toMatchObject({ state: 'approved' });
  expect(await told(db, requestId, 'grant.begun')).toBe(0);
  await stack.targetServer.start();
  const story = await becomes(db, requestId, 'granted', 'held', 30_000);
  // The period counts from the moment access begins: the outage has taken nothing from it.
  const periodMs = (story.grant?.until.getTime() ?? 0) - (story.grant?.from.getTime() ?? 0);
  expect(periodMs).toBe(6_000);
  expect(await trySignIn(loginOf(stack, story))).toMatchObject({ ok: true });
  const ended = await becomes(db, requestId, 'granted', 'ended');
  await noteAttack({
    attack: 'target down',
    tried: 'when access should begin',
    found: `held when it was back, ended ${latenessMs(ended)} ms after its end`,
  });
});

test('the target dies in the middle of beginning and ending again and again: begun once, ended once', {
  timeout: 300_000,
}, async () => {
  const { db } = stack.ledger;
  const asked = await Promise.all(Array.from({ length: rounds(4, 30) }, () => ask(db, { period: 'PT10S' })));
  const ids = asked.map(({ requestId }) => requestId);
  for (let time = 0; time < rounds(2, 10); time++) {
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 1_500));
    await stack.targetServer.kill();
    await stack.targetServer.start();
  }
  for (const id of ids) {
    await becomes(db, id, 'granted', 'ended', 120_000);
    expect(await told(db, id, 'grant.begun')).toBe(1);
    expect(await told(db, id, 'grant.ended')).toBe(1);
  }
  expect(await lookAtTarget(stack)).toEqual({ accounts: [], sessions: 0 });
  await noteAttack({
    attack: 'target down',
    tried: `killed ${rounds(2, 10)} times under ${ids.length} short grants`,
    found: 'each begun once and ended once, nothing left',
  });
});

test('an intent whose whole period passes while the target is away: never called access, not begun again for ever', {
  timeout: 120_000,
}, async () => {
  const { db } = stack.ledger;
  // The first observation succeeds and the intent is written; then every change is refused until it is too late.
  mishap = 'lost-before';
  const { requestId } = await ask(db, { period: 'PT2S' });
  await becomes(db, requestId, 'approved', 'provisioning');
  const story = await becomes(db, requestId, 'failed', 'failed', 30_000);
  mishap = 'none';
  expect(story.grant?.endedBy).toBe('rollback');
  expect(await told(db, requestId, 'grant.begun')).toBe(0);
  expect(await told(db, requestId, 'grant.rolled_back')).toBe(1);
  expect(await told(db, requestId, 'access_request.failed')).toBe(1);
  const run = story.engineRun;
  await repairNow(stack);
  expect((await tell(db, requestId)).engineRun).toBe(run);
  expect((await lookAtTarget(stack, story.grant?.account)).accounts).toEqual([]);
  await noteAttack({
    attack: 'target down',
    tried: 'for the whole period, after the intent',
    found: 'request and grant failed, nothing in the target',
  });
});
