import type { OutboxLine } from '../db/outbox.ts';
import { type Carried, nextRun, readCarried } from '../db/queries/repair.ts';
import type { ActivityDeps } from './deps.ts';
import { type Engine, runOf, type WakeUp } from './engine.ts';
import { failureCode } from './failures.ts';

/** Keeps a workflow at every row that needs one: a request, a process, a customer's contract. */
export interface Carrying {
  /** Tells a row's workflow what an outbox line says. @throws when the engine or the ledger cannot be reached. */
  deliver(line: OutboxLine): Promise<void>;
  /** Brings a row's workflow back unless it is there; true when it had to be. What goes wrong is said, not thrown. */
  mend(carried: Carried): Promise<boolean>;
}

/** Makes it of the ledger and the engine. */
export function createCarrying(deps: ActivityDeps, engine: Engine): Carrying {
  const { db } = deps.ledger;

  /** The next run, which takes up what the rows say. */
  async function nextOf(carried: Carried, traceparent: string | null): Promise<WakeUp> {
    const run = await nextRun(db, carried.id, carried.run);
    deps.log.info({ ...named(carried), run }, 'workflow started again');
    return { ...startOf({ ...carried, run }), traceparent };
  }

  async function bringBack(carried: Carried): Promise<boolean> {
    const found = await engine.look(runOf(carried));
    if (found === 'running') return false;
    // It may have ended in the moment between: then nothing is open any more, and nothing must be started.
    const known = await readCarried(db, carried.id);
    if (!known?.isOpen || known.run !== carried.run) return false;
    // Whoever took this id may have taken the next ones too.
    if (found === 'foreign') await engine.replace(await nextOf(known, null));
    else if ((await engine.wake(startOf(known))) === 'closed') await engine.wake(await nextOf(known, null));
    return true;
  }

  return {
    /**
     * A closed run counts as delivered only when nothing is left to do; else the next run takes up what the rows say. A row
     * that is over, e.g. a request that was cancelled, is told so too: else its workflow would sleep on until its time.
     */
    async deliver({ subjectId, message, traceparent }) {
      const { signal, id } = message;
      const known = await readCarried(db, subjectId);
      if (!known || (!known.isOpen && signal === null)) return;
      const delivered = await engine.wake({ ...runOf(known), signal, id, traceparent });
      if (delivered === 'closed' && known.isOpen) await engine.wake(await nextOf(known, traceparent));
    },

    /** One that cannot be brought back keeps nobody else from it; it is looked at again with a later round. */
    async mend(carried) {
      try {
        return await bringBack(carried);
      } catch (error) {
        deps.log.warn({ ...named(carried), run: carried.run, code: failureCode(error) }, 'not repaired');
        return false;
      }
    },
  };
}

function startOf(carried: Carried): WakeUp {
  return { ...runOf(carried), signal: null, id: carried.id, traceparent: null };
}

/** For the log: ids only. */
function named({ id, story }: Carried): Record<string, string> {
  if (story === 'request') return { requestId: id };
  return story === 'customer' ? { organizationId: id } : { processId: id };
}
