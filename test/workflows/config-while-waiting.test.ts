import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { ConnectorError } from '../../activities/connectors/errors.ts';
import type { ApiHarness } from '../support/api.ts';
import { confirmWelcomeOf, processBecomes } from '../support/processes.ts';
import {
  apiOver,
  erpSays,
  keepRunning,
  processesFor,
  processIs,
  type ShownProcess,
} from '../support/running.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { eventually } from '../support/wait.ts';

// The catalog is edited while something waits: what was decided keeps the revision it was decided under, and everybody ends
// with what the newest one says.

let stack: Stack;
let http: ApiHarness;
let stop: () => Promise<void>;

beforeAll(async () => {
  stack = await startStack();
  http = await apiOver(stack);
  await stack.startWorkers();
  stop = keepRunning(stack);
});

afterEach(async () => {
  stack.application.before = async () => undefined;
  // The next edit is another day's.
  await http.ledger.owner.db.execute(sql`delete from fence_passage`);
});

afterAll(async () => {
  await stop?.();
  await http?.stop();
  await stack?.stop();
});

const db = () => stack.ledger.db;
const omar = 'omar@northwind.example';
const sita = 'sita@northwind.example';
/** What an analyst has beside what a member has. */
const members = ['sign-in', 'use', 'view'];

/** An edit of what an analyst may do more than a member; the revision that it becomes. */
async function analystsMay(entitlement: string): Promise<number> {
  const { body: now } = await http.call(omar, 'GET', '/v1/catalog');
  const value = { name: 'Analyst', includes: ['member'], entitlements: [`northwind-app:${entitlement}`] };
  const edit = { base_revision: now.revision, reason: `Analysts ${entitlement}`, value };
  const { status, body } = await http.call(omar, 'PUT', '/v1/catalog/roles/analyst', edit);
  expect(status).toBe(201);
  return body.revision;
}

const revisionNow = async (): Promise<number> => (await http.call(omar, 'GET', '/v1/catalog')).body.revision;

/** By user, what the application gives them. */
async function heldBy(customer: string): Promise<Record<string, string[]>> {
  const rows = await db().execute<{ id: string; email: string }>(sql`
    select p.id, p.email from person p join organization o on o.id = p.organization_id where o.key = ${customer}`);
  const held: Record<string, string[]> = {};
  for (const { id, email } of rows) {
    const theirs = stack.application.holdings().filter(({ account }) => account === id);
    held[email.split('@')[0] ?? ''] = theirs.map(({ entitlement }) => entitlement).toSorted();
  }
  return held;
}

interface Granted extends Record<string, unknown> {
  entitlement: string;
  revision: number;
  state: string;
  people: number;
}

/** What was ever granted to a customer's users beyond `members`, under which revision of the catalog. */
async function granted(customer: string): Promise<Granted[]> {
  const rows = await db().execute<Granted>(sql`
    select e.key as entitlement, g.catalog_revision as revision, case when g.ended_at is null then g.state else 'over' end as state,
      count(*)::int as people
    from access_grant g join entitlement e on e.id = g.entitlement_id join organization o on o.id = g.holder_organization_id
    where o.key = ${customer} and e.key <> all('{sign-in,use,view}'::text[]) group by 1, 2, 3 order by 2, 1, 3`);
  return [...rows];
}

async function settled(customer: string): Promise<ShownProcess[]> {
  const quiet = ['confirming', 'done', 'residue', 'failed', 'discarded'];
  return eventually(
    `nothing under way for ${customer}`,
    async () => {
      const all = await processesFor(http, customer);
      return all.every(({ state }) => quiet.includes(state)) && all;
    },
    { timeoutMs: 60_000, describe: () => processesFor(http, customer) },
  );
}

const revisions = async (customer: string) =>
  (await settled(customer)).map(({ kind, catalog_revision: revision }) => [kind, revision]);

