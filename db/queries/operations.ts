import { sql } from 'drizzle-orm';
import type { Executor } from '../client.ts';
import { keptByShape } from '../kept.ts';
import { stillWaits } from './fence-close.ts';
import { type GrantView, grantJson } from './grant.ts';
import { iso } from './instant.ts';
import { isStuck } from './process-view.ts';
import { isTroubled } from './webhook.ts';
import {
  idsOf,
  seesGrant,
  seesTask,
  type Sight,
  sightOf,
  type Viewer,
  viewerGiven,
  type ViewerIds,
} from './viewer.ts';

/** What runs by itself and what does not, in figures. Times are milliseconds, instants ISO 8601 UTC. */
export interface OperationsFigures {
  now: string;
  /** Access that is past its end and not confirmed gone, and since when the longest of it. */
  overdue: number;
  overdueSince: string | null;
  /** Open tasks beside those about what is overdue, and how many of them are the viewer's. */
  tasks: number;
  ownTasks: number;
  /** Open fences, and how many changes wait behind them. */
  fences: number;
  fenced: number;
  /** Events that wait for a person, and when the last one of all came. */
  events: number;
  lastEventAt: string | null;
  /** Processes under way whose last try went wrong. */
  stuck: number;
  /** Messages of the last days that could not be sent. */
  mails: number;
  /** The vendor's webhooks that were stopped, or did not take something. */
  webhooks: number;
  /** Elevated access of the last day: from the first try to set it up until it could be used. */
  provisioned: number;
  provisionMs: number | null;
  /** The same for what ended: how long after its end it was confirmed gone. */
  ended: number;
  latenessMs: number | null;
  worstLatenessMs: number | null;
}

/** The least ids that count: of what was made before nobody asks any more. */
export interface Since {
  mail: string;
  event: string;
  grant: string;
}

const overdue = sql`g.state in ('provisioning', 'held') and g.due_at <= tenure_now()`;
// Asked once: the clock's function goes on while a statement runs, so that no index is looked up by it.
const dayAgo = sql`(select tenure_now() - interval '24 hours')`;

/** All figures in one statement; each stands on an index or on a table that stays small. */
export async function readFigures(tx: Executor, viewer: Viewer, since: Since): Promise<OperationsFigures> {
  const rows = await tx.execute<OperationsFigures & Record<string, unknown>>(sql`
    select ${iso(sql`tenure_now()`)} as now, late.count as overdue, ${iso(sql`late.since`)} as "overdueSince",
      task.count as tasks, task.own as "ownTasks", fence.count as fences, fence.items as fenced,
      (select count(*)::int from inbound_event e where e.state = 'waiting')
        + (select count(*)::int from inbound_event e where e.id >= ${since.event} and e.state = 'conflicting') as events,
      (select ${iso(sql`e.received_at`)} from inbound_event e order by e.id desc limit 1) as "lastEventAt",
      (select count(*)::int from process s where ${isStuck}) as stuck,
      (select count(*)::int from mail m where m.id >= ${since.mail} and m.state = 'failed') as mails,
      (select count(*)::int from webhook_endpoint w where ${isTroubled}) as webhooks,
      begun.count as provisioned, begun.ms as "provisionMs", ended.count as ended, ended.p99 as "latenessMs", ended.worst as "worstLatenessMs"
    from (select count(*)::int as count, min(g.due_at) as since from access_grant g where ${overdue} and ${seesGrant(viewer, sql`g`)}) late,
      (select count(*)::int as count, count(*) filter (where t.owner_person_id = ${viewer.personId})::int as own
        from task t where t.closed_at is null and t.kind <> 'overdue' and ${seesTask(viewer, sql`t`)}) task,
      (select count(distinct f.id)::int as count, count(i.id)::int as items
        from fence f left join fence_item i on i.fence_id = f.id and ${stillWaits(sql`i`)} where f.closed_at is null) fence,
      (select count(*)::int as count, percentile_cont(0.95) within group (order by extract(epoch from g.begun_at - coalesce(r.tried_at, g."from")) * 1000)::float8 as ms
        from access_grant g join access_request r on r.id = g.request_id
        where g.id >= ${since.grant} and g.begun_at > ${dayAgo} and ${seesGrant(viewer, sql`g`)}) begun,
      (select count(*)::int as count, percentile_cont(0.99) within group (order by e.ms)::float8 as p99, max(e.ms)::float8 as worst
        from (select greatest(extract(epoch from g.ended_at - g.due_at) * 1000, 0) as ms
          from organization o cross join lateral (select * from access_grant g
            where g.organization_id = o.id and g.ended_at > ${dayAgo} and g.begun_at is not null offset 0) g
          where ${seesGrant(viewer, sql`g`)}) e) ended`);
  const [row] = rows;
  if (!row) throw new TypeError('A statement without its row.');
  return row;
}

/** Access that is past its end, what has been so for longest first. */
export async function listLongestOverdue(tx: Executor, viewer: Viewer, limit: number): Promise<GrantView[]> {
  const rows = await tx.execute<{ grant: GrantView }>(sql`
    select ${grantJson} as grant from access_grant g where ${overdue} and ${seesGrant(viewer, sql`g`)}
    order by g.due_at, g.id limit ${limit}`);
  return rows.map((row) => row.grant);
}

/** How much needs a hand, for whoever finds their way there: what is past its end, tasks, fences and, with `managing`, events. */
export async function countStuck(tx: Executor, viewer: Viewer, since: Since): Promise<number> {
  const { event, mail } = since;
  const rows = await stuck(tx, sightOf(viewer), { ...idsOf(viewer), event, mail });
  return rows[0]?.count ?? 0;
}

const stuck = keptByShape<{ count: number }, keyof ViewerIds | 'event' | 'mail', Sight>(
  (given, sight) => sql`
    select ((select count(*) from access_grant g where ${overdue})
      + (select count(*) from task t where t.closed_at is null and t.kind <> 'overdue' and ${seesTask(viewerGiven(sight, given), sql`t`)})
      + (select count(*) from fence f where f.closed_at is null)
      + ${
        sight.manages
          ? sql`(select count(*) from inbound_event e where e.state = 'waiting')
        + (select count(*) from inbound_event e where e.id >= ${given('event')} and e.state = 'conflicting')
        + (select count(*) from mail m where m.id >= ${given('mail')} and m.state = 'failed')
        + (select count(*) from webhook_endpoint w where ${isTroubled})`
          : sql`0`
      }
      + (select count(*) from process s where ${isStuck}))::int as count`,
);
