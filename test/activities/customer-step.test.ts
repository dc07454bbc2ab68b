import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { markRefold } from '../../db/queries/contract.ts';
import { type ApiHarness, startApi } from '../support/api.ts';
import { type LedgerClock, skippableClock } from '../support/clock.ts';
import { drawUp, ownerOf, processesOf, type SeenProcess, stepOn } from '../support/customer.ts';
import { eventFixture } from '../support/event-fixtures.ts';
import { deliver, provideExampleSources, readAll } from '../support/events.ts';

const ada = 'ada@northwind.example';
const dayMs = 24 * 60 * 60_000;
let atMs = Date.parse('2027-01-04T09:00:00.000Z');
let http: ApiHarness;
let clock: LedgerClock;
beforeAll(async () => {
  http = await startApi();
  await provideExampleSources(http.ledger);
  clock = await skippableClock(http.ledger.ownerUrl);
  await clock.moveTo(atMs);
});
afterAll(async () => {
  await clock.close();
  await http.stop();
});

async function later(days: number): Promise<void> {
  atMs += days * dayMs;
  await clock.moveTo(atMs);
}

let counter = 0;

/** A contract of the ERP, as it says it each time: whole. */
interface Said {
  tier?: string;
  seats?: number;
  cancelled?: boolean;
  users?: string[];
  ends?: string;
  status?: string;
}

/** Delivers an event of the ERP about a customer, has it read, and steps; whose it is. */
async function erp(
  customer: string,
  { tier = 'PRO', seats = 10, cancelled = false, users = ['nora'], ends = '2027-11-20', status }: Said,
): Promise<string> {
  atMs += 1_000;
  await clock.moveTo(atMs);
  const body = {
    ...Object(eventFixture('cloudevent-contract-signed')),
    id: `erp-${(counter += 1)}`,
    time: new Date(atMs).toISOString(),
    data: {
      account: { number: customer, key: customer, name: customer, region: 'eu' },
      plan: { code: tier, seats },
      ends,
      cancelled,
      status,
      users: users.map((name, index) => ({
        email: `${name}@${customer}.example`,
        name,
        ...(index === 0 ? { function: 'owner' } : {}),
      })),
    },
  };
  expect(await deliver(http, 'erp', body, { signedAtMs: atMs })).toMatchObject({ status: 202 });
  await readAll(http.ledger);
  const organizationId = await ownerOf(http.ledger, 'erp', `customer:${customer}`);
  await stepOn(http.ledger, organizationId);
  return organizationId;
}

/** A customer whose onboarding is over. */
async function onboarded(customer: string, said: Said = {}): Promise<string> {
  const organizationId = await erp(customer, said);
  await carry(await last(organizationId));
  await stepOn(http.ledger, organizationId);
  return organizationId;
}

async function last(organizationId: string): Promise<SeenProcess> {
  const found = (await processesOf(http.ledger, organizationId)).at(-1);
  if (!found) throw new Error('no process');
  return found;
}

/** Brings a process to its end as far as this test needs it: the facts, and that it is over. */
async function carry({ id, kind }: SeenProcess): Promise<void> {
  if (kind === 'offboarding') {
    await http.ledger.system.db.execute(sql`
      update process set state = 'running', drawn_up_at = tenure_now() where id = ${id}`);
    await http.ledger.system.db.execute(sql`
      update organization o set offboarded_at = tenure_now(), suspended_at = tenure_now() from process s
      where s.id = ${id} and o.id = s.organization_id and s.person_id is null`);
  } else await drawUp(http.ledger, id);
  await http.ledger.system.db.execute(
    sql`update process set state = 'done' where id = ${id} and state = 'running'`,
  );
}

async function facts(organizationId: string): Promise<Record<string, unknown>> {
  const rows = await http.ledger.owner.db.execute(sql`
    select o.key, o.tier_key as tier, o.region, c.seats, c.until is not null as "hasEnd", o.suspended_at is not null as suspended,
      o.onboarded_at is not null as onboarded, c.dunning_state as dunning, c.ended_at is not null as ended
    from organization o join contract c on c.organization_id = o.id where o.id = ${organizationId}`);
  return { ...rows[0] };
}

