import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { SealingKey, SealingKeys } from './keys.ts';

/** Why a sealed value was not opened. `not-genuine`: altered, or sealed for another place. */
export type SealingProblem = 'malformed' | 'unknown-key' | 'not-genuine';

/** A sealed value could not be opened. Carries the reason only: neither the value nor its context. */
export class SealingError extends Error {
  override readonly name = 'SealingError';
  constructor(readonly problem: SealingProblem) {
    super(`A sealed value could not be opened: ${problem}.`);
  }
}

const version = 'v1';
const nonceBytes = 12;
const tagBytes = 16;

/**
 * Seals a text with AES-256-GCM (NIST SP 800-38D) under the current key and a random nonce, to
 * `v1.<key id>.<nonce>.<ciphertext and tag>`, the last two in base64url. A key seals at most 2^32 values: far more
 * passwords than an installation makes in the life of its key.
 * @param context where the value belongs, e.g. `grant:<id>`. It is not stored, but a value opens only with its own
 * context, so that a sealed value cannot be moved to another row.
 */
export function seal(keys: SealingKeys, plaintext: string, context: string): string {
  const { id, key } = keys.current;
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(additionalData(id, context));
  const body = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return [version, id, nonce.toString('base64url'), body.toString('base64url')].join('.');
}

/**
 * Opens what {@link seal} made, with the current or a former key.
 * @throws SealingError when the text is malformed, its key is unknown, or one byte or the context differs.
 */
export function unseal(keys: SealingKeys, sealed: string, context: string): string {
  const [textVersion, id, nonceText, bodyText, ...rest] = sealed.split('.');
  const nonce = decode(nonceText);
  const body = decode(bodyText);
  const wellFormed =
    textVersion === version &&
    rest.length === 0 &&
    nonce?.length === nonceBytes &&
    body &&
    body.length >= tagBytes;
  if (!wellFormed) throw new SealingError('malformed');
  const key = [keys.current, ...keys.former].find((known) => known.id === id);
  if (!key) throw new SealingError('unknown-key');
  return open(key, nonce, body, context);
}

function open(key: SealingKey, nonce: Uint8Array, body: Buffer, context: string): string {
  const decipher = createDecipheriv('aes-256-gcm', key.key, nonce, { authTagLength: tagBytes });
  decipher.setAAD(additionalData(key.id, context));
  decipher.setAuthTag(body.subarray(-tagBytes));
  try {
    return Buffer.concat([decipher.update(body.subarray(0, -tagBytes)), decipher.final()]).toString('utf8');
  } catch {
    throw new SealingError('not-genuine');
  }
}

function additionalData(keyId: string, context: string): Buffer {
  return Buffer.from(`${version}.${keyId}.${context}`, 'utf8');
}

// The decoder forgives unused bits and strange characters; only the one text that we would write ourselves is taken.
function decode(text: string | undefined): Buffer | null {
  if (text === undefined) return null;
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : null;
}
