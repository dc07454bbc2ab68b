import { sql } from 'drizzle-orm';
import type { MappingProblem } from '../../domain/contract-fact.ts';
import type { InboundEventState } from '../../domain/inbound-event.ts';
import type { Executor } from '../client.ts';
import type { SignedParts } from '../schema/event.ts';
import { allOf, iso, type Page, type PageWish, pageOf } from './instant.ts';
import { type KeyedView, organizationJson } from './organization.ts';
import { anyOf } from './texts.ts';
import { fixed } from './fixed.ts';

/** One event as it was delivered. */
export interface NewInboundEvent {
  id: string;
  eventId: string;
  body: string;
  /** The one that came first under the same id and says otherwise: this one is never read. */
  conflictsWith?: string;
}

/** A delivery as it came. */
export interface NewInboundDelivery {
  id: string;
  source: string;
  contentType: string;
  /** The whole of it, where it holds several events. */
  body: string | null;
  signed: SignedParts;
}

/** Stores what is not stored yet, with the delivery if it brings any of it; returns the ids of what was new. */
export async function storeEvents(
  tx: Executor,
  delivery: NewInboundDelivery,
  events: readonly NewInboundEvent[],
): Promise<string[]> {
  if (events.length === 0) return [];
  const { id, source, contentType, body, signed } = delivery;
  // What is new is found once, so that the delivery is there whenever an event of it is.
  const rows = await tx.execute<{ id: string }>(sql`
    with fresh as materialized (select e.* from jsonb_to_recordset(${JSON.stringify(events)}::jsonb)
        as e(id text, "eventId" text, body text, "conflictsWith" text)
      where not exists (select from inbound_event k where k.source = ${source} and k.event_id = e."eventId")),
    kept as (insert into inbound_delivery (id, source, body, signed)
      select ${id}::text, ${source}::text, ${body}::text, ${JSON.stringify(signed)}::jsonb where exists (select from fresh)
      on conflict do nothing)
    insert into inbound_event (id, source, event_id, body, content_type, delivery_id, state, conflicts_with)
    select f.id, ${source}, f."eventId", f.body, ${contentType}, ${id},
      case when f."conflictsWith" is null then 'received' else 'conflicting' end, f."conflictsWith"
    from fresh f on conflict (source, event_id) do nothing returning id`);
  return rows.map((row) => row.id);
}

/** Of a source's events those that are stored under these ids, with what they said first. */
export async function readStored(
  tx: Executor,
  source: string,
  eventIds: readonly string[],
): Promise<NewInboundEvent[]> {
  const rows = await tx.execute<NewInboundEvent & Record<string, unknown>>(sql`
    select id, event_id as "eventId", body from inbound_event where source = ${source} and event_id = ${anyOf(eventIds)}`);
  return [...rows];
}

/** A stored event that is to be read. Instants are ISO 8601 UTC. */
export interface ReceivedEvent {
  id: string;
  source: string;
  eventId: string;
  body: string;
  receivedAt: string;
  tries: number;
}

/** How long an event that could not be read rests before it is tried again: longer with each try, at most a minute. */
const isRested = sql`(tries = 0 or read_at <= tenure_now() - least(power(2, tries), 60) * interval '1 second')`;

const received = fixed(
  sql`id, source, event_id as "eventId", body, ${iso(sql`received_at`)} as "receivedAt", tries`,
);

/** The oldest events that nobody has read. */
export async function listUnread(db: Executor, limit: number): Promise<ReceivedEvent[]> {
  const rows = await db.execute<ReceivedEvent & Record<string, unknown>>(sql`
    select ${received} from inbound_event where state = 'received' and ${isRested} order by id limit ${limit}`);
  return [...rows];
}

/**
 * Locks an event that still is to be read until the transaction ends; null when it is not, or somebody else has it. Returns the
 * ids of those whose facts it has become before.
 */
export async function lockUnread(tx: Executor, id: string): Promise<string[] | null> {
  const rows = await tx.execute<{ owners: string[] }>(sql`
    select array(select distinct f.organization_id from contract_fact f where f.inbound_event_id = e.id) as owners
    from inbound_event e where e.id = ${id} and e.state = 'received' for update of e skip locked`);
  return rows[0]?.owners ?? null;
}

export interface ReadOutcome {
  state: Extract<InboundEventState, 'mapped' | 'ignored' | 'waiting'>;
  problems: readonly MappingProblem[];
  ignored: string | null;
  organizationId: string | null;
}

/** Notes what came of reading an event. */
export async function noteRead(tx: Executor, id: string, outcome: ReadOutcome): Promise<void> {
  await tx.execute(sql`
    update inbound_event set state = ${outcome.state}, problems = ${JSON.stringify(outcome.problems)}::jsonb,
      ignored = ${outcome.ignored}, organization_id = ${outcome.organizationId}, read_at = tenure_now(), tries = 0
    where id = ${id}`);
}

