import { type KeyObject, randomUUID } from 'node:crypto';
import { type JWTPayload, jwtVerify, SignJWT } from 'jose';
import { isId } from '../domain/ids.ts';
import type { SigningKey } from './keys.ts';

const algorithm = 'EdDSA';
const tokenType = 'at+jwt';

/** What a new access token says. */
export interface AccessTokenWish {
  personId: string;
  /** The public URL that stands for this installation. */
  issuer: string;
  audience: string;
  /** How the person signed in (RFC 8176), e.g. `pwd`, `otp`, `mfa`. */
  amr: readonly string[];
  /** When the person signed in, seconds since the epoch. */
  authTime: number;
  ttlSeconds: number;
  /** `local` marks a token that was minted for a trial, without anyone signing in. */
  installation: { id: string; local: boolean };
}

/** What a genuine access token said. Times in seconds since the epoch. */
export interface AccessTokenClaims {
  personId: string;
  tokenId: string;
  amr: string[];
  authTime: number;
  issuedAt: number;
  expiresAt: number;
  /** Minted on a local installation for a trial; a production installation takes none. */
  trial: boolean;
}

/** Whose tokens are taken. `now` is for tests. */
export interface AccessTokenExpectation {
  issuer: string;
  audience: string;
  now?: Date;
}

/** Mints a signed access token in the form of RFC 9068, EdDSA over Ed25519 (RFC 8037). Times are taken from now. */
export async function mintAccessToken(key: SigningKey, wish: AccessTokenWish): Promise<string> {
  const issuedAt = Math.floor(Date.now() / 1_000);
  const claims = {
    client_id: wish.installation.id,
    amr: [...wish.amr],
    auth_time: wish.authTime,
    ...(wish.installation.local ? { trial: true } : {}),
  };
  return new SignJWT(claims)
    .setProtectedHeader({ alg: algorithm, typ: tokenType, kid: key.id })
    .setSubject(wish.personId)
    .setIssuer(wish.issuer)
    .setAudience(wish.audience)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + wish.ttlSeconds)
    .setJti(randomUUID())
    .sign(key.privateKey);
}

/**
 * What the token says, or null when it is not one of ours, not for us, or over. One answer for every fault, because a
 * caller must not learn which one it was. Only EdDSA is taken, whatever the token's own header asks for.
 */
export async function verifyAccessToken(
  publicKey: KeyObject,
  token: string,
  expected: AccessTokenExpectation,
): Promise<AccessTokenClaims | null> {
  try {
    const { payload } = await jwtVerify(token, publicKey, {
      algorithms: [algorithm],
      typ: tokenType,
      issuer: expected.issuer,
      audience: expected.audience,
      requiredClaims: ['sub', 'iat', 'exp', 'jti', 'auth_time', 'amr', 'client_id'],
      ...(expected.now ? { currentDate: expected.now } : {}),
    });
    return read(payload);
  } catch {
    return null;
  }
}

const rememberedAtMost = 10_000;

/**
 * Verifies tokens of one installation. Those that were found genuine are remembered until they end, because a signature
 * never changes; who is behind them is asked anew each time.
 */
export function tokenVerifier(
  publicKey: KeyObject,
  expected: Pick<AccessTokenExpectation, 'issuer' | 'audience'>,
): (token: string) => Promise<AccessTokenClaims | null> {
  const genuine = new Map<string, AccessTokenClaims>();
  return async (token) => {
    const known = genuine.get(token);
    if (known && known.expiresAt * 1_000 > Date.now()) return known;
    genuine.delete(token);
    const claims = await verifyAccessToken(publicKey, token, expected);
    if (!claims) return null;
    const oldest = genuine.size >= rememberedAtMost ? genuine.keys().next().value : undefined;
    if (oldest !== undefined) genuine.delete(oldest);
    genuine.set(token, claims);
    return claims;
  };
}

function read(payload: JWTPayload): AccessTokenClaims | null {
  const { sub, jti, iat, exp, amr, auth_time: authTime, trial } = payload;
  if (sub === undefined || !isId('person', sub)) return null;
  if (jti === undefined || iat === undefined || exp === undefined || typeof authTime !== 'number')
    return null;
  if (!isTexts(amr)) return null;
  return { personId: sub, tokenId: jti, amr, authTime, issuedAt: iat, expiresAt: exp, trial: trial === true };
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
