import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { assessProcess } from '../../activities/processes/assess.ts';
import { drawUpProcess } from '../../activities/processes/draw-up.ts';
import { discardFence, releaseFence } from '../../db/queries/fence-decision.ts';
import type { Catalog } from '../../domain/catalog.ts';
import { resourceWith } from '../support/catalog.ts';
import { memoryTarget, sharedMemoryTarget } from '../support/memory-connector.ts';
import { startProcess } from '../support/processes.ts';
import { bringAll, type Customer, type Roster, rosterCatalog, startRoster } from '../support/roster.ts';

// What a fence holds of somebody happens by no other process about them either, until a second person has decided.

/** As every roster; its keeper may release fences, and `safe` holds restricted data of another region than the customers'. */
function companyCatalog(): Catalog {
  const { resources, roles, ...others } = rosterCatalog();
  const safe = resourceWith('safe', {
    connector: 'vault',
    target: 'vault',
    shared: true,
    owner: 'omar@vendor.example',
    organization: 'vendor',
    region: 'us',
    classification: 'restricted',
    entitlements: [{ key: 'read', name: 'read' }],
  });
  return {
    ...others,
    resources: [...resources, safe],
    roles: roles.map((role) =>
      role.key === 'keeper' ? { ...role, duties: [...role.duties, 'release-fences'] } : role,
    ),
  };
}

let roster: Roster;
beforeAll(async () => {
  roster = await startRoster(
    { app: sharedMemoryTarget(), vault: memoryTarget() },
    { catalog: companyCatalog() },
  );
});
// Each begins with the catalog as it was before any edit.
beforeEach(async () => {
  await roster.publish((catalog) => ({ ...companyCatalog(), settings: catalog.settings }));
});
afterAll(() => roster?.stop());

const db = () => roster.ledger.db;

/** A customer of seven, and the two of them that a fence holds when all seven are changed. */
async function seven(contractRole = 'member'): Promise<Customer & { first: string; second: string }> {
  const customer = await roster.customer({ users: 7, contractRole });
  await bringAll(
    roster.deps,
    await roster.process({ organizationId: customer.id, people: customer.people, kind: 'onboarding' }),
  );
  const [first = '', second = ''] = customer.people.slice(5);
  return { ...customer, first, second };
}

/** Publishes other entitlements of a role; the process that it sets off for that customer, as far as its fence lets it. */
async function edit(customer: Customer, role: string, entitlements: string[]): Promise<string> {
  await roster.publish((catalog) => ({
    ...catalog,
    roles: catalog.roles.map((one) => (one.key === role ? { ...one, entitlements } : one)),
  }));
  return draw(customer);
}

async function draw(customer: Customer): Promise<string> {
  const processId = await startProcess(db(), {
    kind: 'role-change',
    organizationId: customer.id,
    cause: 'configuration',
    wish: { what: 'catalog' },
  });
  await drawUpProcess(roster.deps, processId, () => undefined);
  await goOn(processId);
  return processId;
}

async function goOn(processId: string): Promise<void> {
  await assessProcess(roster.deps, processId);
  await bringAll(roster.deps, processId);
  await assessProcess(roster.deps, processId);
}

/** Something else happens to these people: an event of the contract, or what somebody does to a user. */
async function another(
  customer: Customer,
  cause: 'contract' | 'administrator' | 'dunning',
  people: readonly string[] = customer.people,
): Promise<string> {
  const processId = await roster.process({ organizationId: customer.id, people, cause });
  await bringAll(roster.deps, processId);
  return processId;
}

async function decide(processId: string, how: typeof releaseFence | typeof discardFence): Promise<void> {
  const [omar] = await db().execute<{ id: string }>(
    sql`select id from person where email = 'omar@vendor.example'`,
  );
  const items = await db().execute<{ id: string; fenceId: string }>(
    sql`select id, fence_id as "fenceId" from fence_item where process_id = ${processId} and state = 'waiting'`,
  );
  const [{ fenceId } = { fenceId: '' }] = items;
  const by = { kind: 'person', id: omar?.id ?? '', name: null } as const;
  await db().transaction((tx) =>
    how(tx, { fenceId, items: items.map(({ id }) => id), by, comment: 'Looked at', traceparent: null }),
  );
  await goOn(processId);
}

