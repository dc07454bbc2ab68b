import { sql } from 'drizzle-orm';
import type { Actor } from '../../domain/audit-event.ts';
import type { Executor } from '../client.ts';
import { readActiveCatalog } from './catalog-revision.ts';
import { reviseOwners, takeTurn } from './catalog-write.ts';
import { queueMail } from './mail.ts';

import { openProcessTask, ownerAmong, personNamed } from './task.ts';
import { anyOf } from './texts.ts';

export interface HandoverOrder {
  processId: string;
  /** Who leaves; their leaving is ordered already. */
  personIds: readonly string[];
  actor: Actor;
}

/**
 * Gives what people owned who leave to somebody who stays: resources and open tasks to their manager, else to the person
 * whom the settings name, else to who manages access; whom they managed, to their own manager. The catalog says so in a
 * revision of its own. The new owner is told of each resource by a task that asks to confirm it, and by mail. A second time it
 * finds nothing. For the system alone.
 */
export async function handOver(tx: Executor, order: HandoverOrder): Promise<void> {
  const { catalog } = await readActiveCatalog(tx);
  const owners = await findOwners(tx, order.personIds, catalog.settings.handover);
  const others = new Map<string, number>();
  for (const { id, successor } of owners) {
    const tasks = await tx.execute(
      sql`update task set owner_person_id = ${successor} where owner_person_id = ${id} and closed_at is null returning id`,
    );
    const people = await tx.execute(sql`
      update person r set manager_id = (select case when m.id <> r.id then m.id end from person p
          left join person m on m.id = p.manager_id and m.offboarded_at is null where p.id = ${id})
      where r.manager_id = ${id} returning r.id`);
    others.set(id, tasks.length + people.length);
  }
  const resources = await handOverResources(tx, owners);
  for (const { id, successor } of owners) {
    const told = resources.flatMap((one): (string | null)[] => (one.formerOwnerId === id ? [one.id] : []));
    if (told.length === 0 && (others.get(id) ?? 0) > 0) told.push(null);
    for (const resourceId of told) await tell(tx, order, { formerOwnerId: id, resourceId, successor });
  }
}

/** Last of all that is locked here: whoever writes the catalog waits for nothing of a leaving. */
async function handOverResources(
  tx: Executor,
  owners: readonly { id: string; successor: string; email: string }[],
): Promise<{ id: string; formerOwnerId: string }[]> {
  const owned = await tx.execute(sql`
    select from resource where owner_person_id = ${anyOf(owners.map(({ id }) => id))} limit 1`);
  if (owned.length === 0) return [];
  await takeTurn(tx);
  const handed = await tx.execute<{ id: string; key: string; formerOwnerId: string; email: string }>(sql`
    update resource c set owner_person_id = n.successor
    from jsonb_to_recordset(${JSON.stringify(owners)}::jsonb) as n (id text, successor text, email text)
    where c.owner_person_id = n.id returning c.id, c.key, n.id as "formerOwnerId", n.email`);
  await reviseOwners(tx, new Map(handed.map(({ key, email }) => [key, email])));
  return [...handed];
}

/** Those who own or manage anything, each with who takes it over. */
async function findOwners(
  tx: Executor,
  personIds: readonly string[],
  handover: string | null,
): Promise<{ id: string; successor: string; email: string }[]> {
  const rows = await tx.execute<{ id: string; successor: string; email: string }>(sql`
    select owner.id, successor, s.email from (
      select l.id, ${ownerAmong(sql`l.manager_id`, personNamed(handover))} as successor from person l where l.id = ${anyOf(personIds)}
        and (exists (select 1 from resource c where c.owner_person_id = l.id)
          or exists (select 1 from task t where t.owner_person_id = l.id and t.closed_at is null)
          or exists (select 1 from person r where r.manager_id = l.id))) owner
    join person s on s.id = successor order by owner.id`);
  return [...rows];
}

async function tell(
  tx: Executor,
  { processId, actor }: HandoverOrder,
  what: { formerOwnerId: string; resourceId: string | null; successor: string },
): Promise<void> {
  const { formerOwnerId, resourceId, successor } = what;
  const taskId = await openProcessTask(tx, {
    kind: 'handover',
    processId,
    personId: formerOwnerId,
    resourceId,
    ownerPersonId: successor,
    cause: 'owner-left',
    actor,
  });
  if (taskId === null) return;
  const [to] = await tx.execute<{ organization: string }>(
    sql`select organization_id as organization from person where id = ${successor}`,
  );
  await queueMail(tx, {
    mail: { kind: 'handover', data: { formerOwnerId, resourceId, taskId } },
    toPersonId: successor,
    organizationId: to?.organization ?? '',
    processId,
  });
}
