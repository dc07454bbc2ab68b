import { sql } from 'drizzle-orm';
import { fenceLimit } from '../../domain/fence.ts';
import { periodMsOrThrow } from '../../domain/period.ts';
import type { Executor } from '../client.ts';
import { readFenceLimit } from './catalog-revision.ts';
import { anyOf } from './texts.ts';

/** How many of some changes a people fence would let go on at once, and how many would wait for a second person. */
export interface FenceOutlook {
  through: number;
  waiting: number;
  /** So many distinct people at once, those of the window among them. */
  limit: number;
}

/**
 * What a people fence would hold of an import or an edit if it began now: for so many people of each tenant, by its
 * organization's id. Nothing is written and nobody waits. New people are not counted, but for those who would decide or do
 * something in Tenure itself. A tenant that is not there yet has nobody but these.
 */
export async function fenceOutlooks(
  tx: Executor,
  people: ReadonlyMap<string, number>,
): Promise<Map<string, FenceOutlook>> {
  const limits = await readFenceLimit(tx, 'people');
  const rows = await tx.execute<{ id: string; size: number; passed: number }>(sql`
    select o.id, (select count(*)::int from person p where p.organization_id = o.id and p.offboarded_at is null) as size,
      (select count(*)::int from fence_passage f where f.kind = 'people' and f.subject = o.id
        and f.passed_at > tenure_now() - ${periodMsOrThrow(limits.window)} * interval '1 millisecond') as passed
    from organization o where o.id = ${anyOf([...people.keys()])}`);
  const standings = new Map(rows.map((row) => [row.id, row]));
  const outlooks = [...people].map(([id, count]) => {
    const { size, passed } = standings.get(id) ?? { size: count, passed: 0 };
    const limit = fenceLimit(limits, size);
    const waiting = Math.max(0, count - Math.max(0, limit - passed));
    return [id, { through: count - waiting, waiting, limit }] as const;
  });
  return new Map(outlooks);
}
