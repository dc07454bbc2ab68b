import type { Logger } from 'pino';
import type { SealingKeys } from '../crypto/keys.ts';
import { unseal } from '../crypto/sealing.ts';
import { appendAudit } from '../db/audit.ts';
import { type Executor, type Ledger, together } from '../db/client.ts';
import {
  addFacts,
  forgetFacts,
  hasTie,
  markRefold,
  takeContract,
  wakeCustomers,
} from '../db/queries/contract.ts';
import { isLinked, mergeProspect, type Resolved, resolveCustomer } from '../db/queries/contract-link.ts';
import {
  readReception,
  readSigningSource,
  type SigningSource,
  sourceContext,
} from '../db/queries/event-source.ts';
import {
  listUnread,
  lockUnread,
  noteRead,
  noteUnreadable,
  type ReadOutcome,
  type ReceivedEvent,
  reviveWaiting,
} from '../db/queries/inbound-event.ts';
import { actors } from '../domain/audit-event.ts';
import {
  type ContractFact,
  type MappedEvent,
  type MappingProblem,
  unmapped,
} from '../domain/contract-fact.ts';
import { readInboundEvent } from '../domain/inbound-event.ts';
import { failureCode } from './failures.ts';
import { readSubscription } from './stripe-object.ts';

/** What reading works with; bin/ puts it together. */
export interface EventDeps {
  /** Opened as the system role. */
  ledger: Ledger;
  sealing: SealingKeys;
  /** Ids and closed codes only. */
  log: Logger;
  /** Where Stripe's API is, without a slash at the end; Stripe's own unless given. */
  stripeUrl?: string;
}

const batch = 50;
/** Events read at once by one worker. Their order does not matter: what a contract says does not depend on it. */
const atOnce = 4;
/** After so many failures of ours an event waits for a person, who can have it read again. */
const triesAtMost = 8;
/** After so many, Stripe is not asked any more: what the event itself says is better than nothing. */
const readTriesAtMost = 3;

/**
 * Reads what was delivered and not read yet, each event in a transaction of its own; returns how many. Several workers may do
 * it at once. One that fails keeps nobody else from being read: it rests longer with each try.
 */
export async function readReceived(deps: EventDeps): Promise<number> {
  const { db } = deps.ledger;
  const events = await listUnread(db, batch);
  // Those who were told that a mapping was corrected have their events listed after that.
  const sources = new Map<string, Promise<SigningSource | null>>();
  const sourceOf: SourceOf = (key) => {
    const known = sources.get(key) ?? readSigningSource(db, key);
    sources.set(key, known);
    return known;
  };
  let read = 0;
  const lane = async () => {
    for (let event = events.shift(); event; event = events.shift())
      if (await readOrNote(deps, sourceOf, event)) read += 1;
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return read;
}

/** A source by its key, as it is since the events were listed. */
type SourceOf = (key: string) => Promise<SigningSource | null>;

async function readOrNote(deps: EventDeps, sourceOf: SourceOf, event: ReceivedEvent): Promise<boolean> {
  try {
    return await readEvent(deps, sourceOf, event);
  } catch (error) {
    const { db } = deps.ledger;
    const { id } = event;
    const tries = await noteUnreadable(db, id);
    deps.log.warn({ event: id, tries, code: failureCode(error) }, 'event not read');
    if (tries >= triesAtMost) await noteRead(db, id, waitingWith([{ code: 'internal-error', field: '' }]));
    return false;
  }
}

function waitingWith(problems: MappingProblem[]): ReadOutcome {
  return { state: 'waiting', problems, ignored: null, organizationId: null };
}

/** Reads one event, once; false when somebody else does or did. */
async function readEvent(deps: EventDeps, sourceOf: SourceOf, event: ReceivedEvent): Promise<boolean> {
  const source = await sourceOf(event.source);
  if (!source) return false;
  const mapped = readable(source, event);
  // Before the transaction: nobody's server keeps locks of ours.
  const asked = await askSource(deps, source, event, mapped.facts);
  return deps.ledger.db.transaction(async (tx) => {
    const former = await lockUnread(tx, event.id);
    if (!former) return false;
    await settle(tx, event, former, { ...mapped, facts: [...mapped.facts, ...asked] });
    return true;
  });
}

/** What the event says, but nothing that the ledger could not hold. */
function readable(source: SigningSource, event: ReceivedEvent): MappedEvent {
  const { key } = source;
  const context = { source: key, receivedAt: event.receivedAt, deliveryId: event.eventId };
  const mapped = readInboundEvent(source, JSON.parse(event.body), context);
  const isWritable = !/(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f][\da-f]{2})/i.test(JSON.stringify(mapped));
  return isWritable ? mapped : unmapped(event.eventId, [{ code: 'malformed', field: '' }]);
}

