import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ConnectorError } from '../../activities/connectors/errors.ts';
import { assessProcess } from '../../activities/processes/assess.ts';
import { takeAwayPage } from '../../activities/processes/take-away.ts';
import { createReaper } from '../../activities/reaper.ts';
import { orderReturn, restoreOrganization } from '../../db/queries/coming-back.ts';
import { orderLeaving } from '../../db/queries/offboarding.ts';
import { moveProcess } from '../../db/queries/process.ts';
import { closeTask, lockTask } from '../../db/queries/task.ts';
import { createWelcome } from '../../db/queries/welcome.ts';
import { actors } from '../../domain/audit-event.ts';
import type { Catalog } from '../../domain/catalog.ts';
import { newId } from '../../domain/ids.ts';
import { roleWith } from '../support/catalog.ts';
import { memoryTarget, type MemoryTarget, sharedMemoryTarget } from '../support/memory-connector.ts';
import { startProcess, tellProcess } from '../support/processes.ts';
import { bringAll, type Customer, type Roster, rosterCatalog, startRoster } from '../support/roster.ts';
import { eventually } from '../support/wait.ts';

// Everything goes, or what is left is listed with its owner: three targets, each of which may fail.

const names = ['app', 'vault', 'files'] as const;
const targets: Record<(typeof names)[number], MemoryTarget> = {
  app: sharedMemoryTarget(),
  vault: memoryTarget(),
  files: memoryTarget(),
};
let roster: Roster;

beforeAll(async () => {
  roster = await startRoster(targets, { catalog: threefold() });
});
beforeEach(() => {
  for (const target of Object.values(targets)) target.before = async () => undefined;
});
afterAll(() => roster?.stop());

const db = () => roster.ledger.db;
const signal = new AbortController().signal;

/** A member also reads files, which are in a target of their own. */
function threefold(): Catalog {
  const catalog = rosterCatalog();
  const vault = catalog.resources.find(({ key }) => key === 'vault');
  if (vault)
    catalog.resources.push({ ...structuredClone(vault), key: 'files', connector: 'files', target: 'files' });
  const role = roleWith('reader', { entitlements: ['files:read'] });
  const roles = catalog.roles.map((one) =>
    one.key === 'member' ? { ...one, includes: ['viewer', 'reader'] } : one,
  );
  return { ...catalog, roles: [...roles, role] };
}

/** A customer whose users hold what their roles give them, in all three targets. */
async function standing(users: number): Promise<Customer> {
  const customer = await roster.customer({ users });
  const { id, people } = customer;
  await bringAll(roster.deps, await roster.process({ organizationId: id, people }));
  expect(held(customer)).toBeGreaterThanOrEqual(users * 3);
  return customer;
}

/** How many holdings the targets have of a customer. */
function held({ key }: Customer, which: readonly (keyof typeof targets)[] = names): number {
  return which.flatMap((name) => targets[name].holdings()).filter(({ scope }) => scope === key).length;
}

async function leaving(customer: Customer, personId: string | null = null): Promise<string> {
  const processId = await startProcess(db(), {
    kind: 'offboarding',
    organizationId: customer.id,
    personId,
    cause: 'operations',
    wish: { why: personId ? 'removal' : 'churn' },
  });
  await db().transaction((tx) => moveProcess(tx, processId, ['waiting'], 'running'));
  return processId;
}

/** So many pages; what is left counts as residue after `residueAfterMs`. */
async function takeAway(processId: string, pages = 1, residueAfterMs?: number): Promise<void> {
  for (let page = 0; page < pages; page++)
    await takeAwayPage(roster.deps, processId, signal, () => undefined, residueAfterMs);
}

type ToldTask = { kind: string; resource: string | null; owner: string; isOpen: boolean };

async function tasksOf(processId: string): Promise<ToldTask[]> {
  return [
    ...(await db().execute<ToldTask>(sql`
      select t.kind, r.key as resource, p.email as owner, t.closed_at is null as "isOpen" from task t
        left join resource r on r.id = t.resource_id join person p on p.id = t.owner_person_id
      where t.process_id = ${processId} order by t.id`)),
  ];
}

async function openGrants({ id }: Customer): Promise<number> {
  const rows = await db().execute(sql`
    select from access_grant where holder_organization_id = ${id} and state in ('provisioning', 'held')`);
  return rows.length;
}

