import {
  closeTask as close,
  lockTask,
  readTask,
  type TaskStanding,
  type TaskView,
} from '../../db/queries/task.ts';
import { TenureError } from '../../domain/errors.ts';
import { isId } from '../../domain/ids.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import { actorOf, hasDuty, type PersonPrincipal, viewerOf } from '../principal.ts';
import { AuditedRefusal, type IdempotencyKey, transact } from '../transact.ts';
import { notFound } from './refusals.ts';

/**
 * Says that a task is done, and how: whose it is, or who manages access. A process of which this was the last that was left
 * is done with it. What Tenure closes by itself nobody else can.
 */
export function closeTask(
  deps: ApiDeps,
  caller: PersonPrincipal,
  id: string,
  comment: string,
  idempotency: IdempotencyKey | null,
): Promise<Outside<TaskView>> {
  return transact(deps, caller, idempotency, async (tx) => {
    const viewer = viewerOf(caller);
    const task = isId('task', id) ? await lockTask(tx, viewer, id) : null;
    if (!task) throw notFound();
    if (task.ownerPersonId !== caller.personId && !hasDuty(caller, 'manage-access'))
      throw refused(caller, task, 'Whose task it is closes it, or who manages access.');
    if (!task.isClosedByPeople)
      throw refused(caller, task, 'Tenure goes on trying, and closes this task when it is done.');
    if (!task.isOpen) throw new TenureError('already-decided', 'This task is closed.');
    await close(tx, task, { actor: actorOf(caller), comment });
    const answer = await readTask(tx, viewer, id);
    if (!answer) throw notFound();
    return { answer, lines: [] };
  });
}

function refused(caller: PersonPrincipal, task: TaskStanding, detail: string): AuditedRefusal {
  const { id, organizationId, holderOrganizationId, requestId, grantId } = task;
  return new AuditedRefusal(new TenureError('forbidden', detail), {
    type: 'decision.refused',
    actor: actorOf(caller),
    subject: { kind: 'task', id },
    organizationId,
    holderOrganizationId,
    requestId,
    grantId,
    reason: 'closing: forbidden',
  });
}
