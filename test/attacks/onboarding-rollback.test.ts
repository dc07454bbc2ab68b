import { sql } from 'drizzle-orm';
import type postgres from 'postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Connector } from '../../activities/connectors/connector.ts';
import { ConnectorError } from '../../activities/connectors/errors.ts';
import { createWebhookConnector } from '../../activities/connectors/webhook/connector.ts';
import type { ActivityDeps } from '../../activities/deps.ts';
import { type FaultPoint, faultPoints } from '../../activities/fault-points.ts';
import { assessProcess } from '../../activities/processes/assess.ts';
import { bringAboutPage } from '../../activities/processes/bring-about.ts';
import { drawUpProcess } from '../../activities/processes/draw-up.ts';
import { undoPage } from '../../activities/processes/undo.ts';
import { createReaper } from '../../activities/reaper.ts';
import { exampleSettings } from '../../bin/local/example-targets.ts';
import { recordCancellation } from '../../db/queries/undo-people.ts';
import { type ExampleServer, exampleServer } from '../activities/connectors/example-server.ts';
import { noteAttack } from '../support/attack-report.ts';
import { resourceWith } from '../support/catalog.ts';
import { isDrill } from '../support/extent.ts';
import { type MemoryTarget, memoryTarget } from '../support/memory-connector.ts';
import {
  type ProcessStory,
  processMails,
  prospect,
  someUsers,
  startProcess,
  tellProcess,
} from '../support/processes.ts';
import { type TestReceiver, startReceiver } from '../support/receiver.ts';
import { type Roster, rosterCatalog, startRoster } from '../support/roster.ts';
import { eventually } from '../support/wait.ts';

// Promise 5: an onboarding on three targets (an application over HTTP, a PostgreSQL, one in memory) of which every step fails
// for good, and every set of the targets: it is complete, or taken back, or what is left is listed with its owner.

const names = ['app', 'vault', 'desk'] as const;
type Name = (typeof names)[number];
/** What is done for each user, in the application, the vault and on the desk. */
const steps = ['app:sign-in', 'app:edit', 'vault:read', 'desk:sit'] as const;
const users = isDrill ? 3 : 2;
const points = faultPoints.filter((point) => point.startsWith('standing.'));

/** How a target fails: it refuses what it is told for good, is never reached, or does what it is told and its answers are lost. */
type Fault = 'refuses' | 'is away' | 'loses its answers';
let failing: (name: Name, entitlement: string, holder: string | undefined) => Fault | null = () => null;

let server: ExampleServer;
let receiver: TestReceiver;
let roster: Roster;
let admin: postgres.Sql;
let real: { app: Connector; vault: Connector; desk: MemoryTarget };

/** The connector as it is, but for what `failing` says. */
function fallible(name: Name, connector: Connector): Connector {
  return {
    ...connector,
    observe(target, accounts, signal) {
      if (failing(name, '', undefined) === 'is away') throw new ConnectorError('target-unreachable');
      return connector.observe(target, accounts, signal);
    },
    async apply(target, change, attempt) {
      const fault = failing(name, change.holding.entitlement, attempt.holder?.email);
      if (fault === 'refuses') throw new ConnectorError('target-refused');
      if (fault !== 'is away') await connector.apply(target, change, attempt);
      if (fault !== null) throw new ConnectorError('target-unreachable');
    },
  };
}

beforeAll(async () => {
  [server, receiver] = await Promise.all([exampleServer('eu'), startReceiver()]);
  admin = server.superuser('postgres');
  real = { app: createWebhookConnector(), vault: server.connector, desk: memoryTarget() };
  const catalog = rosterCatalog();
  for (const one of catalog.resources) if (one.key === 'vault') one.settings = exampleSettings('shared_eu');
  catalog.resources.push(
    resourceWith('desk', {
      connector: 'desk',
      target: 'desk',
      shared: true,
      owner: 'omar@vendor.example',
      organization: 'vendor',
      entitlements: [{ key: 'sit', name: 'Sit' }],
    }),
  );
  catalog.roles.find(({ key }) => key === 'member')?.entitlements.push('desk:sit');
  const { port } = server.server;
  roster = await startRoster(Object.fromEntries(names.map((name) => [name, fallible(name, real[name])])), {
    catalog,
    targets: {
      app: { endpoint: { url: receiver.url }, secret: receiver.secret },
      vault: {
        endpoint: { host: '127.0.0.1', port, username: 'tenure_connector' },
        secret: server.connectorPassword,
      },
    },
  });
});
beforeEach(() => {
  failing = () => null;
});
afterAll(async () => {
  await roster?.stop();
  await real?.app.close();
  await Promise.all([server?.stop(), receiver?.stop()]);
});

const db = () => roster.ledger.db;
const signal = new AbortController().signal;
let customers = 0;

