import {
  type ContractFact,
  type ContractStatus,
  ignored,
  instantOf,
  type MappedEvent,
  type MappingContext,
  type MappingProblem,
  occurrence,
  statusRank,
  unmapped,
} from './contract-fact.ts';
import { malformed, ownEntry, readEmail, readKey, readName } from './event-mapping.schema.ts';
import {
  type StripeCheckout,
  type StripeInvoice,
  type StripeMapping,
  type StripeSubscription,
  stripeCheckoutSchema,
  stripeEventSchema,
  stripeInvoiceSchema,
  stripeSubscriptionSchema,
} from './stripe-event.schema.ts';

const inside = 'data.object';

/** Stripe's words for a subscription. A cancelled or expired one never comes back; a customer then buys a new one. */
const statuses: Record<string, { status: ContractStatus; final: boolean }> = {
  incomplete: { status: 'pending', final: false },
  // It never began, so it does not end what another subscription carries.
  incomplete_expired: { status: 'pending', final: true },
  trialing: { status: 'trialing', final: false },
  active: { status: 'active', final: false },
  past_due: { status: 'past_due', final: false },
  unpaid: { status: 'unpaid', final: false },
  paused: { status: 'paused', final: false },
  canceled: { status: 'ended', final: true },
};

/** What every fact of one event has in common. */
type Origin = Pick<ContractFact, 'source' | 'eventId' | 'occurredAt'>;

/**
 * Reads one Stripe event. The object inside counts, not the event's name: `customer.subscription.deleted` about an
 * active subscription says that it is active. An object that was re-read through Stripe's API goes the same way, as an
 * event made up around it.
 */
export function readStripeEvent(body: unknown, mapping: StripeMapping, context: MappingContext): MappedEvent {
  const parsed = stripeEventSchema.safeParse(body);
  if (!parsed.success) return unmapped(null, malformed(parsed.error));
  const { id: eventId, type, created, data } = parsed.data;
  const reader = ownEntry(readers, data.object.object);
  if (!reader || !reader.types.test(type)) return ignored(eventId, 'kind-not-used');
  const when = occurrence(created * 1_000, 'created', context);
  if ('problem' in when) return unmapped(eventId, [when.problem]);
  return reader.read(data.object, mapping, { source: context.source, eventId, occurredAt: when.occurredAt });
}

interface Reader {
  types: RegExp;
  read(object: unknown, mapping: StripeMapping, origin: Origin): MappedEvent;
}

/** By the kind of the object inside. The names only tell events about a contract from others about the same object. */
const readers: Record<string, Reader> = {
  subscription: {
    types: /^customer\.subscription\./,
    read(object, mapping, origin) {
      const parsed = stripeSubscriptionSchema.safeParse(object);
      if (!parsed.success) return unmapped(origin.eventId, malformed(parsed.error, inside));
      return readSubscription(parsed.data, mapping, origin);
    },
  },
  invoice: {
    types: /^invoice\.(paid|payment_succeeded|payment_failed|marked_uncollectible)$/,
    read(object, mapping, origin) {
      const parsed = stripeInvoiceSchema.safeParse(object);
      if (!parsed.success) return unmapped(origin.eventId, malformed(parsed.error, inside));
      return readInvoice(parsed.data, mapping, origin);
    },
  },
  'checkout.session': {
    types: /^checkout\.session\.(completed|async_payment_succeeded|async_payment_failed)$/,
    read(object, mapping, origin) {
      const parsed = stripeCheckoutSchema.safeParse(object);
      if (!parsed.success) return unmapped(origin.eventId, malformed(parsed.error, inside));
      return readCheckout(parsed.data, mapping, origin);
    },
  },
};

function readSubscription(
  subscription: StripeSubscription,
  mapping: StripeMapping,
  origin: Origin,
): MappedEvent {
  const known = ownEntry(statuses, subscription.status);
  if (!known) {
    const field = `${inside}.status`;
    return unmapped(origin.eventId, [{ code: 'unknown-value', field, value: subscription.status }]);
  }
  const bought = readItems(subscription, mapping);
  const endsAt = periodEnd(subscription);
  const fact: ContractFact = {
    ...origin,
    objectId: subscription.id,
    customer: customerOf(subscription.customer, subscription.metadata, mapping),
    rank: statusRank(known.status),
    status: known.status,
    final: known.final,
    startedAt: seconds(subscription.created) ?? undefined,
    endsAt,
    cancelAt: seconds(subscription.cancel_at) ?? (subscription.cancel_at_period_end ? endsAt : null),
    ...bought.terms,
  };
  // A price without a meaning must not hold back an end, and is no question any more.
  const problems = known.status === 'ended' ? [] : bought.problems;
  return { eventId: origin.eventId, facts: [fact], problems, ignored: null };
}

