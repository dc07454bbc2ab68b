import { randomBytes } from 'node:crypto';
import { sha256Hex } from './digest.ts';

const tokenBytes = 32;
const tokenForm = /^[\w-]{43}$/;

/** A new secret for a link: 256 random bits in base64url, 43 characters. */
export function newLinkToken(): string {
  return randomBytes(tokenBytes).toString('base64url');
}

/**
 * What a link's token is looked up by: its SHA-256, 64 hexadecimal digits. With 256 random bits it needs neither salt nor
 * stretching. Null when the text has not the form of a token.
 */
export function linkTokenHash(token: string): string | null {
  return tokenForm.test(token) ? sha256Hex(token) : null;
}
