import { sql } from 'drizzle-orm';
import type postgres from 'postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { searchAccounts } from '../../activities/account-search.ts';
import { createWebhookConnector } from '../../activities/connectors/webhook/connector.ts';
import { takeAwayPage } from '../../activities/processes/take-away.ts';
import { createReaper } from '../../activities/reaper.ts';
import { exampleSettings } from '../../bin/local/example-targets.ts';
import { askAccountSearch, nameAccounts, readAccountSearch } from '../../db/queries/account-search.ts';
import type { AccountSearchWish } from '../../domain/account-search.ts';
import { newId } from '../../domain/ids.ts';
import { refusal } from '../support/ledger-roles.ts';
import { startProcess } from '../support/processes.ts';
import { newProcess } from '../support/roster-process.ts';
import { startReceiver, type TestReceiver } from '../support/receiver.ts';
import {
  bringAll,
  type Customer,
  type Roster,
  rosterCatalog,
  startRoster,
  undoAll,
} from '../support/roster.ts';
import { type ExampleServer, exampleServer, openSession } from './connectors/example-server.ts';

// People are imported who have accounts already: in an application over HTTP, and in a real PostgreSQL.

let server: ExampleServer;
let receiver: TestReceiver;
let roster: Roster;
let admin: postgres.Sql;
const application = createWebhookConnector();
const endless = '9999-12-31T23:59:59.999Z';
const signal = new AbortController().signal;
let names = 0;

beforeAll(async () => {
  [server, receiver] = await Promise.all([exampleServer('eu'), startReceiver()]);
  admin = server.superuser('postgres');
  const catalog = rosterCatalog();
  const vault = catalog.resources.find((one) => one.key === 'vault');
  if (vault) Object.assign(vault, { settings: exampleSettings('acme_env'), shared: false });
  roster = await startRoster(
    { app: application, vault: server.connector },
    {
      catalog,
      targets: {
        app: { endpoint: { url: receiver.url }, secret: receiver.secret },
        vault: {
          endpoint: { host: '127.0.0.1', port: server.server.port, username: 'tenure_connector' },
          secret: server.connectorPassword,
        },
      },
    },
  );
});

afterAll(async () => {
  await roster?.stop();
  await application.close();
  await Promise.all([server?.stop(), receiver?.stop()]);
});

beforeEach(() => receiver?.flow());

const db = () => roster.ledger.db;
const mail = (personId: string) => `${personId}@customer.example`;

/** A user of the application from before. */
function enrol(
  customer: Customer,
  personId: string,
  entitlements: readonly string[],
  over: Partial<Parameters<TestReceiver['enrol']>[0]> = {},
): string {
  names += 1;
  const user = { account: `u-${names}`, email: mail(personId).toUpperCase(), name: 'Of old', ...over };
  const holdings = entitlements.map((entitlement) => ({
    entitlement,
    customer: customer.key,
    until: endless,
  }));
  receiver.enrol({ holdings, ...user });
  return user.account;
}

/** A login role of the database from before, which its administrator has handed over; and its name said by a list. */
async function enrolInVault(
  customer: Customer,
  personId: string,
  { power = '', roles = ['read'], isHandedOver = true, more = '' } = {},
): Promise<{ account: string; password: string }> {
  names += 1;
  const account = `person_of_old_${names}`;
  const password = `secret_${names}`;
  await admin.unsafe(
    `CREATE ROLE ${account} LOGIN ${power} PASSWORD '${password}'; ${more.replaceAll('$', account)}`,
  );
  for (const role of roles) await admin.unsafe(`GRANT acme_env_${role} TO ${account}`);
  if (isHandedOver) await admin.unsafe(`GRANT ${account} TO tenure_connector WITH ADMIN OPTION`);
  await nameAccounts(db(), customer.id, [{ personId, account }]);
  return { account, password };
}

/** People of the vendor, who have access to the database by their role. */
async function colleagues(count: number): Promise<Customer> {
  const people = Array.from({ length: count }, () => newId('person'));
  for (const id of people) {
    await db().execute(sql`insert into person (id, organization_id, email, name, employment)
      values (${id}, ${roster.vendorId}, ${mail(id)}, 'Colleague', 'employee')`);
    await db().execute(sql`insert into person_role (person_id, role_id, organization_id)
      select ${id}, id, ${roster.vendorId} from role where key = 'member'`);
  }
  return { id: roster.vendorId, key: 'vendor', people };
}

