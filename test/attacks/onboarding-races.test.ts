import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ActivityDeps } from '../../activities/deps.ts';
import { type FaultPoint, faultPoints } from '../../activities/fault-points.ts';
import { bringAboutPage } from '../../activities/processes/bring-about.ts';
import { takeAwayPage } from '../../activities/processes/take-away.ts';
import { undoPage } from '../../activities/processes/undo.ts';
import { createReaper } from '../../activities/reaper.ts';
import { orderLeaving } from '../../db/queries/offboarding.ts';
import { moveProcess } from '../../db/queries/process.ts';
import { actors } from '../../domain/audit-event.ts';
import { noteAttack } from '../support/attack-report.ts';
import { memoryTarget, type MemoryTarget, sharedMemoryTarget } from '../support/memory-connector.ts';
import { startProcess } from '../support/processes.ts';
import { bringAll, type Customer, type Roster, startRoster, undoAll } from '../support/roster.ts';
import { eventually } from '../support/wait.ts';
import { anyOf } from '../../db/queries/texts.ts';

// Promise 4 and abuse 23, place by place: somebody is removed, or the whole customer leaves, just when an onboarding stands at
// a named place, and then goes on as if nothing had been.

const points = faultPoints.filter((point) => point.startsWith('standing.'));
/** Places in a target: the change is on its way there, or done and its answer is on its way back. */
const places = [...points, 'app: on the way', 'vault: on the way', 'app: on the way back'] as const;
type Place = (typeof places)[number];

const targets: Record<'app' | 'vault', MemoryTarget> = { app: sharedMemoryTarget(), vault: memoryTarget() };
const signal = new AbortController().signal;

let roster: Roster;

beforeAll(async () => {
  roster = await startRoster(targets);
});
beforeEach(() => {
  for (const target of Object.values(targets)) target.before = async () => undefined;
});
afterAll(() => roster?.stop());

const db = () => roster.ledger.db;

/** Does something once, the first time that place is reached, and lets it go on only then. */
function during(place: Place, attack: () => Promise<void>): { deps: ActivityDeps; wasThere: () => boolean } {
  let isDone = false;
  const once = async () => {
    if (isDone) return;
    isDone = true;
    await attack();
  };
  const [name, way] = place.split(': ');
  if (name === 'app' || name === 'vault') {
    const target = targets[name];
    if (way === 'on the way') target.before = once;
    else {
      // The second change of an account: the first is done then, and nothing of it is written down.
      let changes = 0;
      target.before = async () => {
        changes += 1;
        if (changes > 1) await once();
      };
    }
    return { deps: roster.deps, wasThere: () => isDone };
  }
  const reach = async (reached: FaultPoint) => {
    if (reached === place) await once();
  };
  return { deps: { ...roster.deps, reach }, wasThere: () => isDone };
}

/** Holdings of these people's accounts in any target. */
async function held(people: readonly string[]): Promise<string[]> {
  const rows = await db().execute<{ account: string }>(sql`
    select distinct account from access_grant where person_id = ${anyOf(people)}`);
  const accounts = new Set([...people, ...rows.map(({ account }) => account)]);
  return Object.values(targets)
    .flatMap((target) => target.holdings())
    .filter(({ account }) => accounts.has(account))
    .map(({ account, entitlement }) => `${account} ${entitlement}`);
}

async function openGrants(people: readonly string[]): Promise<number> {
  const rows = await db().execute(sql`
    select 1 from access_grant where person_id = ${anyOf(people)} and ended_at is null`);
  return rows.length;
}

/** The reaper's process, as often as it takes. */
async function reaped(people: readonly string[]): Promise<void> {
  const reaper = createReaper(roster.deps, 8);
  await eventually('nothing of them', async () => {
    await reaper.round();
    await reaper.settled();
    return (await openGrants(people)) === 0;
  });
}

async function onboarding(users: number): Promise<{ customer: Customer; processId: string }> {
  const customer = await roster.customer({ users });
  const { id: organizationId, people } = customer;
  return { customer, processId: await roster.process({ organizationId, people, kind: 'onboarding' }) };
}

function remove(personId: string): Promise<void> {
  const wish = {
    personIds: [personId],
    processId: null,
    actor: actors.engine,
    why: 'removal',
    traceparent: null,
  } as const;
  return db().transaction(async (tx) => {
    await orderLeaving(tx, wish);
  });
}

