import { type SQL, sql } from 'drizzle-orm';
import type { ActorKind, AuditEventType } from '../../domain/audit-event.ts';
import type { Executor } from '../client.ts';
import { requestIs } from './access-request.ts';
import { allOf, iso, type Page, type PageWish, pageOf } from './instant.ts';
import { anyOf } from './texts.ts';

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
  /** A person's id: about them, their access or what they asked for, or done by them where that can be told. */
  person?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
  /** Oldest first, unless `newest`. */
  order?: 'oldest' | 'newest' | undefined;
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

/**
 * The condition that an event is about a person: they are its subject or did it, or hold or asked for the access that it is about.
 * Each way has an index of its own and is looked up by itself, so that the whole history is not read for one of many people.
 */
function concernsPerson(personId: string, narrowed: SQL, page: PageWish, order: SQL): SQL {
  const grants = sql`a.grant_id = any(array(select g.id from access_grant g where g.person_id = ${personId}))`;
  const requests = sql`a.request_id = any(array(select r.id from access_request r where r.person_id = ${personId}))`;
  const own = sql`a.organization_id = (select p.organization_id from person p where p.id = ${personId})
    and (a.subject_id = ${personId} or a.actor_id = ${personId})`;
  return sql`a.id in (select a.id from audit_event a where ${grants} and ${narrowed}
    union all select a.id from audit_event a where ${requests} and ${narrowed}
    union all (select a.id from audit_event a where ${own} and ${narrowed} order by a.id ${order} limit ${page.limit + 1}))`;
}

/** Audit events, oldest first unless the newest are asked for. Row-level security alone says which: the caller reads whole records. */
export async function listAuditEvents(
  tx: Executor,
  filter: AuditEventFilter,
  page: PageWish,
): Promise<Page<AuditEventView>> {
  const { request, grant, type, customer, person, from, to, order } = filter;
  const isNewest = order === 'newest';
  const way = isNewest ? sql`desc` : sql`asc`;
  const conditions = [
    request ? sql`a.request_id = ${request}` : null,
    grant ? sql`a.grant_id = ${grant}` : null,
    type ? sql`a.type = ${type}` : null,
    customer ? sql`(a.organization_id = ${customer} or a.holder_organization_id = ${customer})` : null,
    from ? sql`a.occurred_at >= ${from}` : null,
    to ? sql`a.occurred_at < ${to}` : null,
    page.after ? (isNewest ? sql`a.id < ${page.after}` : sql`a.id > ${page.after}`) : null,
  ];
  const narrowed = allOf(conditions);
  const about = person ? concernsPerson(person, narrowed, page, way) : narrowed;
  const rows = await tx.execute<AuditEventView & Record<string, unknown>>(sql`
    select a.id, a.type, ${iso(sql`a.occurred_at`)} as "occurredAt",
      json_build_object('kind', a.actor_kind, 'id', a.actor_id, 'name', t.actor_name) as actor,
      json_build_object('kind', a.subject_kind, 'id', a.subject_id) as subject, a.organization_id as "organizationId",
      a.holder_organization_id as "holderOrganizationId", a.request_id as "requestId", a.grant_id as "grantId", t.reason,
      a.policy_version as "policyVersion", a.commitment, t.forgotten_at is not null as forgotten
    from audit_event a left join audit_text t on t.event_id = a.id
    where ${about} order by a.id ${way} limit ${page.limit + 1}`);
  return pageOf(rows, page.limit, (event) => event.id);
}

/** What the events' ids stand for, as far as the caller may know it: people, organizations, and what access it was. */
export interface AuditNames {
  /** By id: a person's, an organization's, a resource's. */
  names: Record<string, string>;
  /** By a grant's or a request's id. */
  accesses: Record<
    string,
    { person: string; entitlement: string; resource: string; reference: string | null }
  >;
}

/** Reads the names for a page of events, in one statement. */
export async function readAuditNames(tx: Executor, events: readonly AuditEventView[]): Promise<AuditNames> {
  const ids = anyOf([
    ...new Set(
      events.flatMap((one) => [one.subject.id, ...(one.organizationId === null ? [] : [one.organizationId])]),
    ),
  ]);
  const grants = anyOf(events.flatMap((one) => one.grantId ?? []));
  const requests = anyOf(events.flatMap((one) => one.requestId ?? []));
  const access = sql`json_build_object('person', h.name, 'entitlement', e.name, 'resource', c.name, 'reference', q.reference)`;
  const things = sql`join person h on h.id = x.person_id join entitlement e on e.id = x.entitlement_id join resource c on c.id = x.resource_id`;
  const rows = await tx.execute<{
    names: AuditNames['names'] | null;
    accesses: AuditNames['accesses'] | null;
  }>(sql`
    select (select json_object_agg(n.id, n.name) from (select id, name from person where id = ${ids}
        union all select id, name from organization where id = ${ids} union all select id, name from resource where id = ${ids}) n) as names,
      (select json_object_agg(a.id, a.access) from (
        select x.id, ${access} as access from access_grant x ${things} left join access_request q on q.id = x.request_id where x.id = ${grants}
        union all select x.id, ${access} from access_request x ${things} join access_request q on q.id = x.id where x.id = ${requests}) a) as accesses`);
  return { names: rows[0]?.names ?? {}, accesses: rows[0]?.accesses ?? {} };
}