/** The reaper alone, until nothing is open any more. */
async function reap(customer: Customer): Promise<void> {
  const reaper = createReaper(roster.deps, 8);
  await eventually('the reaper ended everything', async () => {
    await db().execute(sql`
      update access_grant set end_tried_at = null where holder_organization_id = ${customer.id} and state in ('provisioning', 'held')`);
    await reaper.round();
    await reaper.settled();
    return (await openGrants(customer)) === 0;
  });
}

const refuse = () => Promise.reject(new ConnectorError('target-refused'));

describe('a customer leaves', () => {
  it.each(Array.from({ length: 8 }, (_, mask) => names.filter((_name, at) => mask & (1 << at))))(
    'completely, or with its residue listed: failing %s %s %s',
    async (...failing) => {
      const customer = await standing(2);
      for (const name of names)
        targets[name].before = async (change) => {
          if (failing.includes(name) && change.kind === 'remove') await refuse();
        };
      const processId = await leaving(customer);
      await takeAway(processId, 2);
      // Whatever fails, the others are cleared at once, and nothing is called residue before its time.
      const sound = names.filter((name) => !failing.includes(name));
      expect(held(customer, sound)).toBe(0);
      expect(await tellProcess(db(), processId)).toMatchObject({
        state: failing.length === 0 ? 'done' : 'running',
        tasks: [],
      });
      await takeAway(processId, 2, 0);
      const story = await tellProcess(db(), processId);
      expect(story).toMatchObject({ state: failing.length === 0 ? 'done' : 'residue', people: { done: 2 } });
      const tasks = await tasksOf(processId);
      expect(tasks).toHaveLength(await openGrants(customer));
      expect([...new Set(tasks.map(({ resource }) => resource ?? ''))].sort()).toEqual(failing.toSorted());
      for (const task of tasks)
        expect(task).toMatchObject({ kind: 'residue', owner: 'omar@vendor.example', isOpen: true });
      // The targets are well again: the reaper finishes, and the process with it.
      for (const target of Object.values(targets)) target.before = async () => undefined;
      await reap(customer);
      expect(held(customer)).toBe(0);
      expect(await tellProcess(db(), processId)).toMatchObject({ state: 'done' });
      for (const task of await tasksOf(processId)) expect(task.isOpen).toBe(false);
      const [organization] = await db().execute<{ suspended: boolean; gone: boolean }>(sql`
        select suspended_at is not null as suspended, offboarded_at is not null as gone from organization where id = ${customer.id}`);
      expect(organization).toEqual({ suspended: true, gone: true });
    },
  );

  it('once, whoever does it how often at the same time', async () => {
    const customer = await standing(6);
    const processId = await leaving(customer);
    const reaper = createReaper(roster.deps, 8);
    await Promise.all([
      takeAway(processId, 2),
      takeAway(processId, 2),
      reaper.round(),
      takeAway(processId, 2),
    ]);
    await reaper.settled();
    await takeAway(processId);
    expect(held(customer)).toBe(0);
    expect(await tellProcess(db(), processId)).toMatchObject({
      state: 'done',
      people: { done: 6 },
      tasks: [],
    });
    const told = await db().execute<{ type: string; times: number; of: number }>(sql`
      select type, count(*)::int as times, count(distinct subject_id)::int as of from audit_event
      where holder_organization_id = ${customer.id} and type in ('person.offboarded', 'membership.ended', 'grant.end_intended',
        'grant.ended', 'organization.suspended', 'organization.offboarded', 'process.completed') group by type order by type`);
    expect(told.map(({ type }) => type)).toHaveLength(7);
    for (const { type, times, of } of told) expect({ type, times }).toEqual({ type, times: of });
  });

  it('and is won back clean: who returns holds nothing of before, and the offboarding lets them be', async () => {
    const customer = await standing(2);
    for (const target of Object.values(targets))
      target.before = (change) => (change.kind === 'remove' ? refuse() : Promise.resolve());
    const processId = await leaving(customer);
    await takeAway(processId);
    await db().transaction(async (tx) => {
      await restoreOrganization(tx, customer.id, actors.engine, 'won back');
      await orderReturn(tx, {
        personIds: customer.people,
        actor: actors.engine,
        reason: 'won back',
        roles: 'none',
      });
    });
    for (const target of Object.values(targets)) target.before = async () => undefined;
    await takeAway(processId, 2, 0);
    expect(await tellProcess(db(), processId)).toMatchObject({ state: 'discarded' });
    await reap(customer);
    expect(held(customer)).toBe(0);
    const [now] = await db().execute(sql`
      select count(*) filter (where p.suspended_at is null and p.offboarded_at is null)::int as back,
        (select count(*)::int from membership m where m.organization_id = ${customer.id} and m.until is null) as members,
        (select count(*)::int from access_grant g where g.holder_organization_id = ${customer.id} and g.sealed_password is not null) as passwords
      from person p where p.organization_id = ${customer.id}`);
    expect(now).toEqual({ back: 2, members: 0, passwords: 0 });
  });
});

