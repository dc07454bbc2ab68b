import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createReaper } from '../../activities/reaper.ts';
import { listDueReviews, writeReviewLines } from '../../db/queries/review.ts';
import { emptyContract, foldContract } from '../../domain/contract.ts';
import { newId } from '../../domain/ids.ts';
import type { ProcessCause } from '../../domain/process.ts';
import { type LedgerClock, skippableClock } from '../support/clock.ts';
import { memoryTarget, sharedMemoryTarget } from '../support/memory-connector.ts';
import { bringAll, type Roster, rosterCatalog, startRoster } from '../support/roster.ts';
import { eventually } from '../support/wait.ts';

// Standing access over months: time and processes of any cause prolong nothing; the contract and reviews do.

const dayMs = 86_400_000;
const app = sharedMemoryTarget();
const vault = memoryTarget();
let roster: Roster;
let clock: LedgerClock;
let atMs = Date.now();
let keeper = '';
beforeAll(async () => {
  roster = await startRoster({ app, vault });
  clock = await skippableClock(roster.ownerUrl);
  keeper = await idOf('omar@vendor.example');
});
beforeEach(() => clock.moveTo(atMs));
afterEach(async () => {
  await roster.publish(() => rosterCatalog());
});
afterAll(async () => {
  await clock?.close();
  await roster?.stop();
});

const db = () => roster.ledger.db;
const others: ProcessCause[] = ['configuration', 'roster', 'operations', 'administrator', 'convergence'];

async function idOf(email: string): Promise<string> {
  const [row] = await db().execute<{ id: string }>(sql`select id from person where email = ${email}`);
  return row?.id ?? '';
}

async function later(days: number): Promise<void> {
  atMs += days * dayMs;
  await clock.moveTo(atMs);
}

interface Someone {
  id: string;
  organization: string;
}

/** One of the vendor's people with these roles, and what they hold by them. */
async function colleague(...roles: string[]): Promise<Someone> {
  const id = newId('person');
  await db().execute(sql`
    insert into person (id, organization_id, email, name, employment)
    values (${id}, ${roster.vendorId}, ${`${id}@vendor.example`}, 'Kim', 'employee')`);
  const one = { id, organization: roster.vendorId };
  for (const role of roles) await give(one, role);
  await run(one, 'operations');
  return one;
}

async function give({ id, organization }: Someone, role: string): Promise<void> {
  await db().execute(sql`
    insert into person_role (person_id, role_id, organization_id) select ${id}, id, ${organization} from role where key = ${role}`);
}

async function run({ id, organization }: Someone, cause: ProcessCause): Promise<void> {
  const processId = await roster.process({ organizationId: organization, people: [id], cause });
  await bringAll(roster.deps, processId);
}

async function keep({ id, organization }: Someone, role: string | null = null): Promise<string> {
  const line = { personId: id, organizationId: organization, role, reason: 'Still needed' };
  const [written] = await db().transaction((tx) => writeReviewLines(tx, keeper, [line]));
  return written?.id ?? '';
}

/** What they hold that is not due, with the days from now until it is. */
async function holds({ id }: Someone): Promise<Record<string, number>> {
  const rows = await db().execute<{ name: string; days: number }>(sql`
    select e.key as name, round(extract(epoch from g.until - tenure_now()) / 86400)::int as days
    from access_grant g join entitlement e on e.id = g.entitlement_id
    where g.person_id = ${id} and g.state = 'held' and g.due_at > tenure_now() order by e.key`);
  return Object.fromEntries(rows.map(({ name, days }) => [name, days]));
}

async function renewals({ id }: Someone): Promise<string[]> {
  const rows = await db().execute<{ cause: string }>(sql`
    select n.cause from renewal n join access_grant g on g.id = n.grant_id where g.person_id = ${id} order by n.recorded_at, n.id`);
  return rows.map(({ cause }) => cause);
}

async function reaped({ id }: Someone): Promise<void> {
  const reaper = createReaper(roster.deps, 8);
  await eventually('nothing that is due', async () => {
    await reaper.round();
    await reaper.settled();
    const open = await db().execute(sql`
      select 1 from access_grant where person_id = ${id} and ended_at is null and due_at <= tenure_now()`);
    return open.length === 0;
  });
}

