import { type Engine, wakeUpOf } from '../activities/engine.ts';
import type { Starter } from '../api/deps.ts';
import type { Ledger } from '../db/client.ts';
import { markDelivered, type OutboxLine } from '../db/outbox.ts';

/** Attempts under way at once: telling the engine must not slow down those who ask. */
const lanes = 4;
/** Lines that wait for a lane; beyond it the relay is soon enough. */
const atMost = 64;
/** Delivered lines are marked together. The relay leaves a line alone for a second after its commit. */
const markEveryMs = 100;

/**
 * Tells the engine at once what was just committed. Nobody waits for it, and whatever it does not reach stays in the outbox
 * for the relay, which takes over a second after the commit.
 */
export function createStarter(engine: Engine, ledger: Ledger): Starter & { settled(): Promise<void> } {
  const waiting: OutboxLine[] = [];
  const underWay = new Set<Promise<void>>();
  let delivered: number[] = [];
  let marking: NodeJS.Timeout | undefined;

  async function tell(line: OutboxLine): Promise<void> {
    const wakeUp = wakeUpOf(line);
    // A closed run may have to be followed by another: the relay reads whether it must.
    if (wakeUp && (await engine.wake(wakeUp)) === 'delivered') delivered.push(line.seq);
    if (delivered.length > 0) marking ??= setTimeout(() => void mark(), markEveryMs);
  }

  async function mark(): Promise<void> {
    clearTimeout(marking);
    marking = undefined;
    const seqs = delivered;
    delivered = [];
    // What cannot be marked is told once more by the relay, which changes nothing.
    if (seqs.length > 0) await markDelivered(ledger.db, ...seqs).catch(() => undefined);
  }

  function next(): void {
    while (underWay.size < lanes) {
      const line = waiting.shift();
      if (!line) return;
      const attempt = tell(line)
        // The relay's turn.
        .catch(() => undefined)
        .finally(() => {
          underWay.delete(attempt);
          next();
        });
      underWay.add(attempt);
    }
  }

  return {
    hurry(line) {
      if (line.kind !== 'engine' || waiting.length >= atMost) return;
      waiting.push(line);
      next();
    },
    async settled() {
      while (underWay.size > 0) await Promise.all(underWay);
      await mark();
    },
  };
}
