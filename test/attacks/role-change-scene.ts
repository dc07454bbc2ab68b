import { sql } from 'drizzle-orm';
import { expect } from 'vitest';
import type { Connector, Target } from '../../activities/connectors/connector.ts';
import { ConnectorError } from '../../activities/connectors/errors.ts';
import { createWebhookConnector } from '../../activities/connectors/webhook/connector.ts';
import type { ActivityDeps } from '../../activities/deps.ts';
import { assessProcess } from '../../activities/processes/assess.ts';
import { bringAboutPage } from '../../activities/processes/bring-about.ts';
import { createReaper } from '../../activities/reaper.ts';
import { exampleSettings } from '../../bin/local/example-targets.ts';
import type { Catalog } from '../../domain/catalog.ts';
import type { Change } from '../../domain/plan.ts';
import { type ExampleServer, exampleServer } from '../activities/connectors/example-server.ts';
import { resourceWith, roleWith } from '../support/catalog.ts';
import { isDrill } from '../support/extent.ts';
import { type ProcessStory, tellProcess } from '../support/processes.ts';
import { type TestReceiver, startReceiver } from '../support/receiver.ts';
import { bringAll, type Customer, type Roster, rosterCatalog, startRoster } from '../support/roster.ts';
import { eventually } from '../support/wait.ts';

// Customers whose users get other roles, on three targets that fail as a test wants.

export const names = ['app', 'vault', 'desk'] as const;
type Name = (typeof names)[number];
/** From one contract role to another, both of which exclude each other or do not. Both give what is kept and prolonged. */
export const changes = {
  'may be held together': { from: 'reader', to: 'writer' },
  'exclude each other': { from: 'payer', to: 'approver' },
} as const;
export type Exchange = keyof typeof changes;
const gives: Record<(typeof changes)[Exchange]['from' | 'to'], string[]> = {
  reader: ['app:sign-in', 'app:edit', 'vault:read', 'desk:read'],
  writer: ['app:sign-in', 'app:manage', 'vault:write', 'desk:write'],
  payer: ['app:sign-in', 'app:pay', 'vault:read', 'desk:read'],
  approver: ['app:sign-in', 'app:approve', 'vault:write', 'desk:write'],
};
export const users = isDrill ? 2 : 1;
export const until = { before: '2099-01-31T00:00:00.000Z', after: '2099-06-30T00:00:00.000Z' };

/** How a target fails: it refuses what it is told for good, is never reached, or does what it is told and its answers are lost. */
type Fault = 'refuses' | 'is away' | 'loses its answers';
/** All of them. */
export const faults: Fault[] = ['refuses', 'is away', 'loses its answers'];
let failing: (name: Name, doing: 'observe' | Change['kind']) => Fault | null = () => null;

let servers: { eu: ExampleServer; us: ExampleServer };
let receiver: TestReceiver;
let roster: Roster;
let app: Connector;

/** The connector as it is, but for what `failing` says. */
function fallible(name: Name, connector: Connector): Connector {
  return {
    ...connector,
    observe(target, accounts, signal) {
      if (failing(name, 'observe') === 'is away') throw new ConnectorError('target-unreachable');
      return connector.observe(target, accounts, signal);
    },
    async apply(target, change, attempt) {
      const fault = failing(name, change.kind);
      if (fault === 'refuses') throw new ConnectorError('target-refused');
      if (fault !== 'is away') await connector.apply(target, change, attempt);
      if (fault !== null) throw new ConnectorError('target-unreachable');
    },
  };
}

function catalog(): Catalog {
  const made = rosterCatalog();
  for (const one of made.resources) if (one.key === 'vault') one.settings = exampleSettings('shared_eu');
  const keys = ['read', 'write'].map((key) => ({ key, name: key }));
  const desk = { connector: 'desk', target: 'desk', shared: true, owner: 'omar@vendor.example' } as const;
  const settings = exampleSettings('shared_us');
  made.resources.push(
    resourceWith('desk', { ...desk, organization: 'vendor', entitlements: keys, settings }),
  );
  made.roles = made.roles.filter(({ key }) => !(key in gives));
  for (const [key, entitlements] of Object.entries(gives)) {
    const conflictsWith =
      key === changes['exclude each other'].from ? [changes['exclude each other'].to] : [];
    made.roles.push(roleWith(key, { entitlements, conflictsWith }));
  }
  for (const tier of made.tiers.filter(({ key }) => key === 'pro'))
    for (const key of Object.keys(gives)) {
      if (!tier.allowedRoles.includes(key)) tier.allowedRoles.push(key);
      tier.defaultRoles[key] = [key];
    }
  return made;
}

/** Starts the servers and the ledger. */
export async function openScene(): Promise<Roster> {
  const [eu, us, application] = await Promise.all([
    exampleServer('eu'),
    exampleServer('us'),
    startReceiver(),
  ]);
  [servers, receiver] = [{ eu, us }, application];
  app = createWebhookConnector();
  const real = { app, vault: eu.connector, desk: us.connector };
  const at = ({ server, connectorPassword }: ExampleServer) => ({
    endpoint: { host: '127.0.0.1', port: server.port, username: 'tenure_connector' },
    secret: connectorPassword,
  });
  roster = await startRoster(Object.fromEntries(names.map((name) => [name, fallible(name, real[name])])), {
    catalog: catalog(),
    targets: {
      app: { endpoint: { url: receiver.url }, secret: receiver.secret },
      vault: at(eu),
      desk: at(us),
    },
  });
  return roster;
}

