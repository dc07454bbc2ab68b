import { type SQL, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createReaper } from '../../activities/reaper.ts';
import { bringAboutPage } from '../../activities/processes/bring-about.ts';
import { ConnectorError } from '../../activities/connectors/errors.ts';
import { memoryTarget, type MemoryTarget, sharedMemoryTarget } from '../support/memory-connector.ts';
import { bringAll, type Customer, type Roster, startRoster } from '../support/roster.ts';
import { eventually } from '../support/wait.ts';

// A process's page: what people shall hold by their roles becomes grants, and the grants become what targets hold.

let roster: Roster;
const targets: Record<'app' | 'vault', MemoryTarget> = { app: sharedMemoryTarget(), vault: memoryTarget() };

beforeAll(async () => {
  roster = await startRoster(targets);
});

beforeEach(() => {
  for (const target of Object.values(targets)) target.before = async () => undefined;
});

afterAll(() => roster?.stop());

const db = () => roster.ledger.db;
const signal = new AbortController().signal;

type Told = { person: string; state: string; entitlement: string; endedBy: string | null };

async function grantsOf(customer: Customer, which = sql`true`): Promise<Told[]> {
  return [
    ...(await db().execute<Told>(sql`
      select g.person_id as person, g.state, r.key || ':' || e.key as entitlement, g.ended_by as "endedBy"
      from access_grant g join resource r on r.id = g.resource_id join entitlement e on e.id = g.entitlement_id
      where g.holder_organization_id = ${customer.id} and ${which} order by g.person_id, entitlement, g.id`)),
  ];
}

/** What the targets hold of these people, as `person entitlement`; each grant of the vault has an account of its own. */
async function heldInTargets(customer: Customer): Promise<string[]> {
  const accounts = await db().execute<{ account: string; person: string }>(
    sql`select distinct account, person_id as person from access_grant where holder_organization_id = ${customer.id}`,
  );
  const person = new Map(accounts.map((row) => [row.account, row.person]));
  return Object.entries(targets)
    .flatMap(([name, target]) =>
      target
        .holdings()
        .filter(({ account, scope }) => person.has(account) && scope === customer.key)
        .map(({ account, entitlement }) => `${person.get(account)} ${name}:${entitlement}`),
    )
    .sort();
}

function everybody(customer: Customer, entitlements: readonly string[]): string[] {
  return customer.people.flatMap((person) => entitlements.map((one) => `${person} ${one}`)).sort();
}

async function liveInLedger(customer: Customer): Promise<string[]> {
  const live = await grantsOf(customer, sql`g.state = 'held' and g.due_at > tenure_now()`);
  return live.map(({ person, entitlement }) => `${person} ${entitlement}`).sort();
}

async function expectHeld(customer: Customer, entitlements: readonly string[]): Promise<void> {
  expect(await liveInLedger(customer)).toEqual(everybody(customer, entitlements));
  expect(await heldInTargets(customer)).toEqual(everybody(customer, entitlements));
  expect(await grantsOf(customer, sql`g.ended_at is null and g.state <> 'held'`)).toEqual([]);
}

async function statesOf(processId: string): Promise<Record<string, number>> {
  const rows = await db().execute<{ state: string; count: number }>(sql`
    select state, count(*)::int as count from process_person where process_id = ${processId} group by state`);
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
}

async function trailOf(customer: Customer): Promise<Record<string, number>> {
  const rows = await db().execute<{ type: string; count: number }>(sql`
    select type, count(*)::int as count from audit_event
    where holder_organization_id = ${customer.id} and type like any('{grant.%,role.%}') group by type`);
  return Object.fromEntries(rows.map(({ type, count }) => [type, count]));
}

/** The reaper alone, until nothing of these grants is left. */
async function reaped(customer: Customer, which: SQL): Promise<void> {
  const reaper = createReaper(roster.deps, 8);
  await eventually('nothing of it', async () => {
    await reaper.round();
    await reaper.settled();
    return (await grantsOf(customer, sql`g.ended_at is null and ${which}`)).length === 0;
  });
}