async function mails(organizationId: string): Promise<string[]> {
  const rows = await http.ledger.owner.db.execute<{ kind: string }>(
    sql`select kind from mail where organization_id = ${organizationId} and kind <> 'welcome' order by id`,
  );
  return rows.map(({ kind }) => kind);
}

const kindsOf = async (organizationId: string) =>
  (await processesOf(http.ledger, organizationId)).map(({ kind, state, wish }) => [
    kind,
    state,
    wish.what ?? wish.why ?? (wish.again ? 'again' : 'new'),
  ]);

describe('A contract', () => {
  it('begins with an onboarding, and becomes facts when that begins', async () => {
    const id = await erp('begins', { tier: 'ENT', seats: 40 });
    expect(await facts(id)).toMatchObject({ key: id, onboarded: false, tier: null, seats: null });
    expect(await kindsOf(id)).toEqual([['onboarding', 'waiting', 'new']]);
    await carry(await last(id));
    expect(await facts(id)).toMatchObject({
      key: 'begins',
      onboarded: true,
      tier: 'enterprise',
      seats: 40,
      region: 'eu',
    });
    expect(await stepOn(http.ledger, id)).toEqual({ phase: 'idle', wakeAt: null });
  });

  it('that changes has one process for all that changed, and the newest takes the place of one that has not begun', async () => {
    const id = await onboarded('changes');
    await erp('changes', { tier: 'ENT' });
    await erp('changes', { tier: 'ENT', seats: 60, ends: '2028-11-20' });
    const [, older, newer] = await processesOf(http.ledger, id);
    expect(older).toMatchObject({
      kind: 'role-change',
      state: 'discarded',
      wish: { effects: ['tier-changed'] },
    });
    expect(newer).toMatchObject({
      state: 'waiting',
      wish: {
        what: 'contract',
        effects: ['tier-changed', 'seats-changed', 'end-moved'],
        terms: { tier: 'enterprise', seats: 60 },
      },
    });
    // Back to what holds, before anything has begun: there is nothing to do any more.
    await erp('changes', {});
    expect(await kindsOf(id)).toEqual([
      ['onboarding', expect.stringMatching(/done|confirming|residue/), 'new'],
      ['role-change', 'discarded', 'contract'],
      ['role-change', 'discarded', 'contract'],
    ]);
  });

  it('that ends has its users leave after the grace, unless it is won back before', async () => {
    const id = await onboarded('churns');
    await erp('churns', { cancelled: true });
    const leaving = await last(id);
    expect(leaving).toMatchObject({
      kind: 'offboarding',
      state: 'waiting',
      due: false,
      wish: { why: 'churn' },
    });
    expect(await facts(id)).toMatchObject({ ended: true, suspended: false });
    await later(3);
    await erp('churns', {});
    expect(await last(id)).toMatchObject({ id: leaving.id, state: 'discarded' });
    expect(await facts(id)).toMatchObject({ ended: false });
    await erp('churns', { cancelled: true });
    await later(8);
    expect((await last(id)).due).toBe(true);
    await carry(await last(id));
    await stepOn(http.ledger, id);
    await erp('churns', {});
    expect(await last(id)).toMatchObject({ kind: 'onboarding', state: 'waiting', wish: { again: true } });
    await carry(await last(id));
    expect(await facts(id)).toMatchObject({ onboarded: true, suspended: false, ended: false });
  });

  it('that is won back while its users leave begins again as soon as they have left', async () => {
    const id = await onboarded('returns');
    await erp('returns', { cancelled: true });
    await later(8);
    const leaving = await last(id);
    await http.ledger.system.db.execute(
      sql`update process set state = 'running', drawn_up_at = tenure_now() where id = ${leaving.id}`,
    );
    await erp('returns', {});
    expect(await last(id)).toMatchObject({ id: leaving.id });
    expect((await stepOn(http.ledger, id)).wakeAt).not.toBeNull();
    await http.ledger.system.db.execute(
      sql`update organization set offboarded_at = tenure_now() where id = ${id}`,
    );
    await http.ledger.system.db.execute(sql`update process set state = 'done' where id = ${leaving.id}`);
    await stepOn(http.ledger, id);
    await stepOn(http.ledger, id);
    expect((await kindsOf(id)).slice(-1)).toEqual([['onboarding', 'waiting', 'again']]);
  });

  it('of somebody who was never a customer ends without a trace', async () => {
    const id = await erp('nobody', {});
    await erp('nobody', { cancelled: true });
    expect(await kindsOf(id)).toEqual([['onboarding', 'discarded', 'new']]);
  });

  it('does not bring back a customer whom a person removed', async () => {
    const id = await onboarded('removed');
    await http.ledger.system.db.execute(sql`
      insert into process (id, kind, organization_id, cause, wish) values ('proc_01kb4c1q0efv3m8r6x2t9d5wzk', 'offboarding', ${id},
        'operations', '{"why":"removal"}')`);
    await carry({ ...(await last(id)), id: 'proc_01kb4c1q0efv3m8r6x2t9d5wzk', kind: 'offboarding' });
    await erp('removed', { seats: 11 });
    expect((await processesOf(http.ledger, id)).filter(({ kind }) => kind === 'onboarding')).toHaveLength(1);
  });

  it('that names other people adds them, and has those leave whom it names no more', async () => {
    const id = await onboarded('people', { users: ['nora', 'luca'] });
    await erp('people', { users: ['nora', 'mia'] });
    expect((await processesOf(http.ledger, id)).slice(1)).toMatchObject([
      { kind: 'onboarding', cause: 'contract', person: null },
      { kind: 'offboarding', cause: 'roster', person: 'luca@people.example', wish: { why: 'removal' } },
    ]);
  });
});

