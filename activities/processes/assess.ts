import type { Executor } from '../../db/client.ts';
import { readActiveCatalog } from '../../db/queries/catalog-revision.ts';
import { addPerson } from '../../db/queries/draw-up.ts';
import { createProcess, lockProcess, moveProcess, type ProcessView } from '../../db/queries/process.ts';
import {
  failedPeople,
  isAnythingLeft,
  readPeopleStanding,
  readWelcomeStanding,
  takeUpFenceDecisions,
} from '../../db/queries/process-settle.ts';
import { openProcessTask } from '../../db/queries/task.ts';
import { beginUndo } from '../../db/queries/undo-people.ts';
import { actors } from '../../domain/audit-event.ts';
import { assertNever } from '../../domain/errors.ts';
import { periodMsOrThrow } from '../../domain/period.ts';
import type { ProcessState } from '../../domain/process.ts';
import type { ProcessSituation } from '../../workflows/activities.ts';
import type { ActivityDeps } from '../deps.ts';

/** What is next: a phase to act in, or another state, after which it is looked at anew. */
type Next = Omit<ProcessSituation, 'kind'> | { to: ProcessState };

/** An instant of the past: at once, and no timer is set. */
const atOnce = new Date(0).toISOString();
/** Who waits for people only is looked at so often, in case a wake-up was lost. Milliseconds. */
const lookAgainMs = 24 * 60 * 60_000;

/**
 * Brings a process's state in line with its people, its fence, its welcomes and the clock, and says where it stands. Nothing
 * but rows counts, so it may be asked at any time and as often as one likes. One that does not exist is over.
 */
export function assessProcess(deps: ActivityDeps, processId: string): Promise<ProcessSituation> {
  return deps.ledger.db.transaction(async (tx) => {
    for (;;) {
      const process = await lockProcess(tx, processId);
      if (!process) return { kind: 'onboarding', phase: 'over', wakeAt: atOnce, left: 0 };
      const next = await lookAt(tx, process);
      if ('phase' in next) return { kind: process.kind, ...next };
      if (next.to === 'undoing') await beginUndo(tx, process);
      else await moveProcess(tx, processId, [process.state], next.to);
    }
  });
}

async function lookAt(tx: Executor, process: ProcessView): Promise<Next> {
  switch (process.state) {
    case 'waiting':
      return beforeItBegins(process) ?? now('drawing-up', 1);
    case 'fenced':
      return behindItsFence(tx, process);
    case 'running':
      return underWay(tx, process);
    case 'confirming':
      return afterwards(tx, process);
    case 'undoing':
      return takingBack(tx, process);
    case 'done':
    case 'residue':
    case 'failed':
    case 'discarded':
      return now('over', 0);
    default:
      return assertNever(process.state);
  }
}

/** Null when its time has come. */
function beforeItBegins({ isDue, dueAt }: ProcessView): Next | null {
  return isDue ? null : { phase: 'waiting', wakeAt: dueAt, left: 1 };
}

async function behindItsFence(tx: Executor, process: ProcessView): Promise<Next> {
  const { whole, released, wasSuspended, restored } = await takeUpFenceDecisions(tx, process.id);
  if (restored.length > 0) await lookAnewAt(tx, process, restored);
  if (whole === 'discarded') {
    if (wasSuspended) await lookAnewAt(tx, process, null);
    return { to: 'discarded' };
  }
  // A grace holds for what a fence let go, too: until then something newer may take its place.
  if (whole === 'released') return beforeItBegins(process) ?? { to: 'running' };
  if (released > 0) return { to: 'running' };
  const people = await readPeopleStanding(tx, process.id, 'giving');
  if (people.left > 0) return { to: 'running' };
  // All of it was discarded, or what was left after others went through.
  if (people.total > 0 && people.fenced === 0) return { to: people.done > 0 ? 'running' : 'discarded' };
  const wakeAt = new Date(Date.parse(process.now) + lookAgainMs).toISOString();
  return { phase: 'fenced', wakeAt, left: people.fenced };
}

async function underWay(tx: Executor, process: ProcessView): Promise<Next> {
  if (process.kind === 'offboarding') return leaving(tx, process);
  if (!process.isDrawnUp) return now('drawing-up', 1);
  const { restored } = await takeUpFenceDecisions(tx, process.id);
  if (restored.length > 0) await lookAnewAt(tx, process, restored);
  const people = await readPeopleStanding(tx, process.id, 'giving');
  // An onboarding is whole or not at all; people who were taken over from elsewhere have their access already.
  const isWhole = process.kind === 'onboarding' && process.cause !== 'roster';
  if (isWhole && people.failed > 0) return { to: 'undoing' };
  if (people.left > 0) return { phase: 'bringing-about', wakeAt: people.nextAt ?? atOnce, left: people.left };
  if (people.fenced > 0) return { to: 'fenced' };
  if (isWhole) return afterwards(tx, process);
  const kind = process.kind === 'onboarding' ? 'onboarding' : 'role-change';
  for (const { personId, error: cause } of await failedPeople(tx, process.id))
    await openProcessTask(tx, { kind, processId: process.id, personId, cause, actor: actors.engine });
  return { to: people.failed > 0 ? 'residue' : 'done' };
}

/** Another process may have taken what suspended people held: whoever is restored gets it again. Null: everybody. */
async function lookAnewAt(
  tx: Executor,
  { organizationId }: ProcessView,
  personIds: readonly string[] | null,
): Promise<void> {
  const { id } = await createProcess(tx, {
    kind: 'role-change',
    organizationId,
    cause: 'convergence',
    wish: { what: 'review', ...(personIds ? { people: 'affected' } : {}) },
    actor: actors.engine,
    traceparent: null,
  });
  for (const personId of personIds ?? []) await addPerson(tx, id, personId);
}

/** Whoever takes away the last of it says so in that transaction. */
async function leaving(tx: Executor, process: ProcessView): Promise<Next> {
  await takeUpFenceDecisions(tx, process.id);
  const people = await readPeopleStanding(tx, process.id, 'giving');
  if (people.left === 0 && people.fenced > 0) return { to: 'fenced' };
  return { phase: 'taking-away', wakeAt: people.nextAt ?? atOnce, left: people.left };
}

/** Everybody has what they shall hold: they are told, and say that they are there, or their links expire. */
async function afterwards(tx: Executor, process: ProcessView): Promise<Next> {
  if (process.wish.welcome === false) return { to: 'done' };
  const welcomes = await readWelcomeStanding(tx, process.id, await readReminders(tx));
  const toSend = welcomes.missing + welcomes.due;
  if (toSend > 0) return now('welcoming', toSend);
  if (welcomes.nextAt === null) return { to: 'done' };
  if (process.state === 'running') return { to: 'confirming' };
  return { phase: 'confirming', wakeAt: welcomes.nextAt, left: welcomes.open };
}

async function takingBack(tx: Executor, process: ProcessView): Promise<Next> {
  const people = await readPeopleStanding(tx, process.id, 'undoing');
  if (people.left > 0) return { phase: 'undoing', wakeAt: people.nextAt ?? atOnce, left: people.left };
  return { to: (await isAnythingLeft(tx, process.id)) ? 'residue' : 'failed' };
}

/** When people are reminded, in milliseconds since their welcome, by the settings in force. */
export async function readReminders(tx: Executor): Promise<number[]> {
  const { catalog } = await readActiveCatalog(tx);
  return catalog.settings.welcome.reminders.map(periodMsOrThrow);
}

function now(phase: ProcessSituation['phase'], left: number): Next {
  return { phase, wakeAt: atOnce, left };
}
