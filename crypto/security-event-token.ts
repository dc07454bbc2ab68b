import { SignJWT } from 'jose';
import { turningAlgorithm, type TurningKey } from './turning-keys.ts';

/** What a security event token says. */
export interface SecurityEventWish {
  issuer: string;
  audience: string;
  /** The same on every try, so that a receiver knows what it has seen. */
  id: string;
  /** What it came of; the same in whatever tells of that. */
  transaction: string;
  /** Milliseconds since 1970. */
  issuedAtMs: number;
  /** RFC 9493. */
  subject: Readonly<Record<string, string>>;
  /** The event's type, a URI. */
  type: string;
  event: Readonly<Record<string, unknown>>;
}

/** Signs a security event token (RFC 8417) with what the OpenID Shared Signals Framework 1.0 asks for: `sub_id`, no `sub` and no `exp`. */
export function signSecurityEvent(key: TurningKey, wish: SecurityEventWish): Promise<string> {
  return new SignJWT({ sub_id: wish.subject, txn: wish.transaction, events: { [wish.type]: wish.event } })
    .setProtectedHeader({ alg: turningAlgorithm, typ: 'secevent+jwt', kid: key.id })
    .setIssuer(wish.issuer)
    .setAudience(wish.audience)
    .setIssuedAt(Math.floor(wish.issuedAtMs / 1_000))
    .setJti(wish.id)
    .sign(key.privateKey);
}