describe('Payments that fail', () => {
  const sent = new Set<string>();
  async function stripe(...names: string[]): Promise<string> {
    for (const name of names) {
      atMs += 1_000;
      await clock.moveTo(atMs);
      const body = { ...Object(eventFixture(`stripe-${name}`)), created: Math.floor(atMs / 1_000) };
      const id = sent.has(name) ? `${body.id}_${(counter += 1)}` : body.id;
      sent.add(name);
      expect(await deliver(http, 'stripe', { ...body, id }, { signedAtMs: atMs })).toMatchObject({
        status: 202,
      });
    }
    await readAll(http.ledger);
    const organizationId = await ownerOf(http.ledger, 'stripe', 'customer:cus_UmbraQx7d2');
    await stepOn(http.ledger, organizationId);
    return organizationId;
  }

  it('lead from a notice to the end, each by its time, and payment undoes each', async () => {
    const id = await stripe('subscription-upgraded', 'checkout-completed');
    await carry(await last(id));
    await stepOn(http.ledger, id);
    await stripe('subscription-past-due');
    expect(await facts(id)).toMatchObject({ dunning: 'notice', suspended: false });
    const failedAt = atMs;
    const notice = await stepOn(http.ledger, id);
    expect(Date.parse(notice.wakeAt ?? '')).toBe(Math.floor(failedAt / 1_000) * 1_000 + 7 * dayMs);
    await later(8);
    await stepOn(http.ledger, id);
    await stepOn(http.ledger, id);
    expect(await facts(id)).toMatchObject({ dunning: 'restricted' });
    expect((await kindsOf(id)).slice(1)).toEqual([['role-change', 'waiting', 'dunning']]);
    await stripe('invoice-paid');
    expect(await facts(id)).toMatchObject({ dunning: 'none' });
    expect((await processesOf(http.ledger, id)).slice(1)).toMatchObject([
      { state: 'discarded' },
      { kind: 'role-change', state: 'waiting', wish: { what: 'contract', effects: ['recovered'] } },
    ]);
    await carry(await last(id));
    await stripe('subscription-past-due');
    await later(22);
    await stepOn(http.ledger, id);
    expect(await facts(id)).toMatchObject({ dunning: 'suspended', suspended: true });
    await stripe('invoice-paid');
    await carry(await last(id));
    expect(await facts(id)).toMatchObject({ dunning: 'none', suspended: false });
    await stripe('subscription-past-due');
    await later(46);
    await stepOn(http.ledger, id);
    expect(await last(id)).toMatchObject({
      kind: 'offboarding',
      cause: 'dunning',
      due: true,
      wish: { why: 'dunning' },
    });
    await carry(await last(id));
    await stepOn(http.ledger, id);
    await stripe('invoice-paid');
    expect(await last(id)).toMatchObject({ kind: 'onboarding', wish: { again: true } });
    expect(await facts(id)).toMatchObject({ dunning: 'none' });
  });
});

