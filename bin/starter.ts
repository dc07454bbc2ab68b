import type { Engine } from '../activities/relay.ts';
import type { Starter } from '../api/deps.ts';
import type { Ledger } from '../db/client.ts';
import { markDelivered, type OutboxLine } from '../db/outbox.ts';

/** Attempts under way at once; beyond it the relay is soon enough. */
const atMost = 64;

/**
 * Tells the engine at once what was just committed. Nobody waits for it, and whatever it does not reach stays in the
 * outbox for the relay, which takes over a second after the commit.
 */
export function createStarter(engine: Engine, ledger: Ledger): Starter & { settled(): Promise<void> } {
  const underWay = new Set<Promise<void>>();

  async function tell({ seq, subjectId, message, traceparent }: OutboxLine): Promise<void> {
    const { organization, run, signal, id } = message;
    try {
      const answer = await engine.wake({ requestId: subjectId, organization, run, signal, id, traceparent });
      // A closed run may have to be followed by another: the relay reads whether it must.
      if (answer === 'delivered') await markDelivered(ledger.db, seq);
    } catch {
      // The relay's turn.
    }
  }

  return {
    hurry(line) {
      if (line.kind !== 'engine' || underWay.size >= atMost) return;
      const attempt = tell(line).finally(() => underWay.delete(attempt));
      underWay.add(attempt);
    },
    async settled() {
      await Promise.all(underWay);
    },
  };
}
