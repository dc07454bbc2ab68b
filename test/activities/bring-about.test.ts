import { sql } from 'drizzle-orm';
import type postgres from 'postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createReaper } from '../../activities/reaper.ts';
import { createWebhookConnector } from '../../activities/connectors/webhook/connector.ts';
import { exampleSettings } from '../../bin/local/example-targets.ts';
import { unseal } from '../../crypto/sealing.ts';
import { signIn } from '../support/foreign-client.ts';
import { type TestReceiver, startReceiver } from '../support/receiver.ts';
import {
  bringAll,
  type Customer,
  type Roster,
  rosterCatalog,
  startRoster,
  undoAll,
} from '../support/roster.ts';
import { eventually } from '../support/wait.ts';
import { type ExampleServer, exampleServer } from './connectors/example-server.ts';

// Standing access on a real PostgreSQL and on the example's application over HTTP.

let server: ExampleServer;
let receiver: TestReceiver;
let roster: Roster;
let admin: postgres.Sql;
const application = createWebhookConnector();

beforeAll(async () => {
  [server, receiver] = await Promise.all([exampleServer('eu'), startReceiver()]);
  admin = server.superuser('postgres');
  const catalog = rosterCatalog();
  const vault = catalog.resources.find((one) => one.key === 'vault');
  if (vault) vault.settings = exampleSettings('shared_eu');
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

const db = () => roster.ledger.db;

async function accountsInVault(): Promise<string[]> {
  const rows = await admin<
    { name: string }[]
  >`select rolname as name from pg_roles where rolname like 'tnr\_%' order by 1`;
  return rows.map((row) => row.name);
}

/** What a user signs in to the vault with, as the credential route would show it. */
async function loginOf(personId: string) {
  const [row] = await db().execute<{ id: string; account: string; sealed: string }>(sql`
    select id, account, sealed_password as sealed from access_grant
    where person_id = ${personId} and sealed_password is not null and state = 'held'`);
  if (!row) throw new RangeError('There is no credential.');
  const password = unseal(roster.deps.sealing, row.sealed, `grant:${row.id}`);
  return {
    host: '127.0.0.1',
    port: server.server.port,
    database: 'shared_eu',
    username: row.account,
    password,
  };
}

function entitlementsOf(personId: string): string[] {
  return (receiver.account(personId)?.holdings ?? []).map((one) => one.entitlement).sort();
}

async function start(customer: Customer): Promise<string> {
  return roster.process({ organizationId: customer.id, people: customer.people, kind: 'onboarding' });
}

it('gives users their accounts, ends sessions with what ends, and leaves nothing behind', async () => {
  const customer = await roster.customer({ users: 3 });
  const [first = ''] = customer.people;
  await bringAll(roster.deps, await start(customer));
  for (const person of customer.people) expect(entitlementsOf(person)).toEqual(['edit', 'sign-in']);
  expect(receiver.account(first)?.user).toEqual({
    email: `${first}@customer.example`,
    name: expect.any(String),
  });
  expect(await accountsInVault()).toHaveLength(3);
  const login = await loginOf(first);
  expect(await signIn(login)).toMatchObject({ ok: true });
  const session = await receiver.signIn(`${first}@customer.example`);
  expect(await session?.alive()).toBe(true);

  await db().execute(sql`update organization set tier_key = 'free' where id = ${customer.id}`);
  await bringAll(roster.deps, await start(customer));
  expect(entitlementsOf(first)).toEqual(['sign-in']);
  expect(await session?.alive()).toBe(true);
  expect(await accountsInVault()).toEqual([]);
  expect(await signIn(login)).toMatchObject({ ok: false });

  await db().execute(sql`update organization set suspended_at = tenure_now() where id = ${customer.id}`);
  await bringAll(roster.deps, await start(customer));
  expect(entitlementsOf(first)).toEqual([]);
  expect(await session?.alive()).toBe(false);
  const open = await db().execute(
    sql`select 1 from access_grant where holder_organization_id = ${customer.id} and ended_at is null`,
  );
  expect(open).toEqual([]);
});

it('is done once although answers are lost, and taken back to what was before', async () => {
  const customer = await roster.customer({ users: 4 });
  const before = await accountsInVault();
  const processId = await start(customer);
  receiver.loseReplies(3, 'changes');
  await bringAll(roster.deps, processId);
  for (const person of customer.people) expect(entitlementsOf(person)).toEqual(['edit', 'sign-in']);
  expect(receiver.effects.every(({ count }) => count === 1)).toBe(true);
  receiver.fail(2, { of: 'changes' });
  await undoAll(roster.deps, processId);
  for (const person of customer.people) expect(entitlementsOf(person)).toEqual([]);
  expect(await accountsInVault()).toEqual(before);
});

it('ends by the reaper alone what is ordered to end while the application is away', async () => {
  const customer = await roster.customer({ users: 2 });
  await bringAll(roster.deps, await start(customer));
  receiver.fail();
  await db().execute(sql`
    update access_grant set end_at = tenure_now(), end_order = 'offboarding'
    where holder_organization_id = ${customer.id} and ended_at is null`);
  const reaper = createReaper(roster.deps, 8);
  const open = async () => {
    await reaper.round();
    await reaper.settled();
    const rows = await db().execute<{ key: string }>(sql`
      select distinct r.key from access_grant g join resource r on r.id = g.resource_id
      where g.holder_organization_id = ${customer.id} and g.ended_at is null`);
    return rows.map((row) => row.key);
  };
  await eventually('the vault emptied', async () => (await open()).join() === 'app');
  expect(await accountsInVault()).toEqual([]);
  await roster.owner.db.execute(sql`alter table access_grant disable trigger guard_grant_life`);
  await roster.owner.db.execute(
    sql`update access_grant set end_at = end_at - interval '1 minute' where ended_at is null and end_at is not null`,
  );
  await roster.owner.db.execute(sql`alter table access_grant enable trigger guard_grant_life`);
  await open();
  const tasks = async () =>
    db().execute(sql`select 1 from task t join access_grant g on g.id = t.grant_id
      where g.holder_organization_id = ${customer.id} and t.kind = 'overdue' and t.closed_at is null`);
  expect(await tasks()).toHaveLength(4);
  receiver.flow();
  await eventually('the application emptied', async () => (await open()).length === 0);
  expect(await tasks()).toEqual([]);
  for (const person of customer.people) expect(entitlementsOf(person)).toEqual([]);
});
