import { type StepUpWays, readStepUpWays as readWays } from '../../db/queries/passkey.ts';
import { readProvenFrom } from '../../db/queries/signal.ts';
import { relyingPartyOf } from '../../domain/passkey.ts';
import type { ApiDeps } from '../deps.ts';
import type { PersonPrincipal } from '../principal.ts';
import { reading } from '../transact.ts';
import { isOutdated } from './wish.ts';

export type { StepUpWays } from '../../db/queries/passkey.ts';

/** How the caller can show once more who they are: with how many passkeys, and at which provider. */
export async function readStepUpWays(deps: ApiDeps, caller: PersonPrincipal): Promise<StepUpWays> {
  const wish = { personId: caller.personId, sessionId: caller.session?.id ?? null };
  const { passkeys, provider } = await reading(deps, caller, (tx) => readWays(tx, wish));
  return { passkeys: relyingPartyOf(deps.publicUrl) ? passkeys : 0, provider };
}

/** Whether a source has spoken of the caller's credentials since they showed who they are, so that they must do so again. */
export async function mustProveAnew(deps: ApiDeps, caller: PersonPrincipal): Promise<boolean> {
  return isOutdated(caller, await reading(deps, caller, (tx) => readProvenFrom(tx, caller.personId)));
}
