import { sql } from 'drizzle-orm';
import type { Ending, GrantOrigin } from '../../domain/grant.ts';
import type { Executor } from '../client.ts';
import { entitlementJson, resourceJson } from './catalog.ts';
import { hadAccessDuring, type RenewalView, renewalsJson } from './grant.ts';
import { iso, type Page, type PageWish, pageOf } from './instant.ts';
import { type KeyedView, organizationJson } from './organization.ts';
import { type PersonView, personJson } from './person.ts';
import { fixed } from './fixed.ts';

/** One access in a customer's report: who, what, why, when and who approved it. */
export interface AccessReportItem {
  grantId: string;
  requestId: string | null;
  origin: GrantOrigin;
  /** Of standing access: the process that gave it, and the roles that it came by. */
  processId: string | null;
  because: string[] | null;
  renewals: RenewalView[];
  reference: string | null;
  person: PersonView;
  resource: KeyedView;
  entitlement: KeyedView;
  justification: string | null;
  ticket: string | null;
  askedAt: string | null;
  from: string;
  until: string;
  endedAt: string | null;
  endedBy: Ending | null;
  /** Who ended it, and what they said; null where nobody did, or it is open. */
  endedByPerson: PersonView | null;
  endReason: string | null;
  approvedBy: {
    person: PersonView;
    organization: KeyedView;
    stage: string;
    decidedAt: string;
    comment: string | null;
  }[];
  policyVersion: string;
  /** Policy marked the access as reported; it stands in the records. */
  reported: boolean;
}

/** The customer that a report is about, and the moment it was made. */
export interface ReportHead {
  organization: KeyedView;
  generatedAt: string;
}

/** Reads whom the report is about; null when there is no such customer that the caller may know. */
export async function readReportHead(tx: Executor, customerId: string): Promise<ReportHead | null> {
  const rows = await tx.execute<ReportHead & Record<string, unknown>>(sql`
    select json_build_object('id', o.id, 'key', o.key, 'name', o.name) as organization, ${iso(sql`tenure_now()`)} as "generatedAt"
    from organization o where o.id = ${customerId} and o.kind = 'customer'`);
  return rows[0] ?? null;
}

// The requests are named first and the decisions found by them: with an `or` between the two kinds of request no index
// serves, and every decision there ever was would be read for each line.
const approvedBy =
  fixed(sql`(select coalesce(json_agg(json_build_object('person', ${personJson(sql`d.person_id`)},
  'organization', ${organizationJson(sql`s.organization_id`)}, 'stage', s.name, 'decidedAt', ${iso(sql`d.decided_at`)},
  'comment', d.comment) order by d.id), '[]')
  from (select g.request_id union all select x.request_id from extension x where x.grant_id = g.id and x.done_at is not null) asked
  join decision d on d.request_id = asked.request_id and d.decision = 'approve' join stage s on s.id = d.stage_id)`);

/** What an {@link AccessReportItem} has, of a grant `g` and the request `r` it came from. */
export const reportColumns =
  fixed(sql`g.id as "grantId", g.request_id as "requestId", g.origin, g.process_id as "processId", g.because,
      ${renewalsJson} as renewals, r.reference, ${personJson(sql`g.person_id`)} as person,
      ${resourceJson(sql`g.resource_id`)} as resource, ${entitlementJson(sql`g.entitlement_id`)} as entitlement,
      r.justification, r.ticket, ${iso(sql`r.asked_at`)} as "askedAt", ${iso(sql`g."from"`)} as "from", ${iso(sql`g.until`)} as until,
      ${iso(sql`g.ended_at`)} as "endedAt", g.ended_by as "endedBy", ${approvedBy} as "approvedBy", g.policy_version as "policyVersion",
      coalesce(r.reported, false) as reported,
      case when g.ended_by is not null and g.end_ordered_by is not null then ${personJson(sql`g.end_ordered_by`)} end as "endedByPerson",
      case when g.ended_by is not null then (select en.reason from ending en where en.grant_id = g.id and en.kind = g.ended_by
        order by en.id limit 1) end as "endReason"`);

/** Every access to a customer's data that existed at any moment of [from, to), newest first; by all, or by one organization's people. */
export async function listReportItems(
  tx: Executor,
  customerId: string,
  during: { from: string; to: string },
  page: PageWish,
  holderId: string | null = null,
): Promise<Page<AccessReportItem>> {
  const held = holderId === null ? sql`true` : sql`g.holder_organization_id = ${holderId}`;
  const rows = await tx.execute<AccessReportItem & Record<string, unknown>>(sql`
    select ${reportColumns}
    from (select * from access_grant g where g.organization_id = ${customerId} and ${hadAccessDuring(during, customerId)}
      and ${held} and ${page.after ? sql`g.id < ${page.after}` : sql`true`} order by g.id desc limit ${page.limit + 1}) g
    left join access_request r on r.id = g.request_id order by g.id desc`);
  return pageOf(rows, page.limit, (item) => item.grantId);
}