function imported(customer: Customer, people: readonly string[] = customer.people): Promise<string> {
  return newProcess(db(), { organizationId: customer.id, people, kind: 'onboarding', cause: 'roster' });
}

function holdingsOf(account: string): string[] {
  return (receiver.account(account)?.holdings ?? []).map((one) => one.entitlement).sort();
}

async function grantsOf(personId: string): Promise<{ what: string; account: string; state: string }[]> {
  const rows = await db().execute<{ what: string; account: string; state: string }>(sql`
    select r.key || ':' || e.key as what, g.account, g.state from access_grant g join resource r on r.id = g.resource_id
      join entitlement e on e.id = g.entitlement_id where g.person_id = ${personId} and g.ended_at is null order by 1`);
  return [...rows];
}

async function tasksOf(personId: string, kind = 'account'): Promise<string[]> {
  const rows = await db().execute<{ said: string }>(sql`
    select r.key || ' ' || t.cause as said from task t join resource r on r.id = t.resource_id
    where t.person_id = ${personId} and t.kind = ${kind} and t.closed_at is null order by 1`);
  return rows.map(({ said }) => said);
}

async function auditsOf(personId: string, type: string): Promise<string[]> {
  const rows = await db().execute<{ reason: string }>(sql`
    select x.reason from audit_event a join audit_text x on x.event_id = a.id
    where a.subject_id = ${personId} and a.type = ${type} order by 1`);
  return rows.map(({ reason }) => reason);
}

async function loginRoles(): Promise<string[]> {
  const rows = await admin<{ name: string }[]>`
    select rolname as name from pg_roles where rolname like 'tnr\_%' or rolname like 'person\_of\_old%' order by 1`;
  return rows.map(({ name }) => name);
}

