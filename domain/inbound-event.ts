import { type MappedEvent, unmapped } from './contract-fact.ts';
import { readHubspotEvents } from './hubspot-event.ts';
import { type DeliveryContext, readMappedEvent } from './mapped-event.ts';
import { type SourceScheme, sourceMappingSchemas } from './source-mapping.schema.ts';
import { readStripeEvent } from './stripe-event.ts';

/**
 * `received` until it was read; `waiting` for a person who corrects the mapping; `conflicting`: it says otherwise than the one that
 * came first under its id, and is never read; `discarded`: nobody looks at it any more.
 */
export const inboundEventStates = [
  'received',
  'mapped',
  'ignored',
  'waiting',
  'conflicting',
  'discarded',
] as const;
export type InboundEventState = (typeof inboundEventStates)[number];

/** How a source's events are read. The mapping is as it was stored; one that does not fit its scheme is a problem. */
export interface SourceReading {
  scheme: SourceScheme;
  mapping: unknown;
}

/** The events of one delivery, each of which is stored by itself: HubSpot sends an array, the others one. */
export function partsOf(scheme: SourceScheme, body: unknown): unknown[] {
  // A thousand is more than HubSpot sends; a longer array is kept whole and waits for a person.
  return scheme === 'hubspot' && Array.isArray(body) && body.length <= 1_000 ? body : [body];
}

/**
 * What of an event counts when it comes again: without what a sender changes from one try to the next. Stripe sends how many of
 * its deliveries are still open, HubSpot which try it is; what a Standard Webhook says stays the same.
 */
export function gistOf(scheme: SourceScheme, part: unknown): unknown {
  if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
  const said: Record<string, unknown> = { ...part };
  if (scheme === 'stripe') {
    const { data } = said;
    const object = typeof data === 'object' && data !== null && 'object' in data ? data.object : data;
    return { type: said['type'], created: said['created'], object };
  }
  if (scheme === 'hubspot') delete said['attemptNumber'];
  return said;
}

/** Reads one event (a part, for HubSpot) by its source's own reader and mapping. */
export function readInboundEvent(
  source: SourceReading,
  body: unknown,
  context: DeliveryContext,
): MappedEvent {
  const { scheme } = source;
  if (scheme === 'stripe') {
    const mapping = sourceMappingSchemas.stripe.safeParse(source.mapping);
    return mapping.success ? readStripeEvent(body, mapping.data, context) : withoutMapping;
  }
  if (scheme === 'hubspot') {
    const mapping = sourceMappingSchemas.hubspot.safeParse(source.mapping);
    return mapping.success ? readHubspotPart(body, mapping.data, context) : withoutMapping;
  }
  const mapping = sourceMappingSchemas.standard.safeParse(source.mapping);
  return mapping.success ? readMappedEvent(body, mapping.data, context) : withoutMapping;
}

const withoutMapping = unmapped(null, [{ code: 'malformed', field: 'mapping' }]);

/** What is wrong with a part is said of the part, not of the array that it came in. */
function readHubspotPart(
  body: unknown,
  mapping: Parameters<typeof readHubspotEvents>[1],
  context: DeliveryContext,
): MappedEvent {
  const [event] = readHubspotEvents([body], mapping, context);
  if (!event) return unmapped(null, [{ code: 'malformed', field: '' }]);
  const problems = event.problems.map((problem) => ({
    ...problem,
    field: problem.field.replace(/^0(\.|$)/, ''),
  }));
  return { ...event, problems };
}
