import { sql } from 'drizzle-orm';
import type { Executor } from '../client.ts';

/** How many approvals a stage of a request has, by the role and the side whose people gave them. */
export interface ApprovedNeed {
  roleKey: string;
  of: 'vendor' | 'customer';
  approvals: number;
}

/** The approvals of a request, stage by stage. */
export async function readApprovedNeeds(db: Executor, requestId: string): Promise<ApprovedNeed[]> {
  const rows = await db.execute<ApprovedNeed & Record<string, unknown>>(sql`
    select r.key as "roleKey", o.kind as "of",
      (select count(*)::int from decision d where d.stage_id = s.id and d.decision = 'approve') as approvals
    from stage s join role r on r.id = s.role_id join organization o on o.id = s.organization_id
    where s.request_id = ${requestId}`);
  return [...rows];
}
