import type { Logger } from 'pino';
import type { Executor, Ledger } from '../../db/client.ts';
import { enqueue } from '../../db/outbox.ts';
import { orderReturn } from '../../db/queries/coming-back.ts';
import { orderEngineStop } from '../../db/queries/end.ts';
import { suspendPeople } from '../../db/queries/offboarding.ts';
import { readPolicyQuestion } from '../../db/queries/policy-question.ts';
import { createProcess } from '../../db/queries/process.ts';
import { endSessions } from '../../db/queries/session.ts';
import {
  applySignal,
  listAskedAccess,
  listLapsedSignals,
  listUnreadSignals,
  lockLapsedSignal,
  lockSubject,
  lockUnreadSignal,
  noteLapsed,
  noteSignal,
  noteSuspended,
  noteUnreadableSignal,
  passSuspension,
  readOpenSignals,
  sessionsBefore,
  type UnreadSignal,
} from '../../db/queries/signal-reading.ts';
import type { Actor } from '../../domain/audit-event.ts';
import type { Decide } from '../../domain/policy.ts';
import { failureCode } from '../failures.ts';

/** What following signals works with; bin/ puts it together. */
export interface SignalDeps {
  /** Opened as the system role. */
  ledger: Ledger;
  decide: Decide;
  /** Ids and closed codes only. */
  log: Logger;
}

const batch = 50;

/**
 * Reads what sources have said and nobody has read yet, each in a transaction of its own, and has it followed: returns how many.
 * Several workers may do it at once; one that fails keeps no other from being read.
 */
export async function followSignals(deps: SignalDeps): Promise<number> {
  const { db } = deps.ledger;
  let read = 0;
  for (const id of await listUnreadSignals(db, batch)) {
    try {
      if (await db.transaction((tx) => follow(deps, tx, id))) read += 1;
    } catch (error) {
      await noteUnreadableSignal(db, id);
      deps.log.warn({ signal: id, code: failureCode(error) }, 'signal not followed');
    }
  }
  return read;
}

/**
 * What sources said until some instant that has come counts no more, and policy is asked again: what roles give comes back. Returns how
 * many.
 */
export async function closeLapsedSignals(deps: SignalDeps): Promise<number> {
  const { db } = deps.ledger;
  let closed = 0;
  for (const id of await listLapsedSignals(db, batch)) {
    try {
      if (await db.transaction((tx) => lapse(deps, tx, id))) closed += 1;
    } catch (error) {
      deps.log.warn({ signal: id, code: failureCode(error) }, 'signal not closed');
    }
  }
  return closed;
}

async function lapse(deps: SignalDeps, tx: Executor, id: string): Promise<boolean> {
  const signal = await lockLapsedSignal(tx, id);
  if (!signal) return false;
  const { personId, name, sourceId } = signal;
  await noteLapsed(tx, id);
  // Another may say the same, and go on to count.
  if ((await readOpenSignals(tx, personId)).includes(name ?? '')) return true;
  await askAgain(deps, tx, { signal, personId, actor: { kind: 'source', id: sourceId, name: null } });
  return true;
}

async function follow(deps: SignalDeps, tx: Executor, id: string): Promise<boolean> {
  const signal = await lockUnreadSignal(tx, id);
  if (!signal) return false;
  if (signal.effect === 'nothing') {
    await noteSignal(tx, id, 'noted');
    return true;
  }
  const person = await lockSubject(tx, signal.organizationId, signal.subject);
  if (!person) {
    await noteSignal(tx, id, 'unmatched');
    return true;
  }
  const { holds, hadSuspended } = await applySignal(tx, signal, person.id);
  if (!holds) return true;
  const actor: Actor = { kind: 'source', id: signal.sourceId, name: null };
  await takeEffect(tx, signal, { ...person, hadSuspended, actor });
  const now = await readOpenSignals(tx, person.id);
  if (now.join() !== person.signals.join()) await askAgain(deps, tx, { signal, personId: person.id, actor });
  return true;
}

/** What follows whatever policy says. */
async function takeEffect(
  tx: Executor,
  { id, kind, family, effect }: UnreadSignal,
  about: { id: string; hasLeft: boolean; hadSuspended: boolean; actor: Actor },
): Promise<void> {
  const { id: personId, actor } = about;
  if (kind === 'session-revoked') {
    for (const session of await sessionsBefore(tx, personId, id))
      await endSessions(tx, { id: session }, { by: 'revocation', actor, reason: kind });
  }
  if (family !== 'account') return;
  if (effect === 'opens') {
    const suspended = await suspendPeople(tx, [personId], actor, kind);
    if (suspended.length > 0 || about.hadSuspended) await noteSuspended(tx, id);
    return;
  }
  // Whom others keep suspended, or who has left since, is not given back by this source.
  if (!about.hadSuspended || about.hasLeft || (await passSuspension(tx, personId))) return;
  await orderReturn(tx, { personIds: [personId], actor, reason: kind, roles: 'none' });
}

/**
 * Policy is asked again about all that the person holds: what they asked for here, at once; what their roles give by a process, which
 * takes away what is refused now, and gives back what was.
 */
async function askAgain(
  deps: SignalDeps,
  tx: Executor,
  {
    signal,
    personId,
    actor,
  }: {
    signal: Pick<UnreadSignal, 'organizationId' | 'sourceId' | 'kind'>;
    personId: string;
    actor: Actor;
  },
): Promise<void> {
  await createProcess(tx, {
    kind: 'role-change',
    organizationId: signal.organizationId,
    personId,
    cause: 'operations',
    source: signal.sourceId,
    wish: { what: 'roles' },
    reason: signal.kind,
    actor,
    traceparent: null,
  });
  for (const access of await listAskedAccess(tx, personId)) {
    const { person, resource, organization, entitlement, signals, nowMs } = await readPolicyQuestion(tx, {
      person: personId,
      resource: access.resourceId,
      entitlement: access.entitlementId,
      organization: access.organizationId,
    });
    // What the catalog has lost meanwhile ends in its own way.
    if (!person || !resource || !organization || !entitlement) continue;
    const { outcome } = deps.decide({
      person,
      resource,
      organization,
      entitlement: entitlement.key,
      assurance: { ...access.assurance, signals },
      hasTicket: access.hasTicket,
      now: new Date(nowMs).toISOString(),
    });
    if (outcome !== 'refused') continue;
    await orderEngineStop(tx, access.requestId, signal.kind);
    const { requestId: id, organizationId, run } = access;
    const message = { signal: 'revoke', id, organization: organizationId, run } as const;
    await enqueue(tx, { kind: 'engine', subjectId: id, message, traceparent: null });
  }
}
