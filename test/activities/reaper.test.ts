import { sql } from 'drizzle-orm';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ActivityDeps } from '../../activities/deps.ts';
import { createReaper } from '../../activities/reaper.ts';
import { readDefaultPolicies } from '../../bin/policies.ts';
import { ask } from '../support/asking.ts';
import { holdBySql } from '../support/grant-by-sql.ts';
import { type EphemeralLedger, ephemeralLedger } from '../support/ledger.ts';
import { memoryTarget, type MemoryTarget } from '../support/memory-connector.ts';
import { tell, told } from '../support/story.ts';
import { eventually } from '../support/wait.ts';

// The reaper alone, with a ledger and a target in memory: neither Temporal nor a worker.

let ledger: EphemeralLedger;
let target: MemoryTarget;
let deps: ActivityDeps;

beforeAll(async () => {
  ledger = await ephemeralLedger();
  target = memoryTarget();
  deps = {
    ledger: ledger.system,
    connectors: new Map([['postgres', target]]),
    sealing: ledger.keys.sealing,
    decide: readDefaultPolicies().decide,
    mayHoldMany: readDefaultPolicies().mayHoldMany,
    reach: async () => undefined,
    log: pino({ level: 'silent' }),
  };
});

afterAll(async () => {
  await ledger?.stop();
});

const db = () => ledger.system.db;

/** A grant whose end was ordered so long ago. */
async function overdueSince(
  seconds: number,
  resource = 'initech-env',
): Promise<{ requestId: string; grantId: string }> {
  const held = await holdBySql(db(), { resource });
  await db().execute(sql`update access_grant set end_at = tenure_now() - ${seconds} * interval '1 second', end_order = 'revocation'
    where id = ${held.grantId}`);
  return held;
}

/** Makes every change to the named row of a table fail, until the returned function is called. */
async function breakRow(table: 'access_request' | 'task', column: string, id: string) {
  const owner = ledger.owner.db;
  const broken = sql.identifier(`broken_${table}`);
  await owner.execute(sql`create function ${broken}() returns trigger language plpgsql as
    $$ begin raise exception 'broken'; end $$`);
  await owner.execute(sql`create trigger broken before insert or update on ${sql.identifier(table)} for each row
    when (new.${sql.identifier(column)} = ${sql.raw(`'${id}'`)}) execute function ${broken}()`);
  return () => owner.execute(sql`drop function ${broken}() cascade`);
}

it('ends what is due on one target while any number of ends hang on another', async () => {
  const hanging = new Set<string>();
  for (let count = 0; count < 10; count++)
    hanging.add((await overdueSince(100, 'acme-env')).grantId.replace('grant_', 'tnr_'));
  const { requestId } = await overdueSince(2);
  let release = () => undefined as void;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  target.before = (change) => (hanging.has(change.holding.account) ? released : Promise.resolve());
  const reaper = createReaper(deps, 8);
  await eventually('the end on the other target', async () => {
    await reaper.round();
    return (await tell(db(), requestId)).grant?.state === 'ended';
  });
  expect(target.log.filter(({ change }) => hanging.has(change.holding.account))).toEqual([]);
  release();
  await eventually('the ends that hung', async () => {
    await reaper.round();
    const open = await db().execute(sql`select from access_grant where state = 'held'`);
    return open.length === 0;
  });
  await reaper.settled();
});

it('takes no more than its places in a target, those never tried first, and nothing that is under way twice', async () => {
  const grants = [];
  for (let count = 0; count < 5; count++) grants.push((await overdueSince(100 - count)).grantId);
  let begun: string[] = [];
  let release = () => undefined as void;
  const hang = () => {
    const released = new Promise<void>((_, reject) => {
      release = () => reject(new Error('not today'));
    });
    target.before = (change) => {
      begun.push(change.holding.account.replace('tnr_', 'grant_'));
      return released;
    };
  };
  hang();
  const reaper = createReaper(deps, 2);
  await reaper.round();
  await eventually('two ends', async () => begun.length === 2);
  await reaper.round();
  expect(begun.toSorted()).toEqual(grants.slice(0, 2).toSorted());
  for (const next of [grants.slice(2, 4), grants.slice(4)]) {
    begun = [];
    release();
    await reaper.settled();
    hang();
    await reaper.round();
    await eventually('the next ones', async () => begun.length >= next.length);
    expect(begun).toEqual(expect.arrayContaining(next));
    expect(begun.length).toBeLessThanOrEqual(2);
  }
  release();
  await reaper.settled();
  target.before = async () => undefined;
  await eventually('all ends', async () => {
    await reaper.round();
    const open = await db().execute(sql`select from access_grant where state = 'held'`);
    return open.length === 0;
  });
  await reaper.settled();
});

it('raises every alert, whatever is wrong with another request or another grant', async () => {
  const { requestId: silent } = await ask(db(), { resource: 'globex-env', stages: ['support-lead'] });
  const owner = ledger.owner.db;
  await owner.execute(sql`alter table access_request disable trigger guard_request_words`);
  await owner.execute(
    sql`update access_request set lapses_at = tenure_now() - interval '1 minute' where id = ${silent}`,
  );
  await owner.execute(sql`alter table access_request enable trigger guard_request_words`);
  const [oldest, next] = [await overdueSince(60), await overdueSince(30)];
  const mendRequest = await breakRow('access_request', 'id', silent);
  const mendTask = await breakRow('task', 'grant_id', oldest.grantId);
  target.before = () => Promise.reject(new Error('the target is away'));
  const reaper = createReaper(deps, 8);
  await reaper.round();
  expect(await told(db(), next.requestId, 'grant.overdue')).toBe(1);
  expect(await told(db(), oldest.requestId, 'grant.overdue')).toBe(0);
  expect(await tell(db(), silent)).toMatchObject({ state: 'waiting' });
  await mendRequest();
  await mendTask();
  await reaper.round();
  expect(await told(db(), oldest.requestId, 'grant.overdue')).toBe(1);
  expect(await told(db(), next.requestId, 'grant.overdue')).toBe(1);
  expect(await tell(db(), silent)).toMatchObject({ state: 'lapsed' });
  await reaper.settled();
  target.before = async () => undefined;
});

it('purges answers that are remembered no longer and lines delivered long ago, and nothing else', async () => {
  const owner = ledger.owner.db;
  await owner.execute(sql`
    insert into idempotency (caller, key, request_hash, status, body, expires_at)
    select 'somebody', 'key-' || i, 'hash', 200, '{"name":"Sam"}', tenure_now() + (i - 1200) * interval '1 minute'
    from generate_series(1, 1210) i`);
  await owner.execute(sql`
    insert into outbox (kind, subject_id, message, created_at, delivered_at)
    select 'mail', 'line-' || i, '{}', tenure_now() - interval '30 days', case when i > 1 then tenure_now() - i * interval '3 days' end
    from generate_series(1, 5) i`);
  await createReaper(deps, 8).purge();
  const answers = await owner.execute(sql`select key from idempotency`);
  expect(answers).toHaveLength(10);
  const lines = await owner.execute<{ id: string }>(
    sql`select subject_id as id from outbox where kind = 'mail' order by 1`,
  );
  expect(lines.map(({ id }) => id)).toEqual(['line-1', 'line-2']);
});