async function moveTo(customer: Customer, tier: string): Promise<string> {
  await db().execute(sql`update organization set tier_key = ${tier} where id = ${customer.id}`);
  return roster.process({ organizationId: customer.id, people: customer.people });
}

async function onboarded(users: number, wish: Parameters<Roster['customer']>[0] = {}): Promise<Customer> {
  const customer = await roster.customer({ users, ...wish });
  const processId = await roster.process({
    organizationId: customer.id,
    people: customer.people,
    kind: 'onboarding',
  });
  await bringAll(roster.deps, processId);
  return customer;
}

const free = ['app:sign-in'];
const pro = ['app:edit', 'app:sign-in', 'vault:read'];

describe('a page of people', () => {
  it('gets what its tier gives, told once each, and a second time changes nothing', async () => {
    const customer = await onboarded(3);
    await expectHeld(customer, pro);
    expect(await trailOf(customer)).toEqual({ 'grant.intended': 9, 'grant.begun': 9, 'role.given': 3 });
    const calls = targets.app.log.length;
    const again = await roster.process({ organizationId: customer.id, people: customer.people });
    await bringAll(roster.deps, again);
    expect(await statesOf(again)).toEqual({ done: 3 });
    expect(targets.app.log.length).toBe(calls);
    expect(await trailOf(customer)).toEqual({ 'grant.intended': 9, 'grant.begun': 9, 'role.given': 3 });
  });

  it('is brought to another tier and back, whatever is in both left untouched', async () => {
    const customer = await onboarded(2);
    const [before] = await grantsOf(customer, sql`e.key = 'sign-in'`);
    await bringAll(roster.deps, await moveTo(customer, 'free'));
    await expectHeld(customer, free);
    expect(await grantsOf(customer, sql`g.ended_at is not null and g.ended_by <> 'role-change'`)).toEqual([]);
    expect(await grantsOf(customer, sql`e.key = 'sign-in'`)).toContainEqual(before);
    await bringAll(roster.deps, await moveTo(customer, 'pro'));
    await expectHeld(customer, pro);
    expect(await grantsOf(customer, sql`e.key = 'sign-in'`)).toHaveLength(2);
  });

  it('loses everything while suspended, and has it again afterwards', async () => {
    const customer = await onboarded(2);
    const [first = ''] = customer.people;
    await db().execute(sql`update person set suspended_at = tenure_now() where id = ${first}`);
    await bringAll(roster.deps, await roster.process({ organizationId: customer.id, people: [first] }));
    expect(await heldInTargets(customer)).toEqual(
      everybody({ ...customer, people: customer.people.slice(1) }, pro),
    );
    expect(await grantsOf(customer, sql`g.ended_by = 'suspension'`)).toHaveLength(3);
    await db().execute(sql`update person set suspended_at = null where id = ${first}`);
    await bringAll(roster.deps, await roster.process({ organizationId: customer.id, people: [first] }));
    await expectHeld(customer, pro);
  });

  it('follows the catalog in force when it is planned', async () => {
    const customer = await onboarded(1);
    const revision = await roster.publish((catalog) => ({
      ...catalog,
      roles: catalog.roles.map((role) =>
        role.key === 'member' ? { ...role, entitlements: ['app:edit', 'vault:write'] } : role,
      ),
    }));
    await bringAll(
      roster.deps,
      await roster.process({ organizationId: customer.id, people: customer.people, cause: 'configuration' }),
    );
    await expectHeld(customer, ['app:edit', 'app:sign-in', 'vault:write']);
    const [written] = await db().execute<{ revision: number; origin: string }>(sql`
      select catalog_revision as revision, origin from access_grant g join entitlement e on e.id = g.entitlement_id
      where holder_organization_id = ${customer.id} and e.key = 'write'`);
    expect(written).toEqual({ revision, origin: 'role' });
    await roster.publish((catalog) => ({
      ...catalog,
      roles: catalog.roles.map((role) =>
        role.key === 'member' ? { ...role, entitlements: ['app:edit', 'vault:read'] } : role,
      ),
    }));
  });

  it("ends with the contract and its grace, and moves with the contract's end only", async () => {
    const customer = await roster.customer();
    const until = new Date(Date.now() + 30 * 86_400_000).toISOString();
    await db().execute(sql`
      insert into contract (organization_id, content, state, until)
      values (${customer.id}, '{"objects":{},"terms":{"state":"active","carrier":null}}', 'active', ${until})`);
    const start = async () => roster.process({ organizationId: customer.id, people: customer.people });
    await bringAll(roster.deps, await start());
    const ends = async () => [
      ...new Set(
        [...targets.app.holdings(), ...targets.vault.holdings()]
          .filter(({ scope }) => scope === customer.key)
          .map((one) => one.until),
      ),
    ];
    const grace = 7 * 86_400_000;
    expect(await ends()).toEqual([new Date(Date.parse(until) + grace).toISOString()]);
    const later = new Date(Date.parse(until) + 86_400_000).toISOString();
    await db().execute(sql`update contract set until = ${later} where organization_id = ${customer.id}`);
    await bringAll(roster.deps, await start());
    expect(await ends()).toEqual([new Date(Date.parse(later) + grace).toISOString()]);
    await expectHeld(customer, pro);
    const renewed = await db().execute(sql`
      select 1 from renewal n join access_grant g on g.id = n.grant_id
      where g.holder_organization_id = ${customer.id} and n.until = g.until`);
    expect(renewed).toHaveLength(3);
    expect(await trailOf(customer)).toMatchObject({ 'grant.renewed': 3 });
  });
});

