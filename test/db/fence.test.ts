import { sql } from 'drizzle-orm';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ActivityDeps } from '../../activities/deps.ts';
import { takeAwayPage } from '../../activities/processes/take-away.ts';
import { readDefaultPolicies } from '../../bin/policies.ts';
import { type Executor, within } from '../../db/client.ts';
import { readActiveCatalog } from '../../db/queries/catalog-revision.ts';
import { writeRevision } from '../../db/queries/catalog-write.ts';
import { type Difference, passPeopleFence, passSourceFence } from '../../db/queries/fence.ts';
import { discardFence, releaseFence } from '../../db/queries/fence-decision.ts';
import { listFenceItems, listFences, readFence } from '../../db/queries/fence-view.ts';
import { readPrincipal } from '../../db/queries/person.ts';
import { createProcess, moveProcess, type NewProcess } from '../../db/queries/process.ts';
import { actors } from '../../domain/audit-event.ts';
import { newId } from '../../domain/ids.ts';
import { type EphemeralLedger, ephemeralLedger } from '../support/ledger.ts';
import { refusal } from '../support/ledger-roles.ts';
import { anyOf } from '../../db/queries/texts.ts';

// A poisoned feed, a wrong edit, a source gone mad: the first few go through, the rest waits for a second person.

let ledger: EphemeralLedger;
beforeAll(async () => {
  ledger = await ephemeralLedger();
});
afterAll(() => ledger?.stop());
beforeEach(async () => {
  await db().execute(sql`delete from fence_passage`);
});

const db = () => ledger.system.db;
const page = { limit: 200, after: null };
const lose = { gain: [], lose: ['northwind-app:use', 'northwind-app:view'] };
const gain = { gain: ['northwind-app:export'], lose: [] };

async function personOf(email: string): Promise<{ personId: string; organizationId: string }> {
  const rows = await db().execute<{ personId: string; organizationId: string }>(
    sql`select id as "personId", organization_id as "organizationId" from person where email = ${email}`,
  );
  const [row] = rows;
  if (!row) throw new RangeError(email);
  return row;
}

/** A customer with so many users; their ids. */
async function customer(users: number): Promise<{ id: string; people: string[] }> {
  const id = newId('org');
  await db().execute(sql`
    insert into organization (id, key, kind, name, tier_key, onboarded_at) values (${id}, ${id.slice(4)}, 'customer', 'Some', 'enterprise', tenure_now())`);
  const people = Array.from({ length: users }, () => newId('person'));
  await db().execute(sql`
    insert into person (id, organization_id, email, name, employment)
    select p, ${id}, p || '@some.example', 'A user', 'customer' from unnest(${`{${people.join()}}`}::text[]) p`);
  return { id, people };
}

async function start(
  wish: Partial<NewProcess> & Pick<NewProcess, 'kind' | 'organizationId'>,
): Promise<string> {
  const whole = { cause: 'contract', wish: {}, actor: actors.engine, traceparent: null, ...wish } as const;
  return db().transaction(async (tx) => (await createProcess(tx, whole)).id);
}

/** One customer reduced or ended by a source, as its process asks. */
async function bySource(
  source: string,
  wish: { kind?: NewProcess['kind']; dueAt?: Date } = {},
): Promise<{ organizationId: string; processId: string; passed: string }> {
  const { id: organizationId } = await customer(1);
  const { kind = 'offboarding' } = wish;
  const processId = await start({ kind, organizationId, source, dueAt: wish.dueAt ?? null });
  const passed = await db().transaction((tx) =>
    passSourceFence(tx, { source, organizationId, processId, difference: lose }),
  );
  return { organizationId, processId, passed };
}

async function bySourceTimes(source: string, times: number) {
  const all = [];
  for (let at = 0; at < times; at++) all.push(await bySource(source));
  return all;
}

const openFences = async () => (await listFences(db(), { state: 'open' }, page)).items;
const suspended = async (table: 'person' | 'organization', id: string) =>
  (
    await db().execute(
      sql`select from ${sql.identifier(table)} where id = ${id} and suspended_at is not null`,
    )
  ).length === 1;

async function as<T>(
  email: string,
  work: (tx: Executor, by: { kind: 'person'; id: string; name: null }) => Promise<T>,
) {
  const scope = await personOf(email);
  const by = { kind: 'person', id: scope.personId, name: null } as const;
  return within(ledger.app, { ...scope, reach: 'all' }, (tx) => work(tx, by));
}

const release = (email: string, fenceId: string, items?: string[]) =>
  as(email, (tx, by) => releaseFence(tx, { fenceId, items, by, comment: 'Looked at it', traceparent: null }));
const discard = (email: string, fenceId: string, items?: string[]) =>
  as(email, (tx, by) => discardFence(tx, { fenceId, items, by, comment: 'A mistake', traceparent: null }));

