import {
  type ContractFact,
  type ContractPerson,
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
import {
  malformed,
  ownEntry,
  readEmail,
  readInstantMs,
  readKey,
  readName,
  readSeats,
} from './event-mapping.schema.ts';
import { cloudEventSchema, type EventMapping, type PeopleMapping } from './mapped-event.schema.ts';

/** More people than this in one event are a roster, which has its own door. */
const peopleLimit = 10_000;

/** What a mapping of any system's event must know beside the body. */
export interface DeliveryContext extends MappingContext {
  /** The delivery's id (`webhook-id`), the same on every retry: the id of an event that names none itself. */
  deliveryId: string;
}

/** Collects what could not be read, so that an operator sees every field at once. */
type Problems = MappingProblem[];

/** Reads an event of any system: CloudEvents 1.0 in structured JSON, or plain JSON, by a mapping of dotted paths. */
export function readMappedEvent(body: unknown, mapping: EventMapping, context: DeliveryContext): MappedEvent {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return unmapped(context.deliveryId, [{ code: 'malformed', field: '' }]);
  }
  const cloud = Object.hasOwn(body, 'specversion') ? cloudEventSchema.safeParse(body) : null;
  if (cloud && !cloud.success) return unmapped(context.deliveryId, malformed(cloud.error));
  const eventId = textAt(body, mapping.id ?? (cloud ? 'id' : '')) ?? context.deliveryId;
  const type = textAt(body, mapping.type);
  if (mapping.types && !mapping.types.some((used) => used === type)) return ignored(eventId, 'kind-not-used');
  const timePath = mapping.occurred_at ?? (cloud?.data.time ? 'time' : null);
  const when = timeOf(body, timePath, context);
  if ('problem' in when) return unmapped(eventId, [when.problem]);
  const customerId = textAt(body, mapping.customer);
  if (customerId === null) return unmapped(eventId, [{ code: 'missing', field: mapping.customer }]);
  const problems: Problems = [];
  const status = statusOf(body, mapping, problems);
  const fact: ContractFact = {
    source: context.source,
    eventId,
    objectId: customerId,
    customer: {
      id: customerId,
      key: readKey(at(body, mapping.customer_key)),
      name: readName(at(body, mapping.name)),
    },
    occurredAt: when.occurredAt,
    rank: status ? statusRank(status) : 0,
    status,
    tier: tierOf(body, mapping, problems),
    seats: read(body, mapping.seats, readSeats, problems),
    endsAt: read(body, mapping.ends_at, (value) => instantOf(readInstantMs(value) ?? Number.NaN), problems),
    region: read(body, mapping.region, readKey, problems),
    people: mapping.people && peopleOf(body, mapping.people, problems),
  };
  // What a churn says beside its end is no question any more.
  return { eventId, facts: [fact], problems: status === 'ended' ? [] : problems, ignored: null };
}

function timeOf(
  body: object,
  path: string | null,
  context: MappingContext,
): { occurredAt: string } | { problem: MappingProblem } {
  if (path === null) return { occurredAt: context.receivedAt };
  const value = at(body, path);
  if (value === undefined || value === null) return { problem: { code: 'missing', field: path } };
  return occurrence(readInstantMs(value) ?? Number.NaN, path, context);
}

function statusOf(body: object, mapping: EventMapping, problems: Problems): ContractStatus | undefined {
  const { churn, status } = mapping;
  if (churn) {
    const value = at(body, churn.path);
    if (churn.values.some((one) => one === value)) return 'ended';
  }
  if (!status) return 'active';
  const word = textAt(body, status.path);
  if (word === null) return undefined;
  const known = ownEntry(status.values, word);
  if (known === undefined) problems.push({ code: 'unknown-value', field: status.path, value: shown(word) });
  return known;
}

function tierOf(body: object, mapping: EventMapping, problems: Problems): string | undefined {
  if (mapping.tier === undefined) return undefined;
  const word = textAt(body, mapping.tier);
  if (word === null) return undefined;
  const tier = mapping.tiers ? ownEntry(mapping.tiers, word) : readKey(word);
  if (tier) return tier;
  problems.push({ code: 'unknown-value', field: mapping.tier, value: shown(word) });
  return undefined;
}

/** A field that is absent says nothing; one that is there and cannot be read is a problem. */
function read<T>(
  body: object,
  path: string | undefined,
  reader: (value: unknown) => T | null,
  problems: Problems,
): T | undefined {
  const value = at(body, path);
  if (path === undefined || value === undefined || value === null) return undefined;
  const result = reader(value);
  if (result !== null) return result;
  problems.push({ code: 'malformed', field: path });
  return undefined;
}

/** All or none: half a list would look as if the others had been taken off it. */
function peopleOf(body: object, mapping: PeopleMapping, problems: Problems): ContractPerson[] | undefined {
  const list = at(body, mapping.path);
  if (list === undefined || list === null) return undefined;
  if (!Array.isArray(list) || list.length > peopleLimit) {
    problems.push({ code: 'malformed', field: mapping.path });
    return undefined;
  }
  const people = new Map<string, ContractPerson>();
  for (const [index, entry] of list.entries()) {
    const person = personOf(entry, mapping, `${mapping.path}.${index}`);
    if ('problem' in person) {
      problems.push(person.problem);
      return undefined;
    }
    people.set(person.email, person);
  }
  return [...people.values()];
}

function personOf(
  entry: unknown,
  mapping: PeopleMapping,
  field: string,
): ContractPerson | { problem: MappingProblem } {
  const whole = typeof entry === 'object' && entry !== null ? entry : {};
  const email = readEmail(typeof entry === 'string' ? entry : at(whole, mapping.email));
  if (email === null) return { problem: { code: 'malformed', field: `${field}.${mapping.email}` } };
  const word = textAt(whole, mapping.role);
  const role =
    word === null ? mapping.default_role : mapping.roles ? ownEntry(mapping.roles, word) : readKey(word);
  if (!role) {
    return {
      problem: { code: 'unknown-value', field: `${field}.${mapping.role}`, value: shown(word ?? '') },
    };
  }
  return { email, name: readName(at(whole, mapping.name)), role };
}

/** What stands at a path; only what the body itself holds, never what every object inherits. */
function at(body: object, path: string | undefined): unknown {
  if (!path) return undefined;
  let value: unknown = body;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined;
    const property = Object.getOwnPropertyDescriptor(value, name);
    if (!property?.enumerable) return undefined;
    value = property.value;
  }
  return value;
}

/** A short text or number as a text; null when nothing of that kind stands there. */
function textAt(body: object, path: string): string | null {
  const value = at(body, path);
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  return typeof value === 'string' && value.length > 0 && value.length <= 255 ? value : null;
}

/** A word that may be shown to an operator, not longer than a word is. */
function shown(word: string): string {
  return word.slice(0, 100);
}