/** A customer that has signed, its onboarding, and the domain of its users. */
async function signed(): Promise<{ organizationId: string; processId: string; domain: string }> {
  const domain = `c${(customers += 1)}.example`;
  const people = someUsers(users, domain).map((one) => ({ ...one, role: 'member' }));
  const terms = { name: domain, tier: 'pro', region: 'eu', people };
  const { organizationId, wish } = await prospect(db(), terms);
  const onboarding = { kind: 'onboarding', organizationId, wish: { ...wish, welcome: false } } as const;
  return { organizationId, processId: await startProcess(db(), onboarding), domain };
}

/** Everything that the three targets have of anybody. */
async function everything() {
  const roles = await admin<{ name: string }[]>`
    select rolname as name from pg_roles where rolname like 'tnr\_%' order by 1`;
  const application = receiver
    .accounts()
    .flatMap(({ user, holdings }) => holdings.map(({ entitlement }) => `${user?.email} ${entitlement}`));
  const desk = real.desk.holdings().map(({ account, entitlement }) => `${account} ${entitlement}`);
  return {
    application: application.toSorted(),
    vault: roles.map(({ name }) => name),
    desk: desk.toSorted(),
  };
}

/** What its workflow does, without one: looks where it stands and does the next piece, until it is over. */
async function carry(deps: ActivityDeps, processId: string, pieces = 40): Promise<ProcessStory> {
  const beat = () => undefined;
  for (let piece = 0; piece < pieces; piece += 1) {
    const { phase } = await assessProcess(roster.deps, processId);
    if (phase === 'over') break;
    const work = {
      'drawing-up': () => drawUpProcess(deps, processId, beat),
      'bringing-about': () => bringAboutPage(deps, processId, signal, beat),
      undoing: () => undoPage(deps, processId, signal, beat),
    };
    if (!(phase in work)) throw new RangeError(`Nobody thought of ${phase} here.`);
    // A phase that is named above is one of these.
    await work[phase as keyof typeof work]().catch(() => undefined);
    await timePasses(processId);
  }
  return tellProcess(db(), processId);
}

/** A quarter of an hour and more is over: nobody is tried any longer. */
async function timePasses(processId: string): Promise<void> {
  const { db: owner } = roster.owner;
  await owner.execute(sql`
    update process_person set tried_at = tried_at - interval '20 minutes', changed_at = changed_at - interval '20 minutes'
    where process_id = ${processId}`);
  await owner.execute(sql`alter table access_grant disable trigger guard_grant_life`);
  await owner.execute(sql`
    update access_grant set end_at = end_at - interval '20 minutes' where process_id = ${processId} and end_at is not null and ended_at is null`);
  await owner.execute(sql`alter table access_grant enable trigger guard_grant_life`);
}

/** Open tasks about a process or its grants, each with its owner. */
async function openTasks(processId: string): Promise<string[]> {
  const rows = await db().execute<{ told: string }>(sql`
    select t.kind || ' ' || p.email as told from task t left join access_grant g on g.id = t.grant_id
      left join person p on p.id = t.owner_person_id
    where coalesce(t.process_id, g.process_id) = ${processId} and t.closed_at is null order by t.id`);
  return rows.map(({ told }) => told);
}

async function open(processId: string): Promise<number> {
  const rows = await db().execute(
    sql`select 1 from access_grant where process_id = ${processId} and ended_at is null`,
  );
  return rows.length;
}

type Everything = Awaited<ReturnType<typeof everything>>;

/** Nothing of it is left in any target, nobody is a user, and its owner was told by a mail and a task. */
async function expectTakenBack(processId: string, organizationId: string, before: Everything): Promise<void> {
  expect(await everything()).toEqual(before);
  expect(await open(processId)).toBe(0);
  const members = await db().execute(
    sql`select 1 from membership where organization_id = ${organizationId} and until is null`,
  );
  expect(members).toHaveLength(0);
  expect(await openTasks(processId)).toEqual(['onboarding omar@vendor.example']);
  expect(await processMails(db(), processId)).toEqual(['onboarding-failed']);
}

/** Everybody has everything, and nobody is told of trouble. */
async function expectComplete(story: ProcessStory, before: Everything): Promise<void> {
  expect(story).toMatchObject({ state: 'done', people: { done: users }, tasks: [] });
  const now = await everything();
  const grown = [
    now.application.length - before.application.length,
    now.vault.length - before.vault.length,
    now.desk.length - before.desk.length,
  ];
  expect(grown).toEqual([2 * users, users, users]);
}

const everyStep = Array.from({ length: users }, (_, user) =>
  steps.map((step) => ({ step, user: `user${user}` })),
).flat();
const someSteps = isDrill ? everyStep : everyStep.filter((_, at) => at % 3 === 0);
const faults: Fault[] = isDrill
  ? ['refuses', 'is away', 'loses its answers']
  : ['refuses', 'loses its answers'];

