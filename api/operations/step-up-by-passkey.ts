import { newSessionToken, sessionCookie, sessionHashes } from '../../crypto/session-token.ts';
import { type Executor, within } from '../../db/client.ts';
import { knownCredentials, notePasskeyUse } from '../../db/queries/passkey.ts';
import { noteAssertion } from '../../db/queries/passkey-challenge.ts';
import { stepUpSession } from '../../db/queries/session.ts';
import { TenureError } from '../../domain/errors.ts';
import { passkeyAmr, type Signed } from '../../domain/passkey.ts';
import type { ApiDeps } from '../deps.ts';
import { actorOf, type PersonPrincipal, scopeOf } from '../principal.ts';
import { partyOf, requestOptions } from '../sign-in/passkey.ts';
import type { OpenSession } from '../sign-in/session.ts';
import { askForPasskey, passkeyRefused, type RequestOptions } from './ask-for-passkey.ts';
import { sessionOf } from './enrol-passkey.ts';
import { assertionOf, type PasskeyAnswer, proofOf, refuse } from './sign-in-by-passkey.ts';
import { type Signable, signedOf } from './signed.ts';

export interface StepUp {
  /** Names the signature afterwards. */
  id: string;
  /** What is signed, to be read before the browser asks. */
  signs: Pick<Signed, 'kind' | 'words'>;
  options: RequestOptions;
}

/**
 * Asks one of the caller's own passkeys to sign what they are about to do, or only that it is them.
 * @throws TenureError `passkey-refused` when they have none
 */
export async function beginStepUp(
  deps: ApiDeps,
  caller: PersonPrincipal,
  what: Signable,
  browser: string,
): Promise<StepUp> {
  const party = partyOf(deps);
  const session = sessionOf(caller);
  const { personId, organization } = caller;
  const { asked, signs, known } = await within(deps.ledger, scopeOf(caller), async (tx) => {
    const keys = await ownKeys(tx, personId);
    const signed = await signedOf(deps, tx, caller, what);
    const bound = {
      purpose: 'step-up',
      organizationId: organization.id,
      personId,
      sessionId: session.id,
    } as const;
    return { known: keys, signs: signed, asked: await askForPasskey(tx, bound, { browser, signs: signed }) };
  });
  const { kind, words } = signs;
  return { id: asked.id, signs: { kind, words }, options: await requestOptions(party, asked, known) };
}

async function ownKeys(tx: Executor, personId: string) {
  const known = await knownCredentials(tx, personId);
  if (known.length > 0) return known;
  throw new TenureError('passkey-refused', 'You have no passkey here. Add one on your account page.');
}

export interface SteppedUp {
  /** Names the signature where what was signed is done. */
  id: string;
  cookie: string;
  amr: string[];
  authTime: string;
}

/** Notes that they have signed: their session is stepped up, with a new token, and the signature is kept. */
export async function completeStepUp(
  deps: ApiDeps,
  caller: PersonPrincipal,
  back: PasskeyAnswer & { session: OpenSession },
): Promise<SteppedUp> {
  const { id: sessionId } = sessionOf(caller);
  const proof = await proofOf(deps, back, { purpose: 'step-up', sessionId });
  const { key, used, challenge } = proof;
  const { personId } = caller;
  if (key.personId !== personId || challenge.personId !== personId) throw passkeyRefused();
  const next = newSessionToken(back.session.words.family);
  const amr = passkeyAmr(used.backedUp);
  const isUsed = await within(deps.ledger, scopeOf(caller), async (tx) => {
    if (!(await notePasskeyUse(tx, { id: key.id, ...used }))) return false;
    await noteAssertion(tx, { id: challenge.id, passkeyId: key.id, assertion: assertionOf(proof) });
    const isOpen = await stepUpSession(tx, {
      sessionId,
      personId,
      newTokenHash: sessionHashes(next).tokenHash,
      amr,
      acr: null,
      authTime: challenge.now,
      actor: actorOf(caller),
      how: `passkey ${key.id}`,
    });
    if (!isOpen) throw new TenureError('unauthenticated', 'This session has ended.');
    return true;
  });
  if (!isUsed) throw await refuse(deps, key, 'its counter went back');
  return { id: challenge.id, cookie: sessionCookie(next), amr, authTime: challenge.now };
}
