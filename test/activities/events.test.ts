import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { customerStep } from '../../activities/processes/customer-step.ts';
import { claimUnchecked } from '../../db/queries/repair.ts';
import type { Contract } from '../../domain/contract.ts';
import { type ApiHarness, startApi } from '../support/api.ts';
import { type LedgerClock, skippableClock } from '../support/clock.ts';
import { customerDeps, ownerOf, processesOf, stepOn } from '../support/customer.ts';
import { changed, eventFixture } from '../support/event-fixtures.ts';
import { deliver, provideExampleSources, readAll } from '../support/events.ts';

const now = Date.parse('2027-01-04T09:00:00.000Z');
let http: ApiHarness;
let clock: LedgerClock;
beforeAll(async () => {
  http = await startApi();
  await provideExampleSources(http.ledger);
  clock = await skippableClock(http.ledger.ownerUrl);
  await clock.moveTo(now);
});
afterAll(async () => {
  await clock.close();
  await http.stop();
});

const send = async (source: string, body: unknown) => {
  const answer = await deliver(http, source, body, { signedAtMs: now + 1_000 });
  expect(answer.status).toBe(202);
};

/** The example's story about another customer, so that each order has its own. */
function about(name: string, n: string): unknown {
  const text = JSON.stringify(eventFixture(name))
    .replaceAll(/evt_1Umbra\w+/g, (id) => `${id}_${n}`)
    .replaceAll('cus_UmbraQx7d2', `cus_${n}`)
    .replaceAll('sub_1UmbraNorthwind', `sub_${n}`)
    .replaceAll('"tenure_customer":"umbra"', `"tenure_customer":"umbra-${n}"`);
  return JSON.parse(text);
}

/** Every 45th of the 720 orders of six: 16 of them, which begin and end with each of the six. */
function sampledOrders<T>(items: readonly T[]): T[][] {
  return Array.from({ length: 16 }, (_, k) => {
    let place = k * 45 + (k % 7);
    const left = [...items];
    return items.map((_item, i) => {
      const [one] = left.splice(place % left.length, 1);
      place = Math.floor(place / (6 - i));
      return one as T;
    });
  });
}

async function contractOf(organizationId: string): Promise<Contract> {
  const rows = await http.ledger.owner.db.execute<{ content: Contract }>(
    sql`select content from contract where organization_id = ${organizationId}`,
  );
  const content = rows[0]?.content;
  if (!content) throw new Error('no contract');
  return content;
}

const stories = {
  'a trial that is bought, upgraded, fails to pay and pays': {
    events: [
      'stripe-subscription-created',
      'stripe-checkout-completed',
      'stripe-subscription-active',
      'stripe-subscription-upgraded',
      'stripe-invoice-payment-failed',
      'stripe-invoice-paid',
    ],
    terms: { state: 'active', tier: 'enterprise', seats: 40 },
    open: [
      {
        kind: 'onboarding',
        state: 'waiting',
        wish: {
          again: false,
          effects: ['onboarded'],
          terms: {
            state: 'active',
            tier: 'enterprise',
            seats: 40,
            region: null,
            until: '2026-12-16T09:00:00.000Z',
          },
        },
      },
    ],
  },
  'a contract that fails to pay and is over': {
    events: [
      'stripe-subscription-created',
      'stripe-subscription-active',
      'stripe-subscription-upgraded',
      'stripe-invoice-payment-failed',
      'stripe-subscription-past-due',
      'stripe-subscription-deleted',
    ],
    terms: { state: 'ended', tier: 'enterprise', seats: 40 },
    open: [],
  },
};

