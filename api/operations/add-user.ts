import { type Executor, together } from '../../db/client.ts';
import { isDuplicate } from '../../db/errors.ts';
import type { OutboxLine } from '../../db/outbox.ts';
import { orderReturn } from '../../db/queries/coming-back.ts';
import type { CustomerFacts } from '../../db/queries/customer.ts';
import { takeSeats } from '../../db/queries/seats.ts';
import {
  beginMembership,
  insertUser,
  type KnownPerson,
  lockPerson,
  renewPerson,
} from '../../db/queries/user.ts';
import { inOrder } from '../../domain/catalog.ts';
import { TenureError } from '../../domain/errors.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import type { PersonPrincipal } from '../principal.ts';
import { type IdempotencyKey, transact } from '../transact.ts';
import { type CatalogNow, readCatalogNow, refuseForeignRoles } from './allowed-roles.ts';
import { openCustomerOf } from './find-customer.ts';
import { beginUserProcess, keeperOf, type UserKeeper, type UserProcess, userAnswer } from './user-process.ts';

export interface UserWish {
  email: string;
  name: string;
  /** The contract's own word for what the user is; null: only the given roles count. */
  contractRole: string | null;
  roles: readonly string[];
  /** Who signs in with the accounts of their organization needs no link to do so. */
  needsNoWelcome?: boolean;
  reason: string;
}

/**
 * Adds a user to a customer: the person and their seat at once, their access and their welcome by a process. Somebody who was
 * removed comes back clean.
 */
export function addUser(
  deps: ApiDeps,
  caller: PersonPrincipal,
  customerName: string,
  wish: UserWish,
  idempotency: IdempotencyKey | null,
): Promise<Outside<UserProcess>> {
  return transact(deps, caller, idempotency, async (tx) => {
    const customer = await openCustomerOf(tx, customerName);
    const [known, at] = await together([lockPerson(tx, wish.email), readCatalogNow(tx)]);
    const found = { customer, known, at };
    const { personId, processId, line } = await addUserIn(deps, tx, keeperOf(caller), found, wish);
    return userAnswer(tx, { customer, personId, processId }, [line]);
  });
}

/** What a user is added to and by. */
export interface UserPlace {
  customer: CustomerFacts;
  at: CatalogNow;
  /** Who has the address, locked after the customer; null: nobody whom the scope may see. */
  known: KnownPerson | null;
}

/**
 * The same in a transaction that holds the customer.
 * @throws TenureError `role-not-allowed`; `already-a-user`; `no-seat-left`
 */
export async function addUserIn(
  deps: ApiDeps,
  tx: Executor,
  keeper: UserKeeper,
  { customer, known, at }: UserPlace,
  wish: UserWish,
): Promise<{ personId: string; processId: string; line: OutboxLine }> {
  refuseForeignRoles(at, customer, wish);
  const { contractRole, reason, needsNoWelcome = false } = wish;
  const personId = await seatPerson(tx, { customer, known }, wish, keeper);
  await beginMembership(tx, {
    personId,
    organizationId: customer.id,
    contractRole,
    givenRoles: inOrder(new Set(wish.roles)),
    origin: keeper.source === null ? 'administrator' : 'source',
    actor: keeper.actor,
    reason,
  });
  const story = { customer, personId, kind: 'onboarding', needsNoWelcome, reason } as const;
  const { id: processId, line } = await beginUserProcess(deps, tx, keeper, story);
  return { personId, processId, line };
}

/**
 * The person who takes a seat: new, or one of the customer's who was removed. Whoever else has the address, another
 * organization's person or the customer's own user, is answered alike: nobody learns whose it is.
 */
async function seatPerson(
  tx: Executor,
  { customer, known }: Pick<UserPlace, 'customer' | 'known'>,
  { email, name, reason }: UserWish,
  { actor }: UserKeeper,
): Promise<string> {
  if (known && (known.organizationId !== customer.id || known.membership)) throw taken();
  await takeSeats(tx, customer.id, 1);
  if (known) {
    await orderReturn(tx, { personIds: [known.id], actor, reason, roles: 'none' });
    await renewPerson(tx, known.id, name);
    return known.id;
  }
  try {
    return await insertUser(tx, { organizationId: customer.id, email, name, actor });
  } catch (error) {
    // The caller may not see who has it, or somebody was faster.
    if (isDuplicate(error)) throw taken();
    throw error;
  }
}

function taken(): TenureError {
  return new TenureError('already-a-user', 'Somebody has this address already.', [
    { pointer: '/email', detail: 'Use another address, or change the user who has it.' },
  ]);
}
