import { choosePage } from '../../db/queries/standing.ts';
import { confirmUndone, orderUndo } from '../../db/queries/standing-undo.ts';
import type { ActivityDeps } from '../deps.ts';
import { pageSize, workPage } from './page.ts';

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
  await workPage(
    deps,
    {
      people: await choosePage(db, processId, states, pageSize),
      intend: (personIds) => orderUndo(db, processId, personIds),
      accountsOf: (given) => given.map((grant) => ({ ...grant, isEnding: true })),
      confirm: (_, results) => confirmUndone(db, processId, results),
    },
    signal,
    beat,
  );
}
