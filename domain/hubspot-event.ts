import {
  type ContractFact,
  ignored,
  instantOf,
  type MappedEvent,
  type MappingContext,
  type MappingProblem,
  occurrence,
  statusRank,
  unmapped,
} from './contract-fact.ts';
import {
  malformed,
  ownEntry,
  readEmail,
  readInstantMs,
  readKey,
  readName,
  readSeats,
} from './event-mapping.schema.ts';
import {
  type HubspotEvent,
  type HubspotMapping,
  hubspotDeliverySchema,
  hubspotEventSchema,
} from './hubspot-event.schema.ts';

/** The kinds of object that are about contracts, by HubSpot's ids of object types (generic subscriptions name those). */
const objectTypes: Record<string, 'deal' | 'company'> = { '0-3': 'deal', '0-2': 'company' };

/** What every fact of one event has in common. */
type Origin = Pick<ContractFact, 'source' | 'eventId' | 'occurredAt' | 'objectId' | 'customer' | 'rank'>;
type Reading = { fact: ContractFact } | { problem: MappingProblem };

/**
 * Reads one HubSpot delivery: an array of events in no order, each on its own. An event says one property of one deal or
 * company; deals are tied to their company by `deal.associationChange`, or to a customer by a property that holds its key.
 */
export function readHubspotEvents(
  body: unknown,
  mapping: HubspotMapping,
  context: MappingContext,
): MappedEvent[] {
  const delivery = hubspotDeliverySchema.safeParse(body);
  if (!delivery.success) return [unmapped(null, malformed(delivery.error))];
  return delivery.data.map((event, index) => readEvent(event, String(index), mapping, context));
}

function readEvent(
  body: unknown,
  field: string,
  mapping: HubspotMapping,
  context: MappingContext,
): MappedEvent {
  const parsed = hubspotEventSchema.safeParse(body);
  if (!parsed.success) return unmapped(null, malformed(parsed.error, field));
  const event = parsed.data;
  const eventId = eventIdOf(event);
  if (mapping.portal_id !== undefined && event.portalId !== String(mapping.portal_id)) {
    const problem = { code: 'unknown-account', field: `${field}.portalId`, value: event.portalId } as const;
    return unmapped(eventId, [problem]);
  }
  const when = occurrence(event.occurredAt, `${field}.occurredAt`, context);
  if ('problem' in when) return unmapped(eventId, [when.problem]);
  const base = { source: context.source, eventId, occurredAt: when.occurredAt };
  const kind = kindOf(event);
  if (kind === null) return ignored(eventId, 'kind-not-used');
  return kind.change === 'association'
    ? readAssociation(event, field, base)
    : readProperty(event, kind.object, field, mapping, base);
}

/** HubSpot does not promise that `eventId` is unique; with what the event is about and when, a repetition still agrees. */
function eventIdOf(event: HubspotEvent): string {
  const object = event.objectId ?? `${event.fromObjectId ?? ''}-${event.toObjectId ?? ''}`;
  return [event.portalId, event.subscriptionId, event.eventId, object, event.occurredAt].join('/');
}

function kindOf(
  event: HubspotEvent,
): { object: 'deal' | 'company'; change: 'property' | 'association' } | null {
  const [named, change] = event.subscriptionType.split('.');
  const object = named === 'object' ? ownEntry(objectTypes, event.objectTypeId ?? '') : named;
  if (change === 'associationChange') {
    return event.associationType === 'DEAL_TO_COMPANY' ? { object: 'deal', change: 'association' } : null;
  }
  if (change !== 'propertyChange' || (object !== 'deal' && object !== 'company')) return null;
  return { object, change: 'property' };
}

/** Says whose a deal is. Taking the tie away says nothing: what is signed stays whose it was until another tie is made. */
function readAssociation(
  event: HubspotEvent,
  field: string,
  base: Pick<Origin, 'source' | 'eventId' | 'occurredAt'>,
): MappedEvent {
  if (event.associationRemoved === true) return ignored(base.eventId, 'nothing-said');
  const { fromObjectId: deal, toObjectId: company } = event;
  if (deal === undefined || company === undefined) {
    const missing = deal === undefined ? 'fromObjectId' : 'toObjectId';
    return unmapped(base.eventId, [{ code: 'missing', field: `${field}.${missing}` }]);
  }
  const customer = { id: `company/${company}`, key: null, name: null };
  const fact: ContractFact = { ...base, objectId: `deal/${deal}`, customer, rank: 0 };
  return { eventId: base.eventId, facts: [fact], problems: [], ignored: null };
}

