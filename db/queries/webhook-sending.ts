import { type SQL, sql } from 'drizzle-orm';
import type { FeedEvent } from '../../domain/cloud-event.ts';
import type { FeedPlace } from '../../domain/feed.ts';
import { leastIdAt, newId } from '../../domain/ids.ts';
import { actors } from '../../domain/audit-event.ts';
import type { EndedAccess, SubjectFormat } from '../../domain/security-event.ts';
import { type DeliveryError, type DisabledFor, failingDays } from '../../domain/webhook.ts';
import { appendAudit } from '../audit.ts';
import type { Executor } from '../client.ts';
import { feedColumns, readFeed } from './feed.ts';

/** The places in the feed at which endpoints stand that are sent to. Most stand at the same, the newest. */
export async function listWebhookPlaces(db: Executor): Promise<FeedPlace[]> {
  const rows = await db.execute<{ cluster: string; xid: string; id: string }>(sql`
    select distinct cluster, xid::text as xid, event_id as id from webhook_endpoint where state = 'live' and asked_status is null limit 1000`);
  return [...rows];
}

interface Follower {
  id: string;
  organizationId: string;
  isVendors: boolean;
  types: string[];
}

/**
 * Writes the deliveries of the next events for every endpoint that stands at a place, and moves them on, in one transaction: none
 * is lost and none is written twice. Endpoints that another process moves at the same time are left to it. Returns how many events
 * were read.
 */
export function forwardFrom(db: Executor, place: FeedPlace, limit: number): Promise<number> {
  return db.transaction(async (tx) => {
    const followers = await tx.execute<Follower & Record<string, unknown>>(sql`
      select id, organization_id as "organizationId", organization_id = tenure_vendor() as "isVendors", types from webhook_endpoint
      where state = 'live' and asked_status is null and cluster = ${place.cluster} and xid = ${place.xid}::xid8 and event_id = ${place.id}
      order by id limit 1000 for no key update skip locked`);
    if (followers.length === 0) return 0;
    const events = (await readFeed(tx, place, limit)) ?? [];
    const last = events.at(-1);
    if (!last) return 0;
    const deliveries = [...followers].flatMap((endpoint) =>
      events
        .filter((event) => isFor(endpoint, event))
        .map((event) => ({
          id: newId('msg'),
          endpoint: endpoint.id,
          organization: endpoint.organizationId,
          event: event.place.id,
          type: event.type,
        })),
    );
    if (deliveries.length > 0)
      await tx.execute(sql`
        insert into webhook_delivery (id, endpoint_id, organization_id, event_id, type)
        select l.id, l.endpoint, l.organization, l.event, l.type
        from jsonb_to_recordset(${JSON.stringify(deliveries)}::jsonb) as l (id text, endpoint text, organization text, event text, type text)
        on conflict (endpoint_id, event_id) do nothing`);
    const { cluster, xid, id } = last.place;
    await tx.execute(sql`
      update webhook_endpoint set cluster = ${cluster}, xid = ${xid}::xid8, event_id = ${id}
      where id in (select jsonb_array_elements_text(${JSON.stringify(followers.map((one) => one.id))}::jsonb))`);
    return events.length;
  });
}

/** The same rule as that of the feed's row-level security: a customer sees what is about its data or its people. */
function isFor(endpoint: Follower, event: FeedEvent): boolean {
  if (endpoint.types.length > 0 && !endpoint.types.includes(event.type)) return false;
  const { organizationId: whose } = endpoint;
  return endpoint.isVendors || event.organizationId === whose || event.holderOrganizationId === whose;
}

/** A delivery that is due, taken by one sender for a while, with all that is needed to send it. */
export interface ClaimedDelivery {
  id: string;
  endpointId: string;
  organizationId: string;
  tries: number;
  url: string;
  /** Null for a stream of security events. */
  sealedSecret: string | null;
  /** While it is good. */
  formerSealedSecret: string | null;
  stream: { audience: string; subjectFormat: SubjectFormat; sealedAuthorization: string | null } | null;
  /** Of a verification that a stream's receiver has asked for: what it wants to be told back. */
  verificationState: string | null;
  /** Whose access the event is about; null where it is about none. */
  ended: EndedAccess | null;
  event: FeedEvent;
}

/**
 * How many deliveries may be under way at once: of one endpoint, one alone where it takes nothing at the moment; and of one organization,
 * however many endpoints it has.
 */
export interface SendingRoom {
  altogether: number;
  perOrganization: number;
  perEndpoint: number;
  /** Under way by the id of the endpoint, and by that of its organization. */
  taken: Readonly<Record<string, number>>;
  leaseMs: number;
}

/**
 * Takes deliveries that are due, for a while, each organization's oldest before any's next: a sender that dies meanwhile loses nothing.
 * Concurrent senders skip each other's, and
 * no lock is held while something is sent.
 */
