import { readUser } from '../../db/queries/customer.ts';
import { hasWayIn } from '../../db/queries/passkey.ts';
import { nudgeProcess } from '../../db/queries/process.ts';
import { openOnboarding } from '../../db/queries/user-process.ts';
import { voidWelcomes } from '../../db/queries/welcome.ts';
import { TenureError } from '../../domain/errors.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import type { PersonPrincipal } from '../principal.ts';
import { type IdempotencyKey, transact } from '../transact.ts';
import { openCustomerOf, userOf } from './find-customer.ts';
import { refuseOwn } from './refuse-own.ts';
import { beginUserProcess, keeperOf, type UserProcess, userAnswer } from './user-process.ts';

/**
 * Invites a user anew who has not confirmed yet, or has no way to sign in (any more): the former link opens nothing any more, a new one is sent. The onboarding that
 * waits for them sends it, or a new one where that is over: two would void each other's links.
 */
export function inviteUser(
  deps: ApiDeps,
  caller: PersonPrincipal,
  names: { customer: string; person: string },
  idempotency: IdempotencyKey | null,
): Promise<Outside<UserProcess>> {
  return transact(deps, caller, idempotency, async (tx) => {
    const customer = await openCustomerOf(tx, names.customer);
    const { id: personId } = await userOf(tx, customer, names.person);
    refuseOwn(caller, personId, 'invitation');
    const user = await readUser(tx, customer.id, personId);
    if (user?.confirmedAt && (await hasWayIn(tx, { personId, organizationId: customer.id })))
      throw new TenureError('nothing-to-change', 'They have confirmed their invitation.');
    const voided = await voidWelcomes(tx, personId);
    // Who has confirmed has nothing left to wait for in the one that welcomed them.
    const under = user?.confirmedAt ? null : await openOnboarding(tx, personId);
    if (under && voided === 0)
      throw new TenureError('nothing-to-change', 'Their invitation is on its way already.');
    const line = under && (await nudgeProcess(tx, under, 'nudge', deps.trace?.() ?? null));
    if (line) return userAnswer(tx, { customer, personId, processId: line.subjectId }, [line]);
    const story = {
      customer,
      personId,
      kind: 'onboarding',
      what: 'invitation',
      reason: 'invited again',
    } as const;
    const begun = await beginUserProcess(deps, tx, keeperOf(caller), story);
    return userAnswer(tx, { customer, personId, processId: begun.id }, [begun.line]);
  });
}
