import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readStripeEvent } from '../../domain/stripe-event.ts';
import { stripeMappingSchema } from '../../domain/stripe-event.schema.ts';
import { changed, eventFixture } from '../support/event-fixtures.ts';

const mapping = stripeMappingSchema.parse(eventFixture('mapping-stripe'));
const context = { source: 'stripe', receivedAt: '2026-12-31T00:00:00.000Z' };
const read = (body: unknown, rules = mapping) => readStripeEvent(body, rules, context);
const created = eventFixture('stripe-subscription-created');
const item = 'data.object.items.data.0';

it('a subscription says where it stands, its tier, seats, end and whose it is', () => {
  expect(read(created)).toEqual({
    eventId: 'evt_1UmbraCreated',
    problems: [],
    ignored: null,
    facts: [
      {
        source: 'stripe',
        eventId: 'evt_1UmbraCreated',
        objectId: 'sub_1UmbraNorthwind',
        customer: { id: 'cus_UmbraQx7d2', key: 'umbra', name: 'Umbra' },
        occurredAt: '2026-11-02T09:00:00.000Z',
        rank: 1,
        status: 'trialing',
        final: false,
        startedAt: '2026-11-02T09:00:00.000Z',
        endsAt: '2026-11-16T09:00:00.000Z',
        cancelAt: null,
        tier: 'professional',
        seats: 10,
      },
    ],
  });
});

it("the object's state counts, not the event's name", () => {
  for (const type of [
    'created',
    'updated',
    'deleted',
    'paused',
    'resumed',
    'trial_will_end',
    'pending_update_applied',
  ]) {
    const body = changed(created, { type: `customer.subscription.${type}` });
    expect(read(body).facts).toEqual(read(created).facts);
  }
});

it.each([
  ['incomplete', 'pending', false],
  ['incomplete_expired', 'pending', true],
  ['trialing', 'trialing', false],
  ['active', 'active', false],
  ['past_due', 'past_due', false],
  ['unpaid', 'unpaid', false],
  ['paused', 'paused', false],
  ['canceled', 'ended', true],
])("Stripe's %s is %s, final: %s", (word, status, final) => {
  const body = changed(created, { 'data.object.status': word });
  expect(read(body).facts).toMatchObject([{ status, final }]);
});

it.each(['someday', 'constructor', '__proto__'])('a status that nobody knows yet (%s) waits', (word) => {
  const body = changed(created, { 'data.object.status': word });
  expect(read(body)).toEqual({
    eventId: 'evt_1UmbraCreated',
    facts: [],
    problems: [{ code: 'unknown-value', field: 'data.object.status', value: word }],
    ignored: null,
  });
});

it('the current period stands on the subscription before API version 2025-03-31, and on its items after', () => {
  const end = Date.UTC(2026, 10, 16, 9) / 1_000;
  const former = changed(created, {
    [`${item}.current_period_end`]: undefined,
    'data.object.current_period_end': end,
  });
  expect(read(former).facts).toEqual(read(created).facts);
  const none = changed(created, { [`${item}.current_period_end`]: undefined });
  expect(read(none).facts).toMatchObject([{ endsAt: null }]);
});

it('a cancellation is planned for its instant, or for the end of the period', () => {
  const atEnd = changed(created, { 'data.object.cancel_at_period_end': true });
  expect(read(atEnd).facts).toMatchObject([{ cancelAt: '2026-11-16T09:00:00.000Z' }]);
  const on = changed(created, { 'data.object.cancel_at': Date.UTC(2026, 10, 10) / 1_000 });
  expect(read(on).facts).toMatchObject([{ cancelAt: '2026-11-10T00:00:00.000Z' }]);
});