/** Stops them. */
export async function closeScene(): Promise<void> {
  await roster?.stop();
  await app?.close();
  await Promise.all([servers?.eu.stop(), servers?.us.stop(), receiver?.stop()]);
}

/** From now on the targets fail like this. */
export function letFail(how: typeof failing): void {
  failing = how;
}

const db = () => roster.ledger.db;
const signal = new AbortController().signal;
const beat = () => undefined;

/** A customer whose users hold what the first role gives, until the contract's end and its grace. */
export async function onboarded(change: Exchange): Promise<Customer> {
  const customer = await roster.customer({ users, contractRole: changes[change].from });
  await db().execute(sql`
    insert into contract (organization_id, content, state, until)
    values (${customer.id}, '{"objects":{},"terms":{"state":"active","carrier":null}}', 'active', ${until.before})`);
  const { id: organizationId, people } = customer;
  await bringAll(roster.deps, await roster.process({ organizationId, people, kind: 'onboarding' }));
  return customer;
}

/** The other role, and a later end of the contract: what both give is prolonged. */
export async function changed(customer: Customer, change: Exchange): Promise<string> {
  const { id: organizationId, people } = customer;
  await db().execute(sql`
    update membership set contract_role = ${changes[change].to} where organization_id = ${organizationId} and until is null`);
  await db().execute(
    sql`update contract set until = ${until.after} where organization_id = ${organizationId}`,
  );
  return roster.process({ organizationId, people });
}

/** Everything that the targets have of a customer's users, and how many accounts of theirs there are. */
export async function observed(customer: Customer): Promise<string[]> {
  const rows = await db().execute<{ account: string; person: string }>(
    sql`select distinct account, person_id as person from access_grant where holder_organization_id = ${customer.id}`,
  );
  const person = new Map(rows.map((row) => [row.account, customer.people.indexOf(row.person)]));
  const accounts = rows.map((row) => row.account);
  const { eu, us } = servers;
  const targets: [Name, Connector, Target][] = [
    ['app', app, { resource: 'app', settings: { url: receiver.url }, secret: receiver.secret }],
    ['vault', eu.connector, eu.target('shared_eu')],
    ['desk', us.connector, us.target('shared_us')],
  ];
  const seen = await Promise.all(
    targets.map(async ([name, connector, target]) => {
      const found = await connector.observe(target, accounts, signal);
      const held = found.holdings.map(
        (one) => `user ${person.get(one.account)} ${name}:${one.entitlement} until ${one.until}`,
      );
      return name === 'app' ? held : [...held, `${found.accounts.length} accounts in ${name}`];
    }),
  );
  return seen.flat().toSorted();
}

/** What stands in the ledger of what is held, by its ids. */
export async function openGrants(customer: Customer): Promise<unknown[]> {
  const rows = await db().execute(sql`
    select id, state, until, begun_at from access_grant where holder_organization_id = ${customer.id} and ended_at is null order by id`);
  return [...rows];
}

/** What they show when everybody has what a role gives, until then. */
export function having(role: keyof typeof gives, contract: string): string[] {
  const end = new Date(Date.parse(contract) + 7 * 86_400_000).toISOString();
  const held = Array.from({ length: users }, (_, user) =>
    gives[role].map((entitlement) => `user ${user} ${entitlement} until ${end}`),
  );
  return [...held.flat(), `${users} accounts in desk`, `${users} accounts in vault`].toSorted();
}

/** What its workflow does, without one, until it is over or the test has seen enough. */
export async function carry(
  deps: ActivityDeps,
  processId: string,
  beforePiece: () => Promise<'enough' | undefined> = async () => undefined,
): Promise<ProcessStory> {
  for (let piece = 0; piece < 40; piece += 1) {
    const { phase } = await assessProcess(roster.deps, processId);
    if (phase === 'over' || (await beforePiece()) === 'enough') break;
    expect(phase).toBe('bringing-about');
    await bringAboutPage(deps, processId, signal, beat).catch(() => undefined);
    await timePasses(processId);
  }
  return tellProcess(db(), processId);
}

/** A quarter of an hour and more is over: nobody is tried any longer. */
async function timePasses(processId: string): Promise<void> {
  await db().execute(sql`
    update process_person set tried_at = tried_at - interval '20 minutes', changed_at = changed_at - interval '20 minutes'
    where process_id = ${processId}`);
}

/** It has failed for somebody: they are being brought back, or were. */
export async function whenTurned(processId: string): Promise<'enough' | undefined> {
  const rows = await db().execute(sql`
    select 1 from process_person w where process_id = ${processId} and (state = 'failed' or exists (
      select 1 from task t where t.process_id = w.process_id and t.person_id = w.person_id))`);
  return rows.length > 0 ? 'enough' : undefined;
}

/** The reaper alone, until nothing is left that was ordered to end. */
export async function reaped(customer: Customer): Promise<void> {
  const reaper = createReaper(roster.deps, 8);
  await eventually('nothing is left to be ended', async () => {
    await reaper.round();
    await reaper.settled();
    const rows = await db().execute(sql`
      select 1 from access_grant where holder_organization_id = ${customer.id} and ended_at is null and end_at is not null`);
    return rows.length === 0;
  });
}

/** Open tasks about a process, each with its resource and its owner; those that say the same once, for how many people they may be. */
export async function openTasks(processId: string): Promise<string[]> {
  const rows = await db().execute<{ told: string }>(sql`
    select distinct concat_ws(' ', t.kind, r.key, p.email) as told from task t left join resource r on r.id = t.resource_id
      left join person p on p.id = t.owner_person_id
    where t.process_id = ${processId} and t.closed_at is null order by told`);
  return rows.map(({ told }) => told);
}
