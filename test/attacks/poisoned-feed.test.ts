import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ApiHarness } from '../support/api.ts';
import { noteAttack } from '../support/attack-report.ts';
import { isDrill, rounds } from '../support/extent.ts';
import { apiOver, erpSays, keepRunning, processesFor, processIs } from '../support/running.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { eventually } from '../support/wait.ts';

// Abuse by a feed: a system that signs its events rightly says that many customers are gone. Everything runs as in an
// installation, and people see and decide through the API.

const births = rounds(12, 200);
const cancelled = rounds(12, 40);
const largeUsers = rounds(30, 500);
const limit = 5;
const limitMs = isDrill ? 20 * 60_000 : 90_000;
const sita = 'sita@northwind.example';
const omar = 'omar@northwind.example';

let stack: Stack;
let http: ApiHarness;
let stop: () => Promise<void>;

beforeAll(async () => {
  stack = await startStack();
  http = await apiOver(stack);
  await stack.startWorkers();
  stop = keepRunning(stack);
  const { body } = await http.call(omar, 'GET', '/v1/catalog');
  const edit = { base_revision: body.revision, reason: 'No grace in this test', value: 'PT0S' };
  const answer = await http.call(omar, 'PUT', '/v1/catalog/settings/churn_grace', edit);
  expect(answer).toMatchObject({ status: 201 });
});

afterAll(async () => {
  await stop?.();
  await http?.stop();
  await stack?.stop();
});

const names = Array.from({ length: births }, (_, at) => `born${at}`);

/** What a customer's users hold in the vendor's application. */
async function heldBy(customer: string): Promise<string[]> {
  const rows = await stack.ledger.db.execute<{ id: string }>(sql`
    select p.id from person p join organization o on o.id = p.organization_id where o.key = ${customer}`);
  const ids = new Set(rows.map(({ id }) => id));
  const held = stack.application.holdings().filter(({ account }) => ids.has(account));
  return held.map(({ account, entitlement }) => `${account} ${entitlement}`).toSorted();
}

async function fences(state: 'open' | 'closed') {
  return (await http.call(sita, 'GET', `/v1/fences?state=${state}`)).body.items;
}

/** How many of these customers' ends are in each state. */
async function ends(of: readonly string[]): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  for (const customer of of) {
    const end = (await processesFor(http, customer)).find(({ kind }) => kind === 'offboarding');
    (found[end?.state ?? 'none'] ??= []).push(customer);
  }
  return found;
}

/** As if an hour had passed since the last ends. */
async function nextHour(): Promise<void> {
  await http.ledger.owner.db.execute(sql`delete from fence_passage`);
}

async function isSuspended(customer: string): Promise<boolean> {
  const rows = await stack.ledger.db.execute(
    sql`select 1 from organization where key = ${customer} and suspended_at is not null`,
  );
  return rows.length > 0;
}

it(
  `${births} births in a day hold nobody up`,
  async () => {
    for (const name of names) await erpSays(http, name, { owners: ['owner'] });
    for (const name of names) await processIs(http, name, 'onboarding', ['confirming'], limitMs);
    expect(await fences('open')).toEqual([]);
  },
  limitMs,
);

it(
  `the end of a customer with ${largeUsers} users is one end`,
  async () => {
    const users = Array.from({ length: largeUsers }, (_, at) => `user${at}`);
    const contract = { owners: ['owner'], users, seats: largeUsers + 1 };
    await erpSays(http, 'giant', contract);
    await processIs(http, 'giant', 'onboarding', ['confirming'], limitMs);
    expect(new Set((await heldBy('giant')).map((one) => one.split(' ')[0])).size).toBe(largeUsers + 1);
    await erpSays(http, 'giant', { ...contract, cancelled: true });
    await processIs(http, 'giant', 'offboarding', ['done'], limitMs);
    expect(await heldBy('giant')).toEqual([]);
    expect(await fences('open')).toEqual([]);
  },
  2 * limitMs,
);

