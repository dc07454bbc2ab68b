import { sql } from 'drizzle-orm';
import type { FeedEvent } from '../../domain/cloud-event.ts';
import type { FeedPlace } from '../../domain/feed.ts';
import type { Executor } from '../client.ts';
import { fixed } from './fixed.ts';
import { iso } from './instant.ts';

/** A `FeedEvent`, of `audit_event a`. */
export const feedColumns =
  fixed(sql`json_build_object('cluster', a.cluster, 'xid', a.xid::text, 'id', a.id) as place, a.type,
  ${iso(sql`a.occurred_at`)} as "occurredAt", json_build_object('kind', a.actor_kind, 'id', a.actor_id) as actor,
  json_build_object('kind', a.subject_kind, 'id', a.subject_id) as subject, a.organization_id as "organizationId",
  a.holder_organization_id as "holderOrganizationId", a.request_id as "requestId", a.grant_id as "grantId",
  a.policy_version as "policyVersion", a.commitment`);

/**
 * The next events after a place, at most `limit`, in the one order in which everybody reads them, whenever they ask: by the
 * transactions that wrote them. What a transaction under way could still write before is not told yet, so that nobody who
 * goes on after the last of them misses any. Row-level security says whose events are seen. Null for a place in a cluster
 * that has written none, or that nothing has come to yet.
 */
export async function readFeed(
  tx: Executor,
  after: FeedPlace | null,
  limit: number,
): Promise<FeedEvent[] | null> {
  const [known] = await tx.execute<{ clusters: string[]; isAhead: boolean }>(sql`
    select tenure_clusters() as clusters, coalesce(${after?.cluster ?? null} = tenure_cluster()
      and ${after?.xid ?? null}::xid8 >= pg_snapshot_xmax(pg_current_snapshot()), false) as "isAhead"`);
  const clusters = known?.clusters ?? [];
  // Nobody was told of what has not begun.
  if (known?.isAhead) return null;
  const first = after ? clusters.indexOf(after.cluster) : 0;
  if (first < 0) return null;
  const events: FeedEvent[] = [];
  for (const cluster of clusters.slice(first)) {
    if (events.length === limit) break;
    const from = after?.cluster === cluster ? after : null;
    events.push(...(await readCluster(tx, cluster, from, limit - events.length)));
  }
  return events;
}

async function readCluster(
  tx: Executor,
  cluster: string,
  after: FeedPlace | null,
  limit: number,
): Promise<FeedEvent[]> {
  // In two parts, because row-level security lets no index answer a comparison of rows.
  const further = after
    ? sql`and a.xid >= ${after.xid}::xid8 and (a.xid > ${after.xid}::xid8 or a.id > ${after.id})`
    : sql``;
  const rows = await tx.execute<FeedEvent & Record<string, unknown>>(sql`
    select ${feedColumns} from audit_event a
    where a.cluster = ${cluster} ${further}
      and (a.cluster <> (select tenure_cluster()) or a.xid < pg_snapshot_xmin(pg_current_snapshot()))
    order by a.xid, a.id limit ${limit}`);
  return [...rows];
}
