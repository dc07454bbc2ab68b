import { type AccessRequestView, readAccessRequest } from '../../db/queries/access-request.ts';
import { listNextToLapse } from '../../db/queries/access-request-list.ts';
import { readUsualUse, type UsualUse } from '../../db/queries/usual-use.ts';
import type { ApiDeps } from '../deps.ts';
import { readingWithin } from '../../db/client.ts';
import { type Outside, outside } from '../outside.ts';
import { type PersonPrincipal, scopeOf, viewerOf } from '../principal.ts';
import { notFound } from './refusals.ts';

export type { UsualUse } from '../../db/queries/usual-use.ts';

/** What waits for somebody's decision, and one request with what is usual about it. */
export interface DecisionScene {
  /** The next to lapse first, at most fifty. */
  waiting: Outside<AccessRequestView>[];
  chosen: { request: Outside<AccessRequestView>; usual: UsualUse; mayDecide: boolean } | null;
}

/** As many as a page can show at once. */
const atOnce = 50;

/**
 * Reads it in one go. Without a name nothing is chosen.
 * @throws TenureError `not-found` when the caller may not see what they named
 */
export function readDecisionScene(
  deps: ApiDeps,
  caller: PersonPrincipal,
  named: string | null,
): Promise<DecisionScene> {
  const viewer = viewerOf(caller);
  return readingWithin(deps.ledger, scopeOf(caller), async (tx) => {
    const mine = { waitingFor: caller.personId };
    const waiting = await listNextToLapse(tx, viewer, mine, atOnce);
    if (named === null) return { waiting: outside(waiting), chosen: null };
    const request = await readAccessRequest(tx, viewer, named);
    const usual = request && (await readUsualUse(tx, request.id));
    if (!request || !usual) throw notFound();
    const { id } = request;
    const isListed = waiting.some((one) => one.id === id);
    // A list that is full has not all of them.
    const mayDecide =
      isListed ||
      (waiting.length === atOnce && (await listNextToLapse(tx, viewer, { ...mine, id }, 1)).length > 0);
    return { waiting: outside(waiting), chosen: { request: outside(request), usual, mayDecide } };
  });
}
