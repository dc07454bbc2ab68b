import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Observation } from '../../activities/connectors/connector.ts';
import { ConnectorError } from '../../activities/connectors/errors.ts';
import type { ActivityDeps } from '../../activities/deps.ts';
import { type FaultPoint, faultPoints } from '../../activities/fault-points.ts';
import { bringAboutPage } from '../../activities/processes/bring-about.ts';
import { undoPage } from '../../activities/processes/undo.ts';
import { createReaper } from '../../activities/reaper.ts';
import { memoryTarget, type MemoryTarget, sharedMemoryTarget } from '../support/memory-connector.ts';
import { bringAll, type Customer, type Roster, startRoster, undoAll } from '../support/roster.ts';
import { eventually } from '../support/wait.ts';

// A page that breaks off anywhere, and what it gave taken back: nothing is left, and nothing happens twice.

const points = faultPoints.filter((point) => point.startsWith('standing.'));
const connectors = ['app', 'vault'] as const;
const targets: Record<(typeof connectors)[number], MemoryTarget> = {
  app: sharedMemoryTarget(),
  vault: memoryTarget(),
};
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

/** As a process that dies at a named place, the first time it gets there. */
function dyingAt(point: FaultPoint): ActivityDeps {
  let isDead = false;
  return {
    ...roster.deps,
    reach: async (reached) => {
      if (reached === point) isDead = true;
      if (isDead) throw new Error(`killed at ${point}`);
    },
  };
}

async function onboarding(users = 3): Promise<{ customer: Customer; processId: string }> {
  const customer = await roster.customer({ users });
  const { id: organizationId, people } = customer;
  return { customer, processId: await roster.process({ organizationId, people, kind: 'onboarding' }) };
}

async function observed(customer: Customer): Promise<Record<string, Observation>> {
  const rows = await db().execute<{ account: string }>(
    sql`select account from access_grant where holder_organization_id = ${customer.id}`,
  );
  const accounts = [...customer.people, ...rows.map((row) => row.account)];
  const looks = connectors.map(async (name) => {
    const seen = await targets[name].observe({ resource: name, settings: {}, secret: '' }, accounts, signal);
    return [name, seen] as const;
  });
  return Object.fromEntries(await Promise.all(looks));
}

const nothing: Observation = { holdings: [], accounts: [], sessions: 0 };

async function open(processId: string): Promise<number> {
  const rows = await db().execute(
    sql`select 1 from access_grant where process_id = ${processId} and ended_at is null`,
  );
  return rows.length;
}

async function tally(processId: string): Promise<Record<string, number>> {
  const rows = await db().execute<{ type: string; count: number }>(sql`
    select a.type, count(*)::int as count from audit_event a join access_grant g on g.id = a.grant_id
    where g.process_id = ${processId} group by a.type`);
  return Object.fromEntries(rows.map((row) => [row.type, row.count]));
}

async function states(processId: string): Promise<string[]> {
  const rows = await db().execute<{ state: string }>(
    sql`select distinct state from process_person where process_id = ${processId} order by 1`,
  );
  return rows.map((row) => row.state);
}

async function reaped(processId: string): Promise<void> {
  const reaper = createReaper(roster.deps, 8);
  await eventually('nothing of it', async () => {
    await reaper.round();
    await reaper.settled();
    return (await open(processId)) === 0;
  });
}

/** Every way in which some of the connectors fail, none and all included. */
const subsets = Array.from({ length: 2 ** connectors.length }, (_, bits) =>
  connectors.filter((_name, at) => (bits >> at) % 2 === 1),
);

function failing(names: readonly string[], code: 'target-unreachable' | 'target-refused'): void {
  for (const name of connectors) {
    targets[name].before = async () => {
      if (names.includes(name)) throw new ConnectorError(code);
    };
  }
}

describe('a page that is killed', () => {
  it.each(points)('at %s is finished by the next, each thing once', async (point) => {
    const { customer, processId } = await onboarding();
    await expect(bringAboutPage(dyingAt(point), processId, signal, () => undefined)).rejects.toThrow(
      'killed',
    );
    await bringAll(roster.deps, processId);
    expect(await states(processId)).toEqual(['done']);
    expect(await tally(processId)).toEqual({ 'grant.intended': 9, 'grant.begun': 9 });
    const seen = await observed(customer);
    expect([seen['app']?.holdings.length, seen['vault']?.holdings.length]).toEqual([6, 3]);
  });

  it.each(points)('at %s can be taken back, and that can be killed at every place too', async (point) => {
    const { customer, processId } = await onboarding();
    const before = await observed(customer);
    await bringAboutPage(dyingAt(point), processId, signal, () => undefined).catch(() => undefined);
    await db().execute(sql`update process set state = 'undoing' where id = ${processId}`);
    for (const place of points)
      await undoPage(dyingAt(place), processId, signal, () => undefined).catch(() => undefined);
    await undoAll(roster.deps, processId);
    expect(await observed(customer)).toEqual(before);
    expect(await states(processId)).toEqual(['undone']);
    expect(await open(processId)).toBe(0);
    const told = await tally(processId);
    expect(told['grant.rolled_back']).toBe(told['grant.intended']);
    expect(await db().execute(sql`select 1 from task where closed_at is null`)).toEqual([]);
  });
});