describe('accounts that people have already', () => {
  it('are taken over, whoever made them, and nobody gets a second one', async () => {
    const customer = await colleagues(3);
    const [whole = '', part = '', none = ''] = customer.people;
    const [full, half] = [enrol(customer, whole, ['sign-in', 'edit']), enrol(customer, part, ['sign-in'])];
    const old = await enrolInVault(customer, whole);
    const session = await receiver.signIn(mail(whole));
    const login = await openSession(server.server.port, 'acme_env', old.account, old.password);
    const [users, roles] = [receiver.accounts().length, await loginRoles()];
    await bringAll(roster.deps, await imported(customer));

    expect(receiver.accounts()).toHaveLength(users + 1);
    for (const account of [full, half, none]) expect(holdingsOf(account)).toEqual(['edit', 'sign-in']);
    // Everything has an end from now on.
    expect(receiver.account(full)?.holdings.every(({ until }) => until < endless)).toBe(true);
    expect(receiver.account(whole)).toBeUndefined();
    expect(await session?.alive()).toBe(true);
    const added = (await loginRoles()).filter((name) => !roles.includes(name));
    expect(added.every((name) => name.startsWith('tnr_'))).toBe(true);
    expect(added).toHaveLength(2);
    expect(await login.alive()).toBe(true);
    await login.close();
    expect(await grantsOf(whole)).toEqual([
      { what: 'app:edit', account: full, state: 'held' },
      { what: 'app:sign-in', account: full, state: 'held' },
      { what: 'vault:read', account: old.account, state: 'held' },
    ]);
    expect(await auditsOf(whole, 'account.adopted')).toEqual([`${old.account} on vault`, `${full} on app`]);
    expect([...(await tasksOf(whole)), ...(await tasksOf(part))]).toEqual([]);
    // The password is its holder's own.
    const again = await openSession(server.server.port, 'acme_env', old.account, old.password);
    expect(await again.alive()).toBe(true);
    await again.close();
  });

  it('are the same after a second import, which changes nothing', async () => {
    const customer = await colleagues(2);
    const [person = ''] = customer.people;
    const account = enrol(customer, person, ['sign-in']);
    await enrolInVault(customer, person);
    await bringAll(roster.deps, await imported(customer));
    const state = async () => ({
      users: receiver.accounts().length,
      effects: receiver.effects.length,
      held: receiver.account(account)?.holdings,
      roles: await loginRoles(),
      grants: await grantsOf(person),
      adopted: await auditsOf(person, 'account.adopted'),
    });
    const before = await state();
    await bringAll(roster.deps, await imported(customer));
    expect(await state()).toEqual(before);
  });

  it('keep what no role gives, of which somebody is told, until its holder leaves', async () => {
    const customer = await roster.customer({ users: 2 });
    const [person = '', other = ''] = customer.people;
    const account = enrol(customer, person, ['sign-in', 'pay', 'legacy']);
    await bringAll(roster.deps, await imported(customer));
    expect(holdingsOf(account)).toEqual(['edit', 'legacy', 'pay', 'sign-in']);
    expect(await tasksOf(person)).toEqual(['app surplus']);
    expect(await auditsOf(person, 'account.adopted')).toEqual([
      `${account} on app; pay (${customer.key}), legacy (${customer.key})`,
    ]);
    // Roles that change take what they gave, and nothing else.
    await db().execute(sql`update organization set tier_key = 'free' where id = ${customer.id}`);
    await bringAll(
      roster.deps,
      await roster.process({ organizationId: customer.id, people: customer.people }),
    );
    expect(holdingsOf(account)).toEqual(['legacy', 'pay', 'sign-in']);
    expect(await leave(customer, person)).toBe('done');
    expect(holdingsOf(account)).toEqual([]);
    expect(await tasksOf(person)).toEqual([]);
    expect(holdingsOf(other)).toEqual(['sign-in']);
  });

  it('end with their holder, sessions and all, and the role of a database is gone', async () => {
    const customer = await colleagues(1);
    const [person = ''] = customer.people;
    const account = enrol(customer, person, ['sign-in', 'edit']);
    const old = await enrolInVault(customer, person);
    await bringAll(roster.deps, await imported(customer));
    const session = await receiver.signIn(mail(person));
    const login = await openSession(server.server.port, 'acme_env', old.account, old.password);
    expect(await leave(customer, person)).toBe('done');
    expect(holdingsOf(account)).toEqual([]);
    expect(await session?.alive()).toBe(false);
    expect(await login.alive()).toBe(false);
    expect(await loginRoles()).not.toContain(old.account);
    expect(await grantsOf(person)).toEqual([]);
  });

  it('are cut by the reaper alone when their holder is ordered out', async () => {
    const customer = await roster.customer({ users: 1 });
    const [person = ''] = customer.people;
    const account = enrol(customer, person, ['sign-in', 'legacy']);
    await bringAll(roster.deps, await imported(customer));
    await orderOut(person);
    const reaper = createReaper(roster.deps, 8);
    await reaper.round();
    await reaper.settled();
    expect(holdingsOf(account)).toEqual([]);
  });

  it('are as they were when what took them over is taken back', async () => {
    const customer = await colleagues(1);
    const [person = ''] = customer.people;
    const account = enrol(customer, person, ['sign-in', 'legacy']);
    const old = await enrolInVault(customer, person);
    const before = receiver.account(account)?.holdings;
    const processId = await imported(customer);
    await bringAll(roster.deps, processId);
    await undoAll(roster.deps, processId);
    expect(await grantsOf(person)).toEqual([]);
    const after = receiver.account(account)?.holdings ?? [];
    expect(after.toSorted(byName)).toEqual(before?.toSorted(byName));
    const [role] =
      await admin`select rolvaliduntil > '9999-01-01' as endless, rolcanlogin as "canLogIn" from pg_roles
      where rolname = ${old.account}`;
    expect(role).toEqual({ endless: true, canLogIn: true });
    const login = await openSession(server.server.port, 'acme_env', old.account, old.password);
    await login.close();
  });
});

