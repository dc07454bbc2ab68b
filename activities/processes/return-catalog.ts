import type { Executor } from '../../db/client.ts';
import { prepareForLater } from '../../db/queries/catalog-wake.ts';
import { putRevision, takeTurn } from '../../db/queries/catalog-write.ts';
import { readNow } from '../../db/queries/effective.ts';
import { discardFence } from '../../db/queries/fence-decision.ts';
import {
  forgetEdits,
  lockHeldByEdits,
  readHeldByEdits,
  readLastDiscard,
  readOrganizationsUnder,
  readWayBack,
  type WayBack,
} from '../../db/queries/fence-edit.ts';
import { createProcesses, type ProcessView } from '../../db/queries/process.ts';
import type { Actor } from '../../domain/audit-event.ts';
import { TenureError } from '../../domain/errors.ts';
import { connectionProblems } from '../connectors/settings.ts';

/**
 * A second person has dropped all that a fence held of an edit, and nothing newer lies on top of it: the configuration returns to
 * what it was, in the name of who dropped it, and the role changes that follow begin. These wait at no fence: they only take
 * back what a second person did not want. The engine writes it, because who may drop need not be one who may edit. A second time
 * there is nothing to return from. Where it cannot return any more, what was dropped stays dropped for whom it was about.
 */
export async function returnFromDiscarded(tx: Executor, process: ProcessView): Promise<void> {
  if (process.cause !== 'configuration') return;
  const dropped = await readLastDiscard(tx, process.id);
  if (!dropped) return;
  const { fenceId, by, comment } = dropped;
  const first = await readWayBack(tx, fenceId, by.id);
  if (!('undone' in first)) return;
  await lockHeldByEdits(tx, first.undone);
  // After people, as when somebody's resources are handed over.
  await takeTurn(tx);
  const back = await readWayBack(tx, fenceId, by.id);
  if (!('undone' in back)) return;
  const actor: Actor = { kind: 'person', ...by };
  try {
    await tx.transaction((inner) => goBack(inner, back, { actor, comment }));
  } catch (error) {
    if (!(error instanceof TenureError) || error.code !== 'catalog-invalid') throw error;
  }
}

async function goBack(
  tx: Executor,
  { active, former, undone }: WayBack,
  { actor, comment }: { actor: Actor; comment: string | null },
): Promise<void> {
  const reason = comment ?? `back to revision ${former.number}`;
  const { catalog } = former;
  const wish = {
    catalog,
    reason,
    author: actor,
    organizationId: null,
    checkConnection: connectionProblems,
  };
  const { number, changes } = await putRevision(tx, active, wish);
  if (changes.length > 0) await startRoleChanges(tx, { active, former, undone }, { number, actor, reason });
  for (const { fenceId, items } of await readHeldByEdits(tx, undone, actor.id))
    await discardFence(tx, { fenceId, items, by: actor, comment, traceparent: null });
  await forgetEdits(tx, undone);
}

/** Everybody of whoever was concerned is brought to what is in force again, also who has come since. */
async function startRoleChanges(
  tx: Executor,
  { active, former, undone }: WayBack,
  { number, actor, reason }: { number: number; actor: Actor; reason: string },
): Promise<void> {
  const story = { actor, reason, traceparent: null } as const;
  const concerned = await readOrganizationsUnder(tx, undone);
  await createProcesses(
    tx,
    concerned.map((organizationId) => ({
      ...story,
      kind: 'role-change',
      organizationId,
      cause: 'convergence',
      wish: { what: 'catalog', revision: number },
    })),
  );
  const now = await readNow(tx);
  await prepareForLater(tx, { before: active.catalog, after: former.catalog, now, story });
}
