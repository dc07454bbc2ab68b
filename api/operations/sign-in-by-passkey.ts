import type { AuthenticationResponseJSON } from '@simplewebauthn/server';
import { newSessionToken, sessionCookie, sessionHashes } from '../../crypto/session-token.ts';
import { within, withinVendor } from '../../db/client.ts';
import {
  findPasskey,
  notePasskeyRefusal,
  notePasskeyUse,
  type UsablePasskey,
} from '../../db/queries/passkey.ts';
import { noteAssertion, type UsedChallenge } from '../../db/queries/passkey-challenge.ts';
import { beginSession } from '../../db/queries/session.ts';
import { TenureError } from '../../domain/errors.ts';
import { passkeyAmr } from '../../domain/passkey.ts';
import type { ApiDeps } from '../deps.ts';
import { partyOf, requestOptions, type Used, verifyUsed } from '../sign-in/passkey.ts';
import type { OpenSession } from '../sign-in/session.ts';
import { askForPasskey, passkeyRefused, type RequestOptions, takeAnswer } from './ask-for-passkey.ts';
import { endFormer } from './complete-sign-in.ts';

/** What a browser is asked to sign to sign in: with which passkey, its person chooses. */
export async function beginPasskeySignIn(deps: ApiDeps, browser: string): Promise<RequestOptions> {
  const party = partyOf(deps);
  const bound = { purpose: 'sign-in', organizationId: null } as const;
  const asked = await withinVendor(deps.ledger, (tx) => askForPasskey(tx, bound, { browser }));
  return requestOptions(party, asked, []);
}

/** What a browser comes back with. */
export interface PasskeyAnswer {
  response: AuthenticationResponseJSON;
  /** The browser's mark. */
  browser: string | null;
}

/** A passkey that has just been used as it must be, in an answer to that challenge. */
export interface Proof {
  key: UsablePasskey;
  used: Used;
  challenge: UsedChallenge;
  response: AuthenticationResponseJSON;
}

/**
 * Looks at an answer: the live passkey that it names must have signed it, for us, to a challenge that is its own, and whoever holds
 * the device must be the passkey's person.
 * @throws TenureError `passkey-refused`, the same for every fault
 */
export async function proofOf(
  deps: ApiDeps,
  { response, browser }: PasskeyAnswer,
  bound: { purpose: 'sign-in' | 'step-up'; sessionId: string | null },
): Promise<Proof> {
  const party = partyOf(deps);
  const challenge = await takeAnswer(deps, response, { ...bound, ticketId: null, browser });
  const key = await withinVendor(deps.ledger, (tx) => findPasskey(tx, response.id));
  if (!key?.isHere || !isHandleOf(key, response)) throw passkeyRefused();
  const used = await verifyUsed(party, challenge.challenge, key, response);
  if (!used) throw passkeyRefused();
  return { key, used, challenge, response };
}

/** Where nobody was named before, the passkey says whose it is, and must not say it of somebody else. */
function isHandleOf({ personId }: UsablePasskey, { response }: AuthenticationResponseJSON): boolean {
  const { userHandle } = response;
  return !userHandle || userHandle === Buffer.from(personId).toString('base64url');
}

/** The part of an answer that is kept as the signature. */
export function assertionOf({ response }: Pick<Proof, 'response'>): Record<string, string> {
  const { authenticatorData, clientDataJSON, signature } = response.response;
  return { authenticatorData, clientDataJSON, signature };
}

export interface SignedInByPasskey {
  cookie: string;
  organizationKind: 'vendor' | 'customer';
}

/** Signs in whoever the passkey is of. @throws TenureError `passkey-refused` */
export async function completePasskeySignIn(
  deps: ApiDeps,
  back: PasskeyAnswer & { session: OpenSession | null; browserFamily: string },
): Promise<SignedInByPasskey> {
  const proof = await proofOf(deps, back, { purpose: 'sign-in', sessionId: null });
  const { key, used, challenge } = proof;
  if (key.hasProvider) throw await refuse(deps, key, 'their organization has an identity provider');
  const { personId, organizationId } = key;
  const words = newSessionToken();
  const isUsed = await within(deps.ledger, { personId, organizationId, reach: 'own' }, async (tx) => {
    if (!(await notePasskeyUse(tx, { id: key.id, ...used }))) return false;
    await noteAssertion(tx, { id: challenge.id, passkeyId: key.id, assertion: assertionOf(proof) });
    await beginSession(tx, {
      personId,
      organizationId,
      method: 'passkey',
      providerId: null,
      passkeyId: key.id,
      ...sessionHashes(words),
      amr: passkeyAmr(used.backedUp),
      acr: null,
      authTime: challenge.now,
      browser: back.browserFamily,
      actor: { kind: 'person', id: personId, name: key.person },
    });
    return true;
  });
  if (!isUsed) throw await refuse(deps, key, 'its counter went back');
  // A browser has one session of ours at a time, and none that was there before somebody signed in.
  if (back.session) await endFormer(deps, back.session);
  return { cookie: sessionCookie(words), organizationKind: key.organizationKind };
}

/** Nothing stays but an audit event. Whoever holds the passkey learns why where that helps them. */
export async function refuse(
  deps: ApiDeps,
  key: UsablePasskey,
  why: 'its counter went back' | 'their organization has an identity provider',
): Promise<TenureError> {
  const { id, personId, organizationId, person } = key;
  await within(deps.ledger, { personId, organizationId, reach: 'own' }, (tx) =>
    notePasskeyRefusal(tx, {
      id,
      organizationId,
      actor: { kind: 'person', id: personId, name: person },
      why,
    }),
  );
  return why === 'its counter went back'
    ? passkeyRefused()
    : new TenureError(
        'passkey-refused',
        'Your organization has its own sign-in. Use that; here your passkey is a second factor.',
      );
}
