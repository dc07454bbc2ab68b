import { choosePage } from '../../db/queries/standing.ts';
import { confirmUndone, orderUndo } from '../../db/queries/standing-undo.ts';
import { ConnectorError } from '../connectors/errors.ts';
import type { ActivityDeps } from '../deps.ts';
import { pageSize } from './bring-about.ts';
import { inBatches } from './batches.ts';
import { bringTargets, type PersonResult } from './targets.ts';

/**
 * Takes back what a process has given one page of its people: orders the end of it, brings the targets to what is left of
 * the ledger without it, reads back. What cannot be taken back becomes a task of the resource's owner at once, and is left to
 * them and the reaper when it was tried for a while. May be repeated, run twice at once and killed anywhere. Does nothing
 * when nobody is left, or the process is not being undone.
 * @throws what may pass with time, when nobody of the page came any further.
 */
export async function undoPage(
  deps: ActivityDeps,
  processId: string,
  signal: AbortSignal,
  beat: () => void,
): Promise<void> {
  const { db } = deps.ledger;
  const states = { first: ['waiting', 'fenced', 'done'], next: ['applying', 'failed'] } as const;
  const chosen = await choosePage(db, processId, states, pageSize);
  if (chosen.length === 0) return;
  await deps.reach('standing.before-intent');
  const given = await orderUndo(db, processId, chosen);
  if (!given) return;
  await deps.reach('standing.after-intent');
  beat();
  const stuck: PersonResult[] = [];
  const batches = inBatches<PersonResult>(async (some) => {
    await deps.reach('standing.before-outcome');
    const again = new Set(await confirmUndone(db, processId, some));
    stuck.push(...some.filter((one) => again.has(one.personId)));
    await deps.reach('standing.after-outcome');
    beat();
  });
  try {
    const accounts = given.map((grant) => ({ ...grant, isEnding: true }));
    await bringTargets(deps, accounts, signal, batches.add);
  } finally {
    await batches.finish();
  }
  const [first] = stuck;
  if (first && stuck.length === chosen.length) throw first.cause ?? new ConnectorError('not-confirmed');
}
