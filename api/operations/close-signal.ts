import { appendAudit } from '../../db/audit.ts';
import type { Executor } from '../../db/client.ts';
import { orderReturn } from '../../db/queries/coming-back.ts';
import type { Page, PageWish } from '../../db/queries/instant.ts';
import { createProcess } from '../../db/queries/process.ts';
import { closeSignal, listSignals, readSignal, type SignalView } from '../../db/queries/signal.ts';
import { lockPerson } from '../../db/queries/user.ts';
import { TenureError } from '../../domain/errors.ts';
import type { SignalState } from '../../domain/signal.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import { actorOf, type PersonPrincipal, recordsOf } from '../principal.ts';
import { type IdempotencyKey, reading, transact } from '../transact.ts';
import { managesPeopleOf } from './managed-organization.ts';
import { notFound } from './refusals.ts';
import { causeOf } from './user-process.ts';

/** What sources have said, newest first: of everybody, or of the people of the caller's organization. */
export function findSignals(
  deps: ApiDeps,
  caller: PersonPrincipal,
  filter: { state?: SignalState | undefined },
  page: PageWish,
): Promise<Outside<Page<SignalView>>> {
  const organizationId = recordsOf(caller) === 'all' ? null : caller.organization.id;
  return reading(deps, caller, (tx) => listSignals(tx, { ...filter, organizationId }, page));
}

/**
 * Closes an open signal by hand, e.g. when its source will never take it back: it counts no more, whom it had suspended is given back,
 * and a process gives them what their roles do. Nobody does it for themselves.
 * @throws TenureError `not-found`; `already-ended` when it is not open; `self-approval`
 */
export function closeSignalByHand(
  deps: ApiDeps,
  caller: PersonPrincipal,
  id: string,
  reason: string,
  idempotency: IdempotencyKey | null,
): Promise<Outside<SignalView>> {
  return transact(deps, caller, idempotency, async (tx) => {
    const { person, organization } = await signalOf(tx, caller, id);
    if (!person) throw notOpen();
    if (person.id === caller.personId)
      throw new TenureError('self-approval', 'Nobody closes what was said about themselves.');
    // The person first, as whoever follows signals does.
    const known = await lockPerson(tx, person.id);
    const closed = await closeSignal(tx, id, { personId: caller.personId, reason });
    if (!closed) throw notOpen();
    const actor = actorOf(caller);
    const owners = { organizationId: organization.id, holderOrganizationId: organization.id };
    await appendAudit(tx, {
      type: 'signal.closed',
      actor,
      subject: { kind: 'signal', id },
      ...owners,
      reason,
    });
    if (closed.suspended && known && !known.hasLeft)
      await orderReturn(tx, { personIds: [person.id], actor, reason, roles: 'none' });
    const { line } = await createProcess(tx, {
      kind: 'role-change',
      organizationId: organization.id,
      personId: person.id,
      cause: causeOf(caller),
      wish: { what: 'roles' },
      requestedBy: caller.personId,
      reason,
      actor,
      traceparent: deps.trace?.() ?? null,
    });
    return { answer: await signalOf(tx, caller, id), lines: [line] };
  });
}

/** One of them, for whoever may close it. @throws TenureError `not-found` */
export function showSignal(deps: ApiDeps, caller: PersonPrincipal, id: string): Promise<Outside<SignalView>> {
  return reading(deps, caller, (tx) => signalOf(tx, caller, id));
}

async function signalOf(tx: Executor, caller: PersonPrincipal, id: string): Promise<SignalView> {
  const found = await readSignal(tx, id);
  if (!found || !managesPeopleOf(caller, found.organization.id)) throw notFound();
  return found;
}

function notOpen(): TenureError {
  return new TenureError('already-ended', 'This signal is not open.');
}
