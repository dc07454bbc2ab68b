import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import * as fc from 'fast-check';
import type postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ActivityDeps } from '../../activities/deps.ts';
import { type EndingTry, endGrantOf } from '../../activities/end.ts';
import { extendGrant } from '../../activities/extend.ts';
import { createPlaces } from '../../activities/places.ts';
import { provisionRequest } from '../../activities/provision.ts';
import { settleRequest } from '../../activities/settle.ts';
import { actors } from '../../domain/audit-event.ts';
import { ask } from '../support/asking.ts';
import { noteAttack } from '../support/attack-report.ts';
import { rounds } from '../support/extent.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { askExtension, orderEnding, tell, told } from '../support/story.ts';
import { superuser } from '../support/target.ts';
import { eventually } from '../support/wait.ts';

let stack: Stack;
let admin: postgres.Sql;

// No worker runs here: the activities are called as a worker would, at the moments that a race needs.
beforeAll(async () => {
  stack = await startStack();
  admin = superuser(stack);
});

afterAll(async () => {
  await admin?.end();
  await stack?.stop();
});

const db = () => stack.ledger.db;
const patiently = () => new AbortController().signal;
const by = (actor: EndingTry['actor']): EndingTry => ({
  actor,
  places: createPlaces(8),
  signal: patiently(),
});

/** Activities that dawdle at every named place, each for as long as the next number says (milliseconds). */
function dawdling(pauses: readonly number[]): ActivityDeps {
  let next = 0;
  const reach = () => delay(pauses[next++ % pauses.length] ?? 0);
  return { ...stack.deps, reach };
}

/** Tries again, as Temporal does, until the work succeeds. */
async function until(work: () => Promise<void>): Promise<void> {
  await eventually(
    'the activity',
    () =>
      work().then(
        () => true,
        () => false,
      ),
    { everyMs: 10 },
  );
}

async function holds(account: string | undefined): Promise<boolean> {
  const rows = await admin`select from pg_roles where rolname = ${account ?? ''}`;
  return rows.length > 0;
}

async function held(period = 'PT20M'): Promise<string> {
  const { requestId } = await ask(db(), { period });
  await provisionRequest(stack.deps, requestId, patiently());
  expect(await tell(db(), requestId)).toMatchObject({ state: 'granted', grant: { state: 'held' } });
  return requestId;
}

describe('a revocation', () => {
  it('wins over an extension, however the two meet', async () => {
    const moment = fc.integer({ min: 0, max: 30 });
    const meeting = fc.record({
      extendAfter: moment,
      // An extension takes longer than an order to end: it must also come first at times.
      revokeAfter: fc.integer({ min: 0, max: 120 }),
      pauses: fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 6 }),
    });
    const outcomes = new Set<string>();
    const play = fc.asyncProperty(meeting, async ({ extendAfter, revokeAfter, pauses }) => {
      const requestId = await held();
      const extensionId = await askExtension(db(), requestId, 'PT20M');
      const deps = dawdling(pauses);
      await Promise.all([
        delay(extendAfter).then(() => until(() => extendGrant(deps, extensionId, patiently()))),
        delay(revokeAfter)
          .then(() => orderEnding(db(), requestId, 'revocation'))
          .then((ordered) => expect(ordered).toBe(true))
          .then(() => until(() => endGrantOf(deps, requestId, by(actors.engine)))),
      ]);
      const { grant } = await tell(db(), requestId);
      expect(grant).toMatchObject({ state: 'ended', endedBy: 'revocation' });
      expect(await holds(grant?.account)).toBe(false);
      const extension = await tell(db(), extensionId);
      expect(['granted', 'refused']).toContain(extension.state);
      expect(await told(db(), extensionId, 'grant.extended')).toBe(extension.state === 'granted' ? 1 : 0);
      outcomes.add(extension.state);
    });
    await fc.assert(play, { numRuns: rounds(16, 300), endOnFailure: true });
    await noteAttack({
      attack: 'revocation against extension',
      tried: `${rounds(16, 300)} random interleavings`,
      found: 'the revocation wins every time, nothing is left in the target',
    });
    // Else nothing raced.
    expect([...outcomes].sort()).toEqual(['granted', 'refused']);
  });

  it('is carried out once, however many try at once', async () => {
    const requestId = await held();
    await orderEnding(db(), requestId, 'revocation');
    const tries = [actors.engine, actors.reaper, actors.engine, actors.reaper];
    await Promise.all(tries.map((actor) => until(() => endGrantOf(stack.deps, requestId, by(actor)))));
    expect(await told(db(), requestId, 'grant.ended')).toBe(1);
    expect(await holds((await tell(db(), requestId)).grant?.account)).toBe(false);
  });
});

