import type { VerifyingKey } from '../domain/key-set.ts';
import { readSecurityEvent, type SignalReading, UnreadableSignal } from '../domain/signal.ts';
import {
  createLocalJWKSet,
  decodeProtectedHeader,
  errors,
  importJWK,
  type JSONWebKeySet,
  type JWTPayload,
  type JWTVerifyOptions,
  type JWTVerifyResult,
  jwtVerify,
} from 'jose';

/** What a security event token may be signed with: by a key of which the source alone has the private half. */
export const securityEventAlgorithms = ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA', 'Ed25519'];

/** 2048 bits (RFC 7518, section 3.3). */
const shortestRsaBytes = 256;

/** How long after it was issued a token is taken, and how far its issuer's clock may be ahead of ours, in seconds. */
const oldestSeconds = 7 * 24 * 3_600;
const skewSeconds = 300;

/** Error codes of RFC 8935, section 2.4. */
export type SecurityEventFault = 'invalid_request' | 'invalid_key' | 'invalid_issuer' | 'invalid_audience';

/** Thrown for a token that is not taken. */
export class SecurityEventRefusal extends Error {
  override readonly name = 'SecurityEventRefusal';
  constructor(
    readonly fault: SecurityEventFault,
    readonly detail: string,
  ) {
    super(fault);
  }
}

/** Thrown for a token whose key is none of the source's that we know: where they are fetched, it may be a new one. */
export class UnknownKey extends SecurityEventRefusal {
  constructor() {
    super('invalid_key', notItsKey);
  }
}

const notItsKey = 'The token is not signed by a key of this source.';

export interface SecurityEventSource {
  issuer: string | null;
  audience: string | null;
  /** RFC 7517; null for who sends none. */
  jwks: Record<string, unknown> | null;
}

/** A token that was verified, read. */
export interface SecurityEventToken {
  jti: string;
  reading: SignalReading;
}

/**
 * What a security event token (RFC 8417, sent as RFC 8935 or RFC 8936 has it) says, if that source has signed it for us not too long
 * ago: `typ` as in section 2.3 of RFC 8417, an asymmetric algorithm, issuer, audience, `iat` and `jti`.
 * @throws SecurityEventRefusal
 */
export async function readSecurityEventToken(
  token: string,
  source: SecurityEventSource,
  nowMs: number,
): Promise<SecurityEventToken> {
  const claims = await verifySecurityEvent(token, source, nowMs);
  try {
    return { jti: claims.jti, reading: readSecurityEvent(claims, nowMs) };
  } catch (error) {
    if (!(error instanceof UnreadableSignal)) throw error;
    throw new SecurityEventRefusal('invalid_request', error.message);
  }
}

async function verifySecurityEvent(
  token: string,
  { issuer, audience, jwks }: SecurityEventSource,
  nowMs: number,
): Promise<JWTPayload & { jti: string }> {
  if (issuer === null || audience === null)
    throw new SecurityEventRefusal('invalid_request', 'This source sends no tokens.');
  try {
    const { payload } = await verifyByOneOf(jwks, token, {
      issuer,
      audience,
      typ: 'secevent+jwt',
      algorithms: securityEventAlgorithms,
      requiredClaims: ['iat', 'jti', 'events'],
      currentDate: new Date(nowMs),
      clockTolerance: skewSeconds,
      maxTokenAge: oldestSeconds,
    });
    const { jti } = payload;
    if (typeof jti !== 'string' || jti === '' || jti.length > 500 || /\p{Cc}|\p{Surrogate}/u.test(jti))
      throw new SecurityEventRefusal('invalid_request', 'A token has a `jti`.');
    return { ...payload, jti };
  } catch (error) {
    throw refusalOf(error, token);
  }
}

