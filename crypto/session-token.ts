import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { sha256Hex } from './digest.ts';

/**
 * What a session's cookie holds: two random words of 256 bits each. The family stays the same as long as the session, so that
 * it is found by it; the token is replaced now and then, so that an old copy gives its thief away.
 */
export interface SessionToken {
  family: string;
  token: string;
}

/** The same as the ledger knows it. With 256 random bits a hash needs neither salt nor stretching. */
export interface SessionHashes {
  familyHash: string;
  tokenHash: string;
}

const wordBytes = 32;
const form = /^([\w-]{43})\.([\w-]{43})$/;

/** A new random word of 256 bits, 43 characters of base64url. */
export function randomWord(): string {
  return randomBytes(wordBytes).toString('base64url');
}

export function newSessionToken(family: string = randomWord()): SessionToken {
  return { family, token: randomWord() };
}

/** The cookie's value. */
export function sessionCookie({ family, token }: SessionToken): string {
  return `${family}.${token}`;
}

/** What a cookie's value says; null when it is none of ours. */
export function readSessionCookie(value: string | undefined): SessionToken | null {
  const [, family, token] = form.exec(value ?? '') ?? [];
  return family === undefined || token === undefined ? null : { family, token };
}

export function sessionHashes({ family, token }: SessionToken): SessionHashes {
  return { familyHash: sha256Hex(family), tokenHash: sha256Hex(token) };
}

/**
 * What a form or a call must repeat besides the cookie, so that another site's page cannot make the browser act: an HMAC-SHA256
 * keyed with the family, which no page's script can read. It tells nothing about the family and lasts as long as the session.
 */
export function csrfToken({ family }: SessionToken): string {
  return createHmac('sha256', family).update('tenure/v1/csrf').digest('base64url');
}

/** Whether that was repeated. Takes the same time whatever is wrong with it. */
export function isCsrfToken(session: SessionToken, said: unknown): boolean {
  if (typeof said !== 'string') return false;
  const [expected, given] = [csrfToken(session), said].map((text) => Buffer.from(sha256Hex(text)));
  return expected !== undefined && given !== undefined && timingSafeEqual(expected, given);
}
