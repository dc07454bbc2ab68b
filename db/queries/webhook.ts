import { sql } from 'drizzle-orm';
import type { AuditEventType } from '../../domain/audit-event.ts';
import { type CloudEventType, cloudEventType } from '../../domain/cloud-event.ts';
import type { StreamStanding, SubjectFormat } from '../../domain/security-event.ts';
import type { DisabledFor, WebhookState } from '../../domain/webhook.ts';
import type { Executor } from '../client.ts';
import { fixed } from './fixed.ts';
import { iso } from './instant.ts';
import { type KeyedView, organizationJson } from './organization.ts';
import { type PersonView, personJson } from './person.ts';

/** Where events are sent, as those see it who manage it; never a secret. Instants are ISO 8601 UTC. */
export interface WebhookView {
  id: string;
  organization: KeyedView;
  url: string;
  description: string;
  /** None: all. */
  types: CloudEventType[];
  /** Null for whoever is sent events as they are in the feed. */
  securityEvents:
    | ({ audience: string; subjectFormat: SubjectFormat; hasAuthorization: boolean } & Pick<
        StreamStanding,
        'askedStatus'
      >)
    | null;
  state: WebhookState;
  disabledFor: DisabledFor | null;
  /** Since when nothing was taken; null while what was tried last was. */
  failingSince: string | null;
  pending: number;
  dead: number;
  /** Until when is signed with the former secret, too; null when there is none. */
  formerSecretUntil: string | null;
  madeBy: PersonView;
  createdAt: string;
}

// Counted to a thousand: whoever has more than that needs no figure.
const view =
  fixed(sql`w.id, ${organizationJson(sql`w.organization_id`)} as organization, w.url, w.description, w.types as "auditTypes",
  case when w.audience is not null then json_build_object('audience', w.audience, 'subjectFormat', w.subject_format,
    'hasAuthorization', w.sealed_authorization is not null, 'askedStatus', w.asked_status) end as "securityEvents", w.state,
  w.disabled_for as "disabledFor", ${iso(sql`w.failing_since`)} as "failingSince",
  (select count(*)::int from (select 1 from webhook_delivery d where d.endpoint_id = w.id and d.state = 'pending' limit 1000) p) as pending,
  (select count(*)::int from (select 1 from webhook_delivery d where d.endpoint_id = w.id and d.state = 'dead' limit 1000) p) as dead,
  case when w.former_until > tenure_now() then ${iso(sql`w.former_until`)} end as "formerSecretUntil",
  ${personJson(sql`w.made_by`)} as "madeBy", ${iso(sql`w.created_at`)} as "createdAt"
  from webhook_endpoint w`);

type Row = Omit<WebhookView, 'types'> & { auditTypes: AuditEventType[] };

function shown({ auditTypes, ...row }: Row): WebhookView {
  return { ...row, types: auditTypes.map(cloudEventType) };
}

/** All that the scope may see, or one organization's, but those that were removed: newest first. An organization has a handful. */
export async function listWebhooks(tx: Executor, organizationId: string | null): Promise<WebhookView[]> {
  const whose = organizationId === null ? sql`` : sql`and w.organization_id = ${organizationId}`;
  const rows = await tx.execute<Row & Record<string, unknown>>(
    sql`select ${view} where w.state <> 'removed' ${whose} order by w.id desc limit 500`,
  );
  return [...rows].map(shown);
}

/**
 * The vendor's own that somebody must look at: they were stopped by themselves, or there is something that they did not take. A
 * customer's are its own people's to look at.
 */
export const isTroubled =
  fixed(sql`w.organization_id = tenure_vendor() and (w.state = 'disabled' or w.state <> 'removed'
  and exists (select 1 from webhook_delivery d where d.endpoint_id = w.id and d.state = 'dead'))`);

/** These, what was made first on top. */
export async function listTroubledWebhooks(tx: Executor, limit: number): Promise<WebhookView[]> {
  const rows = await tx.execute<Row & Record<string, unknown>>(
    sql`select ${view} where ${isTroubled} order by w.id limit ${limit}`,
  );
  return [...rows].map(shown);
}

/** One of them; null when there is none that the scope may know, or it was removed. */
export async function readWebhook(tx: Executor, id: string): Promise<WebhookView | null> {
  const rows = await tx.execute<Row & Record<string, unknown>>(
    sql`select ${view} where w.id = ${id} and w.state <> 'removed'`,
  );
  const [found] = rows;
  return found ? shown(found) : null;
}

/** The same, locked against whoever changes it at once. */
export async function lockWebhook(tx: Executor, id: string): Promise<WebhookView | null> {
  await tx.execute(sql`select 1 from webhook_endpoint where id = ${id} for no key update`);
  return readWebhook(tx, id);
}

/**
 * Writes an endpoint. It is sent what happens from now on.
 * @throws TN020 for who may not have these events sent, TN051 for a twenty-first
 */
export async function insertWebhook(
  tx: Executor,
  wish: {
    id: string;
    organizationId: string;
    url: string;
    description: string;
    types: readonly AuditEventType[];
    sealedSecret: string | null;
    /** Of a stream, as its receiver's token is known. */
    tokenHash: string | null;
    stream: { audience: string; subjectFormat: SubjectFormat; sealedAuthorization: string | null } | null;
    madeBy: string;
  },
): Promise<void> {
  await tx.execute(sql`
    insert into webhook_endpoint (id, organization_id, url, description, types, sealed_secret, audience, subject_format, sealed_authorization, token_hash, made_by)
    select ${wish.id}, ${wish.organizationId}, ${wish.url}, ${wish.description},
      array(select jsonb_array_elements_text(${JSON.stringify(wish.types)}::jsonb)), ${wish.sealedSecret}::text,
      ${wish.stream?.audience ?? null}::text, ${wish.stream?.subjectFormat ?? null}::text, ${wish.stream?.sealedAuthorization ?? null}::text,
      ${wish.tokenHash}::text, ${wish.madeBy}`);
}

/** Pauses an endpoint, lets it go on, or removes it. What waits keeps waiting. @throws TN052 when it was removed meanwhile */
export async function setWebhookState(
  tx: Executor,
  id: string,
  state: 'live' | 'paused' | 'removed',
): Promise<void> {
  await tx.execute(sql`
    update webhook_endpoint set state = ${state}, disabled_for = null,
      failing_since = case when ${state} = 'live' then null else failing_since end where id = ${id}`);
}

/** Signs with another secret from now on, and with the one before for so long. */
export async function replaceWebhookSecret(
  tx: Executor,
  id: string,
  sealedSecret: string,
  formerForMs: number,
): Promise<void> {
  const keeps = formerForMs > 0;
  await tx.execute(sql`
    update webhook_endpoint set sealed_secret = ${sealedSecret},
      former_sealed_secret = case when ${keeps} then sealed_secret end,
      former_until = case when ${keeps} then tenure_now() + ${formerForMs} * interval '1 millisecond' end
    where id = ${id}`);
}

/** Has a stream's receiver manage it with another token from now on, and with the one before for so long. */
export async function replaceStreamToken(
  tx: Executor,
  id: string,
  tokenHash: string,
  formerForMs: number,
): Promise<void> {
  await tx.execute(sql`
    update webhook_endpoint set token_hash = ${tokenHash},
      former_token_hash = case when ${formerForMs}::bigint > 0 then token_hash end,
      former_until = case when ${formerForMs}::bigint > 0 and token_hash is not null then tenure_now() + ${formerForMs} * interval '1 millisecond' end
    where id = ${id}`);
}