describe('a billing or CRM source', () => {
  it('ends or reduces five customers in an hour; the sixth waits, is suspended and told of, and so on', async () => {
    const all = await bySourceTimes('stripe-a', 8);
    expect(all.map(({ passed }) => passed)).toEqual([...Array(5).fill('through'), ...Array(3).fill('held')]);
    for (const [at, { organizationId }] of all.entries())
      expect({ at, suspended: await suspended('organization', organizationId) }).toEqual({
        at,
        suspended: at >= 5,
      });
    const [fence] = await openFences();
    expect(fence).toMatchObject({
      kind: 'source',
      source: 'stripe-a',
      organization: null,
      limit: 5,
      waiting: 3,
      author: null,
    });
    expect(fence?.difference).toEqual([
      '3 customers lose use on northwind-app',
      '3 customers lose view on northwind-app',
      '3 customers leave',
    ]);
    const mails = await db().execute<{ to: string }>(sql`
      select p.email as "to" from mail m join person p on p.id = m.to_person_id
      where m.kind = 'fence-waits' and m.data->>'fenceId' = ${fence?.id ?? ''} order by 1`);
    expect(mails.map(({ to }) => to)).toEqual(['omar@northwind.example', 'sita@northwind.example']);
    const told = await db().execute(
      sql`select from audit_event where type = 'fence.opened' and subject_id = ${fence?.id ?? ''}`,
    );
    expect(told).toHaveLength(1);
  });

  it('counts each customer once, however often it says so, and another source by itself', async () => {
    const all = await bySourceTimes('stripe-b', 5);
    const [first] = all;
    if (!first) throw new RangeError('Nobody.');
    const again = await start({
      kind: 'offboarding',
      organizationId: first.organizationId,
      source: 'stripe-b',
    });
    const wish = {
      source: 'stripe-b',
      organizationId: first.organizationId,
      processId: again,
      difference: lose,
    };
    expect(await db().transaction((tx) => passSourceFence(tx, wish))).toBe('through');
    expect((await bySource('hubspot-b')).passed).toBe('through');
    expect((await bySource('stripe-b')).passed).toBe('held');
  });

  it('begins as many customers as it likes, and goes on when the hour is over', async () => {
    for (let at = 0; at < 12; at++)
      expect((await bySource('stripe-c', { kind: 'onboarding' })).passed).toBe('through');
    await bySourceTimes('stripe-c', 5);
    expect((await bySource('stripe-c')).passed).toBe('held');
    await db().execute(
      sql`update fence_passage set passed_at = passed_at - interval '61 minutes' where subject = 'stripe-c'`,
    );
    expect((await bySource('stripe-c')).passed).toBe('through');
  });

  it('is held at its limit though many come at once', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => bySource('stripe-d')));
    expect(all.filter(({ passed }) => passed === 'through')).toHaveLength(5);
    const [{ fences } = { fences: 0 }] = await db().execute<{ fences: number }>(
      sql`select count(*)::int as fences from fence where subject = 'stripe-d'`,
    );
    expect(fences).toBe(1);
  });

  it('does not suspend whose grace is not over', async () => {
    await bySourceTimes('stripe-e', 5);
    const { organizationId, passed } = await bySource('stripe-e', {
      dueAt: new Date(Date.now() + 86_400_000),
    });
    expect(passed).toBe('held');
    expect(await suspended('organization', organizationId)).toBe(false);
  });

  it('has its limit grow with the number of customers', async () => {
    await db().execute(sql`
      insert into organization (id, key, kind, name, onboarded_at)
      select 'org_many_' || i, 'many-' || i, 'customer', 'One of many', tenure_now() from generate_series(1, 1000) i`);
    const all = await bySourceTimes('stripe-f', 24);
    const through = all.filter(({ passed }) => passed === 'through').length;
    expect(through).toBeGreaterThanOrEqual(20);
    expect(through).toBeLessThan(24);
    await db().execute(sql`update organization set onboarded_at = null where id like 'org_many_%'`);
  });
});

/** A role change of so many of a tenant's people, by a feed or an edit. */
async function change(
  { id, people }: { id: string; people: readonly string[] },
  wish: Partial<Parameters<typeof passPeopleFence>[1]> & {
    kind?: NewProcess['kind'];
    difference?: Difference;
  } = {},
) {
  const { cause = 'roster', author = null, kind = 'role-change', difference = lose } = wish;
  const processId = await start({ kind, organizationId: id, cause });
  const passed = await db().transaction((tx) =>
    passPeopleFence(tx, {
      organizationId: id,
      processId,
      cause,
      author,
      people: people.map((personId) => ({ personId, difference })),
    }),
  );
  return { processId, ...passed };
}

