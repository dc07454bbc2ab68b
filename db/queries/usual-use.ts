import { sql } from 'drizzle-orm';
import type { Executor } from '../client.ts';

/** How a person has used the same access before, and what it reaches: what whoever decides wants to know. */
export interface UsualUse {
  title: string | null;
  classification: string;
  region: string;
  /** How often they held the same entitlement, for the same customer, in the last 90 days. */
  times: number;
  /** How long on average, in milliseconds; null when never. */
  averageMs: number | null;
  /** How often it was gone more than ten seconds late. */
  late: number;
}

/** Reads it for a request's person, resource and entitlement; null when there is no such request that the caller may see. */
export async function readUsualUse(tx: Executor, requestId: string): Promise<UsualUse | null> {
  const rows = await tx.execute<UsualUse & Record<string, unknown>>(sql`
    select p.title, c.classification, c.region, count(g.id)::int as times,
      (extract(epoch from avg(g.ended_at - g."from")) * 1000)::float8 as "averageMs",
      count(g.id) filter (where g.ended_at > g.due_at + interval '10 seconds')::int as late
    from access_request r join person p on p.id = r.person_id join resource c on c.id = r.resource_id
    left join access_grant g on g.person_id = r.person_id and g.entitlement_id = r.entitlement_id
      and g.organization_id = r.organization_id and g.begun_at is not null and g.ended_at is not null
      and g."from" > tenure_now() - interval '90 days'
    where r.id = ${requestId} group by p.title, c.classification, c.region`);
  return rows[0] ?? null;
}
