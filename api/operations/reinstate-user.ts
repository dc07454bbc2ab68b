import { orderReturn } from '../../db/queries/coming-back.ts';
import { writeGivenRoles } from '../../db/queries/review.ts';
import { findLiveProvider } from '../../db/queries/sign-in-provider.ts';
import { lockPerson } from '../../db/queries/user.ts';
import { TenureError } from '../../domain/errors.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import { actorOf, type PersonPrincipal } from '../principal.ts';
import { type IdempotencyKey, transact } from '../transact.ts';
import { gainedRoles, refuseExclusiveRoles } from './allowed-roles.ts';
import { openCustomerOf } from './find-customer.ts';
import { refuseOwn } from './refuse-own.ts';
import { notFound } from './refusals.ts';
import { beginUserProcess, keeperOf, type UserProcess, userAnswer } from './user-process.ts';

/**
 * Undoes a removal: the user is again what they were when they were removed, as far as the tier still allows it, and takes a seat.
 * It is a decision of its own that is recorded, and their standing access is given anew by a process; what they had asked for,
 * their sessions, passkeys and credentials stay gone. Who signs in by no provider gets a new link.
 * @throws TenureError `not-found`; `nothing-to-change` for who was not removed; `no-seat-left`; `customer-closed`;
 * `role-not-allowed` when their roles exclude each other by now
 */
export function reinstateUser(
  deps: ApiDeps,
  caller: PersonPrincipal,
  names: { customer: string; person: string },
  reason: string,
  idempotency: IdempotencyKey | null,
): Promise<Outside<UserProcess>> {
  return transact(deps, caller, idempotency, async (tx) => {
    const customer = await openCustomerOf(tx, names.customer);
    const found = await lockPerson(tx, names.person);
    if (!found || found.organizationId !== customer.id) throw notFound();
    const { id: personId } = found;
    refuseOwn(caller, personId, 'reinstatement');
    if (!found.hasLeft) throw new TenureError('nothing-to-change', 'They were not removed.');
    const actor = actorOf(caller);
    await orderReturn(tx, { personIds: [personId], actor, reason, roles: 'former' });
    const after = await lockPerson(tx, personId);
    // They never were a user, e.g. somebody whom only an import had named.
    if (!after?.membership) throw new TenureError('nothing-to-change', 'They were no user. Add them.');
    const { contractRole, givenRoles } = after.membership;
    await refuseExclusiveRoles(tx, customer, after.membership);
    const gained = await gainedRoles(
      tx,
      customer,
      { contractRole: null, givenRoles: [] },
      { contractRole, roles: givenRoles },
    );
    await writeGivenRoles(
      tx,
      actor,
      gained.map((role) => ({ personId, organizationId: customer.id, role, reason })),
    );
    const signsIn = (await findLiveProvider(tx, customer.id)) !== null;
    const story = { customer, personId, kind: 'onboarding', needsNoWelcome: signsIn, reason } as const;
    const { id: processId, line } = await beginUserProcess(deps, tx, keeperOf(caller), story);
    return userAnswer(tx, { customer, personId, processId }, [line]);
  });
}