async function leave(customer: Customer): Promise<string> {
  const wish = { kind: 'offboarding', organizationId: customer.id, wish: { why: 'churn' } } as const;
  const processId = await startProcess(db(), wish);
  await db().transaction((tx) => moveProcess(tx, processId, ['waiting'], 'running'));
  return processId;
}

/** The user of whom nothing may be left, and those who stay. */
async function expectOnly(customer: Customer, gone: string): Promise<void> {
  const others = customer.people.filter((one) => one !== gone);
  expect(await held([gone])).toEqual([]);
  expect(await openGrants([gone])).toBe(0);
  expect(await held(others)).toHaveLength(3 * others.length);
}

/** Nothing was told twice. */
async function expectTold(customer: Customer): Promise<void> {
  const doubled = await db().execute(sql`
    select type, subject_id from audit_event where holder_organization_id = ${customer.id}
      and type in ('person.offboarded', 'membership.ended', 'grant.intended', 'grant.begun', 'grant.end_intended', 'grant.ended')
    group by 1, 2 having count(*) > 1`);
  expect([...doubled]).toEqual([]);
}

describe.each(places)('while an onboarding stands at %s', (place) => {
  it('a user who is removed holds nothing afterwards, and the others everything', async () => {
    const { customer, processId } = await onboarding(3);
    const [gone = ''] = customer.people;
    const { deps, wasThere } = during(place, () => remove(gone));
    await bringAboutPage(deps, processId, signal, () => undefined).catch(() => undefined);
    await bringAll(roster.deps, processId);
    expect(wasThere()).toBe(true);
    await reaped([gone]);
    // Whatever comes late finds nothing to do.
    await bringAboutPage(roster.deps, processId, signal, () => undefined);
    await expectOnly(customer, gone);
    await expectTold(customer);
  });

  it('a user who is removed holds nothing afterwards, though the onboarding is then taken back', async () => {
    const { customer, processId } = await onboarding(2);
    const [gone = ''] = customer.people;
    const { deps } = during(place, () => remove(gone));
    await bringAboutPage(deps, processId, signal, () => undefined).catch(() => undefined);
    await undoAll(roster.deps, processId);
    await reaped(customer.people);
    expect(await held(customer.people)).toEqual([]);
  });

  it('a customer that leaves as a whole holds nothing afterwards', async () => {
    const { customer, processId } = await onboarding(3);
    let offboarding = '';
    const { deps } = during(place, async () => {
      offboarding = await leave(customer);
      await takeAwayPage(roster.deps, offboarding, signal, () => undefined).catch(() => undefined);
    });
    await bringAboutPage(deps, processId, signal, () => undefined).catch(() => undefined);
    for (let page = 0; page < 6; page += 1) {
      await takeAwayPage(roster.deps, offboarding, signal, () => undefined).catch(() => undefined);
      await bringAboutPage(roster.deps, processId, signal, () => undefined).catch(() => undefined);
    }
    await reaped(customer.people);
    expect(await held(customer.people)).toEqual([]);
    const [left] = await db().execute(sql`
      select s.state, o.offboarded_at is not null as gone from process s join organization o on o.id = s.organization_id where s.id = ${offboarding}`);
    expect(left).toEqual({ state: 'done', gone: true });
    await expectTold(customer);
  });
});

it.each(points)(
  'a user who is removed while an onboarding is taken back, at %s, holds nothing',
  async (point) => {
    const { customer, processId } = await onboarding(2);
    const [gone = ''] = customer.people;
    await bringAll(roster.deps, processId);
    await db().execute(sql`update process set state = 'undoing' where id = ${processId}`);
    const { deps, wasThere } = during(point, () => remove(gone));
    await undoPage(deps, processId, signal, () => undefined).catch(() => undefined);
    await undoAll(roster.deps, processId);
    expect(wasThere()).toBe(true);
    await reaped(customer.people);
    expect(await held(customer.people)).toEqual([]);
    await expectTold(customer);
  },
);

it('is tried at all of these places', async () => {
  await noteAttack({
    attack: 'removal during an onboarding',
    tried: `${places.length} places, a user and a whole customer, going on and taken back`,
    found: 'nothing held afterwards',
  });
});