describe('accounts that must not be taken over', () => {
  it.each([
    ['an administrator', 'administrator', { administrator: true }],
    [
      'one that reaches another customer',
      'elsewhere',
      { holdings: [{ entitlement: 'edit', customer: 'other', until: endless }] },
    ],
  ])('are left alone, with nothing given beside them: %s', async (_, hindrance, over) => {
    const customer = await roster.customer({ users: 2 });
    const [person = '', other = ''] = customer.people;
    const account = enrol(customer, person, ['sign-in'], over);
    const [before, users] = [receiver.account(account), receiver.accounts().length];
    await bringAll(roster.deps, await imported(customer));
    expect(receiver.account(account)).toEqual(before);
    expect(receiver.accounts()).toHaveLength(users + 1);
    expect(holdingsOf(other)).toEqual(['edit', 'sign-in']);
    expect(await grantsOf(person)).toEqual([]);
    expect(await tasksOf(person)).toEqual([`app ${hindrance}`]);
    expect(await auditsOf(person, 'account.left')).toEqual([expect.stringContaining(hindrance)]);
    // Looked at once more, and listed once.
    await bringAll(roster.deps, await imported(customer));
    expect(await tasksOf(person)).toEqual([`app ${hindrance}`]);
    // Whoever leaves has it still: somebody must see to it.
    expect(await leave(customer, person)).toBe('residue');
    expect(receiver.account(account)).toEqual(before);
    expect(await tasksOf(person, 'residue')).toEqual([`app ${hindrance}`]);
    expect(await tasksOf(person)).toEqual([]);
  });

  it('are those of two people, of one with two, and of somebody else', async () => {
    const customer = await roster.customer({ users: 4 });
    const [twice = '', thief = '', owner = '', guest = ''] = customer.people;
    enrol(customer, twice, ['sign-in']);
    enrol(customer, twice, ['edit']);
    const owned = enrol(customer, owner, ['sign-in']);
    await bringAll(roster.deps, await imported(customer, [owner]));
    // The application says that this account is somebody else's now, too.
    receiver.enrol({ account: owned, email: mail(thief), name: 'Thief', holdings: [] });
    // And that one has the name that we give to others.
    enrol(customer, guest, ['sign-in'], { account: owner });
    await bringAll(roster.deps, await imported(customer, [twice, thief, guest]));
    expect(await tasksOf(twice)).toEqual(['app several-accounts']);
    expect(await tasksOf(thief)).toEqual(['app taken']);
    expect(await tasksOf(guest)).toEqual(['app taken']);
    for (const person of [twice, thief, guest]) expect(await grantsOf(person)).toEqual([]);
    expect((await grantsOf(owner)).filter(({ account }) => account === owned)).toHaveLength(2);
  });

  it.each([
    ['a superuser', 'administrator', { power: 'SUPERUSER' }],
    ['one that makes roles', 'administrator', { power: 'CREATEROLE' }],
    ['one that sees every row', 'administrator', { power: 'BYPASSRLS' }],
    ['one that nobody handed over', 'not-handed-over', { isHandedOver: false }],
    ['one that owns things', 'owns-objects', { more: 'CREATE DATABASE of_$ OWNER $' }],
    ['one with more roles', 'holds-more', { more: 'GRANT pg_read_all_data TO $' }],
    ['one with two of our entitlements', 'holds-more', { roles: ['read', 'write'] }],
    ['one with an entitlement that no role gives', 'holds-more', { roles: ['write'] }],
    ['one that others act as', 'service', { more: 'CREATE ROLE of_$; GRANT $ TO of_$' }],
  ])('are roles of a database: %s', async (_, hindrance, wish) => {
    const customer = await colleagues(1);
    const [person = ''] = customer.people;
    const { more, ...rest } = { more: '', ...wish };
    const { account } = await enrolInVault(customer, person, rest);
    for (const statement of more.split('; ').filter(Boolean))
      await admin.unsafe(statement.replaceAll('$', account));
    const roleOf = () => admin`select * from pg_roles where rolname = ${account}`;
    const [before, roles] = [await roleOf(), await loginRoles()];
    await bringAll(roster.deps, await imported(customer));
    expect(await roleOf()).toEqual(before);
    expect(await loginRoles()).toEqual(roles);
    expect(await tasksOf(person)).toEqual([`vault ${hindrance}`]);
    expect((await grantsOf(person)).map(({ what }) => what)).toEqual(['app:edit', 'app:sign-in']);
  });

  it.each(['tenure_connector', 'acme_env_read', 'acme_env_keeper', 'pg_signal_backend'])(
    'are the ones that the database lives by: %s',
    async (account) => {
      const customer = await colleagues(1);
      const [person = ''] = customer.people;
      await nameAccounts(db(), customer.id, [{ personId: person, account }]);
      await bringAll(roster.deps, await imported(customer));
      expect(await tasksOf(person)).toEqual(['vault service']);
    },
  );

  it('are looked at anew by the next import, when what hindered is gone', async () => {
    const customer = await colleagues(1);
    const [person = ''] = customer.people;
    const { account } = await enrolInVault(customer, person, { isHandedOver: false });
    await bringAll(roster.deps, await imported(customer));
    expect(await tasksOf(person)).toEqual(['vault not-handed-over']);
    await admin.unsafe(`GRANT ${account} TO tenure_connector WITH ADMIN OPTION`);
    await bringAll(roster.deps, await imported(customer));
    expect(await grantsOf(person)).toContainEqual({ what: 'vault:read', account, state: 'held' });
    expect(await tasksOf(person)).toEqual([]);
  });

  it('cannot be written down as taken over by anybody but an import at work', async () => {
    const customer = await roster.customer({ users: 2 });
    const [person = '', other = ''] = customer.people;
    const account = enrol(customer, person, ['sign-in']);
    const running = await imported(customer, [person]);
    await bringAll(roster.deps, running);
    const contract = await roster.process({ organizationId: customer.id, people: customer.people });
    const write = (who: string, what: string, processId: string) =>
      refusal(
        db().execute(sql`insert into found_account (resource_id, person_id, organization_id, account, process_id)
          select id, ${who}, ${customer.id}, ${what}, ${processId} from resource where key = 'app'`),
      );
    expect(await write(other, 'u-free', contract)).toBe('TN026');
    expect(await write(other, 'u-free', running)).toBe('TN026');
    const own = await imported(customer, [other]);
    expect(await write(other, account, own)).toBe('TN026');
    expect(await write(other, person, own)).toBe('TN026');
    expect(
      await refusal(db().execute(sql`update found_account set account = 'u-x' where person_id = ${person}`)),
    ).toBe('TN026');
  });
});

