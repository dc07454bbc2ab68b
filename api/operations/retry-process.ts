import type { Executor } from '../../db/client.ts';
import { readCustomer } from '../../db/queries/customer.ts';
import { createProcess, lockProcess, type ProcessView, type ProcessWish } from '../../db/queries/process.ts';
import {
  type Failed,
  isOvertaken,
  lockFailed,
  noteRetry,
  readTerms,
  reopenMemberships,
  writeFailed,
} from '../../db/queries/process-retry.ts';
import { type ProcessSummary, showProcess } from '../../db/queries/process-view.ts';
import { takeSeats } from '../../db/queries/seats.ts';
import { closeProcessTasks } from '../../db/queries/task.ts';
import { stands } from '../../domain/contract-effects.ts';
import { TenureError } from '../../domain/errors.ts';
import { isId } from '../../domain/ids.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import { actorOf, hasDuty, type PersonPrincipal } from '../principal.ts';
import { AuditedRefusal, type IdempotencyKey, transact } from '../transact.ts';
import { openCustomerOf } from './find-customer.ts';
import { notFound } from './refusals.ts';
import { refuseOwn } from './refuse-own.ts';
import { causeOf, processAnswer } from './user-process.ts';

/**
 * Has what failed tried again: a new process of the same kind about those for whom the former came to nothing, and the tasks
 * that told of it are closed. Whom it had taken back as users are users again, as far as there are seats. What set it off stays
 * what it was, so that a fence that would have looked at it looks at it now.
 * @throws TenureError `not-found`; `nothing-to-change` when nothing of it failed, or something newer goes on with it;
 * `customer-closed`; `no-seat-left`
 */
export function retryProcess(
  deps: ApiDeps,
  caller: PersonPrincipal,
  id: string,
  reason: string,
  idempotency: IdempotencyKey | null,
): Promise<Outside<ProcessSummary>> {
  return transact(deps, caller, idempotency, async (tx) => {
    const process = isId('proc', id) ? await lockProcess(tx, id) : null;
    const seen = process && (await showProcess(tx, id));
    if (!process || !seen) throw notFound();
    if (process.personId === null && !hasDuty(caller, 'manage-access')) throw refusedWhole(caller, process);
    if (process.personId !== null) refuseOwn(caller, process.personId, 'role-change');
    refuseUnfailed(seen);
    // A customer is locked before its people.
    if (await readCustomer(tx, process.organizationId)) await openCustomerOf(tx, process.organizationId);
    const people = await lockFailed(tx, id);
    if (people.length === 0 && seen.progress.total > 0)
      throw nothing('None of these people is here any more.');
    const wish = await wishAgain(tx, process, people);
    const actor = actorOf(caller);
    const { organizationId, kind, personId, source, cause } = process;
    const isAsked = cause === 'administrator' || cause === 'operations';
    const { id: nextId, line } = await createProcess(tx, {
      kind,
      organizationId,
      personId,
      cause: isAsked ? causeOf(caller) : cause,
      source,
      wish,
      requestedBy: caller.personId,
      reason,
      actor,
      traceparent: deps.trace?.() ?? null,
    });
    if (!isNamedByContract(process)) await bringBack(tx, people, { actor, reason });
    if (wish.people === 'affected') await writeFailed(tx, nextId, people);
    await noteRetry(tx, id, nextId);
    const kinds = ['onboarding', 'role-change'] as const;
    await closeProcessTasks(tx, {
      processId: id,
      kinds,
      actor,
      comment: `Tried again (${nextId}): ${reason}`,
    });
    return processAnswer(tx, nextId, [line]);
  });
}

function refuseUnfailed({ kind, state, replacedBy }: ProcessSummary): void {
  if (replacedBy !== null) throw nothing(`${replacedBy} goes on with it.`);
  if (kind === 'offboarding') throw nothing('What is to be taken away is tried until it is gone.');
  if (state !== 'failed' && state !== 'residue') throw nothing('Nothing of it has failed for good.');
}

function nothing(detail: string): TenureError {
  return new TenureError('nothing-to-change', detail);
}

/** What is about a whole customer the vendor's own people have tried again. */
function refusedWhole(caller: PersonPrincipal, { id, organizationId }: ProcessView): AuditedRefusal {
  const detail = 'This is about more than one user: who manages access for the vendor has it tried again.';
  return new AuditedRefusal(new TenureError('forbidden', detail), {
    type: 'decision.refused',
    actor: actorOf(caller),
    subject: { kind: 'process', id },
    organizationId,
    holderOrganizationId: organizationId,
    reason: 'retry: forbidden',
  });
}

/** An onboarding of those whom the contract names finds them there again. */
function isNamedByContract({ kind, personId, cause, wish }: ProcessView): boolean {
  return kind === 'onboarding' && personId === null && cause !== 'roster' && wish.people !== 'affected';
}

async function wishAgain(
  tx: Executor,
  process: ProcessView,
  people: readonly Failed[],
): Promise<ProcessWish> {
  const { effects, terms, again, newRoles: _, ...wish } = process.wish;
  if (process.personId !== null) return process.wish;
  if (isNamedByContract(process)) {
    // The terms of now; and nobody comes back by this whom somebody has removed since.
    const agreed = terms && (await termsOf(tx, process.organizationId));
    const first = people.length === 0 && again === true ? { again } : {};
    return { ...wish, ...(effects ? { effects } : {}), ...(agreed ? { terms: agreed } : {}), ...first };
  }
  if (people.length > 0) return { ...wish, people: 'affected' };
  // It failed before anything of it became a fact.
  if (await isOvertaken(tx, process.organizationId, process.id))
    throw nothing('The contract has changed since, and that is being carried out.');
  return process.wish;
}

async function termsOf(tx: Executor, organizationId: string): Promise<ProcessWish['terms']> {
  const said = await readTerms(tx, organizationId);
  if (!said || !stands(said))
    throw new TenureError('customer-closed', 'Its contract does not stand any more.');
  const { tier, region, seats, until, state } = said;
  return { tier, region, seats, until, state };
}

async function bringBack(
  tx: Executor,
  people: readonly Failed[],
  by: Parameters<typeof reopenMemberships>[2],
): Promise<void> {
  const back = people.filter(({ isTakenBack }) => isTakenBack);
  const organization = back[0]?.organization;
  if (organization === undefined) return;
  await takeSeats(tx, organization, back.length);
  await reopenMemberships(tx, back, by);
}