describe('prices', () => {
  it('one without a meaning waits by name, while the rest of the event holds', () => {
    const body = changed(created, { [`${item}.price.id`]: 'price_new', 'data.object.status': 'past_due' });
    const found = read(body);
    expect(found.problems).toEqual([
      { code: 'unknown-price', field: `${item}.price.id`, value: 'price_new' },
    ]);
    expect(found.facts).toMatchObject([{ status: 'past_due' }]);
    expect(found.facts[0]).not.toHaveProperty('tier');
    expect(found.facts[0]).not.toHaveProperty('seats');
  });

  it('one without a meaning does not hold back an end', () => {
    const deleted = changed(eventFixture('stripe-subscription-deleted'), {
      [`${item}.price.id`]: 'price_new',
    });
    expect(read(deleted)).toMatchObject({ problems: [], facts: [{ status: 'ended', final: true }] });
  });

  it('its product gives the tier where the price is not named', () => {
    const rules = stripeMappingSchema.parse({ products: { prod_northwind_professional: 'enterprise' } });
    expect(read(created, rules).facts).toMatchObject([{ tier: 'enterprise', seats: 10 }]);
  });

  it('a unit may be worth several seats, or none', () => {
    const rules = (seats: number) =>
      stripeMappingSchema.parse({
        prices: { price_northwind_professional: { tier: 'professional', seats_per_unit: seats } },
      });
    expect(read(created, rules(5)).facts).toMatchObject([{ seats: 50 }]);
    expect(read(created, rules(0)).facts).toMatchObject([{ seats: null }]);
    const metered = changed(created, { [`${item}.quantity`]: undefined });
    expect(read(metered).facts).toMatchObject([{ tier: 'professional', seats: null }]);
  });

  it('several items of one tier add their seats, an ignored one counts nothing, two tiers wait', () => {
    const items = (...ids: string[]) =>
      changed(created, { 'data.object.items.data': ids.map((id) => ({ quantity: 3, price: { id } })) });
    const professional = 'price_northwind_professional';
    expect(read(items(professional, professional)).facts).toMatchObject([{ tier: 'professional', seats: 6 }]);
    expect(read(items(professional, 'price_northwind_onboarding_day')).facts).toMatchObject([{ seats: 3 }]);
    const two = read(items(professional, 'price_northwind_enterprise'));
    expect(two.problems).toEqual([{ code: 'several-tiers', field: 'data.object.items.data' }]);
    expect(two.facts[0]).not.toHaveProperty('tier');
  });
});

describe('invoices', () => {
  const failed = eventFixture('stripe-invoice-payment-failed');

  it('speak about the payments of their subscription and nothing else', () => {
    const [fact] = read(failed).facts;
    expect(fact).toEqual({
      source: 'stripe',
      eventId: 'evt_1UmbraFailed',
      objectId: 'sub_1UmbraNorthwind',
      customer: { id: 'cus_UmbraQx7d2', key: 'umbra', name: 'Umbra' },
      occurredAt: '2026-11-18T14:30:04.000Z',
      rank: 1,
      payment: 'failed',
    });
    expect(read(eventFixture('stripe-invoice-paid')).facts).toMatchObject([{ payment: 'paid', rank: 2 }]);
  });

  it('name their subscription at the top before API version 2025-03-31', () => {
    const former = changed(failed, {
      'data.object.parent': undefined,
      'data.object.subscription': 'sub_1UmbraNorthwind',
      'data.object.subscription_details': {
        metadata: { tenure_customer: 'umbra', tenure_customer_name: 'Umbra' },
      },
    });
    expect(read(former).facts).toEqual(read(failed).facts);
  });

  it('by what they are: a paid one in an event of failure is paid', () => {
    expect(read(changed(failed, { 'data.object.status': 'paid' })).facts).toMatchObject([
      { payment: 'paid' },
    ]);
    expect(read(changed(failed, { 'data.object.status': 'uncollectible' })).facts).toMatchObject([
      { payment: 'failed' },
    ]);
    const untried = { 'data.object.attempted': false, 'data.object.attempt_count': 0 };
    for (const changes of [untried, { 'data.object.status': 'void' }, { 'data.object.status': 'draft' }]) {
      expect(read(changed(failed, changes))).toMatchObject({ facts: [], ignored: 'nothing-said' });
    }
  });

  it('of no subscription are not about a contract', () => {
    expect(read(changed(failed, { 'data.object.parent': null }))).toMatchObject({
      ignored: 'not-about-a-contract',
    });
  });
});