describe('a target that does not answer', () => {
  it('keeps people waiting, and gives nobody a second account', async () => {
    const customer = await roster.customer({ users: 1 });
    const [person = ''] = customer.people;
    const account = enrol(customer, person, ['sign-in']);
    const processId = await imported(customer);
    receiver.fail();
    await expect(bringAll(roster.deps, processId, 1)).rejects.toMatchObject({ code: 'target-unreachable' });
    expect(await grantsOf(person)).toEqual([]);
    receiver.flow();
    await bringAll(roster.deps, processId);
    expect(holdingsOf(account)).toEqual(['edit', 'sign-in']);
    expect(receiver.account(person)).toBeUndefined();
  });

  it('keeps them waiting only so long, and then what it gives waits for somebody', async () => {
    const customer = await roster.customer({ users: 1 });
    const [person = ''] = customer.people;
    const processId = await imported(customer);
    await roster.owner.db.execute(sql`alter table process disable trigger user`);
    await roster.owner.db.execute(
      sql`update process set started_at = started_at - interval '1 hour' where id = ${processId}`,
    );
    await roster.owner.db.execute(sql`alter table process enable trigger user`);
    receiver.fail();
    await bringAll(roster.deps, processId);
    expect(await tasksOf(person)).toEqual(['app not-looked-at']);
    expect(await grantsOf(person)).toEqual([]);
  });
});