/**
 * What Stripe's API says now of the subscription that the event leaves in doubt: one that it names without showing it, or about
 * which another event of the same second says otherwise.
 */
async function askSource(
  deps: EventDeps,
  source: SigningSource,
  event: ReceivedEvent,
  facts: readonly ContractFact[],
): Promise<ContractFact[]> {
  const [fact] = facts;
  if (source.scheme !== 'stripe' || source.sealedApiKey === null || !fact) return [];
  const { db } = deps.ledger;
  const isInDoubt = (fact.status === undefined && fact.people !== undefined) || (await hasTie(db, fact));
  if (!isInDoubt || event.tries >= readTriesAtMost) return [];
  const { now } = await readReception(db);
  return readSubscription({
    baseUrl: deps.stripeUrl ?? 'https://api.stripe.com',
    apiKey: unseal(deps.sealing, source.sealedApiKey, sourceContext(source.key, 'api-key')),
    mapping: source.mapping,
    source: source.key,
    subscriptionId: fact.objectId,
    now,
  });
}

/** Writes down whose event it is and what it says, in place of what it said before, and has the customer look at it. */
async function settle(
  tx: Executor,
  event: ReceivedEvent,
  former: readonly string[],
  mapped: MappedEvent,
): Promise<void> {
  const resolved = mapped.facts.length > 0 ? await resolveCustomer(tx, mapped.facts) : null;
  const organizationId = resolved?.organizationId ?? null;
  const named = resolved ? [resolved.organizationId, ...resolved.prospects] : [];
  const woken = [...new Set([...former, ...named])].sort();
  for (const id of woken) await takeContract(tx, id);
  if (former.length > 0) await forgetFacts(tx, event.id);
  await markRefold(tx, former);
  if (resolved) {
    await unite(tx, resolved, mapped.facts);
    await together([
      addFacts(tx, resolved.organizationId, event.id, mapped.facts),
      reviveWaiting(tx, event.source, objectsOf(resolved.linked)),
    ]);
  }
  const outcome = outcomeOf(mapped, organizationId);
  // None of them needs another's answer.
  await together([
    noteRead(tx, event.id, outcome),
    wakeCustomers(tx, woken),
    appendOutcome(tx, event, outcome),
  ]);
}

/** Prospects become one with the customer that they are. @throws Error when whose it is has changed meanwhile */
async function unite(tx: Executor, resolved: Resolved, facts: readonly ContractFact[]): Promise<void> {
  const { organizationId, prospects } = resolved;
  const merged: string[] = [];
  for (const id of prospects) if (await mergeProspect(tx, id, organizationId)) merged.push(id);
  // What was moved has places before what the customer has taken in.
  if (merged.length > 0) await markRefold(tx, [...merged, organizationId]);
  // Of one that nobody else can know of nothing has changed.
  if (resolved.isNew) return;
  for (const fact of facts)
    if (!(await isLinked(tx, fact, organizationId))) throw new Error('Read it again.');
}

function objectsOf(names: readonly string[]): string[] {
  return names.flatMap((name) => (name.startsWith('object:') ? [name.slice('object:'.length)] : []));
}

function outcomeOf(mapped: MappedEvent, organizationId: string | null): ReadOutcome {
  const [fact] = mapped.facts;
  const problems: MappingProblem[] = [...mapped.problems];
  if (fact && organizationId === null)
    problems.push({ code: 'unknown-customer', field: 'customer', value: fact.objectId });
  const state = problems.length > 0 ? 'waiting' : mapped.ignored === null ? 'mapped' : 'ignored';
  return { state, problems, ignored: mapped.ignored, organizationId };
}

/** What says nothing is not worth a line: that it came has one. */
async function appendOutcome(tx: Executor, event: ReceivedEvent, outcome: ReadOutcome): Promise<void> {
  if (outcome.state === 'ignored') return;
  const organizationId = outcome.organizationId ?? (await readReception(tx)).vendorId;
  await appendAudit(tx, {
    type: outcome.state === 'mapped' ? 'event.mapped' : 'event.waiting',
    actor: actors.system,
    subject: { kind: 'event', id: event.id },
    organizationId,
    holderOrganizationId: organizationId,
    reason: outcome.problems[0]?.code ?? null,
  });
}
