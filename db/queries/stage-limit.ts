import { type SQL, sql } from 'drizzle-orm';

/**
 * When silence lets a request lapse: at the limit of the first of its stages that lacks an approval, and at its own at the latest.
 * Of a request that does not wait any more its own.
 */
export function lapsesAt(request: SQL): SQL {
  return sql`case when ${request}.state = 'waiting' then least(${request}.lapses_at, (select min(ls.lapses_at) from stage ls
    where ls.request_id = ${request}.id and ls.needed > (select count(*) from decision ld
      where ld.stage_id = ls.id and ld.decision = 'approve'))) else ${request}.lapses_at end`;
}
