import type { Executor } from '../../db/client.ts';
import type { OutboxLine } from '../../db/outbox.ts';
import { type LeavingWhy, orderLeaving, suspendPeople } from '../../db/queries/offboarding.ts';
import { type CreatedProcess, createProcess, type ProcessWish } from '../../db/queries/process.ts';
import type { ProcessSummary } from '../../db/queries/process-view.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import type { PersonPrincipal } from '../principal.ts';
import { type IdempotencyKey, type Recorded, transact } from '../transact.ts';
import { colleagueOf } from './change-staff.ts';
import { customerOf, userOf } from './find-customer.ts';
import { refuseOwn } from './refuse-own.ts';
import { keeperOf, processAnswer, type UserKeeper } from './user-process.ts';

/** Removes a user from a customer, at once and whatever the customer's own state: see `orderLeaving`. */
export function removeUser(
  deps: ApiDeps,
  caller: PersonPrincipal,
  names: { customer: string; person: string },
  reason: string,
  idempotency: IdempotencyKey | null,
): Promise<Outside<ProcessSummary>> {
  return transact(deps, caller, idempotency, async (tx) => {
    const customer = await customerOf(tx, names.customer);
    const { id: personId, organizationId } = await userOf(tx, customer, names.person);
    refuseOwn(caller, personId, 'removal');
    return leave(deps, tx, caller, { personId, organizationId, why: 'removal', reason });
  });
}

/** One of the vendor's own people leaves, at once. */
export function offboardPerson(
  deps: ApiDeps,
  caller: PersonPrincipal,
  name: string,
  reason: string,
  idempotency: IdempotencyKey | null,
): Promise<Outside<ProcessSummary>> {
  return transact(deps, caller, idempotency, async (tx) => {
    const { id: personId, organizationId } = await colleagueOf(tx, caller, name);
    refuseOwn(caller, personId, 'offboarding');
    return leave(deps, tx, caller, { personId, organizationId, why: 'leaving', reason });
  });
}

interface Leaving {
  personId: string;
  organizationId: string;
  why: LeavingWhy;
  reason: string;
}

async function leave(
  deps: ApiDeps,
  tx: Executor,
  caller: PersonPrincipal,
  wish: Leaving,
): Promise<Recorded<ProcessSummary>> {
  const { id, lines } = await leaveIn(deps, tx, keeperOf(caller), wish);
  return processAnswer(tx, id, lines);
}

/** Orders that somebody leaves, in a transaction: what happens at once, and the process that sees to the rest. */
export async function leaveIn(
  deps: ApiDeps,
  tx: Executor,
  keeper: UserKeeper,
  wish: Leaving,
): Promise<{ id: string; lines: OutboxLine[] }> {
  const { personId, why } = wish;
  const traceparent = deps.trace?.() ?? null;
  const { id, line } = await writeLeaving(tx, keeper, wish, { why }, traceparent);
  const { actor } = keeper;
  const lines = await orderLeaving(tx, { personIds: [personId], processId: id, actor, why, traceparent });
  return { id, lines: [line, ...lines] };
}

/**
 * Has somebody wait behind the fence of people, which lets no more than `limit` go at once: they are suspended now, and leave when a second
 * person lets them go.
 */
export async function holdLeavingIn(
  deps: ApiDeps,
  tx: Executor,
  keeper: UserKeeper,
  leaving: Leaving,
  limit: number,
): Promise<OutboxLine> {
  const { personId, why } = leaving;
  const suspended = (await suspendPeople(tx, [personId], keeper.actor, 'fence')).length > 0;
  const wish = { why, beyond: { limit, suspended } };
  const { line } = await writeLeaving(tx, keeper, leaving, wish, deps.trace?.() ?? null);
  return line;
}

function writeLeaving(
  tx: Executor,
  { actor, changeCause, source, requestedBy }: UserKeeper,
  { personId, organizationId, reason }: Leaving,
  wish: ProcessWish,
  traceparent: string | null,
): Promise<CreatedProcess> {
  return createProcess(tx, {
    kind: 'offboarding',
    organizationId,
    personId,
    cause: changeCause,
    source,
    wish,
    requestedBy,
    reason,
    actor,
    traceparent,
  });
}