describe('what a preview asks of the targets', () => {
  it('tells who has accounts, what they hold beside their roles, and whose are left alone; and changes nothing', async () => {
    const customer = await colleagues(4);
    const [first = '', second = '', third = '', fourth = ''] = customer.people;
    const [one, two] = [enrol(customer, first, ['sign-in', 'legacy']), enrol(customer, second, ['sign-in'])];
    const boss = enrol(customer, third, ['sign-in'], { administrator: true });
    const old = await enrolInVault(customer, first);
    const before = { users: receiver.accounts(), effects: receiver.effects.length };
    const wish: AccountSearchWish = {
      people: [first, second, third, fourth].map((id) => ({
        email: mail(id),
        account: id === first ? old.account : null,
        personId: id === first ? id : null,
        customer: null,
        set: 0,
      })),
      sets: [{ app: ['sign-in', 'edit'], vault: ['read'] }],
    };
    const report = await lookFor(wish);
    expect(report?.resources).toEqual([
      { resource: 'app', people: 4, adopted: 2, surplus: 1, leftAlone: 1, missing: 1, notLooked: null },
      { resource: 'vault', people: 4, adopted: 1, surplus: 0, leftAlone: 0, missing: 3, notLooked: null },
    ]);
    const scope = customer.key;
    expect(report?.accounts).toEqual([
      {
        resource: 'app',
        email: mail(third),
        account: boss,
        hindrance: 'administrator',
        holds: [`sign-in (${scope})`],
        surplus: [],
      },
      {
        resource: 'app',
        email: mail(first),
        account: one,
        hindrance: null,
        holds: [`sign-in (${scope})`, `legacy (${scope})`],
        surplus: [`legacy (${scope})`],
      },
      {
        resource: 'app',
        email: mail(second),
        account: two,
        hindrance: null,
        holds: [`sign-in (${scope})`],
        surplus: [],
      },
      {
        resource: 'vault',
        email: mail(first),
        account: old.account,
        hindrance: null,
        holds: ['read'],
        surplus: [],
      },
    ]);
    expect({ users: receiver.accounts(), effects: receiver.effects.length }).toEqual(before);
    // Nobody looks for what is known.
    await bringAll(roster.deps, await imported(customer, [first]));
    expect((await lookFor({ ...wish, people: wish.people.slice(0, 1) }))?.resources).toEqual([]);
  });

  it('says which targets could not be asked, and keeps nothing of what it was asked', async () => {
    receiver.fail(Infinity, { status: 404 });
    const wish = {
      people: [{ email: 'a@b.example', account: null, personId: null, customer: null, set: 0 }],
      sets: [{ app: ['edit'] }],
    };
    expect((await lookFor(wish))?.resources).toMatchObject([{ missing: 0, notLooked: 'cannot-be-asked' }]);
    receiver.fail();
    expect((await lookFor(wish))?.resources).toMatchObject([{ missing: 0, notLooked: 'target-unreachable' }]);
    const kept = await db().execute(sql`select 1 from account_search where wish <> '{}'`);
    expect(kept).toEqual([]);
  });
});

async function lookFor(wish: AccountSearchWish) {
  const [omar] = await db().execute<{ id: string }>(
    sql`select id from person where email = 'omar@vendor.example'`,
  );
  const id = await askAccountSearch(db(), omar?.id ?? '', wish);
  expect(await readAccountSearch(db(), id)).toEqual({ id, state: 'looking', report: null });
  expect(await searchAccounts(roster.deps, signal)).toBe(1);
  expect(await searchAccounts(roster.deps, signal)).toBe(0);
  return (await readAccountSearch(db(), id))?.report;
}

function byName(a: { entitlement: string }, b: { entitlement: string }): number {
  return a.entitlement.localeCompare(b.entitlement);
}

async function orderOut(personId: string): Promise<void> {
  await db().execute(
    sql`update person set suspended_at = tenure_now(), offboarded_at = tenure_now() where id = ${personId}`,
  );
  await db().execute(sql`
    update access_grant set end_at = tenure_now(), end_order = 'offboarding' where person_id = ${personId} and ended_at is null`);
}

/** Somebody leaves as whoever removes them orders it. Returns what the process came to. */
async function leave(customer: Customer, personId: string): Promise<string> {
  const id = await startProcess(db(), {
    kind: 'offboarding',
    organizationId: customer.id,
    personId,
    cause: 'administrator',
    wish: { why: 'removal' },
  });
  await db().execute(
    sql`update process set state = 'running', started_at = tenure_now(), drawn_up_at = tenure_now() where id = ${id}`,
  );
  for (let pages = 0; pages < 20; pages += 1) {
    await takeAwayPage(roster.deps, id, signal, () => undefined, 0);
    const [row] = await db().execute<{ state: string }>(sql`select state from process where id = ${id}`);
    if (row && row.state !== 'running') return row.state;
  }
  throw new RangeError('The offboarding does not come to its end.');
}
