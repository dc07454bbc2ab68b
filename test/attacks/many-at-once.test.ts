import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createReaper } from '../../activities/reaper.ts';
import { ask } from '../support/asking.ts';
import { noteAttack } from '../support/attack-report.ts';
import { isDrill, rounds } from '../support/extent.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { eventually } from '../support/wait.ts';
import { keepDoing, keepMending, keepReaping, lookAtTarget } from './scene.ts';

// One beginning and one end for each grant, although two of everything that could begin or end it run at once.

let stack: Stack;
const stops: (() => Promise<void>)[] = [];

beforeAll(async () => {
  stack = await startStack();
  const other = createReaper(stack.deps, 8);
  stops.push(
    ...(await Promise.all([stack.startWorkers(), stack.startWorkers()])),
    keepMending(stack),
    keepMending(stack),
    keepReaping(stack),
    keepDoing(300, () => other.round()),
  );
});

afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
  await stack?.stop();
});

test('many short grants under two workers and two reapers: each begins once and ends once', {
  timeout: 300_000,
}, async () => {
  const { db } = stack.ledger;
  const count = rounds(12, 150);
  const ids = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const where =
        index % 2 ? { resource: 'initech-env' } : { resource: 'postgres-us', customer: 'initech' };
      return (await ask(db, { ...where, period: `PT${(isDrill ? 15 : 8) + (index % 4)}S` })).requestId;
    }),
  );
  const states = () =>
    db.execute<{ state: string; n: number }>(sql`
      select g.state, count(*)::integer as n from access_grant g where request_id in ${ids} group by g.state`);
  await eventually(
    'the end of all',
    async () => (await states()).some(({ state, n }) => state === 'ended' && n === count),
    {
      timeoutMs: 240_000,
      describe: states,
    },
  );
  const events = await db.execute<{ type: string; requests: number; n: number }>(sql`
    select type, count(distinct request_id)::integer as requests, count(*)::integer as n from audit_event
    where request_id in ${ids} and type in ('grant.begun', 'grant.ended', 'grant.rolled_back') group by type order by type`);
  expect([...events]).toEqual([
    { type: 'grant.begun', requests: count, n: count },
    { type: 'grant.ended', requests: count, n: count },
  ]);
  expect(await lookAtTarget(stack)).toEqual({ accounts: [], sessions: 0 });
  const late = await db.execute<{ most: number; early: number }>(sql`
    select max(extract(epoch from ended_at - until) * 1000)::integer as most, count(*) filter (where ended_at < until)::integer as early
    from access_grant where request_id in ${ids}`);
  expect(late[0]?.early).toBe(0);
  await noteAttack({
    attack: 'two of everything',
    tried: `${count} short grants`,
    found: `each begun and ended once, at most ${late[0]?.most} ms late`,
  });
});