describe.each(subsets.map((names) => ({ names, which: names.join(' and ') || 'nothing' })))(
  'where $which fails',
  ({ names }) => {
    it.each(['target-unreachable', 'target-refused'] as const)(
      'while access begins (%s), taking back leaves what was before',
      async (code) => {
        const { customer, processId } = await onboarding();
        const before = await observed(customer);
        failing(names, code);
        await bringAboutPage(roster.deps, processId, signal, () => undefined).catch(() => undefined);
        failing([], code);
        await undoAll(roster.deps, processId);
        expect(await observed(customer)).toEqual(before);
        expect(await states(processId)).toEqual(['undone']);
        expect(await open(processId)).toBe(0);
      },
    );

    it('while it is taken back, a task for each says so until the reaper has done it', async () => {
      const { customer, processId } = await onboarding(2);
      const before = await observed(customer);
      await bringAll(roster.deps, processId);
      failing(names, 'target-unreachable');
      await db().execute(sql`update process set state = 'undoing' where id = ${processId}`);
      await undoPage(roster.deps, processId, signal, () => undefined).catch(() => undefined);
      const perPerson = (names.includes('app') ? 2 : 0) + (names.includes('vault') ? 1 : 0);
      const tasks = async () =>
        db().execute<{ owner: string }>(sql`
          select p.email as owner from task t join person p on p.id = t.owner_person_id
            join access_grant g on g.id = t.grant_id
          where g.process_id = ${processId} and t.kind = 'rollback' and t.closed_at is null`);
      expect(await open(processId)).toBe(2 * perPerson);
      expect([...(await tasks())]).toEqual(
        Array.from({ length: 2 * perPerson }, () => ({ owner: 'omar@vendor.example' })),
      );
      failing([], 'target-unreachable');
      await reaped(processId);
      expect(await tasks()).toEqual([]);
      expect(await observed(customer)).toEqual(before);
      await undoAll(roster.deps, processId);
      expect(await states(processId)).toEqual(['undone']);
    });
  },
);

it('leaves to people and the reaper what a target does not give back for a while', async () => {
  const { processId } = await onboarding(1);
  await bringAll(roster.deps, processId);
  failing(['app'], 'target-unreachable');
  await db().execute(sql`update process set state = 'undoing' where id = ${processId}`);
  await undoPage(roster.deps, processId, signal, () => undefined).catch(() => undefined);
  expect(await states(processId)).toEqual(['done']);
  await roster.owner.db.execute(sql`alter table access_grant disable trigger guard_grant_life`);
  await roster.owner.db.execute(
    sql`update access_grant set end_at = end_at - interval '5 minutes' where process_id = ${processId} and ended_at is null`,
  );
  await roster.owner.db.execute(sql`alter table access_grant enable trigger guard_grant_life`);
  await undoPage(roster.deps, processId, signal, () => undefined);
  expect(await states(processId)).toEqual(['undone']);
  expect(await open(processId)).toBe(2);
  failing([], 'target-unreachable');
  await reaped(processId);
});

it('leaves no roles to users who are none any more', async () => {
  const { customer, processId } = await onboarding(2);
  await bringAll(roster.deps, processId);
  const roles = async () =>
    (
      await db().execute(
        sql`select 1 from person_role where organization_id = ${customer.id} and until is null`,
      )
    ).length;
  expect(await roles()).toBe(2);
  await db().execute(sql`update membership set until = tenure_now() where organization_id = ${customer.id}`);
  await undoAll(roster.deps, processId);
  expect(await roles()).toBe(0);
});

it('does nothing for a process that is not at work, whoever asks', async () => {
  const { customer, processId } = await onboarding(1);
  await undoPage(roster.deps, processId, signal, () => undefined);
  expect(await states(processId)).toEqual(['waiting']);
  await db().execute(sql`update process set state = 'discarded' where id = ${processId}`);
  await bringAboutPage(roster.deps, processId, signal, () => undefined);
  await undoPage(roster.deps, processId, signal, () => undefined);
  expect(await observed(customer)).toEqual({ app: nothing, vault: nothing });
  expect(await states(processId)).toEqual(['waiting']);
});
