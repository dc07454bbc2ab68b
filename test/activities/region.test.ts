import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assessProcess } from '../../activities/processes/assess.ts';
import { customerStep } from '../../activities/processes/customer-step.ts';
import { drawUpProcess } from '../../activities/processes/draw-up.ts';
import type { Catalog } from '../../domain/catalog.ts';
import { resourceWith } from '../support/catalog.ts';
import { memoryTarget, type MemoryTarget, sharedMemoryTarget } from '../support/memory-connector.ts';
import { hear, tellProcess } from '../support/processes.ts';
import { bringAll, type Customer, type Roster, rosterCatalog, startRoster } from '../support/roster.ts';

// A customer's contract moves it to another region: policy is asked anew about all that its users hold, both ways.

const targets: Record<'app' | 'vault' | 'safe', MemoryTarget> = {
  app: sharedMemoryTarget(),
  vault: memoryTarget(),
  safe: sharedMemoryTarget(),
};
let roster: Roster;

beforeAll(async () => {
  roster = await startRoster(targets, { catalog: withSafe() });
});
afterAll(() => roster?.stop());

const db = () => roster.ledger.db;

/** A member also reads the safe: restricted data, which only a customer of its region may hold. */
function withSafe(): Catalog {
  const { resources, roles, ...others } = rosterCatalog();
  const safe = resourceWith('safe', {
    connector: 'safe',
    target: 'safe',
    shared: true,
    owner: 'omar@vendor.example',
    organization: 'vendor',
    region: 'us',
    classification: 'restricted',
    entitlements: [{ key: 'read', name: 'read' }],
  });
  const member = (role: Catalog['roles'][number]) => ({
    ...role,
    entitlements: [...role.entitlements, 'safe:read'],
  });
  return {
    ...others,
    resources: [...resources, safe],
    roles: roles.map((role) => (role.key === 'member' ? member(role) : role)),
  };
}

let minute = 0;
/** What its contract says from now on, taken in; the process that it set off. */
async function moveTo(customer: Customer, region: string): Promise<string> {
  const occurredAt = new Date(Date.UTC(2026, 0, 1) + (minute += 1) * 60_000).toISOString();
  await hear(db(), customer.id, { occurredAt, status: 'active', tier: 'pro', region });
  const now = await customerStep(roster.deps, customer.id);
  if (now.phase === 'start') await customerStep(roster.deps, customer.id);
  const [last] = await db().execute<{ id: string }>(sql`
    select id from process where organization_id = ${customer.id} order by id desc limit 1`);
  return last?.id ?? '';
}

async function carry(processId: string): Promise<void> {
  await drawUpProcess(roster.deps, processId, () => undefined);
  await bringAll(roster.deps, processId);
  await assessProcess(roster.deps, processId);
}

/** Ids of the grants that a customer's users hold, by what they are for. */
async function grantsOf({ id }: Customer): Promise<Record<string, string[]>> {
  const rows = await db().execute<{ name: string; ids: string[] }>(sql`
    select r.key || ':' || e.key as name, array_agg(g.id order by g.id) as ids from access_grant g
      join resource r on r.id = g.resource_id join entitlement e on e.id = g.entitlement_id
    where g.holder_organization_id = ${id} and g.state = 'held' and g.end_at is null group by 1`);
  return Object.fromEntries(rows.map(({ name, ids }) => [name, ids]));
}

const inSafe = ({ key }: Customer) => targets.safe.holdings().filter(({ scope }) => scope === key).length;

describe('a customer that moves', () => {
  it('gains where policy allows more, loses where it allows less, and keeps the rest as it was', async () => {
    const customer = await roster.customer({ users: 3 });
    await bringAll(
      roster.deps,
      await roster.process({ organizationId: customer.id, people: customer.people }),
    );
    const before = await grantsOf(customer);
    expect(Object.keys(before).sort()).toEqual(['app:edit', 'app:sign-in', 'vault:read']);
    expect(inSafe(customer)).toBe(0);

    const there = await moveTo(customer, 'us');
    await carry(there);
    const [process] = await db().execute(
      sql`select kind, cause, wish->'effects' as effects from process where id = ${there}`,
    );
    expect(process).toMatchObject({ kind: 'role-change', cause: 'contract' });
    expect(process?.['effects']).toContain('region-changed');
    expect(await tellProcess(db(), there)).toMatchObject({ state: 'done', people: { done: 3 }, tasks: [] });
    const moved = await grantsOf(customer);
    expect(moved['safe:read']).toHaveLength(3);
    expect(inSafe(customer)).toBe(3);
    expect(moved).toMatchObject(before);

    const back = await moveTo(customer, 'eu');
    await carry(back);
    expect(await tellProcess(db(), back)).toMatchObject({ state: 'done', people: { done: 3 } });
    expect(await grantsOf(customer)).toEqual(before);
    expect(inSafe(customer)).toBe(0);
    const ended = await db().execute(sql`
      select end_order as order, state from access_grant where id = any(array(select unnest(${`{${moved['safe:read']?.join() ?? ''}}`}::text[])))`);
    expect([...ended]).toEqual(Array.from({ length: 3 }, () => ({ order: 'role-change', state: 'ended' })));
    const [now] = await db().execute(sql`
      select region, (select count(*)::int from contract_term t where t.organization_id = o.id) as terms from organization o where id = ${customer.id}`);
    expect(now).toEqual({ region: 'eu', terms: 3 });

    await carry(await moveTo(customer, 'us'));
    expect(inSafe(customer)).toBe(3);
    expect(await grantsOf(customer)).toMatchObject(before);
  });

  it('counts at the fence of its source where its users lose by it, and not where they gain', async () => {
    const customers: Customer[] = [];
    for (let count = 0; count < 7; count++) customers.push(await roster.customer({ users: 1 }));
    const states = async (region: string) => {
      const made: string[] = [];
      for (const customer of customers) made.push(await moveTo(customer, region));
      const all = [];
      for (const id of made) all.push((await tellProcess(db(), id)).state);
      return { made, all };
    };
    const gaining = await states('us');
    expect(gaining.all).toEqual(Array.from({ length: 7 }, () => 'waiting'));
    for (const id of gaining.made) await carry(id);
    const losing = await states('eu');
    // One has moved back in the test before: it is one of the five.
    expect(losing.all).toEqual(['waiting', 'waiting', 'waiting', 'waiting', 'fenced', 'fenced', 'fenced']);
    const items = await db().execute(sql`
      select difference from fence_item where process_id = ${losing.made[6] ?? ''}`);
    expect([...items]).toEqual([{ difference: { gain: [], lose: ['safe:read'] } }]);
    // What waits keeps what it has, in the region where it is.
    const [last] = customers.slice(6);
    if (last) expect(inSafe(last)).toBe(1);
  });
});