function readProperty(
  event: HubspotEvent,
  object: 'deal' | 'company',
  field: string,
  mapping: HubspotMapping,
  base: Pick<Origin, 'source' | 'eventId' | 'occurredAt'>,
): MappedEvent {
  const { objectId: id, propertyName: name } = event;
  if (id === undefined || name === undefined) {
    const missing = id === undefined ? 'objectId' : 'propertyName';
    return unmapped(base.eventId, [{ code: 'missing', field: `${field}.${missing}` }]);
  }
  const objectId = `${object}/${id}`;
  // A deal does not say whose it is: that is learnt from its association, or from a property.
  const customer = { id: object === 'company' ? objectId : null, key: null, name: null };
  const origin: Origin = { ...base, objectId, customer, rank: 0 };
  const rules = mapping[object];
  if (name === rules.stage) return readStage(event, rules, origin);
  const meaning = ownEntry(rules.properties, name);
  if (meaning === undefined) return ignored(base.eventId, 'kind-not-used');
  if (event.propertyValue === undefined || event.propertyValue === null || event.propertyValue === '') {
    return ignored(base.eventId, 'nothing-said');
  }
  const reading = meanings[meaning](event.propertyValue, mapping, origin, `${field}.propertyValue`);
  return 'fact' in reading
    ? { eventId: base.eventId, facts: [reading.fact], problems: [], ignored: null }
    : unmapped(base.eventId, [reading.problem]);
}

/** A stage without a meaning says nothing, so that a deal that is moved about does not end a contract by chance. */
function readStage(event: HubspotEvent, rules: HubspotMapping['deal'], origin: Origin): MappedEvent {
  const stage = ownEntry(rules.stages, String(event.propertyValue ?? ''));
  if (!stage) return ignored(origin.eventId, 'nothing-said');
  const fact: ContractFact = {
    ...origin,
    rank: statusRank(stage.status),
    status: stage.status,
    tier: stage.tier,
  };
  return { eventId: origin.eventId, facts: [fact], problems: [], ignored: null };
}

type Meaning = HubspotMapping['deal']['properties'][string];
type Value = string | number | boolean;

/** How each meaning is read from a property's value. */
const meanings: Record<
  Meaning,
  (value: Value, mapping: HubspotMapping, origin: Origin, field: string) => Reading
> = {
  tier(value, mapping, origin, field) {
    const tier = ownEntry(mapping.tiers, String(value));
    if (tier !== undefined) return { fact: { ...origin, tier } };
    return { problem: { code: 'unknown-value', field, value: String(value).slice(0, 100) } };
  },
  seats(value, _mapping, origin, field) {
    const seats = readSeats(value);
    return seats === null ? wrong(field) : { fact: { ...origin, seats } };
  },
  ends_at(value, _mapping, origin, field) {
    const endsAt = instantOf(readInstantMs(value) ?? Number.NaN);
    return endsAt === null ? wrong(field) : { fact: { ...origin, endsAt } };
  },
  region(value, _mapping, origin, field) {
    const region = readKey(value);
    return region === null ? wrong(field) : { fact: { ...origin, region } };
  },
  name(value, _mapping, origin, field) {
    const name = readName(value);
    return name === null ? wrong(field) : { fact: { ...origin, customer: { ...origin.customer, name } } };
  },
  customer_key(value, _mapping, origin, field) {
    const key = readKey(value);
    return key === null ? wrong(field) : { fact: { ...origin, customer: { ...origin.customer, key } } };
  },
  administrator_email(value, mapping, origin, field) {
    const email = readEmail(value);
    if (email === null) return wrong(field);
    return { fact: { ...origin, people: [{ email, name: null, role: mapping.administrator_role }] } };
  },
};

function wrong(field: string): Reading {
  return { problem: { code: 'malformed', field } };
}