it(
  `a feed that cancels ${cancelled} customers within a minute ends ${limit}; a second person decides on the rest`,
  async () => {
    // As if an hour had passed since the large customer's end.
    await http.ledger.owner.db.execute(sql`delete from fence_passage`);
    const poisoned = names.slice(0, cancelled);
    const before = new Map<string, string[]>();
    for (const name of poisoned) before.set(name, await heldBy(name));
    await Promise.all(poisoned.map((name) => erpSays(http, name, { owners: ['owner'], cancelled: true })));
    const split = await eventually(
      'the first through, the rest held',
      async () => {
        const now = await ends(poisoned);
        return now['done']?.length === limit && now['fenced']?.length === cancelled - limit && now;
      },
      { timeoutMs: limitMs, everyMs: 250, describe: () => ends(poisoned) },
    );
    const [fence] = await fences('open');
    expect(fence).toMatchObject({ kind: 'source', source: 'erp', limit, waiting: cancelled - limit });
    for (const name of split['done'] ?? []) expect(await heldBy(name)).toEqual([]);
    // Held, they are suspended, which is reversible; nothing of theirs is taken away.
    const held = split['fenced'] ?? [];
    for (const name of held) expect(await isSuspended(name)).toBe(true);
    for (const name of held) expect(await heldBy(name)).toEqual(before.get(name));

    const { items } = (await http.call(sita, 'GET', `/v1/fences/${fence.id}/items?limit=200`)).body;
    const itemOf = (customer: string) =>
      items.find((one: { organization: { key: string } }) => one.organization.key === customer)?.id;
    const decide = (verb: 'release' | 'discard', customers: readonly string[] | null) =>
      http.call(sita, 'POST', `/v1/fences/${fence.id}/${verb === 'discard' ? 'discarding' : verb}`, {
        ...(customers ? { items: customers.map(itemOf) } : {}),
        comment: verb === 'release' ? 'They have left' : 'The feed was wrong',
      });
    const [first = '', second = '', third = '', ...others] = held;
    expect((await decide('release', [first, second])).status).toBe(201);
    for (const name of [first, second]) await processIs(http, name, 'offboarding', ['done'], limitMs);
    expect((await decide('discard', [third])).status).toBe(201);
    expect((await decide('discard', null)).status).toBe(201);
    for (const name of [third, ...others]) await processIs(http, name, 'offboarding', ['discarded'], limitMs);
    for (const name of [first, second]) expect(await heldBy(name)).toEqual([]);
    for (const name of [third, ...others]) {
      expect(await isSuspended(name)).toBe(false);
      expect(await heldBy(name)).toEqual(before.get(name));
    }
    expect(await fences('open')).toEqual([]);
    expect((await fences('closed'))[0]).toMatchObject({ released: 2, discarded: cancelled - limit - 2 });

    // The feed is mended: who was kept is as before, and can leave when they really do.
    const welcomes = async () =>
      (
        await stack.ledger.db.execute(sql`
      select 1 from mail m join organization o on o.id = m.organization_id where o.key = ${third} and m.kind = 'welcome'`)
      ).length;
    const mails = await welcomes();
    await erpSays(http, third, { owners: ['owner'] });
    await eventually('the contract stands again', async () => {
      const { body } = await http.call(omar, 'GET', `/v1/customers/${third}`);
      return body.contract?.state === 'active' && body.state === 'active';
    });
    await eventually('nothing is under way', async () => {
      const open = (await processesFor(http, third)).filter(
        ({ settled_at: settledAt }) => settledAt === null,
      );
      return open.every(({ state }) => state === 'confirming');
    });
    const kinds = (await processesFor(http, third)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind !== 'role-change').toSorted()).toEqual(['offboarding', 'onboarding']);
    expect(await heldBy(third)).toEqual(before.get(third));
    expect(await welcomes()).toBe(mails);
    await nextHour();
    await erpSays(http, third, { owners: ['owner'], cancelled: true });
    await processIs(http, third, 'offboarding', ['done'], limitMs);
    expect(await heldBy(third)).toEqual([]);
    await noteAttack({
      attack: 'poisoned feed',
      tried: `${cancelled} of ${births} customers cancelled by one source at once`,
      found: `${limit} ended, ${cancelled - limit} held, suspended and decided on by a second person`,
    });
  },
  2 * limitMs,
);
