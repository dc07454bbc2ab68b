import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import { digestOf } from '../../crypto/digest.ts';
import { randomWord } from '../../crypto/session-token.ts';
import { TenureError } from '../../domain/errors.ts';
import { limits } from '../../domain/limits.ts';
import { passkeyAlgorithms, type RelyingParty, relyingPartyOf, type Signed } from '../../domain/passkey.ts';
import type { ApiDeps } from '../deps.ts';

// Web Authentication, level 3. Attestation is not asked for: what device a key is in decides nothing here.

/** Who passkeys are made for. @throws TenureError `passkeys-unavailable` where browsers make none */
export function partyOf({ publicUrl }: ApiDeps): RelyingParty {
  const party = relyingPartyOf(publicUrl);
  if (party) return party;
  throw new TenureError(
    'passkeys-unavailable',
    'Passkeys belong to a name and need TLS. This installation is reached by an address, or without.',
  );
}

/** What an authenticator is asked to sign. */
export interface Challenge {
  /** base64url. */
  challenge: string;
  nonce: string;
}

/** A new challenge: SHA-256 over a random word of 256 bits and, where something is signed, what that is. */
export function newChallenge(signs: Signed | null): Challenge {
  const nonce = randomWord();
  const digest = digestOf({ nonce, signs });
  return { challenge: Buffer.from(digest.slice('sha256:'.length), 'hex').toString('base64url'), nonce };
}

/** Whose passkey is made. */
export interface Enrolling {
  personId: string;
  name: string;
  email: string;
  /** Those that they have: no authenticator makes a second one. */
  known: readonly { id: string; transports: string[] }[];
}

/** What a browser makes a passkey from: one that it finds by itself, for which the device asks who holds it. */
export function creationOptions(
  party: RelyingParty,
  challenge: Challenge,
  { personId, name, email, known }: Enrolling,
): Promise<PublicKeyCredentialCreationOptionsJSON> {
  return generateRegistrationOptions({
    rpName: 'Tenure',
    rpID: party.id,
    // Random, and nothing about them.
    userID: new Uint8Array(Buffer.from(personId)),
    userName: email,
    userDisplayName: name,
    challenge: new Uint8Array(Buffer.from(challenge.challenge, 'base64url')),
    timeout: limits.passkeyMs,
    attestationType: 'none',
    excludeCredentials: [...known],
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    supportedAlgorithmIDs: [...passkeyAlgorithms],
  });
}

/** What a browser uses a passkey for; without any named, the person chooses among those that it has. */
export function requestOptions(
  party: RelyingParty,
  challenge: Challenge,
  known: readonly { id: string; transports: string[] }[],
): Promise<PublicKeyCredentialRequestOptionsJSON> {
  return generateAuthenticationOptions({
    rpID: party.id,
    challenge: new Uint8Array(Buffer.from(challenge.challenge, 'base64url')),
    timeout: limits.passkeyMs,
    userVerification: 'required',
    allowCredentials: [...known],
  });
}

/** The challenge that an answer says it is to; null when it says none. It is believed only once the answer is verified. */
export function challengeIn(response: { response: { clientDataJSON: string } }): string | null {
  try {
    const said: unknown = JSON.parse(
      Buffer.from(response.response.clientDataJSON, 'base64url').toString('utf8'),
    );
    const challenge: unknown =
      typeof said === 'object' && said !== null ? Reflect.get(said, 'challenge') : null;
    const crossOrigin: unknown =
      typeof said === 'object' && said !== null ? Reflect.get(said, 'crossOrigin') : null;
    // In somebody else's frame no page of ours asks for a passkey.
    return typeof challenge === 'string' && crossOrigin !== true ? challenge : null;
  } catch {
    return null;
  }
}

/** A passkey as its authenticator has made it. */
export interface Made {
  credentialId: string;
  /** base64url of the COSE key. */
  publicKey: string;
  counter: number;
  backedUp: boolean;
}

/** What a browser has made, for that challenge and for us; null when it is anything else. What exactly, the caller is not told. */
export async function verifyMade(
  party: RelyingParty,
  challenge: string,
  response: RegistrationResponseJSON,
): Promise<Made | null> {
  try {
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response,
      expectedChallenge: challenge,
      expectedOrigin: party.origin,
      expectedRPID: party.id,
      requireUserVerification: true,
      supportedAlgorithmIDs: [...passkeyAlgorithms],
    });
    if (!verified) return null;
    const { credential, credentialBackedUp } = registrationInfo;
    return {
      credentialId: credential.id,
      publicKey: Buffer.from(credential.publicKey).toString('base64url'),
      counter: credential.counter,
      backedUp: credentialBackedUp,
    };
  } catch {
    // The library throws at whatever is not as it must be.
    return null;
  }
}

/** What a passkey says when it is used. */
export interface Used {
  counter: number;
  backedUp: boolean;
}

/**
 * What a passkey has signed, for that challenge and for us; null when it is anything else. Whether its counter has gone on is
 * checked where it is written, so that of two uses at once one is refused.
 */
export async function verifyUsed(
  party: RelyingParty,
  challenge: string,
  key: { credentialId: string; publicKey: string },
  response: AuthenticationResponseJSON,
): Promise<Used | null> {
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response,
      expectedChallenge: challenge,
      expectedOrigin: party.origin,
      expectedRPID: party.id,
      requireUserVerification: true,
      credential: {
        id: key.credentialId,
        publicKey: new Uint8Array(Buffer.from(key.publicKey, 'base64url')),
        counter: 0,
      },
    });
    if (!verified) return null;
    return { counter: authenticationInfo.newCounter, backedUp: authenticationInfo.credentialBackedUp };
  } catch {
    return null;
  }
}
