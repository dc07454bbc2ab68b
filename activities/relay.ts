import { claimOutbox, markDelivered, type OutboxLine } from '../db/outbox.ts';
import { readEndCase } from '../db/queries/end.ts';
import {
  claimUnchecked,
  nextRun,
  type OpenRequest,
  readCarriedRequest,
  readOpenRequest,
} from '../db/queries/repair.ts';
import type { ActivityDeps } from './deps.ts';
import { failureCode } from './failures.ts';
import { replaceCredential } from './credential.ts';
import { createPlaces } from './places.ts';

/** A wake-up for one run of a request's workflow. */
export interface WakeUp {
  requestId: string;
  run: number;
  organization: string;
  signal: OutboxLine['message']['signal'];
  id: string;
  traceparent: string | null;
}

/** What the relay needs of the engine; bin/ makes one of a Temporal client. */
export interface Engine {
  /**
   * Starts that run, or signals it when it is running (signal-with-start). `closed`: the run was and is over.
   * @throws when the engine cannot be reached.
   */
  wake(wakeUp: WakeUp): Promise<'delivered' | 'closed'>;
  /**
   * What is there under that run's id: our workflow, under way; nothing, or nothing any more; or `foreign`, something
   * that does not and will not do the request's work, e.g. a start of somebody else's under our id.
   */
  look(requestId: string, run: number): Promise<'running' | 'gone' | 'foreign'>;
  /** Starts that run in place of whatever has its id. @throws when the engine cannot be reached. */
  replace(wakeUp: WakeUp): Promise<void>;
}

/** Runs the work as a part of the trace that an outbox line carries (W3C `traceparent`). */
export type InTrace = <T>(traceparent: string | null, work: () => Promise<T>) => Promise<T>;

/** What is not delivered at once by whoever wrote it, and what is lost in Temporal, is made good here. */
export interface Relay {
  /** Wakes the workflows that wait for it; returns how many lines were taken. */
  deliver(): Promise<number>;
  /** Begins to replace the credentials that wait for it, as many as there is room for; waits for none of them. */
  replaceCredentials(): Promise<number>;
  /** Waits for the replacements that are under way. */
  settled(): Promise<void>;
  /** Looks at some open requests and starts those whose workflow is gone; returns how many were started. */
  repair(): Promise<number>;
}

const batch = 50;
const recheckAfterMs = 5_000;
/** Replacements under way at once, altogether and on one target: one that hangs leaves room for the others. */
const replacements = { atMost: 16, perTarget: 4 };
const replaceWithinMs = 10_000;

/** Makes a relay; several may run at once, each takes other lines. */
export function createRelay(deps: ActivityDeps, engine: Engine, inTrace: InTrace): Relay {
  const { db } = deps.ledger;
  const places = createPlaces(replacements.perTarget);
  const underWay = new Map<number, Promise<void>>();

  async function deliverOne(line: OutboxLine, work: () => Promise<void>): Promise<void> {
    try {
      await work();
      await markDelivered(db, line.seq);
    } catch (error) {
      const { seq, kind, subjectId: subject, tries } = line;
      deps.log.warn({ seq, kind, subject, tries, code: failureCode(error) }, 'not delivered');
    }
  }

  async function replaceOne(line: OutboxLine): Promise<void> {
    const grantId = line.subjectId;
    await deliverOne(line, async () => {
      const subject = await readEndCase(db, grantId);
      if (!subject) return;
      const replace = () => replaceCredential(deps, grantId, AbortSignal.timeout(replaceWithinMs));
      await places.within(subject.targetKey, () => inTrace(line.traceparent, replace));
    });
    underWay.delete(line.seq);
  }

  /**
   * A closed run counts as delivered only when the request is over; else the next run takes up what its rows say. A
   * request that is over, e.g. one that was cancelled, is told so too: else its workflow would sleep on until its time.
   */
  async function deliverWakeUp(line: OutboxLine): Promise<void> {
    const { signal, id } = line.message;
    const known = await readCarriedRequest(db, line.subjectId);
    if (!known || (!known.isOpen && signal === null)) return;
    const wakeUp = {
      requestId: known.id,
      organization: known.organization,
      run: known.run,
      signal,
      id,
      traceparent: line.traceparent,
    };
    const delivered = await engine.wake(wakeUp);
    if (delivered === 'closed' && known.isOpen) await engine.wake(await nextOf(known, line.traceparent));
  }

  /** The next run of a request, which takes up what its rows say. */
  async function nextOf(request: OpenRequest, traceparent: string | null): Promise<WakeUp> {
    const run = await nextRun(db, request.id, request.run);
    deps.log.info({ requestId: request.id, run }, 'workflow started again');
    return { ...wakeUpOf({ ...request, run }), traceparent };
  }

  /** Brings an open request's workflow back unless it is there; true when it had to be. */
  async function mend(request: OpenRequest): Promise<boolean> {
    const found = await engine.look(request.id, request.run);
    if (found === 'running') return false;
    // It may have ended in the moment between: then nothing is open any more, and nothing must be started.
    const open = await readOpenRequest(db, request.id);
    if (!open || open.run !== request.run) return false;
    // Whoever took this id may have taken the next ones too.
    if (found === 'foreign') await engine.replace(await nextOf(open, null));
    else if ((await engine.wake(wakeUpOf(open))) === 'closed') await engine.wake(await nextOf(open, null));
    return true;
  }

  /** One that cannot be brought back keeps nobody else from it; it is looked at again with a later round. */
  async function mendOrSay(request: OpenRequest): Promise<boolean> {
    try {
      return await mend(request);
    } catch (error) {
      deps.log.warn({ requestId: request.id, run: request.run, code: failureCode(error) }, 'not repaired');
      return false;
    }
  }

  return {
    async deliver() {
      const lines = await claimOutbox(db, 'engine', batch);
      await Promise.all(lines.map((line) => deliverOne(line, () => deliverWakeUp(line))));
      return lines.length;
    },

    async replaceCredentials() {
      const free = replacements.atMost - underWay.size;
      const lines = free > 0 ? await claimOutbox(db, 'credential', free) : [];
      // A line whose target hangs is due again before it is given up.
      const fresh = lines.filter(({ seq }) => !underWay.has(seq));
      for (const line of fresh) underWay.set(line.seq, replaceOne(line));
      return fresh.length;
    },

    async settled() {
      await Promise.all(underWay.values());
    },

    async repair() {
      const unchecked = await claimUnchecked(db, recheckAfterMs, batch);
      // All at once: an engine that does not answer would else keep a round waiting for each of them in turn.
      const started = await Promise.all(unchecked.map(mendOrSay));
      return started.filter(Boolean).length;
    },
  };
}

function wakeUpOf(request: OpenRequest): WakeUp {
  const { id: requestId, run, organization } = request;
  return { requestId, run, organization, signal: null, id: requestId, traceparent: null };
}