describe('one person leaves', () => {
  it('and the others keep what they have', async () => {
    const customer = await standing(3);
    const [gone = ''] = customer.people;
    const before = held(customer);
    const processId = await leaving(customer, gone);
    await takeAway(processId);
    expect(held(customer)).toBe((before / 3) * 2);
    expect(await tellProcess(db(), processId)).toMatchObject({ state: 'done', people: { done: 1 } });
  });

  it('and an account that no grant explains is listed with the owner of its resource, until somebody has seen to it', async () => {
    const customer = await roster.customer();
    const [gone = ''] = customer.people;
    const holding = {
      account: gone,
      entitlement: 'sign-in',
      scope: customer.key,
      until: '2036-01-01T00:00:00.000Z',
    };
    const attempt = { number: 1, password: null, holder: null, signal, reach: async () => undefined };
    await targets.app.apply({ resource: 'app', settings: {}, secret: '' }, { kind: 'add', holding }, attempt);
    const processId = await leaving(customer, gone);
    await takeAway(processId, 2);
    expect(await tellProcess(db(), processId)).toMatchObject({ state: 'running', people: { applying: 1 } });
    await takeAway(processId, 1, 0);
    expect(await tellProcess(db(), processId)).toMatchObject({ state: 'residue', tasks: ['residue'] });
    expect(await tasksOf(processId)).toEqual([
      { kind: 'residue', resource: 'app', owner: 'omar@vendor.example', isOpen: true },
    ]);
    const [{ id: taskId } = { id: '' }] = await db().execute<{ id: string }>(
      sql`select id from task where process_id = ${processId}`,
    );
    await db().transaction(async (tx) => {
      const viewer = { personId: '', organizationId: '', seesAll: true, administers: false, manages: true };
      const task = await lockTask(tx, viewer, taskId);
      const omar = await personId('omar@vendor.example');
      const actor = { kind: 'person', id: omar, name: 'Omar' } as const;
      if (task) await closeTask(tx, task, { actor, comment: 'Removed by hand' });
    });
    expect(await tellProcess(db(), processId)).toMatchObject({ state: 'done' });
  });

  it.each([
    [
      'a session that goes on',
      () => Promise.resolve({ holdings: [], accounts: [], sessions: 1 }),
      'not-confirmed',
    ],
    [
      'a target that cannot be looked at',
      () => Promise.reject(new ConnectorError('target-unreachable')),
      'target-unreachable',
    ],
  ])('and %s is listed, not passed over', async (_what, answer, cause) => {
    const customer = await standing(1);
    const [gone = ''] = customer.people;
    const { observe } = targets.vault;
    targets.vault.observe = answer;
    const processId = await leaving(customer, gone);
    await takeAway(processId);
    await takeAway(processId, 1, 0);
    targets.vault.observe = observe;
    expect(await tellProcess(db(), processId)).toMatchObject({ state: 'residue', tasks: ['residue'] });
    const [task] = await db().execute(sql`select cause from task where process_id = ${processId}`);
    expect(task).toEqual({ cause });
    await reap(customer);
    expect(await tellProcess(db(), processId)).toMatchObject({ state: 'done' });
  });

  it('and what they owned is handed over, to be confirmed: to their manager, else to who manages access', async () => {
    const [boss, leaver, report] = await Promise.all([
      addStaff('Boss'),
      addStaff('Leaver'),
      addStaff('Report'),
    ]);
    await db().execute(sql`update person set manager_id = ${boss} where id = ${leaver}`);
    await db().execute(sql`update person set manager_id = ${leaver} where id = ${report}`);
    await db().execute(sql`update resource set owner_person_id = ${leaver} where key = 'files'`);
    const ownerOfFiles = async () => {
      const rows = await db().execute<{ owner: string }>(
        sql`select owner_person_id as owner from resource where key = 'files'`,
      );
      return rows[0]?.owner;
    };
    const first = await leavingStaff(leaver);
    await takeAway(first);
    expect(await ownerOfFiles()).toBe(boss);
    expect(await tasksOf(first)).toMatchObject([{ kind: 'handover', resource: 'files', isOpen: true }]);
    expect(await tellProcess(db(), first)).toMatchObject({ state: 'done' });
    const [mail] = await db().execute(
      sql`select kind, to_person_id as "to", data->>'formerOwnerId' as former from mail where process_id = ${first}`,
    );
    expect(mail).toEqual({ kind: 'handover', to: boss, former: leaver });
    const [managed] = await db().execute(sql`select manager_id as manager from person where id = ${report}`);
    expect(managed).toEqual({ manager: boss });
    // Boss has no manager, and leaves with a task that is still open.
    const second = await leavingStaff(boss);
    await takeAway(second);
    expect(await ownerOfFiles()).toBe(await personId('omar@vendor.example'));
    for (const task of [...(await tasksOf(first)), ...(await tasksOf(second))])
      expect(task).toMatchObject({ kind: 'handover', owner: 'omar@vendor.example' });
  });
});

