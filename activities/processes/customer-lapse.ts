import { closeContractTasks, hearsNothing } from '../../db/queries/contract-task.ts';
import { actors } from '../../domain/audit-event.ts';
import { stands } from '../../domain/contract-effects.ts';
import { graceMsOrThrow } from '../../domain/period.ts';
import { openProcessTask } from '../../db/queries/task.ts';
import type { Step } from './customer-scene.ts';

/**
 * A contract's end passes, and nobody says a word: its web hook is down, or a deal ran out that somebody forgot. What its users
 * hold ends by itself after the churn grace; the vendor is told then, by a task that people close, or the next word about the
 * contract. Says when that will be, ISO 8601 UTC; null: never, or it has been.
 */
export async function stepLapse({ tx, was, contract, effects, catalog }: Step): Promise<string | null> {
  const { organizationId, now, applied, standing } = was;
  const { terms } = contract;
  // Of an imported customer no system has said anything: its end stands as it was imported.
  const isKnown = stands(terms) || terms.state === 'none';
  const until = stands(terms) ? terms.until : applied.until;
  const lapsesAt =
    standing === 'customer' && isKnown && until !== null
      ? new Date(Date.parse(until) + graceMsOrThrow(catalog.settings.churnGrace)).toISOString()
      : null;
  if (lapsesAt !== null && lapsesAt <= now) {
    const processId = await hearsNothing(tx, organizationId, lapsesAt);
    if (processId !== null)
      await openProcessTask(tx, {
        kind: 'contract',
        processId,
        cause: 'contract-lapsed',
        actor: actors.engine,
      });
    return null;
  }
  // Nobody waits for a word about who is no customer yet.
  if (effects.length > 0 && standing !== 'prospect')
    await closeContractTasks(tx, organizationId, 'contract', actors.engine);
  return lapsesAt;
}
