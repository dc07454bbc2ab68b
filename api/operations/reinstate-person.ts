import { orderReturn } from '../../db/queries/coming-back.ts';
import { createProcess } from '../../db/queries/process.ts';
import type { ProcessSummary } from '../../db/queries/process-view.ts';
import { lockPerson } from '../../db/queries/user.ts';
import { TenureError } from '../../domain/errors.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import { actorOf, type PersonPrincipal } from '../principal.ts';
import { type IdempotencyKey, transact } from '../transact.ts';
import { refuseOwn } from './refuse-own.ts';
import { notFound } from './refusals.ts';
import { causeOf, processAnswer } from './user-process.ts';

/**
 * One of the vendor's people who has left is here again, e.g. because they left by mistake. They may sign in at once and begin
 * clean: no role, grant or approval of before comes back, and what they owned stays where it was handed over to. An
 * offboarding of theirs that is still at work lets them be.
 * @throws TenureError `not-found` for who is none of the vendor's; `nothing-to-change` for who has not left: whom a fence has
 * suspended only who releases fences lets go
 */
export function reinstatePerson(
  deps: ApiDeps,
  caller: PersonPrincipal,
  name: string,
  reason: string,
  idempotency: IdempotencyKey | null,
): Promise<Outside<ProcessSummary>> {
  return transact(deps, caller, idempotency, async (tx) => {
    const person = await lockPerson(tx, name);
    if (person?.organizationId !== caller.organization.id) throw notFound();
    const { id: personId, organizationId } = person;
    refuseOwn(caller, personId, 'reinstatement');
    if (!person.hasLeft) throw new TenureError('nothing-to-change', 'They have not left.');
    const actor = actorOf(caller);
    await orderReturn(tx, { personIds: [personId], actor, reason, roles: 'none' });
    const { id, line } = await createProcess(tx, {
      kind: 'onboarding',
      organizationId,
      personId,
      cause: causeOf(caller),
      // Colleagues sign in with the company's own accounts: nobody is sent a link.
      wish: { welcome: false },
      requestedBy: caller.personId,
      reason,
      actor,
      traceparent: deps.trace?.() ?? null,
    });
    return processAnswer(tx, id, [line]);
  });
}