describe.each(faults)('an onboarding of which one step %s for good', (fault) => {
  it.each(someSteps)('($step for $user) is complete or taken back as a whole', async ({ step, user }) => {
    const before = await everything();
    const { organizationId, processId, domain } = await signed();
    const [at, entitlement] = step.split(':');
    failing = (name, of, holder) =>
      name === at && of === entitlement && holder === `${user}@${domain}` ? fault : null;
    const story = await carry(roster.deps, processId);
    // What was done although nobody heard of it is found there by the next try.
    if (fault === 'loses its answers' && story.state === 'done') return expectComplete(story, before);
    expect(story).toMatchObject({ state: 'failed', people: { undone: users } });
    expect(story.lastError).toBe(fault === 'refuses' ? 'target-refused' : 'target-unreachable');
    await expectTakenBack(processId, organizationId, before);
  });
});

it.each(points)(
  'an onboarding that dies at %s for good is taken back when somebody stops it',
  async (point) => {
    const before = await everything();
    const { organizationId, processId } = await signed();
    let deaths = 0;
    const reach = async (reached: FaultPoint) => {
      if (reached !== point) return;
      deaths += 1;
      throw new Error('killed here');
    };
    const dying = { ...roster.deps, reach };
    const story = await carry(dying, processId, 5);
    expect(deaths).toBeGreaterThan(0);
    // After the last of it was written down there is nothing more to die of.
    if (point === 'standing.after-outcome') return expectComplete(story, before);
    expect(story).toMatchObject({ state: 'running' });
    await recordCancellation(db(), processId);
    expect(await carry(dying, processId, 3)).toMatchObject({ state: 'undoing' });
    expect(deaths).toBeGreaterThan(3);
    expect(await carry(roster.deps, processId)).toMatchObject({ state: 'failed', lastError: 'cancelled' });
    await expectTakenBack(processId, organizationId, before);
  },
);

const subsets = Array.from({ length: 2 ** names.length }, (_, bits) => {
  const down = names.filter((_name, at) => (bits >> at) % 2 === 1);
  return { down, which: down.join(', ') || 'none' };
});

describe.each(subsets)('with three targets of which $which fails', ({ down }) => {
  it.each(faults)('(it %s) an onboarding is complete or taken back', async (fault) => {
    const before = await everything();
    const { organizationId, processId, domain } = await signed();
    const isDown = (name: Name) => down.includes(name);
    failing = (name, _, holder) => (isDown(name) && holder?.endsWith(domain) ? fault : null);
    const story = await carry(roster.deps, processId);
    const mayHeal = fault === 'loses its answers' && story.state === 'done';
    if (down.length === 0 || mayHeal) return expectComplete(story, before);
    expect(story).toMatchObject({ state: 'failed', people: { undone: users } });
    await expectTakenBack(processId, organizationId, before);
  });

  it('for ever, what is left is listed with its owner, and gone when the target is back', async () => {
    const before = await everything();
    const { organizationId, processId, domain } = await signed();
    // One user's desk is what makes it fail; by then the others of it are held, and cannot be taken.
    failing = (name, _, holder) => (name === 'desk' && holder === `user0@${domain}` ? 'refuses' : null);
    expect(await carry(roster.deps, processId, 2)).toMatchObject({ people: { failed: 1, done: users - 1 } });
    failing = (name) => (down.includes(name) ? 'is away' : null);
    const story = await carry(roster.deps, processId);
    const left = await open(processId);
    const tasks = await openTasks(processId);
    const perUser = (down.includes('app') ? 2 : 0) + (down.includes('vault') ? 1 : 0);
    const onDesk = down.includes('desk') ? 1 : 0;
    expect(left).toBeGreaterThanOrEqual((perUser + onDesk) * (users - 1));
    expect(story.state).toBe(left > 0 ? 'residue' : 'failed');
    expect(tasks).toContain('onboarding omar@vendor.example');
    expect(tasks.filter((told) => told === 'rollback omar@vendor.example')).toHaveLength(left);
    expect(await processMails(db(), processId)).toEqual(['onboarding-failed']);
    failing = () => null;
    const reaper = createReaper(roster.deps, 8);
    await eventually('nothing is left', async () => {
      await reaper.round();
      await reaper.settled();
      return (await open(processId)) === 0;
    });
    await expectTakenBack(processId, organizationId, before);
  });
});

it('is tried as a whole', async () => {
  await noteAttack({
    attack: 'onboarding that fails',
    tried: `${someSteps.length} steps and ${subsets.length} sets of targets, ${faults.length} ways each; ${points.length} fault points`,
    found: 'complete, taken back with equal observations, or listed with its owner',
  });
});
