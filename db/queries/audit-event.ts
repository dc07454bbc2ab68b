import { sql } from 'drizzle-orm';
import type { ActorKind, AuditEventType } from '../../domain/audit-event.ts';
import type { Executor } from '../client.ts';
import { requestIs } from './access-request.ts';
import { allOf, iso, type Page, type PageWish, pageOf } from './instant.ts';

/** An audit event with what still lies beside it. Names and reasons that were forgotten are null. */
export interface AuditEventView {
  id: string;
  type: AuditEventType;
  occurredAt: string;
  actor: { kind: ActorKind; id: string; name: string | null };
  subject: { kind: string; id: string };
  organizationId: string | null;
  holderOrganizationId: string | null;
  requestId: string | null;
  grantId: string | null;
  reason: string | null;
  policyVersion: string | null;
  commitment: string;
  forgotten: boolean;
}

export interface AuditEventFilter {
  /** A request's id. */
  request?: string | undefined;
  grant?: string | undefined;
  type?: AuditEventType | undefined;
  /** A customer's id: its data, or its people. */
  customer?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
}

/** The ids behind what audit events are asked about; null where there is no such thing that the caller may know. */
export async function resolveAuditSubjects(
  tx: Executor,
  named: { request?: string | undefined; grant?: string | undefined },
): Promise<{ request: string | null; grant: string | null }> {
  const rows = await tx.execute<{ request: string | null; grant: string | null }>(sql`
    select (select r.id from access_request r where ${requestIs(named.request ?? '')}) as request,
      (select g.id from access_grant g where g.id = ${named.grant ?? ''}) as grant`);
  return rows[0] ?? { request: null, grant: null };
}

/** Audit events, oldest first. Row-level security alone says which: the caller reads whole records. */
export async function listAuditEvents(
  tx: Executor,
  filter: AuditEventFilter,
  page: PageWish,
): Promise<Page<AuditEventView>> {
  const { request, grant, type, customer, from, to } = filter;
  const conditions = [
    request ? sql`a.request_id = ${request}` : null,
    grant ? sql`a.grant_id = ${grant}` : null,
    type ? sql`a.type = ${type}` : null,
    customer ? sql`(a.organization_id = ${customer} or a.holder_organization_id = ${customer})` : null,
    from ? sql`a.occurred_at >= ${from}` : null,
    to ? sql`a.occurred_at < ${to}` : null,
    page.after ? sql`a.id > ${page.after}` : null,
  ];
  const rows = await tx.execute<AuditEventView & Record<string, unknown>>(sql`
    select a.id, a.type, ${iso(sql`a.occurred_at`)} as "occurredAt",
      json_build_object('kind', a.actor_kind, 'id', a.actor_id, 'name', t.actor_name) as actor,
      json_build_object('kind', a.subject_kind, 'id', a.subject_id) as subject, a.organization_id as "organizationId",
      a.holder_organization_id as "holderOrganizationId", a.request_id as "requestId", a.grant_id as "grantId", t.reason,
      a.policy_version as "policyVersion", a.commitment, t.forgotten_at is not null as forgotten
    from audit_event a left join audit_text t on t.event_id = a.id
    where ${allOf(conditions)} order by a.id limit ${page.limit + 1}`);
  return pageOf(rows, page.limit, (event) => event.id);
}