describe('What the vendor’s people hold', () => {
  it('lapses when nobody reviews it, whatever processes run, and waits for a review', async () => {
    const kim = await colleague('viewer');
    expect(await holds(kim)).toEqual({ 'sign-in': 365 });
    for (let month = 0; month < 12; month += 1) {
      await later(30);
      await run(kim, others[month % others.length] ?? 'operations');
    }
    expect(await holds(kim)).toEqual({ 'sign-in': 5 });
    await later(6);
    for (const cause of others) await run(kim, cause);
    expect(await holds(kim)).toEqual({});
    await reaped(kim);
    for (const cause of others) await run(kim, cause);
    expect(await holds(kim)).toEqual({});
    expect(await renewals(kim)).toEqual([]);
    await keep(kim);
    await run(kim, 'operations');
    expect(await holds(kim)).toEqual({ 'sign-in': 365 });
    const ended = await db().execute(sql`
      select ended_by from access_grant where person_id = ${kim.id} and ended_at is not null`);
    expect([...ended]).toEqual([{ ended_by: 'time' }]);
  });

  it('is prolonged by a review of all of it, or of the role that gives it, once', async () => {
    const kim = await colleague('viewer', 'manager');
    await later(100);
    await keep(kim, 'viewer');
    await run(kim, 'operations');
    expect(await holds(kim)).toEqual({ edit: 265, manage: 265, read: 265, 'sign-in': 365, write: 265 });
    await later(10);
    await run(kim, 'operations');
    expect(await renewals(kim)).toEqual(['review']);
    const ways = await db().execute(sql`
      select g.because, g.origin from access_grant g join entitlement e on e.id = g.entitlement_id
      where g.person_id = ${kim.id} and e.key in ('read', 'sign-in') order by e.key`);
    expect([...ways]).toEqual([
      { because: ['manager', 'member'], origin: 'role' },
      { because: ['viewer'], origin: 'role' },
    ]);
    await keep(kim);
    // Whichever process comes first carries it out.
    await run(kim, 'configuration');
    expect(await holds(kim)).toEqual({ edit: 365, manage: 365, read: 365, 'sign-in': 365, write: 365 });
    const [told] = await db().execute<{ n: number }>(sql`
      select count(*)::int as n from audit_event e join audit_text t on t.event_id = e.id join access_grant g on g.id = e.grant_id
      where e.type = 'grant.renewed' and g.person_id = ${kim.id} and t.reason like 'review review_%'`);
    expect(told?.n).toBe(6);
  });

  it('is prolonged and revived by no edit of the catalog’s periods, and shortened at once', async () => {
    const [kim, lou] = [await colleague('viewer'), await colleague('viewer')];
    await later(300);
    const period = (standingPeriod: string) =>
      roster.publish((catalog) => ({ ...catalog, settings: { ...catalog.settings, standingPeriod } }));
    await period('P3000D');
    for (const cause of others) await run(kim, cause);
    expect(await holds(kim)).toEqual({ 'sign-in': 65 });
    await later(66);
    for (const cause of others) await run(kim, cause);
    expect(await holds(kim)).toEqual({});
    await reaped(kim);
    for (const cause of others) await run(kim, cause);
    expect(await holds(kim)).toEqual({});
    await keep(lou);
    await run(lou, 'operations');
    expect(await holds(lou)).toEqual({ 'sign-in': 3000 });
    await period('P10D');
    await run(lou, 'configuration');
    expect(await holds(lou)).toEqual({ 'sign-in': 10 });
  });

  it('goes on by a role that was given later, where that was somebody’s decision', async () => {
    const kim = await colleague('viewer');
    await later(200);
    await give(kim, 'member');
    await run(kim, 'operations');
    expect(await holds(kim)).toEqual({ edit: 365, read: 365, 'sign-in': 165 });
    // As the routes and imports that give roles write it.
    await keep(kim, 'member');
    await run(kim, 'operations');
    expect(await holds(kim)).toMatchObject({ 'sign-in': 365 });
  });

  it('ends with their own end, and that this moves prolongs nothing', async () => {
    const kim = await colleague('viewer');
    const until = (days: number) =>
      db().execute(
        sql`update person set ends_at = tenure_now() + ${days} * interval '1 day' where id = ${kim.id}`,
      );
    await until(50);
    await run(kim, 'roster');
    expect(await holds(kim)).toEqual({ 'sign-in': 50 });
    await until(200);
    await run(kim, 'roster');
    expect(await holds(kim)).toEqual({ 'sign-in': 50 });
    expect((await due(kim, 60)).map(({ role }) => role)).toEqual(['viewer']);
    await keep(kim);
    await run(kim, 'operations');
    expect(await holds(kim)).toEqual({ 'sign-in': 200 });
    expect(await renewals(kim)).toEqual(['shortening', 'review']);
    expect(await due(kim, 400)).toEqual([]);
  });
});

