import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openLedger } from '../../db/client.ts';
import { type ApiHarness, apiOn } from '../support/api.ts';
import { ownerOf } from '../support/customer.ts';
import { eventFixture } from '../support/event-fixtures.ts';
import { deliver, provideExampleSources, readAll } from '../support/events.ts';
import { isDrill } from '../support/extent.ts';
import type { EphemeralLedger } from '../support/ledger.ts';
import { heldBy } from '../support/process-stack.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { keepRelaying } from '../support/story.ts';
import { eventually } from '../support/wait.ts';

// Six billing events in another order each time, each delivered twice, with the whole engine at work while they come.

const events = [
  'stripe-subscription-created',
  'stripe-checkout-completed',
  'stripe-subscription-active',
  'stripe-subscription-upgraded',
  'stripe-invoice-payment-failed',
  'stripe-invoice-paid',
] as const;
/** As they happened, backwards, the payment before what it pays for, and more of the 720 in a drill. */
const orders = [
  [0, 1, 2, 3, 4, 5],
  [5, 4, 3, 2, 1, 0],
  [3, 5, 0, 4, 1, 2],
  ...(isDrill ? Array.from({ length: 20 }, (_, nth) => orderOf(nth * 37 + 5)) : []),
];

function orderOf(number: number): number[] {
  const left = [0, 1, 2, 3, 4, 5];
  let rest = number;
  return [6, 5, 4, 3, 2, 1].map((count) => {
    const [one = 0] = left.splice(rest % count, 1);
    rest = Math.floor(rest / count);
    return one;
  });
}

let stack: Stack;
let http: ApiHarness;
let ledger: EphemeralLedger;
let stopRelaying: () => Promise<void>;
beforeAll(async () => {
  stack = await startStack();
  const { appUrl, systemUrl, key, keys, ledgerServer } = stack;
  const [app, owner] = [appUrl, ledgerServer.url].map((url) =>
    openLedger({ url, applicationName: 'tenure-test' }),
  );
  if (!app || !owner) throw new RangeError('Two were asked for.');
  ledger = {
    appUrl,
    systemUrl,
    key,
    keys,
    app,
    owner,
    system: stack.ledger,
    ownerUrl: ledgerServer.url,
    kill: () => ledgerServer.kill(),
    start: () => ledgerServer.start(),
    stop: async () => void (await Promise.all([app.close(), owner.close()])),
  };
  http = apiOn(ledger);
  await provideExampleSources(ledger);
  await stack.startWorkers();
  stopRelaying = keepRelaying(stack);
});
afterAll(async () => {
  await stopRelaying?.();
  await ledger?.stop();
  await stack?.stop();
});

/** The example's story about another customer and other people, brought to the present day. */
function about(name: string, n: number): unknown {
  const later = Math.floor(Date.now() / 1_000) - 1_795_348_800;
  const text = JSON.stringify(eventFixture(name))
    .replaceAll(/evt_1Umbra\w+/g, (id) => `${id}_${n}`)
    .replaceAll('cus_UmbraQx7d2', `cus_${n}`)
    .replaceAll('sub_1UmbraNorthwind', `sub_${n}`)
    .replaceAll('"tenure_customer":"umbra"', `"tenure_customer":"umbra-${n}"`)
    .replaceAll('@umbra.', `@umbra${n}.`)
    .replaceAll(/\b179\d{7}\b/g, (instant) => String(Number(instant) + later));
  return JSON.parse(text);
}

/**
 * Everything that came of it, without what differs between two customers. An onboarding may be over before the event that names
 * the first person comes; who is named then is onboarded by another one.
 */
async function effects(organizationId: string) {
  const rows = await stack.ledger.db.execute(sql`
    select o.tier_key as tier, o.suspended_at as suspended, c.seats, c.dunning_state as dunning,
      (select count(*)::int from membership m where m.organization_id = o.id) as members,
      (select count(*)::int from process p where p.organization_id = o.id and p.kind = 'onboarding'
        and exists (select 1 from process_person w where w.process_id = p.id)) as onboardings,
      (select count(*)::int from process p where p.organization_id = o.id and p.state in ('failed', 'undoing', 'undone')) as failed,
      (select count(*)::int from welcome w where w.organization_id = o.id) as welcomes,
      (select count(*)::int from mail m where m.organization_id = o.id and m.kind = 'welcome') as mails,
      (select count(*)::int from task t where t.organization_id = o.id and t.closed_at is null) as tasks
    from organization o join contract c on c.organization_id = o.id where o.id = ${organizationId}`);
  const held = await heldBy(stack, organizationId);
  return { ...rows[0], tier: rows[0]?.['tier'], held: held.map(({ entitlement }) => entitlement).sort() };
}

/** Nothing is waiting or under way but the confirmation of whoever was welcomed. */
async function isAtRest(organizationId: string): Promise<boolean> {
  const rows = await stack.ledger.db.execute<{ busy: number }>(sql`
    select (select count(*) from process p where p.organization_id = ${organizationId}
        and p.state in ('waiting', 'fenced', 'running', 'undoing'))::int
      + (select count(*) from outbox where delivered_at is null and kind = 'engine')::int
      + (select count(*) from contract c join contract_fact f on f.organization_id = c.organization_id
          where c.organization_id = ${organizationId} and f.seq > c.folded_seq)::int as busy`);
  return rows[0]?.busy === 0;
}

it('every order, each event doubled, ends in one state with one set of effects', async () => {
  const seen = new Map<number, Awaited<ReturnType<typeof effects>>>();
  for (const [n, order] of orders.entries()) {
    for (const at of order) {
      for (const _twice of [1, 2]) {
        const { status } = await deliver(http, 'stripe', about(events[at] ?? '', n));
        expect(status).toBe(202);
      }
      await readAll(ledger);
    }
  }
  for (const n of orders.keys()) {
    const organizationId = await ownerOf(ledger, 'stripe', `customer:cus_${n}`);
    await eventually('the customer at rest in its last tier', async () => {
      const now = await effects(organizationId);
      const isThere = now.tier === 'enterprise' && now.held.length > 0 && (await isAtRest(organizationId));
      return isThere ? now : undefined;
    });
    seen.set(n, await effects(organizationId));
  }
  const [first] = seen.values();
  expect(first).toMatchObject({
    tier: 'enterprise',
    suspended: null,
    seats: 40,
    members: 1,
    onboardings: 1,
    failed: 0,
  });
  expect(first).toMatchObject({ welcomes: 1, mails: 1, tasks: 0 });
  expect(new Set(first?.held).size).toBe(first?.held.length);
  for (const [n, other] of seen) expect(other, `order ${orders[n]?.join('')}`).toEqual(first);
});
