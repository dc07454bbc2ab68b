import { sql } from 'drizzle-orm';
import { fenceLimit } from '../../domain/fence.ts';
import { periodMsOrThrow } from '../../domain/period.ts';
import type { Executor } from '../client.ts';
import { readFenceLimit } from './catalog-revision.ts';

/** How many of a customer's people its directory has had leave lately. */
export interface ScimLeaving {
  count: number;
  /** How many a fence of people would let through in the same time. */
  limit: number;
  /** ISO 8601 duration that is looked back. */
  window: string;
}

/**
 * Who left by the directory's word in the window of the fence of people, held against what that fence lets through. The caller holds
 * the customer, so that its leavings are counted one after another.
 */
export async function readScimLeaving(tx: Executor, organizationId: string): Promise<ScimLeaving> {
  const limits = await readFenceLimit(tx, 'people');
  const since = sql`tenure_now() - ${periodMsOrThrow(limits.window)} * interval '1 millisecond'`;
  const rows = await tx.execute<{ count: number; staying: number }>(sql`
    select (select count(distinct s.person_id)::int from process s where s.organization_id = ${organizationId} and s.kind = 'offboarding'
        and starts_with(s.source, 'stk_') and s.created_at > ${since}) as count,
      (select count(*)::int from person p where p.organization_id = ${organizationId} and p.offboarded_at is null) as staying`);
  const { count = 0, staying = 0 } = rows[0] ?? {};
  // Of those who were there before the first of them left.
  return { count, limit: fenceLimit(limits, staying + count), window: limits.window };
}