/** What the list of the days to come says of them, with the days until then. */
async function due({ id, organization }: Someone, days: number): Promise<{ role: string; days: number }[]> {
  const before = new Date(atMs + days * dayMs).toISOString();
  const roles = ['viewer', 'member', 'manager'];
  const filter = { before, organizationId: organization, roles, periodMs: { '': 365 * dayMs } };
  const { items } = await listDueReviews(db(), filter, { limit: 200, after: null });
  return items
    .filter(({ person }) => person.id === id)
    .map(({ role, until }) => ({ role, days: Math.round((Date.parse(until) - atMs) / dayMs) }));
}

describe('What a customer’s users hold', () => {
  async function user(): Promise<Someone> {
    const customer = await roster.customer({ tier: 'free' });
    const one = { id: customer.people[0] ?? '', organization: customer.id };
    await run(one, 'contract');
    return one;
  }

  /** An event says that its contract, which names no end, stands. */
  async function confirmed({ organization }: Someone): Promise<void> {
    const content = foldContract(emptyContract(), {
      source: 'erp',
      eventId: newId('evt'),
      objectId: 'contract "1"',
      customer: { id: organization, key: null, name: 'A' },
      occurredAt: new Date(atMs).toISOString(),
      rank: 1,
      status: 'active',
      tier: 'free',
    });
    await db().execute(sql`
      insert into contract (organization_id, content, state) values (${organization}, ${JSON.stringify(content)}::jsonb, 'active')
      on conflict (organization_id) do update set content = excluded.content`);
  }

  it('lasts from the last event of a contract that names no end, by the process of that event', async () => {
    const uma = await user();
    expect(await holds(uma)).toEqual({ 'sign-in': 365 });
    expect(await due(uma, 400)).toEqual([{ role: 'viewer', days: 365 }]);
    await later(300);
    await confirmed(uma);
    for (const cause of others) await run(uma, cause);
    expect(await holds(uma)).toEqual({ 'sign-in': 65 });
    await run(uma, 'contract');
    expect(await holds(uma)).toEqual({ 'sign-in': 365 });
    expect(await renewals(uma)).toEqual(['contract']);
    expect(await due(uma, 400)).toEqual([{ role: 'viewer', days: 365 }]);
    await later(366);
    await reaped(uma);
    for (const cause of others) await run(uma, cause);
    expect(await holds(uma)).toEqual({});
    expect(await due(uma, 30)).toEqual([{ role: 'viewer', days: -1 }]);
    await keep(uma);
    await run(uma, 'administrator');
    expect(await holds(uma)).toEqual({ 'sign-in': 365 });
    expect(await due(uma, 30)).toEqual([]);
  });

  it('begins again with the contract’s next event after its end and grace', async () => {
    const uma = await user();
    const until = (days: number) =>
      db().execute(sql`
        insert into contract (organization_id, content, state, until) values (${uma.organization},
          '{"objects":{},"terms":{"state":"active","carrier":null}}', 'active', tenure_now() + ${days} * interval '1 day')
        on conflict (organization_id) do update set until = excluded.until`);
    await until(30);
    await run(uma, 'contract');
    expect(await holds(uma)).toEqual({ 'sign-in': 37 });
    expect(await due(uma, 400)).toEqual([]);
    await later(38);
    await reaped(uma);
    await roster.publish((catalog) => ({
      ...catalog,
      settings: { ...catalog.settings, churnGrace: 'P90D' },
    }));
    for (const cause of others) await run(uma, cause);
    expect(await holds(uma)).toEqual({});
    await until(10);
    for (const cause of others) await run(uma, cause);
    expect(await holds(uma)).toEqual({});
    await run(uma, 'contract');
    expect(await holds(uma)).toEqual({ 'sign-in': 100 });
  });
});