describe('a roster feed or an edit of the configuration', () => {
  it('changes five people of a tenant in ten minutes, or two in a hundred; the rest waits with what it would do', async () => {
    const small = await customer(20);
    const { through, held } = await change(small);
    expect(through).toEqual(small.people.slice(0, 5));
    expect(held).toEqual(small.people.slice(5));
    const large = await customer(400);
    expect((await change(large)).through).toHaveLength(8);
    const fence = (await openFences()).find(({ organization }) => organization?.id === small.id);
    expect(fence).toMatchObject({ kind: 'people', cause: 'roster', waiting: 15, limit: 5 });
    expect(fence?.difference).toEqual([
      '15 people lose use on northwind-app',
      '15 people lose view on northwind-app',
    ]);
    const { items } = await listFenceItems(db(), fence?.id ?? '', {}, page);
    expect(items).toHaveLength(15);
    expect(items[0]).toMatchObject({
      state: 'waiting',
      processKind: 'role-change',
      suspended: false,
      difference: lose,
    });
  });

  it('counts who gains as who loses, and neither who is new nor to whom nothing happens', async () => {
    const tenant = await customer(30);
    expect((await change(tenant, { difference: { gain: [], lose: [] } })).held).toEqual([]);
    expect((await change(tenant, { kind: 'onboarding', difference: gain })).held).toEqual([]);
    expect((await change(tenant, { difference: gain })).held).toHaveLength(25);
  });

  it('is not let through by whoever has just loosened the limit', async () => {
    await db().transaction(async (tx) => {
      const { number: baseRevision, catalog } = structuredClone(await readActiveCatalog(tx));
      catalog.settings.fence.people = { share: 1, least: 1_000, window: 'PT1M' };
      const wish = { baseRevision, catalog, author: actors.system, reason: 'Looser', organizationId: null };
      await writeRevision(tx, { ...wish, checkConnection: () => [] });
    });
    const { through, held } = await change(await customer(20));
    expect([through.length, held.length]).toEqual([5, 15]);
  });

  it('never holds what a contract, an administrator or an urgent removal does, to however many', async () => {
    const tenant = await customer(40);
    for (const cause of ['contract', 'administrator', 'operations', 'dunning', 'seats', 'end-date'] as const)
      expect({ cause, held: (await change(tenant, { cause })).held }).toEqual({ cause, held: [] });
    const [urgent = ''] = tenant.people;
    await change(tenant);
    const one = { ...tenant, people: [urgent] };
    expect((await change(one, { kind: 'offboarding', cause: 'operations' })).held).toEqual([]);
  });

  it('is held at its limit though several processes come at once', async () => {
    const tenant = await customer(30);
    const parts = [0, 10, 20].map((from) => ({ ...tenant, people: tenant.people.slice(from, from + 10) }));
    const all = await Promise.all(parts.map((part) => change(part)));
    expect(all.flatMap(({ through }) => through)).toHaveLength(5);
    expect(all.flatMap(({ held }) => held)).toHaveLength(25);
  });

  it('suspends at once whom it would remove and a fence holds, which discarding lifts and releasing makes real', async () => {
    const tenant = await customer(8);
    const removals: { personId: string; processId: string }[] = [];
    for (const personId of tenant.people) {
      const processId = await start({
        kind: 'offboarding',
        organizationId: tenant.id,
        personId,
        cause: 'roster',
      });
      await db().transaction((tx) => moveProcess(tx, processId, ['waiting'], 'running'));
      await takePage(processId);
      removals.push({ personId, processId });
    }
    const held = removals.slice(5);
    for (const { personId, processId } of held) {
      expect(await readPrincipal(ledger.app, personId)).toBeNull();
      expect(await stateOf(processId)).toBe('fenced');
    }
    expect(await gone(removals.map(({ personId }) => personId))).toBe(5);
    const fence = (await openFences()).find(({ organization }) => organization?.id === tenant.id);
    expect(fence?.difference).toEqual(['3 people leave']);
    const { items } = await listFenceItems(db(), fence?.id ?? '', {}, page);
    const [first, second, third] = items.map(({ id }) => id);
    if (!fence || !first || !second || !third) throw new RangeError('Nothing is held.');
    const released = await release('sita@northwind.example', fence.id, [first]);
    expect(released.decided).toBe(1);
    expect(released.lines.map(({ subjectId, message }) => [subjectId, message.signal])).toEqual([
      [held[0]?.processId, 'release'],
    ]);
    await discard('sita@northwind.example', fence.id);
    expect(await readFence(db(), fence.id)).toMatchObject({
      state: 'closed',
      waiting: 0,
      released: 1,
      discarded: 2,
    });
    expect(await suspended('person', held[0]?.personId ?? '')).toBe(true);
    for (const { personId } of held.slice(1)) expect(await suspended('person', personId)).toBe(false);
    // The engine takes it up.
    await db().execute(
      sql`update process_person set state = 'waiting' where process_id = ${held[0]?.processId ?? ''}`,
    );
    await db().transaction((tx) => moveProcess(tx, held[0]?.processId ?? '', ['fenced'], 'running'));
    await takePage(held[0]?.processId ?? '');
    expect(await gone(removals.map(({ personId }) => personId))).toBe(6);
  });
});