describe.each(Object.entries(stories))(
  'Six billing events, each doubled, in any order: %s',
  (story, { events, terms, open }) => {
    const runs = sampledOrders(events).map((order, n) => ({ n: `${story.length}-${n}`, order }));

    it('is one customer, one contract and one set of processes, looked at after all of them', async () => {
      for (const { n, order } of runs)
        for (const name of [...order, ...order.toReversed()]) await send('stripe', about(name, n));
      await readAll(http.ledger);
      for (const { n } of runs) {
        const organizationId = await ownerOf(http.ledger, 'stripe', `customer:cus_${n}`);
        await stepOn(http.ledger, organizationId);
        expect((await contractOf(organizationId)).terms).toMatchObject(terms);
        const processes = await processesOf(http.ledger, organizationId);
        expect(processes).toMatchObject(open);
        expect(processes).toHaveLength(open.length);
      }
    });

    it('and the same looked at after each of them', async () => {
      for (const [index, order] of sampledOrders(events).entries()) {
        if (index % 4 > 0) continue;
        const n = `each-${story.length}-${index}`;
        for (const name of order) {
          for (const _twice of [1, 2]) await send('stripe', about(name, n));
          await readAll(http.ledger);
          const organizationId = await ownerOf(http.ledger, 'stripe', `customer:cus_${n}`);
          await stepOn(http.ledger, organizationId);
          await stepOn(http.ledger, organizationId);
        }
        const organizationId = await ownerOf(http.ledger, 'stripe', `customer:cus_${n}`);
        expect((await contractOf(organizationId)).terms).toMatchObject(terms);
        const left = (await processesOf(http.ledger, organizationId)).filter(
          ({ state }) => state !== 'discarded',
        );
        expect(left).toMatchObject(open);
        expect(left).toHaveLength(open.length);
      }
    });
  },
);

describe('Whose an event is', () => {
  it('is found out by several workers at once without making two customers', async () => {
    const n = 'crowd';
    const events = stories['a trial that is bought, upgraded, fails to pay and pays'].events;
    for (const name of events) await send('stripe', about(name, n));
    const before = await http.count('organization');
    await Promise.all([readAll(http.ledger), readAll(http.ledger), readAll(http.ledger)]);
    expect(await http.count('organization')).toBe(before + 1);
  });

  it('a deal whose company is not known yet waits, and goes on by itself when it is', async () => {
    const [won, tied, ...company] = eventFixture('hubspot-deal-won') as unknown[];
    await send('hubspot', [won]);
    await readAll(http.ledger);
    const waiting = await http.call('ada@northwind.example', 'GET', '/v1/events?source=hubspot');
    expect(waiting.body.items).toMatchObject([
      { state: 'waiting', problems: [{ code: 'unknown-customer', value: 'deal/17745300412' }] },
    ]);
    await send('hubspot', [tied]);
    await readAll(http.ledger);
    const after = await http.call('ada@northwind.example', 'GET', '/v1/events?source=hubspot');
    expect(after.body.items).toMatchObject([{ state: 'mapped' }, { state: 'mapped' }]);
    const prospect = await ownerOf(http.ledger, 'hubspot', 'object:deal/17745300412');
    // The company's card says that it is Initech, who is a customer already: what was heard of it is Initech's.
    await send('hubspot', company);
    await readAll(http.ledger);
    const customer = await ownerOf(http.ledger, 'hubspot', 'object:deal/17745300412');
    expect(customer).not.toBe(prospect);
    await stepOn(http.ledger, prospect);
    await stepOn(http.ledger, customer);
    expect((await contractOf(customer)).terms).toMatchObject({
      state: 'active',
      tier: 'professional',
      seats: 25,
    });
    expect((await contractOf(prospect)).terms).toMatchObject({ state: 'none', tier: null });
    expect(await processesOf(http.ledger, prospect)).toEqual([]);
    expect(await processesOf(http.ledger, customer)).toMatchObject([
      {
        kind: 'role-change',
        wish: { what: 'contract', effects: ['tier-changed', 'seats-changed', 'end-moved'] },
      },
    ]);
  });
});

