import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';
import type { Digest } from './digest.ts';

/** What is kept of a text: the commitment for ever, the salt only as long as the text itself. */
export interface Commitment {
  /** 16 random bytes in hexadecimal. Without it nobody can find a short text by trying. */
  salt: string;
  commitment: Digest;
}

const saltPattern = /^[0-9a-f]{32}$/;
const commitmentPattern = /^sha256:[0-9a-f]{64}$/;

/**
 * Commits to a plain JSON value: SHA-256 over the salt's bytes, followed by the value's canonical JSON (RFC 8785). When
 * salt and value are forgotten, the commitment remains and tells nothing.
 * @throws TypeError when the value is not plain JSON.
 */
export function commit(value: unknown): Commitment {
  const salt = randomBytes(16);
  return { salt: salt.toString('hex'), commitment: `sha256:${hash(salt, value).toString('hex')}` };
}

/** True when the commitment was made over exactly this value with this salt. Malformed texts open nothing. */
export function opens(commitment: string, salt: string, value: unknown): boolean {
  if (!saltPattern.test(salt) || !commitmentPattern.test(commitment)) return false;
  const expected = Buffer.from(commitment.slice('sha256:'.length), 'hex');
  return timingSafeEqual(hash(Buffer.from(salt, 'hex'), value), expected);
}

// The salt has a fixed length, so no other pair of salt and text gives the same bytes.
function hash(salt: Uint8Array, value: unknown): Buffer {
  return createHash('sha256').update(salt).update(canonicalJson(value)).digest();
}