async function heldBy(personId: string): Promise<string[]> {
  const rows = await db().execute<{ name: string }>(sql`
    select r.key || ':' || e.key as name from access_grant g join resource r on r.id = g.resource_id
      join entitlement e on e.id = g.entitlement_id
    where g.person_id = ${personId} and g.state = 'held' and g.due_at > tenure_now() order by 1`);
  return rows.map(({ name }) => name);
}

async function rolesOf(personId: string): Promise<string[]> {
  const rows = await db().execute<{ key: string }>(sql`
    select r.key from person_role h join role r on r.id = h.role_id
    where h.person_id = ${personId} and (h.until is null or h.until > tenure_now()) order by 1`);
  return rows.map(({ key }) => key);
}

async function itemsOf(processId: string): Promise<unknown[]> {
  return [
    ...(await db().execute(
      sql`select person_id as person, difference from fence_item where process_id = ${processId} order by person_id`,
    )),
  ];
}

async function stateOf(processId: string, personId: string): Promise<unknown> {
  const rows = await db().execute(sql`
    select state, last_error as error from process_person where process_id = ${processId} and person_id = ${personId}`);
  return rows[0];
}

const before = ['app:edit', 'app:sign-in', 'vault:read'];
const after = ['app:edit', 'app:sign-in', 'vault:write'];
const edited = ['app:edit', 'vault:write'];