function readItems(
  subscription: StripeSubscription,
  mapping: StripeMapping,
): { terms: Pick<ContractFact, 'tier' | 'seats'>; problems: MappingProblem[] } {
  const problems: MappingProblem[] = [];
  const units: { tier: string; seats: number | null }[] = [];
  for (const [index, { price, quantity }] of subscription.items.data.entries()) {
    const bought = ownEntry(mapping.prices, price.id) ?? ownEntry(mapping.products, price.product ?? '');
    if (bought) {
      const counted = bought.seats_per_unit > 0 && typeof quantity === 'number';
      units.push({ tier: bought.tier, seats: counted ? quantity * bought.seats_per_unit : null });
    } else if (!mapping.ignored.includes(price.id) && !mapping.ignored.includes(price.product ?? '')) {
      problems.push({
        code: 'unknown-price',
        field: `${inside}.items.data.${index}.price.id`,
        value: price.id,
      });
    }
  }
  const tiers = new Set(units.map((unit) => unit.tier));
  if (tiers.size > 1) problems.push({ code: 'several-tiers', field: `${inside}.items.data` });
  const [tier] = tiers;
  if (problems.length > 0 || tier === undefined) return { terms: {}, problems };
  const seats = units.map((unit) => unit.seats).filter((count) => count !== null);
  return { terms: { tier, seats: seats.length > 0 ? seats.reduce((a, b) => a + b) : null }, problems };
}

/** With items that end at different times, the contract lasts until the last of them. */
function periodEnd(subscription: StripeSubscription): string | null {
  const ends = [subscription, ...subscription.items.data].map((part) => part.current_period_end ?? 0);
  return seconds(Math.max(...ends) || null);
}

/**
 * An invoice speaks about its subscription's payments only: one of nothing, at the start of a trial, is paid as well and
 * makes no paid contract. Drafts and void invoices say nothing.
 */
function readInvoice(invoice: StripeInvoice, mapping: StripeMapping, origin: Origin): MappedEvent {
  const details = invoice.parent?.subscription_details;
  const subscription = details?.subscription ?? invoice.subscription;
  if (!subscription) return ignored(origin.eventId, 'not-about-a-contract');
  const tried = invoice.attempted === true || (invoice.attempt_count ?? 0) > 0;
  const failed = invoice.status === 'uncollectible' || (invoice.status === 'open' && tried);
  if (invoice.status !== 'paid' && !failed) return ignored(origin.eventId, 'nothing-said');
  const metadata = details?.metadata ?? invoice.subscription_details?.metadata;
  const fact: ContractFact = {
    ...origin,
    objectId: subscription,
    customer: customerOf(invoice.customer, metadata, mapping),
    ...paymentOf(!failed),
  };
  return { eventId: origin.eventId, facts: [fact], problems: [], ignored: null };
}

/** Names the customer and the buyer. What was bought stands in the subscription's own event. */
function readCheckout(checkout: StripeCheckout, mapping: StripeMapping, origin: Origin): MappedEvent {
  if (checkout.mode !== 'subscription' || !checkout.subscription) {
    return ignored(origin.eventId, 'not-about-a-contract');
  }
  if (checkout.status && checkout.status !== 'complete') return ignored(origin.eventId, 'nothing-said');
  const details = checkout.customer_details;
  const name = readName(details?.name);
  const email = readEmail(details?.email);
  const customer = customerOf(checkout.customer, checkout.metadata, mapping);
  const fact: ContractFact = {
    ...origin,
    objectId: checkout.subscription,
    customer: { ...customer, name: customer.name ?? readName(details?.business_name) ?? name },
    ...(checkout.payment_status === 'paid' ? paymentOf(true) : { rank: 0 }),
    people:
      email === null
        ? undefined
        : [{ email, name: readName(details?.individual_name) ?? name, role: mapping.buyer_role }],
  };
  const problems: MappingProblem[] =
    email === null ? [{ code: 'missing', field: `${inside}.customer_details.email` }] : [];
  return { eventId: origin.eventId, facts: [fact], problems, ignored: null };
}

/** A payment after a failed attempt in the same second is the later word. */
function paymentOf(paid: boolean): Pick<ContractFact, 'payment' | 'rank'> {
  return paid ? { payment: 'paid', rank: 2 } : { payment: 'failed', rank: 1 };
}

/**
 * The key comes from metadata alone. `client_reference_id` must not name a customer: whoever opens a payment link can
 * put it into the address, and would become an administrator of somebody else's organization.
 */
function customerOf(
  id: string | null | undefined,
  metadata: StripeSubscription['metadata'],
  mapping: StripeMapping,
): ContractFact['customer'] {
  const entry = (name: string) => ownEntry(metadata ?? {}, name);
  return {
    id: id ?? null,
    key: readKey(entry(mapping.customer_key)),
    name: readName(entry(`${mapping.customer_key}_name`)),
  };
}

function seconds(value: number | null | undefined): string | null {
  return typeof value === 'number' ? instantOf(value * 1_000) : null;
}