export async function claimDeliveries(db: Executor, room: SendingRoom): Promise<ClaimedDelivery[]> {
  const takenBy = (id: SQL) => sql`coalesce((${JSON.stringify(room.taken)}::jsonb->>${id})::int, 0)`;
  const rows = await db.execute<ClaimedDelivery & Record<string, unknown>>(sql`
    with free as materialized (
      select d.id, ${takenBy(sql`w.organization_id`)}
          + row_number() over (partition by w.organization_id order by d.due_at, d.id) as nth
      from webhook_endpoint w cross join lateral (
        select d.id, d.due_at from webhook_delivery d
        where d.endpoint_id = w.id and d.state = 'pending' and d.due_at <= tenure_now() order by d.due_at, d.id
        limit greatest(0, case when w.failing_since is null then ${room.perEndpoint}::int else 1 end - ${takenBy(sql`w.id`)})
        for update of d skip locked) d
      where w.state = 'live' and w.asked_status is null),
    due as materialized (
      select id from free where nth <= ${room.perOrganization} order by nth, id limit ${room.altogether}),
    claimed as (
      update webhook_delivery d set tries = d.tries + 1, due_at = tenure_now() + ${room.leaseMs} * interval '1 millisecond', tried_at = tenure_now()
      from due where d.id = due.id returning d.id, d.endpoint_id, d.organization_id, d.event_id, d.verification_state, d.tries)
    select c.id, c.endpoint_id as "endpointId", c.organization_id as "organizationId", c.tries, w.url, w.sealed_secret as "sealedSecret",
      c.verification_state as "verificationState",
      case when w.audience is not null then json_build_object('audience', w.audience, 'subjectFormat', w.subject_format,
        'sealedAuthorization', w.sealed_authorization) end as stream,
      (select json_build_object('person', json_build_object('id', p.id, 'email', p.email), 'endedBy', g.ended_by) from audit_event a
        join access_grant g on g.id = a.grant_id join person p on p.id = g.person_id where a.id = c.event_id) as ended,
      case when w.former_until > tenure_now() then w.former_sealed_secret end as "formerSealedSecret",
      (select row_to_json(e) from (select ${feedColumns} from audit_event a where a.id = c.event_id) e) as event
    from claimed c join webhook_endpoint w on w.id = c.endpoint_id order by c.id`);
  return [...rows];
}

type Tried = Pick<ClaimedDelivery, 'id' | 'endpointId' | 'organizationId' | 'tries'>;

// A lease that ran out may have passed it on, and somebody may have sent it again from the first step: only the try that is the
// present one says what became of it.
const present = ({ id, tries }: Tried) => sql`id = ${id} and state = 'pending' and tries = ${tries}`;

/** Notes that a delivery was taken. */
export async function noteDelivered(db: Executor, tried: Tried, status: number): Promise<void> {
  await db.execute(sql`
    with noted as (update webhook_delivery set state = 'delivered', last_status = ${status}, last_error = null where ${present(tried)})
    update webhook_endpoint set failing_since = null where id = ${tried.endpointId} and failing_since is not null`);
}

export interface Failure {
  status: number | null;
  code: DeliveryError;
}

/** Notes that a delivery was not taken this time, and when it is tried again. */
export async function noteDelayed(
  db: Executor,
  tried: Tried,
  { status, code }: Failure,
  pauseMs: number,
): Promise<void> {
  await db.execute(sql`
    with noted as (update webhook_delivery set last_status = ${status}, last_error = ${code},
      due_at = tenure_now() + ${pauseMs} * interval '1 millisecond' where ${present(tried)})
    update webhook_endpoint set failing_since = tenure_now() where id = ${tried.endpointId} and failing_since is null`);
}

/**
 * Notes that a delivery is not tried any more; the endpoint is not sent to any more when it said that it is gone, or has taken
 * nothing for days.
 */
export function noteDead(db: Executor, tried: Tried, { status, code }: Failure): Promise<void> {
  return db.transaction(async (tx) => {
    const { endpointId, organizationId } = tried;
    await tx.execute(sql`
      update webhook_delivery set state = 'dead', last_status = ${status}, last_error = ${code} where ${present(tried)}`);
    await tx.execute(sql`
      update webhook_endpoint set failing_since = tenure_now() where id = ${endpointId} and failing_since is null`);
    const reason: DisabledFor = code === 'gone' ? 'gone' : 'failing';
    const rows = await tx.execute(sql`
      update webhook_endpoint set state = 'disabled', disabled_for = ${reason} where id = ${endpointId} and state = 'live'
        and (${reason} = 'gone' or failing_since <= tenure_now() - ${failingDays} * interval '1 day') returning 1`);
    if (rows.length === 0) return;
    const [owners, subject] = [
      { organizationId, holderOrganizationId: organizationId },
      { kind: 'webhook', id: endpointId },
    ];
    await appendAudit(tx, { type: 'webhook.disabled', actor: actors.system, subject, ...owners, reason });
  });
}

/** For so long what became of a delivery can be looked up, and it be sent again, in days. */
const keptDays = 30;

/** Forgets what was sent, or given up, long ago; how many. */
export async function forgetDeliveries(db: Executor, nowMs: number, limit: number): Promise<number> {
  const rows = await db.execute(sql`
    delete from webhook_delivery where id in (select d.id from webhook_delivery d join webhook_endpoint w on w.id = d.endpoint_id
      where d.id < ${leastIdAt('msg', nowMs - keptDays * 24 * 60 * 60_000)} and (d.state <> 'pending' or w.state = 'removed')
      order by d.id limit ${limit})
    returning 1`);
  return rows.length;
}
