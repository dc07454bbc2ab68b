import { sql } from 'drizzle-orm';
import { actors } from '../../domain/audit-event.ts';
import { appendAudit, appendAudits } from '../audit.ts';
import type { Executor } from '../client.ts';
import { queueMail } from './mail.ts';
import { aboutPeople, stopAccess } from './offboarding.ts';
import { isInvitation, lockProcess, moveProcess, type ProcessView } from './process.ts';
import { readPeopleStanding } from './process-settle.ts';
import { takeRoles } from './standing-undo.ts';
import { openProcessTask } from './task.ts';
import { withdrawWelcomes } from './welcome.ts';
import { anyOf } from './texts.ts';

/**
 * An onboarding has failed for good: whoever it was about is no user any more, from this moment, and what they were given is
 * taken back page by page. Its owner is told. The customer itself stays: its contract stands.
 */
export async function beginUndo(
  tx: Executor,
  process: ProcessView,
  why: string | null = null,
): Promise<void> {
  const cause = why ?? (await readPeopleStanding(tx, process.id, 'giving')).error ?? 'internal-error';
  if (!(await moveProcess(tx, process.id, ['running'], 'undoing', { lastError: cause }))) return;
  await endMemberships(tx, process);
  const taskId = await openProcessTask(tx, {
    kind: 'onboarding',
    processId: process.id,
    cause,
    actor: actors.engine,
  });
  const [task] = await tx.execute<{ owner: string }>(
    sql`select owner_person_id as owner from task where id = ${taskId}`,
  );
  if (!task) return;
  await queueMail(tx, {
    mail: { kind: 'onboarding-failed', data: { cause } },
    toPersonId: task.owner,
    organizationId: process.organizationId,
    processId: process.id,
  });
}

/**
 * The workflow of a process was cancelled in Temporal, which is written down. What begins people's access comes to nothing: it is
 * discarded before it began, undone after; once everybody has what they shall hold, only the waiting for their
 * confirmations ends. Whom it only invites once more stays what they are. What changes or ends access goes on: nobody keeps anything because somebody cancelled.
 */
export function recordCancellation(db: Executor, processId: string): Promise<void> {
  return db.transaction(async (tx) => {
    const process = await lockProcess(tx, processId);
    if (!process) return;
    const { state, kind, organizationId } = process;
    if (state === 'done' || state === 'residue' || state === 'failed' || state === 'discarded') return;
    await appendAudit(tx, {
      type: 'process.cancelled',
      actor: actors.engine,
      subject: { kind: 'process', id: processId },
      organizationId,
      holderOrganizationId: organizationId,
    });
    if (kind !== 'onboarding') return;
    const isOnlyInviting = isInvitation(process);
    if (state === 'running' && !isOnlyInviting) await beginUndo(tx, process, 'cancelled');
    if (state === 'confirming') await moveProcess(tx, processId, ['confirming'], 'done');
    const unbegun = ['waiting', 'fenced', ...(isOnlyInviting ? (['running'] as const) : [])] as const;
    if (await moveProcess(tx, processId, unbegun, 'discarded', { lastError: 'cancelled' }))
      if (!isOnlyInviting) await endMemberships(tx, process);
  });
}

/**
 * Those whom an onboarding made users are none any more, and their links open nothing. What they hold beside it, from another
 * time here or another process, ends with it; what it gave them itself is taken back by its own pages.
 */
async function endMemberships(tx: Executor, { id, personId }: ProcessView): Promise<void> {
  const people = await tx.execute<{ id: string }>(sql`
    select p.id from person p where p.id = ${personId}
      or p.id in (select person_id from process_person where process_id = ${id} and state <> 'skipped')
    order by p.id for no key update`);
  const ids = anyOf(people.map((one) => one.id));
  const ended = await tx.execute<{ id: string; organization: string }>(sql`
    update membership set until = greatest("from", tenure_now()) where person_id = ${ids} and until is null
    returning person_id as id, organization_id as organization`);
  await appendAudits(tx, aboutPeople(ended, 'membership.ended', actors.engine, 'rollback'));
  const formerIds = ended.map((one) => one.id);
  await appendAudits(tx, await takeRoles(tx, id, formerIds));
  const former = anyOf(formerIds);
  await stopAccess(
    tx,
    { processId: id, actor: actors.engine, why: 'removal', traceparent: null },
    {
      requests: sql`(person_id = ${former} or requested_by = ${former})`,
      grants: sql`person_id = ${former} and process_id is distinct from ${id}`,
    },
  );
  await withdrawWelcomes(
    tx,
    people.map((one) => one.id),
    null,
  );
}