/** Of several keys that a token may be signed by, since it names none or they have one name, each is tried. */
async function verifyByOneOf(
  jwks: SecurityEventSource['jwks'],
  token: string,
  options: JWTVerifyOptions,
): Promise<JWTVerifyResult> {
  try {
    return await jwtVerify(token, createLocalJWKSet(keySetOf(jwks)), options);
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const key of error) {
      try {
        return await jwtVerify(token, key, options);
      } catch (refusal) {
        if (!(refusal instanceof errors.JWSSignatureVerificationFailed)) throw refusal;
      }
    }
    throw error;
  }
}

/** The keys as they were checked when they were given. */
function keySetOf(jwks: Record<string, unknown> | null): JSONWebKeySet {
  const keys: unknown = jwks?.keys;
  return { keys: Array.isArray(keys) ? keys : [] };
}

function refusalOf(error: unknown, token: string): unknown {
  if (error instanceof SecurityEventRefusal || !(error instanceof errors.JOSEError)) return error;
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'iss')
    return new SecurityEventRefusal('invalid_issuer', 'The token is by another issuer.');
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'aud')
    return new SecurityEventRefusal('invalid_audience', 'The token is for somebody else.');
  if (error instanceof errors.JWKSNoMatchingKey) return new UnknownKey();
  const isOfNone =
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JWKSMultipleMatchingKeys;
  // A token that names no key may be signed by the one that has taken the place of ours.
  if (isOfNone && decodeProtectedHeader(token).kid === undefined) return new UnknownKey();
  if (isOfNone || error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported)
    return new SecurityEventRefusal('invalid_key', notItsKey);
  return new SecurityEventRefusal('invalid_request', 'This is no security event token that is valid now.');
}

/** Whether these are public keys to verify with, and nothing else: each of them of a kind that we take, none with a private half. */
export async function areVerifyingKeys(keys: readonly Record<string, unknown>[]): Promise<boolean> {
  for (const key of keys) if (!(await isVerifyingKey(key))) return false;
  return keys.length > 0;
}

/** Of keys that somebody publishes those that are such, with what is needed of them: nobody's fault is whatever else stands there. */
export async function verifyingKeysIn(keys: readonly Record<string, unknown>[]): Promise<VerifyingKey[]> {
  const kept: VerifyingKey[] = [];
  for (const key of keys) if (key.use !== 'enc' && (await isVerifyingKey(key))) kept.push(neededOf(key));
  return kept;
}

async function isVerifyingKey(key: Record<string, unknown>): Promise<boolean> {
  if (['d', 'k', 'p', 'q'].some((member) => member in key)) return false;
  const alg = algorithmOf(key);
  if (!isName(key.kid) || alg === null || (key.kty === 'RSA' && bytesOf(key.n) < shortestRsaBytes))
    return false;
  try {
    await importJWK(key, alg);
    return true;
  } catch {
    return false;
  }
}

/** The name of a key is whatever its owner likes, as long as it can be written down. */
function isName(kid: unknown): boolean {
  return (
    kid === undefined || (typeof kid === 'string' && kid.length <= 500 && !/\p{Cc}|\p{Surrogate}/u.test(kid))
  );
}

function bytesOf(value: unknown): number {
  return typeof value === 'string' ? Buffer.from(value, 'base64url').length : 0;
}

/** What is needed of a key to verify with it: no certificates, and nothing that is not text. */
export function neededOf(key: Record<string, unknown>): VerifyingKey {
  const needed = ['kty', 'kid', 'alg', 'use', 'crv', 'x', 'y', 'n', 'e'];
  return Object.fromEntries(
    needed.flatMap((member) => {
      const value = key[member];
      return typeof value === 'string' && value.length <= 2_000 ? [[member, value]] : [];
    }),
  );
}

function algorithmOf({ kty, crv, alg }: Record<string, unknown>): string | null {
  if (typeof alg === 'string') return securityEventAlgorithms.includes(alg) ? alg : null;
  if (kty === 'RSA') return 'RS256';
  if (kty === 'EC') return crv === 'P-256' ? 'ES256' : crv === 'P-384' ? 'ES384' : null;
  return kty === 'OKP' && crv === 'Ed25519' ? 'EdDSA' : null;
}
