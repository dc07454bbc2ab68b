import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { turningAlgorithm, type TurningKey } from './turning-keys.ts';

/** What a grant's token says. Instants in milliseconds since 1970. */
export interface GrantTokenWish {
  issuer: string;
  /** For whom it is: the key of the resource. */
  audience: string;
  personId: string;
  nowMs: number;
  expiresAtMs: number;
  /** What is held; until when is said beside the token's own end, which is sooner. */
  grant: {
    id: string;
    entitlement: string;
    resource: { id: string; key: string };
    organization: { id: string; key: string };
    /** ISO 8601 UTC. */
    until: string;
  };
}

/** Its kind, so that no other token of ours passes for one, nor it for another (RFC 8725, section 3.11). */
export const grantTokenType = 'grant+jwt';

/** Signs a token (RFC 7519) by which an application sees without asking that somebody holds a grant. */
export function signGrantToken(key: TurningKey, wish: GrantTokenWish): Promise<string> {
  const seconds = (ms: number) => Math.floor(ms / 1_000);
  return new SignJWT({ grant: wish.grant })
    .setProtectedHeader({ alg: turningAlgorithm, typ: grantTokenType, kid: key.id })
    .setIssuer(wish.issuer)
    .setSubject(wish.personId)
    .setAudience(wish.audience)
    .setIssuedAt(seconds(wish.nowMs))
    .setExpirationTime(seconds(wish.expiresAtMs))
    .setJti(randomUUID())
    .sign(key.privateKey);
}
