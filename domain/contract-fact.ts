/**
 * What an event says about a customer's contract, whichever system sent it. Sources are read by `stripe-event.ts`,
 * `hubspot-event.ts` and `mapped-event.ts`; `contract.ts` folds what they say.
 */

/** In the order of a contract's life: of two words said in the same instant the later one in this list counts. */
export const contractStatuses = [
  'pending',
  'trialing',
  'active',
  'past_due',
  'unpaid',
  'paused',
  'ended',
] as const;

/**
 * Where one contract stands. `pending` has not begun (and may never); `past_due` has a failed payment that is being
 * tried again, `unpaid` one that is not tried any more; `paused` rests without payment; `ended` is over.
 */
export type ContractStatus = (typeof contractStatuses)[number];

/** A user that a contract names. `role` is the contract's own word (`administrator`, `member`); the tier says what it gives. */
export interface ContractPerson {
  email: string;
  name: string | null;
  role: string;
}

/** How a source names the customer. Any of them may be unknown to it; `id` is the source's own, `key` is ours. */
export interface CustomerReference {
  id: string | null;
  key: string | null;
  name: string | null;
}

/**
 * What one event says about one object (a subscription, a deal, a company's card) of one source. A field that is absent
 * is not spoken about; `null` says that there is none.
 */
export interface ContractFact {
  source: string;
  /** The source's id of the event: the last word when two events are otherwise of one age. */
  eventId: string;
  objectId: string;
  customer: CustomerReference;
  /** When the object was so, by the source's clock. ISO 8601 UTC with milliseconds. */
  occurredAt: string;
  /** Decides between facts of the same instant; the higher counts. */
  rank: number;
  status?: ContractStatus;
  /** True when this object can never leave the status again, e.g. a cancelled subscription: no later fact undoes it. */
  final?: boolean;
  payment?: 'paid' | 'failed';
  /** When the object itself was made: of two contracts that both stand, the newer one counts. */
  startedAt?: string;
  tier?: string;
  /** Null: the contract names no number. */
  seats?: number | null;
  /** The end of what is paid or signed for. ISO 8601 UTC, or null without one. */
  endsAt?: string | null;
  /** When it will be cancelled; null: no cancellation is planned. */
  cancelAt?: string | null;
  region?: string;
  people?: readonly ContractPerson[];
}

/** Why an event, or a part of it, cannot be mapped. Closed: what an operator can correct and replay. */
export type MappingProblemCode =
  | 'malformed'
  | 'missing'
  | 'time-in-future'
  | 'unknown-account'
  | 'unknown-price'
  | 'unknown-value'
  | 'several-tiers'
  /** Nobody has said yet whose this object is; `value` is its id. Read again as soon as somebody does. */
  | 'unknown-customer'
  /** A fault of ours: it could not be read although it was tried again and again. */
  | 'internal-error';

/** One thing that could not be mapped, and where it stands in the body as a dotted path. */
export interface MappingProblem {
  code: MappingProblemCode;
  field: string;
  /** The source's own word that is not in the mapping, e.g. a price's id. Never a field that may hold personal data. */
  value?: string;
}

/** Why an event says nothing about a contract and need not wait for anybody. */
export type IgnoredReason = 'kind-not-used' | 'not-about-a-contract' | 'nothing-said';

/**
 * What was read from one event. With problems, the facts are what could be read nevertheless: they hold, and a replay
 * after the mapping was corrected adds the rest.
 */
export interface MappedEvent {
  /** The source's id, under which the event is stored once; null when it has none that can be read. */
  eventId: string | null;
  facts: ContractFact[];
  problems: MappingProblem[];
  ignored: IgnoredReason | null;
}

/** What a mapping must know beside the body. */
export interface MappingContext {
  /** The source's key, e.g. `stripe`. */
  source: string;
  /** When the event first arrived, by our clock. ISO 8601 UTC with milliseconds. */
  receivedAt: string;
}

/** How far a source's clock may be ahead of ours: what a signature may be, too. Milliseconds. */
const aheadMs = 5 * 60_000;

/** The rank of a fact that says this status. */
export function statusRank(status: ContractStatus): number {
  return contractStatuses.indexOf(status);
}

/** ISO 8601 UTC with milliseconds of an instant in milliseconds since 1970; null when it is none. */
export function instantOf(ms: number): string | null {
  const instant = new Date(ms);
  return Number.isNaN(instant.getTime()) || ms < 0 ? null : instant.toISOString();
}

/**
 * When an event happened, or why that cannot be. An event from the future is a source's broken clock: taken as it is,
 * no later event could ever correct it.
 */
export function occurrence(
  ms: number,
  field: string,
  context: MappingContext,
): { occurredAt: string } | { problem: MappingProblem } {
  const occurredAt = instantOf(ms);
  if (occurredAt === null) return { problem: { code: 'malformed', field } };
  if (ms > Date.parse(context.receivedAt) + aheadMs) return { problem: { code: 'time-in-future', field } };
  return { occurredAt };
}

/** An event that says nothing about a contract. */
export function ignored(eventId: string | null, reason: IgnoredReason): MappedEvent {
  return { eventId, facts: [], problems: [], ignored: reason };
}

/** An event of which nothing could be read. */
export function unmapped(eventId: string | null, problems: MappingProblem[]): MappedEvent {
  return { eventId, facts: [], problems, ignored: null };
}
