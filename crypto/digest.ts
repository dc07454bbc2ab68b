import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';

/** A digest as it stands in the ledger and in the API: `sha256:` and 64 lower-case hexadecimal digits. */
export type Digest = `sha256:${string}`;

/** SHA-256 (FIPS 180-4) of bytes, or of a text's UTF-8 form: 32 bytes. */
export function sha256(data: string | Uint8Array): Uint8Array {
  return createHash('sha256').update(data).digest();
}

/** SHA-256 as 64 lower-case hexadecimal digits. */
export function sha256Hex(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/**
 * The digest of a plain JSON value over its canonical form (RFC 8785): the same for every way of writing the value.
 * @throws TypeError when the value is not plain JSON.
 */
export function digestOf(value: unknown): Digest {
  return `sha256:${sha256Hex(canonicalJson(value))}`;
}
