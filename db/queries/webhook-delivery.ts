import { sql } from 'drizzle-orm';
import { type CloudEventType, cloudEventType } from '../../domain/cloud-event.ts';
import type { AuditEventType } from '../../domain/audit-event.ts';
import { newId } from '../../domain/ids.ts';
import type { DeliveryError, DeliveryState } from '../../domain/webhook.ts';
import type { Executor } from '../client.ts';
import { fixed } from './fixed.ts';
import { allOf, iso, type Page, type PageWish, pageOf } from './instant.ts';

/** One event on its way to one endpoint. What was answered is not in it but for the status. Instants are ISO 8601 UTC. */
export interface DeliveryView {
  /** The `webhook-id` of every try. */
  id: string;
  webhookId: string;
  eventId: string;
  type: CloudEventType;
  state: DeliveryState;
  tries: number;
  lastStatus: number | null;
  lastError: DeliveryError | null;
  createdAt: string;
  triedAt: string | null;
  /** When it is tried next; null when it is not. */
  dueAt: string | null;
}

type Row = Omit<DeliveryView, 'type'> & { type: AuditEventType };

const view =
  fixed(sql`d.id, d.endpoint_id as "webhookId", d.event_id as "eventId", d.type, d.state, d.tries, d.last_status as "lastStatus",
  d.last_error as "lastError", ${iso(sql`d.created_at`)} as "createdAt", ${iso(sql`d.tried_at`)} as "triedAt",
  case when d.state = 'pending' then ${iso(sql`d.due_at`)} end as "dueAt" from webhook_delivery d`);

function shown({ type, ...row }: Row): DeliveryView {
  return { ...row, type: cloudEventType(type) };
}

/** An endpoint's deliveries of the last 30 days, newest first. */
export async function listDeliveries(
  tx: Executor,
  endpointId: string,
  { state }: { state?: DeliveryState | undefined },
  page: PageWish,
): Promise<Page<DeliveryView>> {
  const conditions = [
    sql`d.endpoint_id = ${endpointId}`,
    state ? sql`d.state = ${state}` : null,
    page.after ? sql`d.id < ${page.after}` : null,
  ];
  const rows = await tx.execute<Row & Record<string, unknown>>(
    sql`select ${view} where ${allOf(conditions)} order by d.id desc limit ${page.limit + 1}`,
  );
  return pageOf([...rows].map(shown), page.limit, (one) => one.id);
}

/** One of them; null when there is none that the scope may see. */
export async function readDelivery(
  tx: Executor,
  endpointId: string,
  id: string,
): Promise<DeliveryView | null> {
  const rows = await tx.execute<Row & Record<string, unknown>>(
    sql`select ${view} where d.id = ${id} and d.endpoint_id = ${endpointId}`,
  );
  const [found] = rows;
  return found ? shown(found) : null;
}

/** Writes the delivery of an event that was made to be sent to this endpoint, with what shall be told back, if anything; its id. */
export async function insertTestDelivery(
  tx: Executor,
  endpoint: { id: string; organizationId: string },
  eventId: string,
  verificationState: string | null = null,
): Promise<string> {
  const id = newId('msg');
  await tx.execute(sql`
    insert into webhook_delivery (id, endpoint_id, organization_id, event_id, type, verification_state)
    values (${id}, ${endpoint.id}, ${endpoint.organizationId}, ${eventId}, 'webhook.tested', ${verificationState}::text)`);
  return id;
}

/** Whether an endpoint was tried a moment ago. */
export async function wasTested(tx: Executor, endpointId: string, withinMs: number): Promise<boolean> {
  const rows = await tx.execute(sql`
    select 1 from webhook_delivery where endpoint_id = ${endpointId} and type = 'webhook.tested'
      and created_at > tenure_now() - ${withinMs} * interval '1 millisecond' limit 1`);
  return rows.length > 0;
}

/** Gives up what waits for an endpoint, by its receiver's wish. */
export async function giveUpPending(tx: Executor, endpointId: string): Promise<void> {
  await tx.execute(sql`
    update webhook_delivery set state = 'dead', last_error = 'not-wanted' where endpoint_id = ${endpointId} and state = 'pending'`);
}

const again = sql`update webhook_delivery set state = 'pending', tries = 0, due_at = tenure_now(), last_status = null, last_error = null`;

/** Has a delivery tried again from the first step; false while it is still being tried. */
export async function replayDelivery(tx: Executor, id: string): Promise<boolean> {
  const rows = await tx.execute(sql`${again} where id = ${id} and state <> 'pending' returning 1`);
  return rows.length > 0;
}

/** The same for an endpoint's dead ones that were written since an instant (ISO 8601); how many there are. */
export async function replayDead(tx: Executor, endpointId: string, since: string): Promise<number> {
  const rows = await tx.execute(sql`
    ${again} where endpoint_id = ${endpointId} and state = 'dead' and created_at >= ${since}::timestamptz returning 1`);
  return rows.length;
}
