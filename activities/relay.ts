import { claimOutbox, markDelivered, type OutboxLine } from '../db/outbox.ts';
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
  /** Whether that run is there and running. */
  isRunning(requestId: string, run: number): Promise<boolean>;
}

/** What is not delivered at once by whoever wrote it, and what is lost in Temporal, is made good here. */
export interface Relay {
  /** Delivers what is waiting; returns how many lines were taken. */
  deliver(): Promise<number>;
  /** Looks at some open requests and starts those whose workflow is gone; returns how many were started. */
  repair(): Promise<number>;
}

const batch = 50;
const recheckAfterMs = 5_000;

/** Makes a relay; several may run at once, each takes other lines. */
export function createRelay(deps: ActivityDeps, engine: Engine): Relay {
  const { db } = deps.ledger;

  async function deliverOne(line: OutboxLine): Promise<void> {
    try {
      if (line.kind === 'credential')
        await replaceCredential(deps, line.subjectId, AbortSignal.timeout(10_000));
      if (line.kind === 'engine') await deliverWakeUp(line);
      await markDelivered(db, line.seq);
    } catch (error) {
      deps.log.warn(
        {
          seq: line.seq,
          kind: line.kind,
          subject: line.subjectId,
          tries: line.tries,
          code: failureCode(error),
        },
        'not delivered',
      );
    }
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
    if (delivered === 'closed' && known.isOpen) await startNext(known, line.traceparent);
  }

  async function startNext(request: OpenRequest, traceparent: string | null): Promise<void> {
    const run = await nextRun(db, request.id, request.run);
    const { id: requestId, organization } = request;
    await engine.wake({ requestId, organization, run, signal: null, id: requestId, traceparent });
    deps.log.info({ requestId, run }, 'workflow started again');
  }

  return {
    async deliver() {
      const lines = await claimOutbox(db, batch);
      await Promise.all(lines.map(deliverOne));
      return lines.length;
    },

    async repair() {
      const unchecked = await claimUnchecked(db, recheckAfterMs, batch);
      let started = 0;
      for (const request of unchecked) {
        if (await engine.isRunning(request.id, request.run)) continue;
        // It may have ended in the moment between: then nothing is open any more, and nothing must be started.
        const open = await readOpenRequest(db, request.id);
        if (!open || open.run !== request.run) continue;
        const delivered = await engine.wake({ ...wakeUpOf(open) });
        if (delivered === 'closed') await startNext(open, null);
        started++;
      }
      return started;
    },
  };
}

function wakeUpOf(request: OpenRequest): WakeUp {
  const { id: requestId, run, organization } = request;
  return { requestId, run, organization, signal: null, id: requestId, traceparent: null };
}