describe('Unpaid bills', () => {
  it('go on to lead where they lead when the contract changes otherwise', async () => {
    const id = await onboarded('unpaid');
    // The ERP says nothing of payments, so the contract's own words are put in place.
    await http.ledger.system.db.execute(sql`
      insert into process (id, kind, organization_id, cause, wish)
      values ('proc_01kb4c1q0efv3m8r6x2t9d5wzm', 'offboarding', ${id}, 'dunning', '{"why":"dunning"}')`);
    const payments = { status: { path: 'data.status', values: { late: 'past_due', fine: 'active' } } };
    const was = (await http.call(ada, 'GET', '/v1/event-sources/erp')).body.mapping;
    const put = (mapping: object) =>
      http.call(ada, 'PUT', '/v1/event-sources/erp', { scheme: 'standard', mapping });
    await put({ ...was, ...payments });
    await erp('unpaid', { seats: 12, status: 'late' });
    const seen = await processesOf(http.ledger, id);
    expect(seen.find(({ cause }) => cause === 'dunning')).toMatchObject({ state: 'waiting' });
    expect(seen.at(-1)).toMatchObject({ kind: 'role-change', wish: { effects: ['seats-changed'] } });
    await erp('unpaid', { seats: 12, status: 'fine' });
    const paid = await processesOf(http.ledger, id);
    expect(paid.find(({ cause }) => cause === 'dunning')).toMatchObject({ state: 'discarded' });
    await put(was);
  });
});