describe('roles that nobody may hold together', () => {
  it('are refused before anything is written', async () => {
    const customer = await roster.customer({ contractRole: 'payer' });
    await db().execute(
      sql`update membership set given_roles = '{approver}' where organization_id = ${customer.id}`,
    );
    const processId = await roster.process({ organizationId: customer.id, people: customer.people });
    await bringAboutPage(roster.deps, processId, signal, () => undefined);
    expect(await statesOf(processId)).toEqual({ failed: 1 });
    expect(await grantsOf(customer)).toEqual([]);
  });

  it('are refused to whoever would lose something else for them, and what is held stays', async () => {
    const customer = await onboarded(1);
    await db().execute(sql`update membership set contract_role = 'payer', given_roles = '{approver}'
      where organization_id = ${customer.id}`);
    const processId = await roster.process({ organizationId: customer.id, people: customer.people });
    await bringAboutPage(roster.deps, processId, signal, () => undefined);
    expect(await statesOf(processId)).toEqual({ failed: 1 });
    await expectHeld(customer, pro);
  });

  it('follow each other: what the one gave is gone before the other gives anything', async () => {
    const customer = await onboarded(1, { contractRole: 'payer' });
    await expectHeld(customer, ['app:pay', 'app:sign-in']);
    await db().execute(
      sql`update membership set contract_role = 'approver' where organization_id = ${customer.id}`,
    );
    const processId = await roster.process({ organizationId: customer.id, people: customer.people });
    let isAway = true;
    targets.app.before = async (change) => {
      if (isAway && change.kind === 'remove') throw new ConnectorError('target-unreachable');
    };
    await expect(bringAboutPage(roster.deps, processId, signal, () => undefined)).rejects.toMatchObject({
      code: 'target-unreachable',
    });
    expect(await grantsOf(customer, sql`e.key = 'approve'`)).toEqual([]);
    isAway = false;
    await bringAll(roster.deps, processId);
    await expectHeld(customer, ['app:approve', 'app:sign-in']);
  });
});

