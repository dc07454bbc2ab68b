import type { ContractFact, ContractPerson, ContractStatus } from './contract-fact.ts';

/**
 * A customer's contract, folded from facts that arrive doubled, late and in any order. The guarantees:
 * 1. Every field of every object keeps the greatest word ever said about it, by a total order (what is final, then
 *    instant, rank, event id, and the value itself). The greatest of a set does not depend on the order of its members,
 *    and saying one again changes nothing.
 * 2. The terms are computed from those words and nothing else, so they do not depend on the order either.
 * 3. Objects speak for themselves: a cancelled subscription does not end a contract that another one carries.
 * An event whose mapping was corrected after it had been taken in may say another value at the same place in the order:
 * then fold the customer's events anew, from the empty contract.
 * Plain JSON throughout, so that a row or a process can keep it as it is.
 */
export interface Contract {
  /** By source and object. */
  objects: Record<string, ContractObject>;
  terms: ContractTerms;
}

/** What holds now. */
export interface ContractTerms {
  /** `none`: nobody has said yet where the contract stands. */
  state: ContractStatus | 'none';
  tier: string | null;
  /** Null: the contract names no number, the tier's own counts. */
  seats: number | null;
  /** The end of what is paid or signed for, or the planned cancellation where that is earlier. ISO 8601 UTC. */
  until: string | null;
  cancelAt: string | null;
  region: string | null;
  name: string | null;
  people: readonly ContractPerson[];
  /** The object that carries the contract. */
  carrier: { source: string; objectId: string } | null;
}

/** What one source has said about one object. Null: nothing yet. */
export interface ContractObject {
  source: string;
  objectId: string;
  status: Word<ContractStatus> | null;
  payment: Word<'paid' | 'failed'> | null;
  startedAt: Word<string> | null;
  tier: Word<string> | null;
  seats: Word<number | null> | null;
  endsAt: Word<string | null> | null;
  cancelAt: Word<string | null> | null;
  region: Word<string> | null;
  name: Word<string> | null;
  people: Word<readonly ContractPerson[]> | null;
}

/** A value with its place in the order of everything said about it. */
export interface Word<T> {
  value: T;
  final: boolean;
  at: string;
  rank: number;
  eventId: string;
}

/** States of a contract that has begun and is not over, the best first. */
export const standingStates: readonly ContractStatus[] = [
  'active',
  'trialing',
  'past_due',
  'unpaid',
  'paused',
];
const preference: readonly ContractStatus[] = [...standingStates, 'pending', 'ended'];
/** The fields of a person in a fixed order, because a database may store them in another. */
const personFields = ['email', 'name', 'role'];

/** A contract about which nothing has been said. */
export function emptyContract(): Contract {
  return { objects: {}, terms: termsOf([]) };
}

/** Takes one fact in. Answers the very same contract when the fact says nothing new (repeated, or older than what is known). */
export function foldContract(contract: Contract, fact: ContractFact): Contract {
  const key = JSON.stringify([fact.source, fact.objectId]);
  const known = contract.objects[key];
  const next = folded(known ?? unspoken(fact.source, fact.objectId), fact);
  if (next === known) return contract;
  const objects = { ...contract.objects, [key]: next };
  return { objects, terms: termsOf(Object.values(objects)) };
}

function unspoken(source: string, objectId: string): ContractObject {
  return {
    source,
    objectId,
    status: null,
    payment: null,
    startedAt: null,
    tier: null,
    seats: null,
    endsAt: null,
    cancelAt: null,
    region: null,
    name: null,
    people: null,
  };
}

function folded(object: ContractObject, fact: ContractFact): ContractObject {
  const next: ContractObject = {
    source: object.source,
    objectId: object.objectId,
    status: greater(object.status, fact.status, fact, fact.final === true),
    payment: greater(object.payment, fact.payment, fact),
    startedAt: greater(object.startedAt, fact.startedAt, fact),
    tier: greater(object.tier, fact.tier, fact),
    seats: greater(object.seats, fact.seats, fact),
    endsAt: greater(object.endsAt, fact.endsAt, fact),
    cancelAt: greater(object.cancelAt, fact.cancelAt, fact),
    region: greater(object.region, fact.region, fact),
    name: greater(object.name, fact.customer.name ?? undefined, fact),
    people: greater(object.people, fact.people, fact),
  };
  return Object.entries(next).every(([field, word]) => word === Reflect.get(object, field)) ? object : next;
}

function greater<T>(
  known: Word<T> | null,
  value: T | undefined,
  fact: ContractFact,
  final = false,
): Word<T> | null {
  if (value === undefined) return known;
  const said = { value, final, at: fact.occurredAt, rank: fact.rank, eventId: fact.eventId };
  return known && order(known, said) >= 0 ? known : said;
}

