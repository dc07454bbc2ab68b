import { condition, defineSignal, setHandler } from '@temporalio/workflow';
import { wakeUpSignals } from '../contract.ts';

const pauseMs = 250;

export interface WakeUps {
  /** Waits for a signal or for the instant (ISO 8601 UTC, an absolute one: a late worker lengthens nothing). */
  until(instant: string, marginMs?: number): Promise<'signal' | 'time'>;
}

/**
 * Listens to every signal of the contract. A signal only wakes: what it says is read from the ledger afterwards, so one
 * that is lost, doubled, early or forged changes nothing. One that comes while the workflow is busy is not lost.
 */
export function listenForWakeUps(): WakeUps {
  let woken = false;
  let passed = '';
  for (const name of wakeUpSignals) {
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
  };
}