describe('A step', () => {
  it('that fails has not happened, and runs at once with others once', async () => {
    const n = 'crash';
    await send('stripe', about('stripe-subscription-created', n));
    await readAll(http.ledger);
    const organizationId = await ownerOf(http.ledger, 'stripe', `customer:cus_${n}`);
    const { owner } = http.ledger;
    await owner.db.execute(sql`
      create function fail_here() returns trigger language plpgsql as $$ begin raise exception 'here'; end $$`);
    for (const table of ['process', 'audit_event', 'contract']) {
      const when = sql.raw(table === 'contract' ? 'update' : 'insert');
      await owner.db.execute(sql`
        create trigger fail_here after ${when} on ${sql.identifier(table)} for each row execute function fail_here()`);
      await expect(customerStep(customerDeps(http.ledger), organizationId)).rejects.toThrow();
      await owner.db.execute(sql`drop trigger fail_here on ${sql.identifier(table)}`);
      expect(await processesOf(http.ledger, organizationId)).toEqual([]);
    }
    const deps = customerDeps(http.ledger);
    const steps = await Promise.all(Array.from({ length: 5 }, () => customerStep(deps, organizationId)));
    expect(steps.filter(({ phase }) => phase === 'start')).toHaveLength(1);
    const processes = await processesOf(http.ledger, organizationId);
    expect(processes).toHaveLength(1);
    // Whoever lost the answer does not lose the process: the repair finds it.
    const found = await claimUnchecked(http.ledger.system.db, 0, 50);
    expect(found.map(({ id }) => id)).toContain(processes[0]?.id);
  });

  it('puts everything together anew after a mapping was corrected', async () => {
    const n = 'refold';
    await send('stripe', about('stripe-subscription-created', n));
    await readAll(http.ledger);
    const organizationId = await ownerOf(http.ledger, 'stripe', `customer:cus_${n}`);
    await stepOn(http.ledger, organizationId);
    expect((await contractOf(organizationId)).terms.tier).toBe('professional');
    const ada = 'ada@northwind.example';
    const was = (await http.call(ada, 'GET', '/v1/event-sources/stripe')).body.mapping;
    const mapping = { ...was, prices: { ...was.prices, price_northwind_professional: 'free' } };
    await http.call(ada, 'PUT', '/v1/event-sources/stripe', { scheme: 'stripe', mapping });
    const { body } = await http.call(ada, 'GET', `/v1/events?customer=${organizationId}`);
    await http.call(ada, 'POST', `/v1/events/${body.items[0].id}/replay`, {});
    await readAll(http.ledger);
    await stepOn(http.ledger, organizationId);
    await http.call(ada, 'PUT', '/v1/event-sources/stripe', { scheme: 'stripe', mapping: was });
    expect((await contractOf(organizationId)).terms.tier).toBe('free');
    expect(await processesOf(http.ledger, organizationId)).toMatchObject([
      { kind: 'onboarding', state: 'discarded' },
      { kind: 'onboarding', state: 'waiting', wish: { terms: { tier: 'free' } } },
    ]);
  });
});

describe('Personal data', () => {
  it('of an event stands in what was delivered and what the contract says, and nowhere else', async () => {
    const canary = 'quetzalcoatl';
    const body = changed(about('stripe-checkout-completed', 'canary'), {
      'data.object.customer_details.email': `${canary}@umbra.example`,
      'data.object.customer_details.name': canary,
    });
    await send('stripe', body);
    await send('stripe', about('stripe-subscription-created', 'canary'));
    await readAll(http.ledger);
    const organizationId = await ownerOf(http.ledger, 'stripe', 'customer:cus_canary');
    await stepOn(http.ledger, organizationId);
    const tables = await http.ledger.owner.db.execute<{ name: string }>(
      sql`select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
    );
    const found: string[] = [];
    for (const { name } of tables) {
      const rows = await http.ledger.owner.db.execute(
        sql`select 1 from ${sql.identifier(name)} t where t::text ilike ${`%${canary}%`} limit 1`,
      );
      if (rows.length > 0) found.push(name);
    }
    expect(found.sort()).toEqual(['contract', 'contract_fact', 'inbound_event']);
  });
});
