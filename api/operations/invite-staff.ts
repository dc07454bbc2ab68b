import { hasWayIn } from '../../db/queries/passkey.ts';
import { createProcess, nudgeProcess } from '../../db/queries/process.ts';
import type { ProcessSummary } from '../../db/queries/process-view.ts';
import { openOnboarding } from '../../db/queries/user-process.ts';
import { voidWelcomes } from '../../db/queries/welcome.ts';
import { TenureError } from '../../domain/errors.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import { actorOf, type PersonPrincipal } from '../principal.ts';
import { type IdempotencyKey, transact } from '../transact.ts';
import { colleagueOf } from './change-staff.ts';
import { refuseOwn } from './refuse-own.ts';
import { causeOf, processAnswer } from './user-process.ts';

/**
 * Sends one of the vendor's people a welcome, because they have no way to sign in (any more): their company has no provider and they
 * have no passkey. What they hold stays as it is; a former link opens nothing from now on. Where they manage access, everybody else
 * who does is written to when it goes out.
 * @throws TenureError `not-found` for who is none of the vendor's; `already-ended` for who has left; `self-approval`;
 * `nothing-to-change` for who can sign in, is suspended, or has a welcome on its way
 */
export function inviteStaff(
  deps: ApiDeps,
  caller: PersonPrincipal,
  name: string,
  reason: string,
  idempotency: IdempotencyKey | null,
): Promise<Outside<ProcessSummary>> {
  return transact(deps, caller, idempotency, async (tx) => {
    const { id: personId, organizationId, isSuspended } = await colleagueOf(tx, caller, name);
    refuseOwn(caller, personId, 'invitation');
    if (isSuspended) throw refused('They are suspended: whoever releases fences lets them in again.');
    if (await hasWayIn(tx, { personId, organizationId })) throw refused('They have a way to sign in.');
    const voided = await voidWelcomes(tx, personId);
    const under = await openOnboarding(tx, personId);
    if (under && voided === 0) throw refused('Their welcome is on its way already.');
    const traceparent = deps.trace?.() ?? null;
    const line = under && (await nudgeProcess(tx, under, 'nudge', traceparent));
    if (line) return processAnswer(tx, line.subjectId, [line]);
    const begun = await createProcess(tx, {
      kind: 'onboarding',
      organizationId,
      personId,
      cause: causeOf(caller),
      wish: { what: 'invitation' },
      requestedBy: caller.personId,
      reason,
      actor: actorOf(caller),
      traceparent,
    });
    return processAnswer(tx, begun.id, [begun.line]);
  });
}

function refused(detail: string): TenureError {
  return new TenureError('nothing-to-change', detail);
}
