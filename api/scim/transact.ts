import { type Executor, readingWithin, type Scope, within } from '../../db/client.ts';
import type { OutboxLine } from '../../db/outbox.ts';
import type { Directory } from '../../db/queries/scim-token.ts';
import type { Actor } from '../../domain/audit-event.ts';
import type { ApiDeps } from '../deps.ts';
import type { UserKeeper } from '../operations/user-process.ts';

/** Who acts where a directory's word does: its token, by the name that its administrators gave it. */
export function directoryActor({ tokenId, label }: Directory): Actor {
  return { kind: 'source', id: tokenId, name: label };
}

export function keeperOfDirectory(directory: Directory): UserKeeper {
  return {
    actor: directoryActor(directory),
    // Adding is an administrator's word said by another way.
    cause: 'administrator',
    changeCause: 'roster',
    source: directory.tokenId,
    requestedBy: null,
  };
}

/** The token stands in the person's place: the ledger's guards know what it may write, and of whom. */
function scopeOfDirectory({ tokenId, organizationId }: Directory): Scope {
  return { personId: tokenId, organizationId, reach: 'own' };
}

/** Runs what a directory writes in one transaction, whole or not at all; afterwards the lines are tried at once. */
export async function writingAs<T>(
  deps: ApiDeps,
  directory: Directory,
  work: (tx: Executor, lines: OutboxLine[]) => Promise<T>,
): Promise<T> {
  const lines: OutboxLine[] = [];
  const answer = await within(deps.ledger, scopeOfDirectory(directory), (tx) => work(tx, lines));
  for (const line of lines) deps.starter.hurry(line);
  return answer;
}

export function readingAs<T>(
  deps: ApiDeps,
  directory: Directory,
  work: (tx: Executor) => Promise<T>,
): Promise<T> {
  return readingWithin(deps.ledger, scopeOfDirectory(directory), work);
}