/** Notes that reading failed for a reason of ours; returns how often it has. */
export async function noteUnreadable(db: Executor, id: string): Promise<number> {
  const rows = await db.execute<{ tries: number }>(sql`
    update inbound_event set tries = tries + 1, read_at = tenure_now() where id = ${id} and state = 'received' returning tries`);
  return rows[0]?.tries ?? 0;
}

/** Events that waited to learn whose that object is are read again. */
export async function reviveWaiting(
  tx: Executor,
  source: string,
  objectIds: readonly string[],
): Promise<void> {
  for (const objectId of objectIds) {
    const problem = JSON.stringify([{ code: 'unknown-customer', value: objectId }]);
    await tx.execute(sql`
      update inbound_event set state = 'received', tries = 0
      where state = 'waiting' and source = ${source} and problems @> ${problem}::jsonb`);
  }
}

/** An event as lists show it; the body is shown by itself. Instants are ISO 8601 UTC. */
export interface InboundEventView {
  id: string;
  source: string;
  eventId: string;
  state: InboundEventState;
  problems: MappingProblem[];
  ignored: string | null;
  customer: KeyedView | null;
  /** The event that came first under its id, if this one says otherwise. */
  conflictsWith: string | null;
  receivedAt: string;
  readAt: string | null;
}

export interface InboundEventWhole extends InboundEventView {
  contentType: string;
  body: string;
  /** As JSON text, as header names are no names of ours; null for what came before deliveries were kept. */
  signedJson: string | null;
  /** The whole delivery as it was signed, where it held several events. */
  deliveryBody: string | null;
}

const view = fixed(sql`e.id, e.source, e.event_id as "eventId", e.state, e.problems, e.ignored,
  case when e.organization_id is not null then ${organizationJson(sql`e.organization_id`)} end as customer, e.conflicts_with as "conflictsWith",
  ${iso(sql`e.received_at`)} as "receivedAt", ${iso(sql`e.read_at`)} as "readAt"`);

/** What waits for a person. */
const waitsForPerson = sql`e.state in ('waiting', 'conflicting')`;

/** Which events. */
export interface EventFilter {
  /** `open`: those that wait for a person. */
  state?: InboundEventState | 'open' | undefined;
  source?: string | undefined;
  customer?: string | null | undefined;
}

/** Newest first. */
export async function listEvents(
  tx: Executor,
  filter: EventFilter,
  page: PageWish,
): Promise<Page<InboundEventView>> {
  const conditions = [
    filter.state === undefined
      ? null
      : filter.state === 'open'
        ? waitsForPerson
        : sql`e.state = ${filter.state}`,
    filter.source === undefined ? null : sql`e.source = ${filter.source}`,
    filter.customer ? sql`e.organization_id = ${filter.customer}` : null,
    page.after ? sql`e.id < ${page.after}` : null,
  ];
  const rows = await tx.execute<InboundEventView & Record<string, unknown>>(sql`
    select ${view} from inbound_event e where ${allOf(conditions)} order by e.id desc limit ${page.limit + 1}`);
  return pageOf(rows, page.limit, (one) => one.id);
}

/** An event with all that its source said; null when there is none. */
export async function readEventWhole(tx: Executor, id: string): Promise<InboundEventWhole | null> {
  const rows = await tx.execute<InboundEventWhole & Record<string, unknown>>(sql`
    select ${view}, e.content_type as "contentType", e.body, d.signed::text as "signedJson", d.body as "deliveryBody"
    from inbound_event e left join inbound_delivery d on d.id = e.delivery_id where e.id = ${id}`);
  return rows[0] ?? null;
}

/** Has events read again: one by its id, or all of a source that wait. Returns their ids. */
export async function replayEvents(
  tx: Executor,
  which: { id: string } | { source: string },
): Promise<string[]> {
  const condition =
    'id' in which
      ? sql`id = ${which.id} and state not in ('received', 'conflicting') and conflicts_with is null`
      : sql`source = ${which.source} and state = 'waiting'`;
  const rows = await tx.execute<{ id: string }>(
    sql`update inbound_event set state = 'received' where ${condition} returning id`,
  );
  return rows.map((row) => row.id);
}

/** Takes an event that waits for a person off the list for good; false when it does not. */
export async function discardEvent(tx: Executor, id: string): Promise<boolean> {
  const rows = await tx.execute(
    sql`update inbound_event set state = 'discarded' where id = ${id} and state in ('waiting', 'conflicting') returning 1`,
  );
  return rows.length > 0;
}
