import type { Executor } from '../../db/client.ts';
import type { CustomerFacts } from '../../db/queries/customer.ts';
import type { OutboxLine } from '../../db/outbox.ts';
import { changeMembership } from '../../db/queries/user.ts';
import { writeGivenRoles } from '../../db/queries/review.ts';
import { inOrder } from '../../domain/catalog.ts';
import { TenureError } from '../../domain/errors.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import type { PersonPrincipal } from '../principal.ts';
import { type IdempotencyKey, transact } from '../transact.ts';
import { gainedRoles, readCatalogNow, refuseForeignRoles } from './allowed-roles.ts';
import { type KnownUser, openCustomerOf, userOf } from './find-customer.ts';
import { refuseOwn } from './refuse-own.ts';
import { beginUserProcess, keeperOf, type UserKeeper, type UserProcess, userAnswer } from './user-process.ts';

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
    const changed = await changeRolesIn(deps, tx, keeperOf(caller), { customer, user }, wish);
    if (!changed) throw new TenureError('nothing-to-change', 'The user has exactly these roles already.');
    return userAnswer(tx, { customer, personId, processId: changed.id }, [changed.line]);
  });
}

/**
 * The same in a transaction, for a user who is locked; null when they have exactly these roles already.
 * @throws TenureError `role-not-allowed`
 */
export async function changeRolesIn(
  deps: ApiDeps,
  tx: Executor,
  keeper: UserKeeper,
  { customer, user }: { customer: CustomerFacts; user: KnownUser },
  wish: RoleWish,
): Promise<{ id: string; line: OutboxLine } | null> {
  const { id: personId, membership } = user;
  const { contractRole = membership.contractRole, roles = membership.givenRoles, reason } = wish;
  refuseForeignRoles(await readCatalogNow(tx), customer, {
    contractRole,
    roles,
    areKept: wish.roles === undefined,
  });
  const { actor } = keeper;
  const changed = await changeMembership(tx, {
    personId,
    organizationId: customer.id,
    contractRole,
    givenRoles: inOrder(new Set(roles)),
    actor,
    reason,
  });
  if (!changed) return null;
  const gained = await gainedRoles(tx, customer, membership, { contractRole, roles });
  await writeGivenRoles(
    tx,
    actor,
    gained.map((role) => ({ personId, organizationId: customer.id, role, reason })),
  );
  const story = { customer, personId, kind: 'role-change', what: 'roles', reason } as const;
  return beginUserProcess(deps, tx, keeper, story);
}
