import { readStripeEvent } from '../domain/stripe-event.ts';
import type { ContractFact } from '../domain/contract-fact.ts';
import { sourceMappingSchemas } from '../domain/source-mapping.schema.ts';

/** How long Stripe may take to show one object, in milliseconds. */
const readWithinMs = 5_000;

/** Where Stripe's API is, and what for. */
export interface StripeRead {
  /** Without a slash at the end, e.g. `https://api.stripe.com`. */
  baseUrl: string;
  apiKey: string;
  mapping: unknown;
  source: string;
  subscriptionId: string;
  /** By the ledger's clock. ISO 8601 UTC. */
  now: string;
}

/**
 * A subscription as it is now, read through Stripe's API as an event made up around it: what was read is newer than every
 * event that led to it. Nothing when there is no such subscription.
 * @throws Error without anything that was sent or answered, when Stripe does not answer in time or not like itself
 */
export async function readSubscription(read: StripeRead): Promise<ContractFact[]> {
  const { baseUrl, apiKey, source, subscriptionId, now } = read;
  const response = await fetch(`${baseUrl}/v1/subscriptions/${encodeURIComponent(subscriptionId)}`, {
    headers: { authorization: `Bearer ${apiKey}`, accept: 'application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(readWithinMs),
  });
  if (response.status === 404) return [];
  if (!response.ok) throw new Error(`Stripe answered ${response.status}.`);
  const object: unknown = await response.json();
  const created = Math.floor(Date.parse(now) / 1_000);
  const event = {
    id: `read/${subscriptionId}/${created}`,
    type: 'customer.subscription.updated',
    created,
    data: { object },
  };
  const mapping = sourceMappingSchemas.stripe.parse(read.mapping);
  return readStripeEvent(event, mapping, { source, receivedAt: now }).facts;
}
