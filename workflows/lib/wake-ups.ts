import { condition, defineSignal, setHandler } from '@temporalio/workflow';
import { wakeUpSignals } from '../contract.ts';

const pauseMs = 250;

export interface WakeUps {
  /** Waits for a signal or for the instant (ISO 8601 UTC, an absolute one: a late worker lengthens nothing). */
  until(instant: string, marginMs?: number): Promise<'signal' | 'time'>;
  /** Waits in any case, for a signal or for so long. Milliseconds. */
  pause(ms: number): Promise<'signal' | 'time'>;
  /** Forgets what came until now: whoever looks at the rows next takes it in. */
  takenIn(): void;
}

/**
 * Listens to these signals. A signal only wakes: what it says is read from the ledger afterwards, so one
 * that is lost, doubled, early or forged changes nothing. One that comes while the workflow is busy is not lost.
 */
export function listenForWakeUps(signals: readonly string[] = wakeUpSignals): WakeUps {
  let woken = false;
  let passed = '';
  for (const name of signals) {
    setHandler(defineSignal<[string]>(name), () => {
      woken = true;
    });
  }
  return {
    async until(instant, marginMs = 0) {
      // The same instant again: the ledger's clock was behind, or a step failed. Not in a hurry twice.
      const atLeastMs = instant === passed ? pauseMs : 0;
      const waitMs = Math.max(Date.parse(instant) + marginMs - Date.now(), atLeastMs);
      const bySignal = woken || (waitMs > 0 && (await condition(() => woken, waitMs)));
      woken = false;
      if (!bySignal) passed = instant;
      return bySignal ? 'signal' : 'time';
    },
    async pause(ms) {
      const bySignal = woken || (await condition(() => woken, ms));
      woken = false;
      return bySignal ? 'signal' : 'time';
    },
    takenIn() {
      woken = false;
    },
  };
}
