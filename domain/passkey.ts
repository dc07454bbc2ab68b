/** What a challenge is for. One that was made for something else is good for nothing. */
export const passkeyPurposes = ['enrol', 'sign-in', 'step-up'] as const;
export type PasskeyPurpose = (typeof passkeyPurposes)[number];

/** By what right a passkey was made: a confirmed welcome, or its person's own session. */
export const passkeyMakers = ['welcome', 'self'] as const;
export type PasskeyMaker = (typeof passkeyMakers)[number];

/** What ended a passkey: its person, somebody who may, or the person's leaving. */
export const passkeyEnds = ['removal', 'revocation', 'offboarding'] as const;
export type PasskeyEnd = (typeof passkeyEnds)[number];

/** How many live passkeys a person has at most. */
export const mostPasskeys = 10;

/** What somebody steps up for. Of `session` nothing is signed but that it is them. */
export const signedKinds = ['access_request', 'extension', 'decision', 'credential', 'session'] as const;
export type SignedKind = (typeof signedKinds)[number];

/** What a passkey signs: the challenge is made of it, so that the signature is about nothing else. */
export interface Signed {
  kind: SignedKind;
  /** The request that it is about; null where there is none yet. */
  about: string | null;
  /** Of a decision. */
  verb: 'approve' | 'deny' | null;
  /** Digest of exactly what is signed; of a decision the request's own. */
  digest: string;
  /** What the person read before they signed. */
  words: string;
}

/** COSE algorithms that a passkey's key may have (RFC 9053): EdDSA, ES256 and RS256. */
export const passkeyAlgorithms = [-8, -7, -257] as const;

/** Who passkeys are made for: a name of ours that browsers compare, and the origin that pages come from. */
export interface RelyingParty {
  id: string;
  origin: string;
}

/**
 * The relying party of an address (Web Authentication, section 5.1.2). Null where browsers make no passkeys: on an IP address,
 * and without TLS elsewhere than on `localhost`.
 */
export function relyingPartyOf(publicUrl: string): RelyingParty | null {
  const { hostname, origin, protocol } = new URL(publicUrl);
  const isAddress = hostname.startsWith('[') || /^[\d.]+$/.test(hostname);
  const isLocal = hostname === 'localhost' || hostname.endsWith('.localhost');
  return isAddress || (protocol !== 'https:' && !isLocal) ? null : { id: hostname, origin };
}

/**
 * How somebody who used a passkey has shown who they are (RFC 8176): a key that stays in its device or one that is copied
 * between devices, and, because the device has asked for a face, a finger or a PIN, more than one factor.
 */
export function passkeyAmr(isSynced: boolean): string[] {
  return [isSynced ? 'swk' : 'hwk', 'user', 'mfa'];
}
