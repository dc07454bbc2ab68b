import type { Executor } from '../../db/client.ts';
import { readActiveCatalog } from '../../db/queries/catalog-revision.ts';
import { lookAnewAt } from '../../db/queries/draw-up.ts';
import { lockProcess, moveProcess, type ProcessView } from '../../db/queries/process.ts';
import { readFailures } from '../../db/queries/process-people.ts';
import {
  type FenceDecision,
  isAnythingLeft,
  type PeopleStanding,
  readPeopleStanding,
  readWelcomeStanding,
  type SeenProcess,
  seeProcess,
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
import { returnFromDiscarded } from './return-catalog.ts';

/** What is to be acted in. */
type Phase = Omit<ProcessSituation, 'kind'>;
/** A phase, or another state; after that it is looked at anew, unless it is known what follows. */
type Next = Phase | { to: ProcessState; after?: Phase };

/** An instant of the past: at once, and no timer is set. */
const atOnce = new Date(0).toISOString();
/** Who waits for people only is looked at so often, in case a wake-up was lost. Milliseconds. */
const lookAgainMs = 24 * 60 * 60_000;

/**
 * Brings a process's state in line with its people, its fence, its welcomes and the clock, and says where it stands. Nothing
 * but rows counts, so it may be asked at any time and as often as one likes. One that does not exist is over.
 */
export async function assessProcess(deps: ActivityDeps, processId: string): Promise<ProcessSituation> {
  const { db } = deps.ledger;
  // Mostly nothing is to be written, and one look without a lock is enough.
  const seen = await seeProcess(db, processId);
  const phase = seen ? phaseOf(seen) : now('over', 0);
  if (phase) return { kind: seen?.kind ?? 'onboarding', ...phase };
  return db.transaction((tx) => bringInLine(tx, processId));
}

async function bringInLine(tx: Executor, processId: string): Promise<ProcessSituation> {
  for (;;) {
    // Sent together; what the second sees is what the lock keeps as it is.
    const [, process] = await Promise.all([lockProcess(tx, processId), seeProcess(tx, processId)]);
    if (!process) return { kind: 'onboarding', ...now('over', 0) };
    const { kind, state } = process;
    const next = phaseOf(process) ?? (await goOn(tx, process));
    if ('phase' in next) return { kind, ...next };
    if (next.to === 'undoing') await beginUndo(tx, process);
    else await moveProcess(tx, processId, [state], next.to);
    if (next.after) return { kind, ...next.after };
  }
}

/** Where it stands when nothing has to be written for that; null when something may have to. */
function phaseOf(process: SeenProcess): Phase | null {
  const { people, isDecided } = process;
  switch (process.state) {
    case 'waiting':
      return beforeItBegins(process) ?? now('drawing-up', 1);
    case 'fenced': {
      const isMoved = isDecided || people.left > 0 || (people.total > 0 && people.fenced === 0);
      return isMoved ? null : behindFence(process, people);
    }
    case 'running':
      // What is not drawn up yet is decided on afterwards.
      return isDecided && (process.isDrawnUp || process.kind === 'offboarding') ? null : underWay(process);
    case 'confirming':
      return null;
    case 'undoing':
      return people.left > 0 ? working('undoing', people) : null;
    case 'done':
    case 'residue':
    case 'failed':
    case 'discarded':
      return now('over', 0);
    default:
      return assertNever(process.state);
  }
}

/** What has to be done about it first, or was found when its welcomes were looked at. */
function goOn(tx: Executor, process: SeenProcess): Promise<Next> {
  if (process.state === 'fenced') return behindItsFence(tx, process);
  if (process.state === 'undoing') return takenBack(tx, process);
  if (process.state === 'confirming') return afterwards(tx, process);
  return process.kind === 'offboarding' ? leaving(tx, process) : oneStepOn(tx, process);
}

/** Null when its time has come. */
function beforeItBegins({ isDue, dueAt }: ProcessView): Phase | null {
  return isDue ? null : { phase: 'waiting', wakeAt: dueAt, left: 1 };
}

function behindFence(process: ProcessView, { fenced }: PeopleStanding): Phase {
  const wakeAt = new Date(Date.parse(process.now) + lookAgainMs).toISOString();
  return { phase: 'fenced', wakeAt, left: fenced };
}

/** Null when its people are as far as they come. */
function underWay(process: SeenProcess): Phase | null {
  const { people, kind } = process;
  // Whoever takes away the last of it says so in that transaction.
  if (kind === 'offboarding')
    return people.left === 0 && people.fenced > 0 ? null : working('taking-away', people);
  if (!process.isDrawnUp) return now('drawing-up', 1);
  if (isWhole(process) && people.failed > 0) return null;
  if (people.left > 0) return working('bringing-about', people);
  const isToBeWelcomed = isWhole(process) && people.fenced === 0 && process.wish.welcome !== false;
  return isToBeWelcomed && process.unwelcomed > 0 ? now('welcoming', process.unwelcomed) : null;
}

/** An onboarding is whole or not at all; people who were taken over from elsewhere have their access already. */
function isWhole({ kind, cause }: ProcessView): boolean {
  return kind === 'onboarding' && cause !== 'roster';
}

function working(phase: Phase['phase'], { left, nextAt }: PeopleStanding): Phase {
  return { phase, wakeAt: nextAt ?? atOnce, left };
}

async function behindItsFence(tx: Executor, process: ProcessView): Promise<Next> {
  const { whole, released, wasSuspended } = await takeUpDecisions(tx, process);
  if (whole === 'discarded') {
    if (wasSuspended)
      await lookAnewAt(tx, { organizationId: process.organizationId, personIds: null, actor: actors.engine });
    return { to: 'discarded' };
  }
  // A grace holds for what a fence let go, too: until then something newer may take its place.
  if (whole === 'released') return beforeItBegins(process) ?? { to: 'running' };
  if (released > 0) return { to: 'running' };
  const people = await readPeopleStanding(tx, process.id, 'giving');
  if (people.left > 0) return { to: 'running' };
  // All of it was discarded, or what was left after others went through.
  if (people.total > 0 && people.fenced === 0) return { to: people.done > 0 ? 'running' : 'discarded' };
  return behindFence(process, people);
}

async function oneStepOn(tx: Executor, process: SeenProcess): Promise<Next> {
  let { people } = process;
  if (process.isDecided) {
    await takeUpDecisions(tx, process);
    people = await readPeopleStanding(tx, process.id, 'giving');
    const phase = underWay({ ...process, people, unwelcomed: 0 });
    if (phase) return phase;
  }
  if (isWhole(process) && people.failed > 0) return { to: 'undoing' };
  if (people.fenced > 0) return { to: 'fenced' };
  if (isWhole(process)) return afterwards(tx, process);
  const kind = process.kind === 'onboarding' ? 'onboarding' : 'role-change';
  for (const { personId, cause } of await readFailures(tx, process.id))
    await openProcessTask(tx, { kind, processId: process.id, personId, cause, actor: actors.engine });
  return { to: people.failed > 0 ? 'residue' : 'done' };
}

/** What second people decided meanwhile, wherever the process stands, and what follows from it. */
async function takeUpDecisions(tx: Executor, process: ProcessView): Promise<FenceDecision> {
  const decision = await takeUpFenceDecisions(tx, process.id);
  const { organizationId } = process;
  if (decision.restored.length > 0)
    await lookAnewAt(tx, { organizationId, personIds: decision.restored, actor: actors.engine });
  if (decision.discarded > 0) await returnFromDiscarded(tx, process);
  return decision;
}

async function leaving(tx: Executor, process: ProcessView): Promise<Next> {
  await takeUpDecisions(tx, process);
  const people = await readPeopleStanding(tx, process.id, 'giving');
  if (people.left === 0 && people.fenced > 0) return { to: 'fenced' };
  return working('taking-away', people);
}

/** Everybody has what they shall hold: they are told, and say that they are there, or their links expire. */
async function afterwards(tx: Executor, process: ProcessView): Promise<Next> {
  const done: Next = { to: 'done', after: now('over', 0) };
  if (process.wish.welcome === false) return done;
  const welcomes = await readWelcomeStanding(tx, process.id, await readReminders(tx));
  const toSend = welcomes.missing + welcomes.due;
  if (toSend > 0) return now('welcoming', toSend);
  if (welcomes.nextAt === null) return done;
  const waiting: Phase = { phase: 'confirming', wakeAt: welcomes.nextAt, left: welcomes.open };
  return process.state === 'running' ? { to: 'confirming', after: waiting } : waiting;
}

async function takenBack(tx: Executor, process: ProcessView): Promise<Next> {
  return { to: (await isAnythingLeft(tx, process.id)) ? 'residue' : 'failed' };
}

/** When people are reminded, in milliseconds since their welcome, by the settings in force. */
export async function readReminders(tx: Executor): Promise<number[]> {
  const { catalog } = await readActiveCatalog(tx);
  return catalog.settings.welcome.reminders.map(periodMsOrThrow);
}

function now(phase: Phase['phase'], left: number): Phase {
  return { phase, wakeAt: atOnce, left };
}