/** One page of an offboarding. Nobody here holds anything: no connector is asked. */
async function takePage(processId: string): Promise<void> {
  const { decide, mayHoldMany } = readDefaultPolicies();
  const deps: ActivityDeps = {
    ledger: ledger.system,
    connectors: new Map(),
    sealing: ledger.keys.sealing,
    decide,
    mayHoldMany,
    reach: async () => undefined,
    log: pino({ level: 'silent' }),
  };
  await takeAwayPage(deps, processId, new AbortController().signal, () => undefined);
}

const stateOf = async (processId: string) =>
  (await db().execute<{ state: string }>(sql`select state from process where id = ${processId}`))[0]?.state;
const gone = async (people: readonly string[]) =>
  (await db().execute(sql`select from person where id = ${anyOf(people)} and offboarded_at is not null`))
    .length;

describe('a fence', () => {
  it('is released by a second person who may, once, and never by who set it off', async () => {
    const omar = await personOf('omar@northwind.example');
    const tenant = await customer(10);
    const { processId } = await change(tenant, { cause: 'configuration', author: omar.personId });
    const fence = (await openFences()).find(({ organization }) => organization?.id === tenant.id);
    if (!fence) throw new RangeError('No fence.');
    expect(fence.author?.id).toBe(omar.personId);
    expect(await refusal(release('omar@northwind.example', fence.id))).toBe('TN001');
    expect(await refusal(discard('omar@northwind.example', fence.id))).toBe('TN001');
    for (const email of ['sam@northwind.example', 'ada@northwind.example'])
      expect(await refusal(release(email, fence.id))).toBe('TN020');
    await expect(release('anna@acme.example', fence.id)).rejects.toMatchObject({ code: 'not-found' });
    await expect(release('sita@northwind.example', newId('fence'))).rejects.toMatchObject({
      code: 'not-found',
    });
    await expect(release('sita@northwind.example', fence.id, [newId('item')])).rejects.toMatchObject({
      code: 'not-found',
    });
    const { decided, lines } = await release('sita@northwind.example', fence.id);
    expect(decided).toBe(5);
    expect(lines.map(({ subjectId }) => subjectId)).toEqual([processId]);
    await expect(release('sita@northwind.example', fence.id)).rejects.toMatchObject({
      code: 'already-decided',
    });
    await expect(discard('sita@northwind.example', fence.id)).rejects.toMatchObject({
      code: 'already-decided',
    });
    // What comes later stands behind another one.
    expect(
      (await change({ ...tenant, people: tenant.people.slice(5, 7) }, { cause: 'configuration' })).held,
    ).toHaveLength(2);
    const told = await db().execute<{ type: string; actor: string }>(sql`
      select type, actor_kind as actor from audit_event where subject_id = ${fence.id} order by id`);
    expect(told.map(({ type, actor }) => `${type} ${actor}`)).toEqual([
      'fence.opened engine',
      'fence.released person',
    ]);
  });

  it('answers its process with what was decided', async () => {
    const tenant = await customer(8);
    const { processId } = await change(tenant);
    const fence = (await openFences()).find(({ organization }) => organization?.id === tenant.id);
    const { items } = await listFenceItems(db(), fence?.id ?? '', {}, page);
    const [first, second] = items;
    if (!fence || !first || !second) throw new RangeError('Nothing is held.');
    await release('sita@northwind.example', fence.id, [first.id]);
    await discard('omar@northwind.example', fence.id, [second.id]);
    const again = await db().transaction((tx) =>
      passPeopleFence(tx, {
        organizationId: tenant.id,
        processId,
        cause: 'roster',
        author: null,
        people: tenant.people.map((personId) => ({ personId, difference: lose })),
      }),
    );
    expect(again.discarded).toEqual([second.person?.id]);
    expect(again.held).toHaveLength(1);
    expect(again.through).toHaveLength(6);
  });

  it('keeps a customer suspended that another reason keeps suspended', async () => {
    const all = await bySourceTimes('stripe-g', 7);
    const [owes, other] = all.slice(5).map(({ organizationId }) => organizationId);
    await db().execute(sql`
      insert into contract (organization_id, content, dunning_state) values (${owes ?? ''}, '{}', 'suspended')`);
    const fence = (await openFences()).find(({ source }) => source === 'stripe-g');
    await discard('sita@northwind.example', fence?.id ?? '');
    expect(await suspended('organization', owes ?? '')).toBe(true);
    expect(await suspended('organization', other ?? '')).toBe(false);
  });
});
