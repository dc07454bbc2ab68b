import { changeMembership } from '../../db/queries/user.ts';
import { writeGivenRoles } from '../../db/queries/review.ts';
import { inOrder } from '../../domain/catalog.ts';
import { TenureError } from '../../domain/errors.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import { actorOf, type PersonPrincipal } from '../principal.ts';
import { type IdempotencyKey, transact } from '../transact.ts';
import { gainedRoles, refuseForeignRoles } from './allowed-roles.ts';
import { openCustomerOf, userOf } from './find-customer.ts';
import { refuseOwn } from './refuse-own.ts';
import { beginUserProcess, type UserProcess, userAnswer } from './user-process.ts';

export interface RoleWish {
  /** Undefined: as it is. */
  contractRole?: string | null | undefined;
  /** The same. */
  roles?: readonly string[] | undefined;
  reason: string;
}

/** Changes what roles a customer's user has, within the tier; their access follows by a process. */
export function changeUser(
  deps: ApiDeps,
  caller: PersonPrincipal,
  names: { customer: string; person: string },
  wish: RoleWish,
  idempotency: IdempotencyKey | null,
): Promise<Outside<UserProcess>> {
  return transact(deps, caller, idempotency, async (tx) => {
    const customer = await openCustomerOf(tx, names.customer);
    const user = await userOf(tx, customer, names.person);
    const personId = user.id;
    refuseOwn(caller, personId, 'role-change');
    const { contractRole = user.membership.contractRole, roles = user.membership.givenRoles, reason } = wish;
    await refuseForeignRoles(tx, customer, { contractRole, roles, areKept: wish.roles === undefined });
    const changed = await changeMembership(tx, {
      personId,
      organizationId: customer.id,
      contractRole,
      givenRoles: inOrder(new Set(roles)),
      actor: actorOf(caller),
      reason,
    });
    if (!changed) throw new TenureError('nothing-to-change', 'The user has exactly these roles already.');
    const gained = await gainedRoles(tx, customer, user.membership, { contractRole, roles });
    await writeGivenRoles(
      tx,
      actorOf(caller),
      gained.map((role) => ({ personId, organizationId: customer.id, role, reason })),
    );
    const story = { customer, personId, kind: 'role-change', what: 'roles', reason } as const;
    const { id: processId, line } = await beginUserProcess(deps, tx, caller, story);
    return userAnswer(tx, { customer, personId, processId }, [line]);
  });
}