describe('a removal while access is being given', () => {
  it('leaves nothing behind, wherever the two meet', async () => {
    const customer = await roster.customer({ users: 24 });
    const { id, people } = customer;
    const onboarding = await roster.process({ organizationId: id, people });
    for (const target of Object.values(targets))
      target.before = () => new Promise((resolve) => setTimeout(resolve, Math.random() * 10));
    const removal = async (personIds: readonly string[], after: number) => {
      await new Promise((resolve) => setTimeout(resolve, after));
      await db().transaction((tx) =>
        orderLeaving(tx, {
          personIds,
          processId: null,
          actor: actors.engine,
          why: 'removal',
          traceparent: null,
        }),
      );
    };
    await Promise.allSettled([
      bringAll(roster.deps, onboarding),
      ...people.map((one, at) => removal([one], at * 8)),
    ]);
    for (const target of Object.values(targets)) target.before = async () => undefined;
    await bringAll(roster.deps, onboarding);
    await reap(customer);
    expect(held(customer)).toBe(0);
    expect(await openGrants(customer)).toBe(0);
  });
});

it('an onboarding that waits for the confirmation of nobody but who is removed is over', async () => {
  const { id: organizationId, people } = await roster.customer({ users: 1 });
  const [personId = ''] = people;
  const processId = await roster.process({ organizationId, people, kind: 'onboarding' });
  await bringAll(roster.deps, processId);
  const { sealing } = roster.deps;
  const welcome = { personId, organizationId, processId, forMs: 86_400_000, invitedBy: null, sealing };
  await db().transaction((tx) => createWelcome(tx, welcome));
  expect(await assessProcess(roster.deps, processId)).toMatchObject({ phase: 'confirming', left: 1 });
  const order = { processId: null, actor: actors.engine, why: 'removal', traceparent: null } as const;
  const lines = await db().transaction((tx) => orderLeaving(tx, { ...order, personIds: [personId] }));
  expect(lines).toMatchObject([{ subjectId: processId, message: { signal: 'nudge' } }]);
  expect(await assessProcess(roster.deps, processId)).toMatchObject({ phase: 'over' });
  expect(await tellProcess(db(), processId)).toMatchObject({ state: 'done' });
});

async function personId(email: string): Promise<string> {
  const rows = await db().execute<{ id: string }>(sql`select id from person where email = ${email}`);
  return rows[0]?.id ?? '';
}

async function addStaff(name: string): Promise<string> {
  const id = newId('person');
  await db().execute(sql`
    insert into person (id, organization_id, email, name, employment)
    values (${id}, ${roster.vendorId}, ${`${id}@vendor.example`}, ${name}, 'employee')`);
  return id;
}

function leavingStaff(id: string): Promise<string> {
  return leaving({ id: roster.vendorId, key: 'vendor', people: [] }, id);
}
