import { type SQL, sql } from 'drizzle-orm';
import {
  activityKindNames,
  activityKinds,
  type ActivityKind,
  type ActivityType,
} from '../../domain/activity.ts';
import type { ActorKind } from '../../domain/audit-event.ts';
import type { Executor } from '../client.ts';
import { allOf, iso, type Page, type PageWish, pageOf } from './instant.ts';
import { anyOf } from './texts.ts';

/** Something that happened in a customer's space, with the names that a reader needs. Those that were forgotten are null. */
export interface ActivityView {
  id: string;
  type: ActivityType;
  occurredAt: string;
  actor: { kind: ActorKind; id: string; name: string | null };
  /** The organization of the person who did it; null where nobody did, and of who is not known any more. */
  actorOrganization: string | null;
  /** Whom or what it is about: a person's name, a domain, a provider's name; null where it has none. */
  about: { kind: string; id: string; name: string | null };
  /** The person it is about, where it is one or theirs. */
  person: { id: string; name: string } | null;
  /** What access it is about, `operate on Acme’s environment`, where it is about any. */
  access: { entitlement: string; resource: string; reference: string | null } | null;
  reason: string | null;
}

export interface ActivityFilter {
  customer: string;
  /** A person's id: who did it, or whom it is about. */
  person?: string | undefined;
  kind?: ActivityKind | undefined;
}

/** Newest first. Row security shows nothing of other customers. */
export async function listActivity(
  tx: Executor,
  filter: ActivityFilter,
  page: PageWish,
): Promise<Page<ActivityView>> {
  const { customer, person, kind } = filter;
  const types = kind ? activityKinds[kind] : activityKindNames.flatMap((one) => [...activityKinds[one]]);
  const conditions = [
    sql`a.type = ${anyOf(types)}`,
    page.after ? sql`a.id < ${page.after}` : null,
    person ? sql`(a.actor_id = ${person} or ${personOf} = ${person})` : null,
  ];
  // Each half has its own index.
  const newest = (whose: SQL) =>
    sql`(select a.* from audit_event a where ${whose} and ${allOf(conditions)} order by a.id desc limit ${page.limit + 1})`;
  const rows = await tx.execute<ActivityView & Record<string, unknown>>(sql`
    select e.id, e.type, ${iso(sql`e.occurred_at`)} as "occurredAt",
      json_build_object('kind', e.actor_kind, 'id', e.actor_id, 'name', t.actor_name) as actor,
      (select o.name from person p join organization o on o.id = p.organization_id where p.id = e.actor_id) as "actorOrganization",
      json_build_object('kind', e.subject_kind, 'id', e.subject_id, 'name', case e.subject_kind
        when 'person' then (select p.name from person p where p.id = e.subject_id)
        when 'sign_in_provider' then (select i.name from sign_in_provider i where i.id = e.subject_id)
        when 'sign_in_domain' then (select d.domain from sign_in_domain d where d.id = e.subject_id)
        when 'session' then (select s.browser from session s where s.id = e.subject_id) end) as about,
      (select json_build_object('id', p.id, 'name', p.name) from person p where p.id = e.whom) as person,
      (select json_build_object('entitlement', n.name, 'resource', r.name, 'reference', q.reference)
        from access_request q join entitlement n on n.id = q.entitlement_id join resource r on r.id = q.resource_id
        where q.id = e.request_id) as access,
      t.reason
    from (select a.*, ${personOf} as whom from (${newest(sql`a.organization_id = ${customer}`)} union all ${newest(sql`a.holder_organization_id = ${customer}
        and a.holder_organization_id is distinct from a.organization_id`)}) a order by a.id desc limit ${page.limit + 1}) e
      left join audit_text t on t.event_id = e.id order by e.id desc`);
  return pageOf([...rows], page.limit, ({ id }) => id);
}

/** Whom an event `a` is about. */
const personOf = sql`case a.subject_kind when 'person' then a.subject_id
  when 'session' then (select s.person_id from session s where s.id = a.subject_id)
  when 'welcome' then (select w.person_id from welcome w where w.id = a.subject_id)
  else (select q.person_id from access_request q where q.id = a.request_id) end`;
