import { type AccessRequestView } from '../../db/queries/access-request.ts';
import { listAccessRequests, listNextToLapse } from '../../db/queries/access-request-list.ts';
import { countStanding, type GrantView, listOpenOf } from '../../db/queries/grant.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import { type PersonPrincipal, viewerOf } from '../principal.ts';
import { reading } from '../transact.ts';

/** What somebody holds, what waits for them and what they asked for. */
export interface Home {
  /** What was asked for and is not gone, the next to end first. */
  held: GrantView[];
  /** How much they hold by their roles. */
  byRole: number;
  /** Requests that wait for their decision, the next to lapse first. */
  waiting: AccessRequestView[];
  /** Their own requests that are on their way or were answered lately, newest first. */
  asked: AccessRequestView[];
}

/** As many of each as a page can show at once. */
const shown = 20;

/** Reads it in one go, so that the parts agree. */
export function readHome(deps: ApiDeps, caller: PersonPrincipal): Promise<Outside<Home>> {
  const viewer = viewerOf(caller);
  const { personId } = caller;
  return reading(deps, caller, async (tx): Promise<Home> => {
    const held = await listOpenOf(tx, viewer, personId);
    const byRole = await countStanding(tx, personId);
    const waiting = await listNextToLapse(tx, viewer, { waitingFor: personId }, shown);
    const asked = await listAccessRequests(
      tx,
      viewer,
      { person: personId, isFresh: true },
      { limit: shown, after: null },
    );
    return {
      held,
      byRole,
      waiting,
      asked: asked.items,
    };
  });
}
