import { type MappedEvent, unmapped } from './contract-fact.ts';
import { readHubspotEvents } from './hubspot-event.ts';
import { type DeliveryContext, readMappedEvent } from './mapped-event.ts';
import { type SourceScheme, sourceMappingSchemas } from './source-mapping.schema.ts';
import { readStripeEvent } from './stripe-event.ts';

/** `received` until it was read; `waiting` for a person who corrects the mapping; `discarded`: nobody will. */
export const inboundEventStates = ['received', 'mapped', 'ignored', 'waiting', 'discarded'] as const;
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