describe('More users than seats', () => {
  it('keep their access for the grace with two notices, and then the last to come leave', async () => {
    const id = await onboarded('seats', { users: ['nora', 'luca', 'mia'], seats: 3 });
    const role = await http.ledger.owner.db.execute<{ id: string }>(
      sql`select id from role where 'administer-customer' = any (duties) limit 1`,
    );
    await http.ledger.system.db.execute(sql`
      insert into person_role (person_id, role_id, organization_id)
      select id, ${role[0]?.id ?? ''}, organization_id from person where email = 'nora@seats.example'`);
    await erp('seats', { users: ['nora', 'luca', 'mia'], seats: 1 });
    await carry(await last(id));
    const before = (await processesOf(http.ledger, id)).length;
    const { wakeAt } = await stepOn(http.ledger, id);
    const lastNoticeMs = Date.parse(wakeAt ?? '') - atMs;
    expect(lastNoticeMs).toBeGreaterThan(10 * dayMs);
    expect(lastNoticeMs).toBeLessThan(12 * dayMs);
    expect(await mails(id)).toEqual(['seats-over-limit']);
    await later(10);
    await stepOn(http.ledger, id);
    expect(await mails(id)).toHaveLength(1);
    await later(2);
    const { wakeAt: endsAt } = await stepOn(http.ledger, id);
    expect(Date.parse(endsAt ?? '') - Date.parse(wakeAt ?? '')).toBe(3 * dayMs);
    await stepOn(http.ledger, id);
    expect(await mails(id)).toEqual(['seats-over-limit', 'seats-over-limit']);
    const said = await http.ledger.owner.db.execute(
      sql`select data->'isLast' as last from mail where organization_id = ${id} and kind = 'seats-over-limit' order by id`,
    );
    expect(said.map(({ last: isLast }) => isLast)).toEqual([false, true]);
    await later(3);
    await stepOn(http.ledger, id);
    await stepOn(http.ledger, id);
    const leaving = (await processesOf(http.ledger, id)).slice(before);
    expect(new Set(leaving.map(({ person }) => person))).toEqual(
      new Set(['luca@seats.example', 'mia@seats.example']),
    );
    expect(leaving.map(({ cause }) => cause)).toEqual(['seats', 'seats']);
  });

  it('come with the end of an exception, too: the customer wakes for it', async () => {
    const id = await onboarded('excepted', { users: ['nora', 'luca'], seats: 2 });
    const until = new Date(atMs + 3 * dayMs).toISOString();
    const [{ key } = { key: '' }] = await http.ledger.owner.db.execute<{ key: string }>(
      sql`select key from organization where id = ${id}`,
    );
    const { body } = await http.call('omar@northwind.example', 'GET', '/v1/catalog');
    const exception = {
      customer: key,
      what: { kind: 'seats', seats: 2 },
      reason: 'A second pair of hands',
      approver: 'priya@northwind.example',
      until,
    };
    const edit = { base_revision: body.revision, reason: 'Two seats', value: exception };
    const path = `/v1/catalog/overrides/${encodeURIComponent(`${key}/seats`)}`;
    const put = (more: object) => http.call('omar@northwind.example', 'PUT', path, { ...edit, ...more });
    expect(await put({})).toMatchObject({ status: 201 });
    await erp('excepted', { users: ['nora', 'luca'], seats: 1 });
    await carry(await last(id));
    expect(await stepOn(http.ledger, id)).toMatchObject({ wakeAt: until });
    // Its end is moved, and the number stays: the customer looks again.
    const sooner = new Date(atMs + 2 * dayMs).toISOString();
    const before = await wakesOf(id);
    expect(
      await put({ base_revision: body.revision + 1, value: { ...exception, until: sooner } }),
    ).toMatchObject({ status: 201 });
    expect(await wakesOf(id)).toBe(before + 1);
    expect(await stepOn(http.ledger, id)).toMatchObject({ wakeAt: sooner });
    await later(3);
    const { wakeAt } = await stepOn(http.ledger, id);
    expect(Date.parse(wakeAt ?? '')).toBeGreaterThan(atMs + 10 * dayMs);
    const over = sql`select from contract where organization_id = ${id} and over_seats_since is not null`;
    expect(await http.ledger.owner.db.execute(over)).toHaveLength(1);
  });
});

async function wakesOf(organizationId: string): Promise<number> {
  const rows = await http.ledger.owner.db.execute(
    sql`select from outbox where subject_id = ${organizationId} and message->>'signal' = 'nudge'`,
  );
  return rows.length;
}