describe('provisioning', () => {
  it('has one effect when several attempts run at once', async () => {
    const attempts = fc.array(fc.array(fc.integer({ min: 0, max: 15 }), { minLength: 1, maxLength: 5 }), {
      minLength: 2,
      maxLength: 4,
    });
    const play = fc.asyncProperty(attempts, async (pauses) => {
      const { requestId } = await ask(db());
      await Promise.all(
        pauses.map((mine) => until(() => provisionRequest(dawdling(mine), requestId, patiently()))),
      );
      await until(() => provisionRequest(stack.deps, requestId, patiently()));
      const { state, grant } = await tell(db(), requestId);
      expect({ state, grant: grant?.state }).toEqual({ state: 'granted', grant: 'held' });
      expect(await told(db(), requestId, 'grant.begun')).toBe(1);
      const [role] =
        await admin`select rolvaliduntil as until from pg_roles where rolname = ${grant?.account ?? ''}`;
      // What the target refuses after and what the ledger says are the same attempt's.
      expect(role).toEqual({ until: grant?.until });
      await orderEnding(db(), requestId, 'return');
      await until(() => endGrantOf(stack.deps, requestId, by(actors.engine)));
      expect(await holds(grant?.account)).toBe(false);
    });
    await fc.assert(play, { numRuns: rounds(8, 150), endOnFailure: true });
  });
});

describe('an access whose whole period passes while it is being made', () => {
  it('never begins, is taken away, and its request fails once instead of staying approved', async () => {
    const { requestId } = await ask(db(), { period: 'PT1S' });
    await provisionRequest(dawdling([1_100]), requestId, patiently());
    expect(await tell(db(), requestId)).toMatchObject({
      state: 'approved',
      grant: { state: 'provisioning' },
    });
    await until(() => endGrantOf(stack.deps, requestId, by(actors.reaper)));
    for (let time = 0; time < 2; time += 1)
      expect(await settleRequest(stack.deps, requestId)).toMatchObject({ phase: 'over' });
    const { state, grant } = await tell(db(), requestId);
    expect({ state, grant: grant?.state }).toEqual({ state: 'failed', grant: 'failed' });
    expect(await told(db(), requestId, 'access_request.failed')).toBe(1);
    expect(await told(db(), requestId, 'grant.begun')).toBe(0);
    expect(await holds(grant?.account)).toBe(false);
    await provisionRequest(stack.deps, requestId, patiently());
    expect(await holds(grant?.account)).toBe(false);
  });
});

describe('overlapping grants of the same thing', () => {
  it('end each at its own time and never each other, over random windows', async () => {
    const window = fc.record({
      after: fc.integer({ min: 0, max: 2_000 }),
      seconds: fc.integer({ min: 4, max: 7 }),
    });
    const windows = fc.sample(window, rounds(10, 120));
    let isOver = false;
    const reaping = (async () => {
      while (!isOver) {
        await stack.reaper.round();
        await delay(100);
      }
      await stack.reaper.settled();
    })();
    const missing: string[] = [];
    await Promise.all(
      windows.map(async ({ after, seconds }) => {
        await delay(after);
        const requestId = await held(`PT${seconds}S`);
        await eventually(
          'the end',
          async () => {
            const known = await tell(db(), requestId);
            const there = await holds(known.grant?.account);
            const { grant } = known;
            if (grant?.state === 'ended') return true;
            const stillDue = grant !== null && Date.now() < grant.until.getTime();
            if (stillDue && !there) missing.push(requestId);
            return false;
          },
          { everyMs: 150, timeoutMs: 30_000 },
        );
        const { grant } = await tell(db(), requestId);
        expect(grant).toMatchObject({ endedBy: 'time' });
        expect(grant?.endedAt && grant.endedAt >= grant.until).toBe(true);
        expect(await holds(grant?.account)).toBe(false);
      }),
    );
    isOver = true;
    await reaping;
    expect(missing).toEqual([]);
    const overlapping = await db().execute(sql`
      select 1 from access_grant a join access_grant b on a.id < b.id and a.person_id = b.person_id
        and a.entitlement_id = b.entitlement_id and a."from" < b.until and b."from" < a.until limit 10`);
    // Else nothing overlapped.
    expect(overlapping.length).toBe(10);
    await noteAttack({
      attack: 'overlapping grants',
      tried: `${windows.length} random windows of the same thing for one person`,
      found: 'each is there until its own end and gone after it',
    });
  });
});