it('while users are yet to confirm: they get what is new and lose what is old before they do', async () => {
  const before = await revisionNow();
  await erpSays(http, 'confirms', { users: ['una', 'ugo'] });
  const onboarding = await processIs(http, 'confirms', 'onboarding', ['confirming']);
  const after = await analystsMay('automate');
  await processIs(http, 'confirms', 'role-change', ['done']);
  const now = [...members, 'automate'].toSorted();
  expect(await heldBy('confirms')).toEqual({ una: now, ugo: now });
  expect(await granted('confirms')).toEqual([
    { entitlement: 'export', revision: before, state: 'over', people: 2 },
    { entitlement: 'automate', revision: after, state: 'held', people: 2 },
  ]);
  for (const user of ['una', 'ugo']) await confirmWelcomeOf(db(), onboarding.id, `${user}@confirms.example`);
  await processBecomes(db(), onboarding.id, 'done');
  expect(await revisions('confirms')).toEqual([
    ['role-change', after],
    ['onboarding', before],
  ]);
  expect(await heldBy('confirms')).toEqual({ una: now, ugo: now });
});

it('while the application is away: what was intended under the old one is never given, or taken again', async () => {
  const before = await revisionNow();
  stack.application.before = async () => {
    throw new ConnectorError('target-unreachable');
  };
  await erpSays(http, 'away', { users: ['una', 'ugo'] });
  await eventually('it is intended', async () => (await granted('away')).length > 0);
  const after = await analystsMay('export');
  await eventually('the change has begun, too', async () => (await processesFor(http, 'away')).length === 2);
  stack.application.before = async () => undefined;
  await processIs(http, 'away', 'onboarding', ['confirming']);
  await processIs(http, 'away', 'role-change', ['done']);
  const now = [...members, 'export'].toSorted();
  await eventually('what the newest says', async () =>
    Object.values(await heldBy('away')).every((held) => held.join() === now.join()),
  );
  expect(await granted('away')).toEqual([
    { entitlement: 'automate', revision: before, state: 'over', people: 2 },
    { entitlement: 'export', revision: after, state: 'held', people: 2 },
  ]);
  expect(await revisions('away')).toEqual([
    ['role-change', after],
    ['onboarding', before],
  ]);
});

it('while a change waits for a second person: those who are released get what the newest says, once that is released too', async () => {
  const users = Array.from({ length: 8 }, (_, at) => `user${at}`);
  await erpSays(http, 'fenced', { users });
  await processIs(http, 'fenced', 'onboarding', ['confirming']);
  const first = await analystsMay('automate');
  const waiting = await processIs(http, 'fenced', 'role-change', ['fenced']);
  expect(waiting).toMatchObject({ catalog_revision: first, progress: { done: 5, fenced: 3 } });
  const second = await analystsMay('administer');
  const later = await eventually('the next one waits as well', async () => {
    const [newest] = await processesFor(http, 'fenced');
    return newest?.id !== waiting.id && newest?.state === 'fenced' && newest;
  });
  expect(later).toMatchObject({ catalog_revision: second, progress: { done: 5, fenced: 3 } });
  const decide = async (process: ShownProcess): Promise<void> => {
    for (const { id } of (await http.call(sita, 'GET', '/v1/fences?state=open')).body.items) {
      const { items } = (await http.call(sita, 'GET', `/v1/fences/${id}/items?state=waiting&limit=200`)).body;
      const mine = items.filter((item: { process_id: string }) => item.process_id === process.id);
      if (mine.length === 0) continue;
      const wish = { items: mine.map((item: { id: string }) => item.id) };
      expect((await http.call(sita, 'POST', `/v1/fences/${id}/release`, wish)).status).toBe(201);
    }
  };
  await decide(waiting);
  await processBecomes(db(), waiting.id, 'done');
  const now = [...members, 'administer'].toSorted();
  const all = Object.fromEntries(users.map((user) => [user, now]));
  // What the later change gives still waits for those it would give it to.
  const held = Object.fromEntries(users.map((user, at) => [user, at < 5 ? now : members.toSorted()]));
  expect(await heldBy('fenced')).toEqual(held);
  await decide(later);
  await processBecomes(db(), later.id, 'done');
  expect(await heldBy('fenced')).toEqual(all);
  expect((await granted('fenced')).filter(({ revision }) => revision >= first)).toEqual([
    { entitlement: 'automate', revision: first, state: 'over', people: 5 },
    { entitlement: 'administer', revision: second, state: 'held', people: 8 },
  ]);
  expect((await revisions('fenced')).slice(0, 2)).toEqual([
    ['role-change', second],
    ['role-change', first],
  ]);
});
