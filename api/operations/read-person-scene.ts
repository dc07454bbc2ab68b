import { type AccessRequestView } from '../../db/queries/access-request.ts';
import { listAccessRequests } from '../../db/queries/access-request-list.ts';
import { type HeldAccess, type HeldNow, listHeldAccess, readHeldNow } from '../../db/queries/held-access.ts';
import type { Page } from '../../db/queries/instant.ts';
import type { PersonProfile } from '../../db/queries/people.ts';
import { listProcesses, type ProcessSummary } from '../../db/queries/process-view.ts';
import { listSignals, type SignalView } from '../../db/queries/signal.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import { type PersonPrincipal, recordsOf, viewerOf } from '../principal.ts';
import { reading } from '../transact.ts';
import { profileOf } from './list-people.ts';
import { seesOthers } from './list-processes.ts';

/** A person with what they hold and what is under way about them. */
export interface PersonScene {
  profile: PersonProfile;
  /** What they asked for and hold now, the next to end first. */
  elevated: HeldNow;
  /** What they hold by their roles. */
  standing: Page<HeldAccess>;
  /** Requests on their way, or answered lately. */
  requests: AccessRequestView[];
  /** The latest stories about them. */
  processes: ProcessSummary[];
  /** What counts against them now; null for whoever does not read all records. */
  signals: SignalView[] | null;
}

const most = 100;
const some = { limit: 20, after: null };
const few = { limit: 5, after: null };

/** Reads it in one go, so that the parts agree. Only what the caller may see of it. @throws TenureError `not-found` */
export function readPersonScene(
  deps: ApiDeps,
  caller: PersonPrincipal,
  name: string,
): Promise<Outside<PersonScene>> {
  const viewer = viewerOf(caller);
  return reading(deps, caller, async (tx): Promise<PersonScene> => {
    const profile = await profileOf(tx, caller, name);
    const { id: person } = profile;
    // One connection carries them in this order; sent together, they cost one wait.
    const [elevated, standing, requests, processes, signals] = await Promise.all([
      readHeldNow(tx, viewer, { person, by: 'request' }, most),
      listHeldAccess(tx, viewer, { person, by: 'role' }, { limit: most, after: null }),
      listAccessRequests(tx, viewer, { person, isFresh: true }, some),
      listProcesses(tx, { personId: person, onlyAbout: seesOthers(caller) ? null : caller.personId }, few),
      recordsOf(caller) === 'all'
        ? listSignals(tx, { organizationId: null, personId: person, state: 'open' }, some)
        : null,
    ]);
    return {
      profile,
      elevated,
      standing,
      requests: requests.items.filter(({ state }) => state !== 'granted'),
      processes: processes.items,
      signals: signals && signals.items,
    };
  });
}