describe('a checkout', () => {
  const checkout = eventFixture('stripe-checkout-completed');

  it('names the customer and the buyer, and leaves what was bought to the subscription', () => {
    const [fact] = read(checkout).facts;
    expect(fact).toEqual({
      source: 'stripe',
      eventId: 'evt_1UmbraCheckout',
      objectId: 'sub_1UmbraNorthwind',
      customer: { id: 'cus_UmbraQx7d2', key: 'umbra', name: 'Umbra' },
      occurredAt: '2026-11-02T09:00:02.000Z',
      rank: 0,
      people: [{ email: 'nora@umbra.example', name: 'Nora', role: 'administrator' }],
    });
  });

  it('whose client_reference_id names a customer names none: a buyer can write it', () => {
    const body = changed(checkout, { 'data.object.client_reference_id': 'acme', 'data.object.metadata': {} });
    expect(read(body).facts).toMatchObject([{ customer: { key: null } }]);
  });

  it('of a single payment is not about a contract', () => {
    expect(read(changed(checkout, { 'data.object.mode': 'payment' }))).toMatchObject({
      ignored: 'not-about-a-contract',
    });
    expect(read(changed(checkout, { 'data.object.status': 'expired' }))).toMatchObject({
      ignored: 'nothing-said',
    });
  });

  it('without an address says what is missing and keeps the rest', () => {
    const body = changed(checkout, { 'data.object.customer_details.email': 'not an address' });
    expect(read(body)).toMatchObject({
      problems: [{ code: 'missing', field: 'data.object.customer_details.email' }],
      facts: [{ objectId: 'sub_1UmbraNorthwind', people: undefined }],
    });
  });
});

it('an event of another kind needs nobody', () => {
  for (const [type, object] of [
    ['charge.succeeded', 'charge'],
    ['customer.updated', 'customer'],
    ['invoice.created', 'invoice'],
    ['customer.subscription.updated', 'constructor'],
  ]) {
    expect(read(changed(created, { type, 'data.object.object': object }))).toMatchObject({
      eventId: 'evt_1UmbraCreated',
      facts: [],
      problems: [],
      ignored: 'kind-not-used',
    });
  }
});

it('an event from the future waits: nothing later could correct it', () => {
  const future = { source: 'stripe', receivedAt: '2026-11-02T08:54:59.000Z' };
  expect(readStripeEvent(created, mapping, future).problems).toEqual([
    { code: 'time-in-future', field: 'created' },
  ]);
  const ahead = { source: 'stripe', receivedAt: '2026-11-02T08:55:00.000Z' };
  expect(readStripeEvent(created, mapping, ahead).problems).toEqual([]);
});

it('a body that is no Stripe event names its fields and repeats nothing of it', () => {
  expect(read({ id: 'evt_1', type: 5 }).problems).toEqual([
    { code: 'malformed', field: 'type' },
    { code: 'malformed', field: 'created' },
    { code: 'malformed', field: 'data' },
  ]);
  const body = changed(created, { 'data.object.items': 'nora@umbra.example' });
  expect(read(body)).toEqual({
    eventId: 'evt_1UmbraCreated',
    facts: [],
    problems: [{ code: 'malformed', field: 'data.object.items' }],
    ignored: null,
  });
  fc.assert(
    fc.property(fc.jsonValue(), (any) => {
      expect(read(any).facts).toEqual([]);
      expect(read(changed(created, { 'data.object': any })).facts).toEqual([]);
    }),
  );
});

it('a mapping with a field that nobody reads, or a tier that is no key, is refused', () => {
  for (const wrong of [
    { price: {} },
    { prices: { p: 'No Key' } },
    { prices: { p: { tier: 'free', seats: 1 } } },
  ]) {
    expect(stripeMappingSchema.safeParse(wrong).success).toBe(false);
  }
});