describe('of whom a fence holds an edit of the catalog', () => {
  it.each(['contract', 'administrator', 'dunning'] as const)(
    'nothing of it happens by a change of cause %s, which goes on in all else, until it is released',
    async (cause) => {
      const customer = await seven();
      const processId = await edit(customer, 'member', edited);
      expect(await heldBy(customer.people[0] ?? '')).toEqual(after);
      expect(await heldBy(customer.first)).toEqual(before);
      await db().execute(
        sql`update membership set given_roles = '{payer}' where person_id = ${customer.first}`,
      );
      const other = await another(customer, cause);
      expect(await stateOf(other, customer.first)).toEqual({ state: 'done', error: null });
      expect(await heldBy(customer.first)).toEqual(['app:edit', 'app:pay', 'app:sign-in', 'vault:read']);
      expect(await heldBy(customer.second)).toEqual(before);
      await decide(processId, releaseFence);
      expect(await heldBy(customer.first)).toEqual(['app:edit', 'app:pay', 'app:sign-in', 'vault:write']);
      expect(await heldBy(customer.second)).toEqual(after);
    },
  );

  it.each(['contract', 'administrator', 'dunning'] as const)(
    'nothing of it happens after it was discarded, whatever comes by cause %s',
    async (cause) => {
      const customer = await seven();
      const processId = await edit(customer, 'member', edited);
      await another(customer, 'contract');
      await decide(processId, discardFence);
      expect(await heldBy(customer.first)).toEqual(before);
      await another(customer, cause);
      await another(customer, cause);
      expect(await heldBy(customer.first)).toEqual(before);
      expect(await heldBy(customer.people[0] ?? '')).toEqual(after);
    },
  );

  it('everything ends who is suspended, and the rest alone comes back', async () => {
    const customer = await seven();
    await edit(customer, 'member', edited);
    await db().execute(sql`update person set suspended_at = tenure_now() where id = ${customer.first}`);
    await another(customer, 'administrator', [customer.first]);
    expect(await heldBy(customer.first)).toEqual([]);
    await db().execute(sql`update person set suspended_at = null where id = ${customer.first}`);
    await another(customer, 'administrator', [customer.first]);
    expect(await heldBy(customer.first)).toEqual(['app:edit', 'app:sign-in']);
  });

  it('all that they hold moves with the end of the contract', async () => {
    const customer = await seven();
    await edit(customer, 'member', edited);
    const until = new Date(Date.now() + 30 * 86_400_000).toISOString();
    await db().execute(sql`
      insert into contract (organization_id, content, state, until)
      values (${customer.id}, '{"objects":{},"terms":{"state":"active","carrier":null}}', 'active', ${until})`);
    await another(customer, 'contract');
    const ends = await db().execute<{ count: number; isMoved: boolean }>(sql`
      select count(*)::int as count, bool_and(until = ${until}::timestamptz + interval '7 days') as "isMoved" from access_grant
      where person_id = ${customer.first} and state = 'held' and due_at > tenure_now()`);
    expect(ends[0]).toEqual({ count: 3, isMoved: true });
    expect(await heldBy(customer.first)).toEqual(before);
  });

  it('a role that gave what they keep is kept, and nobody gets beside it what conflicts with it', async () => {
    const customer = await seven('payer');
    await roster.publish((catalog) => ({
      ...catalog,
      tiers: catalog.tiers.map((tier) => ({
        ...tier,
        defaultRoles: { ...tier.defaultRoles, ...(tier.key === 'pro' ? { payer: ['viewer'] } : {}) },
      })),
    }));
    const processId = await draw(customer);
    const payer = ['app:pay', 'app:sign-in'];
    expect(await heldBy(customer.people[0] ?? '')).toEqual(['app:sign-in']);
    await another(customer, 'contract');
    expect([await heldBy(customer.first), await rolesOf(customer.first)]).toEqual([
      payer,
      ['payer', 'viewer'],
    ]);
    await db().execute(
      sql`update membership set given_roles = '{approver}' where person_id = ${customer.first}`,
    );
    const other = await another(customer, 'administrator', [customer.first]);
    expect(await stateOf(other, customer.first)).toEqual({ state: 'failed', error: 'conflicting-roles' });
    expect(await heldBy(customer.first)).toEqual(payer);
    await decide(processId, releaseFence);
    expect(await heldBy(customer.first)).toEqual(['app:approve', 'app:sign-in']);
    expect(await rolesOf(customer.first)).toEqual(['approver', 'viewer']);
  });

  it('a later edit that shows all of it brings all of it about when it is released first', async () => {
    const customer = await seven();
    const earlier = await edit(customer, 'member', edited);
    const later = await edit(customer, 'member', [...edited, 'app:manage']);
    expect(await itemsOf(later)).toEqual(
      [customer.first, customer.second].map((person) => ({
        person,
        difference: { gain: ['app:manage', 'vault:write'], lose: ['vault:read'] },
      })),
    );
    await decide(later, releaseFence);
    expect(await heldBy(customer.first)).toEqual(['app:edit', 'app:manage', 'app:sign-in', 'vault:write']);
    await decide(earlier, releaseFence);
    expect(await heldBy(customer.first)).toEqual(['app:edit', 'app:manage', 'app:sign-in', 'vault:write']);
  });
});

describe('what policy lets nobody of them hold', () => {
  it('counts at no fence', async () => {
    const customer = await seven();
    const processId = await edit(customer, 'member', ['app:edit', 'vault:read', 'safe:read']);
    expect(await itemsOf(processId)).toEqual([]);
    expect(await stateOf(processId, customer.first)).toEqual({ state: 'done', error: null });
    expect(await heldBy(customer.first)).toEqual(before);
  });

  it('does not show beside what they would gain', async () => {
    const customer = await seven();
    const processId = await edit(customer, 'member', ['app:edit', 'vault:read', 'safe:read', 'app:manage']);
    expect(await itemsOf(processId)).toEqual(
      [customer.first, customer.second].map((person) => ({
        person,
        difference: { gain: ['app:manage'], lose: [] },
      })),
    );
  });
});