describe('a target that fails', () => {
  it('keeps nobody waiting who does not need it', async () => {
    const customer = await roster.customer({ users: 30 });
    const [slow = ''] = customer.people;
    await db().execute(sql`update membership set contract_role = 'nobody', given_roles = '{viewer}' where person_id <> ${slow}
      and organization_id = ${customer.id}`);
    let release = () => undefined as void;
    const hanging = new Promise<void>((resolve) => {
      release = resolve;
    });
    targets.vault.before = () => hanging;
    const processId = await roster.process({ organizationId: customer.id, people: customer.people });
    const page = bringAboutPage(roster.deps, processId, signal, () => undefined);
    await eventually('the others', async () => (await statesOf(processId))['done'] === 25);
    release();
    await page;
    expect(await statesOf(processId)).toEqual({ done: 30 });
  });

  it('is tried on until it is too late; then the person loses what they were given, and nobody else', async () => {
    const customer = await roster.customer({ users: 2 });
    const [unlucky = ''] = customer.people;
    targets.app.before = async (change, attempt) => {
      expect(attempt.holder?.email ?? `${change.holding.account}@customer.example`).toBe(
        `${change.holding.account}@customer.example`,
      );
      if (change.holding.account === unlucky && change.kind === 'add')
        throw new ConnectorError('target-unreachable');
    };
    const processId = await roster.process({ organizationId: customer.id, people: customer.people });
    await bringAboutPage(roster.deps, processId, signal, () => undefined);
    expect(await statesOf(processId)).toEqual({ applying: 1, done: 1 });
    await expect(bringAboutPage(roster.deps, processId, signal, () => undefined)).rejects.toMatchObject({
      code: 'target-unreachable',
    });
    await db().execute(sql`update process_person set tried_at = tenure_now() - interval '16 minutes'
      where process_id = ${processId} and person_id = ${unlucky}`);
    await bringAboutPage(roster.deps, processId, signal, () => undefined);
    expect(await statesOf(processId)).toEqual({ failed: 1, done: 1 });
    await reaped(customer, sql`g.person_id = ${unlucky}`);
    expect(await heldInTargets(customer)).toEqual(
      everybody({ ...customer, people: customer.people.slice(1) }, pro),
    );
    const ended = await grantsOf(customer, sql`g.person_id = ${unlucky}`);
    expect(ended.map(({ state, endedBy }) => [state, endedBy])).toEqual([
      ['failed', 'rollback'],
      ['failed', 'rollback'],
      ['ended', 'rollback'],
    ]);
  });

  it('that refuses for good is not tried again', async () => {
    const customer = await roster.customer();
    targets.vault.before = async () => {
      throw new ConnectorError('target-refused');
    };
    const processId = await roster.process({ organizationId: customer.id, people: customer.people });
    await bringAboutPage(roster.deps, processId, signal, () => undefined);
    expect(await statesOf(processId)).toEqual({ failed: 1 });
    const [row] = await db().execute(
      sql`select last_error from process_person where process_id = ${processId}`,
    );
    expect(row).toEqual({ last_error: 'target-refused' });
  });
});

it('gives nothing to whoever is removed while a page is under way', async () => {
  const customer = await roster.customer({ users: 3 });
  const [leaver = ''] = customer.people;
  let isFirst = true;
  targets.app.before = async () => {
    if (!isFirst) return;
    isFirst = false;
    await db().transaction(async (tx) => {
      await tx.execute(
        sql`update person set suspended_at = tenure_now(), offboarded_at = tenure_now() where id = ${leaver}`,
      );
      await tx.execute(sql`update access_grant set end_at = tenure_now(), end_order = 'offboarding'
        where person_id = ${leaver} and ended_at is null and end_at is null`);
    });
  };
  const processId = await roster.process({ organizationId: customer.id, people: customer.people });
  await bringAll(roster.deps, processId);
  await reaped(customer, sql`g.person_id = ${leaver}`);
  expect(await heldInTargets(customer)).toEqual(
    everybody({ ...customer, people: customer.people.slice(1) }, pro),
  );
  expect(
    await grantsOf(
      customer,
      sql`g.person_id = ${leaver} and (g.ended_at is null or g.ended_by <> 'offboarding')`,
    ),
  ).toEqual([]);
});

it('comes to the same when pages of one process run at once and two processes meet on the same people', async () => {
  const customer = await onboarded(20, { tier: 'free' });
  const upgrade = await moveTo(customer, 'pro');
  const also = await roster.process({ organizationId: customer.id, people: customer.people.toReversed() });
  const elsewhere = { ...roster.deps };
  await Promise.all([
    bringAll(roster.deps, upgrade),
    bringAll(elsewhere, upgrade),
    bringAll(roster.deps, also),
    bringAll(elsewhere, also),
  ]);
  await expectHeld(customer, pro);
  expect(await trailOf(customer)).toMatchObject({ 'grant.intended': 60, 'grant.begun': 60 });
});
