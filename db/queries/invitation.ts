import { sql } from 'drizzle-orm';
import type { Executor } from '../client.ts';
import { queueMail } from './mail.ts';
import { heldNow } from './person.ts';

/**
 * Tells everybody else who manages access at the vendor that somebody who does was sent a way in, in the transaction that makes the
 * welcome. Of whoever manages nothing nobody is told.
 */
export async function tellOfInvitation(
  tx: Executor,
  about: { personId: string; organizationId: string; processId: string },
): Promise<void> {
  const { personId, organizationId, processId } = about;
  const managers = sql`select h.person_id from person_role h join role r on r.id = h.role_id and 'manage-access' = any (r.duties)
    where h.organization_id = ${organizationId} and ${heldNow(sql`h`)}`;
  const told = await tx.execute<{ id: string }>(sql`
    select p.id from person p join organization o on o.id = p.organization_id and o.kind = 'vendor'
    where p.id in (${managers}) and p.id <> ${personId} and p.offboarded_at is null and ${personId} in (${managers}) order by p.id`);
  for (const { id: toPersonId } of told)
    await queueMail(tx, {
      mail: { kind: 'colleague-invited', data: { personId } },
      toPersonId,
      organizationId,
      processId,
    });
}