/** The total order of words. The value comes last: one event that says two things must not depend on which came first. */
function order(one: Word<unknown>, other: Word<unknown>): number {
  return (
    Number(one.final) - Number(other.final) ||
    compare(one.at, other.at) ||
    one.rank - other.rank ||
    compare(one.eventId, other.eventId) ||
    compare(JSON.stringify(one.value, personFields), JSON.stringify(other.value, personFields))
  );
}

/** When the contract was last said to stand, by its own word or by a payment; null when it does not, or nobody said so. */
export function confirmedAt({ objects, terms }: Contract): string | null {
  if (!terms.carrier || !standingStates.some((state) => state === terms.state)) return null;
  const { status, payment } = objects[JSON.stringify([terms.carrier.source, terms.carrier.objectId])] ?? {};
  const paidAt = payment?.value === 'paid' ? payment.at : null;
  const saidAt = status?.at ?? null;
  if (paidAt === null || saidAt === null) return paidAt ?? saidAt;
  return paidAt > saidAt ? paidAt : saidAt;
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function termsOf(objects: readonly ContractObject[]): ContractTerms {
  const carrier = carrierOf(objects);
  // Cards (a company in the CRM) have no standing of their own: they complete what the carrier does not say, while
  // another contract must not lend it its seats or its end.
  const cards = objects.filter((object) => object.status === null);
  const own = carrier ? [[carrier], cards] : [cards];
  const cancelAt = said(own, (object) => object.cancelAt);
  return {
    state: carrier ? (statusOf(carrier) ?? 'none') : 'none',
    // A tier, once known, never becomes unknown: access would hang in the air while the contract stands.
    tier: said([...own, objects], (object) => object.tier),
    seats: said(own, (object) => object.seats),
    until: earlier(
      said(own, (object) => object.endsAt),
      cancelAt,
    ),
    cancelAt,
    region: said([...own, objects], (object) => object.region),
    name: said([...own, objects], (object) => object.name),
    people:
      said([...own, objects.filter((object) => !isFormer(object, carrier))], (object) => object.people) ?? [],
    carrier: carrier && { source: carrier.source, objectId: carrier.objectId },
  };
}

/** It had ended when the carrier began: whom it named is nobody of a customer who was won back. */
function isFormer(object: ContractObject, carrier: ContractObject | null): boolean {
  const began = carrier?.startedAt?.value ?? null;
  return began !== null && statusOf(object) === 'ended' && (object.status?.at ?? began) < began;
}

/** The greatest word in the first group that says anything. */
function said<T>(
  groups: readonly (readonly ContractObject[])[],
  of: (object: ContractObject) => Word<T> | null,
): T | null {
  for (const group of groups) {
    const words = group.map(of).filter((word) => word !== null);
    if (words.length > 0) return words.reduce((a, b) => (order(a, b) >= 0 ? a : b)).value;
  }
  return null;
}

function earlier(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other;
  return one < other ? one : other;
}

/**
 * The object that carries the contract. Of several sources the one that spoke last about a contract that began counts:
 * an attempt that never began says nothing about what another source carries. Within it the best standing counts, then
 * the contract that was made last.
 */
function carrierOf(objects: readonly ContractObject[]): ContractObject | null {
  const spoken = objects.filter((object) => object.status !== null);
  const begun = spoken.filter((object) => statusOf(object) !== 'pending');
  const candidates = begun.length > 0 ? begun : spoken;
  const latest = candidates.reduce<ContractObject | null>(
    (a, b) => (a && spokeLater(a, b) >= 0 ? a : b),
    null,
  );
  const ofSource = candidates.filter((object) => object.source === latest?.source);
  return ofSource.reduce<ContractObject | null>((a, b) => (a && betterCarrier(a, b) >= 0 ? a : b), null);
}

function spokeLater(one: ContractObject, other: ContractObject): number {
  return (
    compare(one.status?.at ?? '', other.status?.at ?? '') ||
    compare(one.source, other.source) ||
    compare(one.objectId, other.objectId)
  );
}

function betterCarrier(one: ContractObject, other: ContractObject): number {
  const place = (object: ContractObject) => preference.indexOf(statusOf(object) ?? 'ended');
  return (
    place(other) - place(one) ||
    compare(one.startedAt?.value ?? '', other.startedAt?.value ?? '') ||
    compare(one.objectId, other.objectId)
  );
}

/**
 * An object's status in the light of its payments: the object's own word counts unless a payment was heard of later.
 * A subscription's own next word then says the same.
 */
function statusOf(object: ContractObject): ContractStatus | null {
  const { status, payment } = object;
  if (!status || !payment || status.final || payment.at <= status.at) return status?.value ?? null;
  if (payment.value === 'failed') return status.value === 'active' ? 'past_due' : status.value;
  const settles = status.value === 'past_due' || status.value === 'unpaid' || status.value === 'pending';
  return settles ? 'active' : status.value;
}
