import { appendAudit } from '../../db/audit.ts';
import { readSourceView } from '../../db/queries/event-source.ts';
import {
  discardEvent,
  type InboundEventView,
  readEventWhole,
  replayEvents,
} from '../../db/queries/inbound-event.ts';
import type { Executor } from '../../db/client.ts';
import { TenureError } from '../../domain/errors.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import { actorOf, type PersonPrincipal } from '../principal.ts';
import { type IdempotencyKey, transact } from '../transact.ts';
import { notFound } from './refusals.ts';

/** Has one event read again under its source's mapping of now, whatever came of it before. */
export function replayEvent(
  deps: ApiDeps,
  caller: PersonPrincipal,
  id: string,
  idempotency: IdempotencyKey | null,
): Promise<Outside<InboundEventView>> {
  return transact(deps, caller, idempotency, async (tx) => {
    const replayed = await replayEvents(tx, { id });
    const answer = await shown(tx, id);
    if (answer.conflictsWith !== null)
      throw new TenureError(
        'no-longer-waiting',
        `It says otherwise than ${answer.conflictsWith}, which came first under its id, and is not read.`,
      );
    for (const one of replayed) await noteEvent(tx, caller, 'event.replayed', one, null);
    return { answer, lines: [] };
  });
}

/** The same for all events of a source that wait. */
export function replaySource(
  deps: ApiDeps,
  caller: PersonPrincipal,
  key: string,
  idempotency: IdempotencyKey | null,
): Promise<Outside<{ replayed: number }>> {
  return transact(deps, caller, idempotency, async (tx) => {
    if (!(await readSourceView(tx, key))) throw notFound();
    const replayed = await replayEvents(tx, { source: key });
    await Promise.all(replayed.map((id) => noteEvent(tx, caller, 'event.replayed', id, null)));
    return { answer: { replayed: replayed.length }, lines: [] };
  });
}

/** Takes an event that waits, or that conflicts with another, off the list. What of it could be read before holds; the rest is dropped. */
export function discardWaiting(
  deps: ApiDeps,
  caller: PersonPrincipal,
  id: string,
  reason: string,
  idempotency: IdempotencyKey | null,
): Promise<Outside<InboundEventView>> {
  return transact(deps, caller, idempotency, async (tx) => {
    const isDiscarded = await discardEvent(tx, id);
    const answer = await shown(tx, id);
    if (!isDiscarded) throw new TenureError('no-longer-waiting', `The event is ${answer.state}.`);
    await noteEvent(tx, caller, 'event.discarded', id, reason);
    return { answer, lines: [] };
  });
}

async function shown(tx: Executor, id: string): Promise<InboundEventView> {
  const found = await readEventWhole(tx, id);
  if (!found) throw notFound();
  const {
    body: _body,
    contentType: _contentType,
    signedJson: _signed,
    deliveryBody: _delivery,
    ...view
  } = found;
  return view;
}

function noteEvent(
  tx: Executor,
  caller: PersonPrincipal,
  type: 'event.replayed' | 'event.discarded',
  id: string,
  reason: string | null,
): Promise<void> {
  return appendAudit(tx, {
    type,
    actor: actorOf(caller),
    subject: { kind: 'event', id },
    organizationId: caller.organization.id,
    holderOrganizationId: caller.organization.id,
    reason,
  });
}
