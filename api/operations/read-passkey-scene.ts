import { enrolmentFacts, listPasskeys, type PasskeyView, readStepUpWays } from '../../db/queries/passkey.ts';
import { mostPasskeys, relyingPartyOf } from '../../domain/passkey.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import type { PersonPrincipal } from '../principal.ts';
import { reading } from '../transact.ts';
import { isStale } from './enrol-passkey.ts';
import type { StepUpWays } from './read-step-up-ways.ts';

/** One's own passkeys, and whether one more can be made now. */
export interface PasskeyScene {
  passkeys: PasskeyView[];
  ways: StepUpWays;
  /** What keeps them from making one: where this is, how many there are, how long ago they signed in. */
  lacking: 'address' | 'room' | 'step-up' | null;
}

/** Reads it in one go, so that the parts agree. */
export function readPasskeyScene(deps: ApiDeps, caller: PersonPrincipal): Promise<Outside<PasskeyScene>> {
  const { personId, session } = caller;
  return reading(deps, caller, async (tx) => {
    const [mine, ways, facts] = await Promise.all([
      listPasskeys(tx, { personId, page: { limit: mostPasskeys, after: null } }),
      readStepUpWays(tx, { personId, sessionId: session?.id ?? null }),
      enrolmentFacts(tx, personId),
    ]);
    const isHere = relyingPartyOf(deps.publicUrl) !== null;
    const isFull = facts.known.length >= mostPasskeys;
    const lacking = !isHere ? 'address' : isStale(caller, facts) ? 'step-up' : isFull ? 'room' : null;
    return { passkeys: mine.items, ways, lacking } as const;
  });
}
