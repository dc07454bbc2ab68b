import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/server';
import { sha256Hex } from '../../crypto/digest.ts';
import { type Executor, withinVendor } from '../../db/client.ts';
import {
  type ChallengeUse,
  insertChallenge,
  type NewChallenge,
  type UsedChallenge,
  useChallenge,
} from '../../db/queries/passkey-challenge.ts';
import { TenureError } from '../../domain/errors.ts';
import { newId } from '../../domain/ids.ts';
import type { Signed } from '../../domain/passkey.ts';
import type { ApiDeps } from '../deps.ts';
import { type Challenge, challengeIn, newChallenge } from '../sign-in/passkey.ts';

/** What a browser does a passkey's work with, as Web Authentication writes it in JSON. */
export type RequestOptions = PublicKeyCredentialRequestOptionsJSON;

/** What a challenge is bound to besides its purpose and the browser. */
type Bound = Pick<NewChallenge, 'organizationId' | 'purpose'> &
  Partial<Pick<NewChallenge, 'personId' | 'sessionId' | 'ticketId'>>;

/** Writes down what an authenticator is asked to sign, bound to whoever asks. */
export async function askForPasskey(
  tx: Executor,
  bound: Bound,
  { browser, signs = null }: { browser: string; signs?: Signed | null },
): Promise<Challenge & { id: string }> {
  const id = newId('chal');
  const made = newChallenge(signs);
  await insertChallenge(tx, {
    personId: null,
    sessionId: null,
    ticketId: null,
    ...bound,
    ...made,
    id,
    browserHash: sha256Hex(browser),
    signs,
  });
  return { id, ...made };
}

/**
 * Uses up the challenge that an answer is to, whatever comes of the answer. It must have been made for the same purpose, browser,
 * session and ticket, not long ago.
 * @throws TenureError `passkey-refused`, the same for every fault
 */
export async function takeAnswer(
  deps: ApiDeps,
  response: AuthenticationResponseJSON | RegistrationResponseJSON,
  bound: Omit<ChallengeUse, 'challenge' | 'browserHash'> & { browser: string | null },
): Promise<UsedChallenge & { challenge: string }> {
  const challenge = challengeIn(response);
  const { browser, ...rest } = bound;
  if (challenge === null || browser === null) throw passkeyRefused();
  const used = await withinVendor(deps.ledger, (tx) =>
    useChallenge(tx, { ...rest, challenge, browserHash: sha256Hex(browser) }),
  );
  if (!used) throw passkeyRefused();
  return { ...used, challenge };
}

/** The one answer to whatever is wrong with a passkey: which it is, is nobody's business. */
export function passkeyRefused(): TenureError {
  return new TenureError(
    'passkey-refused',
    'This passkey can’t be used for this here. It was removed, is somebody else’s, or took too long. Try once more.',
  );
}