describe('The fence of a source', () => {
  it('lets the first customers end and holds the rest, suspends them when their time comes, and counts no births', async () => {
    const names = Array.from({ length: 7 }, (_, n) => `fenced-${n}`);
    const ids: string[] = [];
    for (const name of names) ids.push(await onboarded(name));
    await later(1);
    for (const name of names) await erp(name, { cancelled: true });
    const states = await Promise.all(ids.map(async (id) => (await last(id)).state));
    expect(states).toEqual(['waiting', 'waiting', 'waiting', 'waiting', 'waiting', 'fenced', 'fenced']);
    const held = ids.at(-1) ?? '';
    expect(await facts(held)).toMatchObject({ suspended: false });
    const { wakeAt } = await stepOn(http.ledger, held);
    expect(Date.parse(wakeAt ?? '')).toBeGreaterThan(atMs + 6 * dayMs);
    await later(8);
    await stepOn(http.ledger, held);
    expect(await facts(held)).toMatchObject({ suspended: true });
    // Won back behind the fence: it is dropped, and nothing stays suspended.
    await erp(names.at(-1) ?? '', {});
    expect(await last(held)).toMatchObject({ kind: 'offboarding', state: 'discarded' });
    expect(await facts(held)).toMatchObject({ suspended: false });
  });

  it('counts the customers of whom a mapping that was corrected wrongly leaves nothing', async () => {
    const names = Array.from({ length: 6 }, (_, n) => `withdrawn-${n}`);
    const ids: string[] = [];
    for (const name of names) ids.push(await onboarded(name));
    await later(1);
    const { db } = http.ledger.system;
    for (const id of ids) {
      await db.execute(sql`delete from contract_fact where organization_id = ${id}`);
      await markRefold(db, [id]);
      await stepOn(http.ledger, id);
    }
    const states = await Promise.all(ids.map(async (id) => (await last(id)).state));
    expect(states).toEqual(['waiting', 'waiting', 'waiting', 'waiting', 'waiting', 'fenced']);
  });

  it('leaves suspended whom unpaid bills suspend, though they are won back behind it', async () => {
    const id = await onboarded('behind');
    await erp('behind', { cancelled: true });
    const { db } = http.ledger.system;
    await db.execute(sql`update process set state = 'fenced' where id = ${(await last(id)).id}`);
    await later(8);
    await stepOn(http.ledger, id);
    expect(await facts(id)).toMatchObject({ suspended: true });
    await db.execute(sql`update contract set dunning_state = 'suspended' where organization_id = ${id}`);
    const source = (await http.call(ada, 'GET', '/v1/event-sources/erp')).body.mapping;
    const payments = { status: { path: 'data.status', values: { rests: 'paused', fine: 'active' } } };
    const put = (mapping: object) =>
      http.call(ada, 'PUT', '/v1/event-sources/erp', { scheme: 'standard', mapping });
    await put({ ...source, ...payments });
    await erp('behind', { status: 'rests' });
    await put(source);
    expect(await kindsOf(id)).toContainEqual(['offboarding', 'discarded', 'churn']);
    expect(await facts(id)).toMatchObject({ dunning: 'suspended', suspended: true });
  });

  it('does not hold an upgrade, however many', async () => {
    const names = Array.from({ length: 7 }, (_, n) => `upgraded-${n}`);
    for (const name of names) await onboarded(name);
    for (const name of names) {
      const id = await erp(name, { tier: 'ENT', seats: 100 });
      expect(await last(id)).toMatchObject({ kind: 'role-change', state: 'waiting' });
    }
  });
});

describe('Stripe is asked', () => {
  it('what a subscription is now, when the event alone leaves it in doubt', async () => {
    const whole = Object(eventFixture('stripe-subscription-upgraded')).data.object;
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(`${request.headers.authorization} ${request.url}`);
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ ...whole, id: 'sub_asked', customer: 'cus_asked', metadata: {} }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    // Node's type of an address also covers pipes.
    const stripeUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const { mapping } = (await http.call(ada, 'GET', '/v1/event-sources/stripe')).body;
      const put = { scheme: 'stripe', mapping, api_key: 'rk_test_0123456789' };
      const shown = await http.call(ada, 'PUT', '/v1/event-sources/stripe', put);
      expect(shown.body).toMatchObject({ has_api_key: true });
      const text = JSON.stringify(eventFixture('stripe-checkout-completed'))
        .replaceAll('sub_1UmbraNorthwind', 'sub_asked')
        .replaceAll('cus_UmbraQx7d2', 'cus_asked')
        .replaceAll('evt_1UmbraCheckout', 'evt_asked')
        .replaceAll('"tenure_customer":"umbra"', '"tenure_customer":"asked"');
      await deliver(http, 'stripe', text, { signedAtMs: atMs });
      await readAll(http.ledger, { stripeUrl });
      const id = await ownerOf(http.ledger, 'stripe', 'customer:cus_asked');
      await stepOn(http.ledger, id);
      expect(asked).toEqual(['Bearer rk_test_0123456789 /v1/subscriptions/sub_asked']);
      expect(await last(id)).toMatchObject({
        kind: 'onboarding',
        wish: { terms: { tier: 'enterprise', seats: 40 } },
      });
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});
