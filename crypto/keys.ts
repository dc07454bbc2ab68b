import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  scryptSync,
} from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';
import { sha256, sha256Hex } from './digest.ts';

/** One AES-256 key; its id stands in everything it has sealed. */
export interface SealingKey {
  id: string;
  key: KeyObject;
}

/** New values are sealed with `current`; what a former key sealed can still be opened. */
export interface SealingKeys {
  current: SealingKey;
  former: readonly SealingKey[];
}

/** An Ed25519 key pair; `id` is the public key's thumbprint (RFC 7638). */
export interface SigningKey {
  id: string;
  privateKey: KeyObject;
  publicKey: KeyObject;
}

/** Everything an installation derives from its one master key. Printing it shows no secret. */
export interface TenureKeys {
  /** Eight hexadecimal digits that name the master key and tell nothing about it. */
  keyId: string;
  sealing: SealingKeys;
  signing: SigningKey;
  /**
   * The password of one of our own database roles: 43 URL-safe characters, the same on every start. Without the owner's
   * password, which no process that serves is given, the master key alone does not tell it.
   */
  databasePassword(role: string, ownerPassword: string): string;
  /** A secret of the example company or of an event source: 43 URL-safe characters, the same on every start. */
  namedSecret(name: string): string;
}

const base64url = /^[A-Za-z0-9_-]+$/;
const keyBytes = 32;

/**
 * Derives all keys of an installation from its master key by HKDF-SHA256 (RFC 5869), each under its own info string, so
 * that none tells anything about another. The same master always gives the same keys.
 * @param masterKey base64url without padding, 32 bytes or more (TENURE_KEY).
 * @param formerMasterKeys masters that were used before; only what they sealed is still opened.
 * @throws RangeError when a master key is not base64url or too short; the message does not repeat it.
 */
export function deriveKeys(masterKey: string, formerMasterKeys: readonly string[] = []): TenureKeys {
  const master = decodeMaster(masterKey);
  const secret = (info: string) => Buffer.from(derive(master, info)).toString('base64url');
  return {
    keyId: keyIdOf(master),
    sealing: {
      current: sealingKey(master),
      former: formerMasterKeys.map((former) => sealingKey(decodeMaster(former))),
    },
    signing: signingKey(derive(master, 'token-signing')),
    // Slow on purpose (RFC 7914): who holds the master and one of these could else try owner's passwords at leisure.
    databasePassword: (role, ownerPassword) =>
      scryptSync(ownerPassword, derive(master, `database-password/${role}`), keyBytes).toString('base64url'),
    namedSecret: (name) => secret(`secret/${name}`),
  };
}

/** The Ed25519 key pair of a 32-byte seed (RFC 8032). */
export function signingKey(seed: Uint8Array): SigningKey {
  // The fixed start of a PKCS #8 document that holds an Ed25519 seed (RFC 8410, section 7).
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(privateKey);
  const { crv, kty, x } = publicKey.export({ format: 'jwk' });
  const id = Buffer.from(sha256(canonicalJson({ crv, kty, x }))).toString('base64url');
  return { id, privateKey, publicKey };
}

function sealingKey(master: Uint8Array): SealingKey {
  return { id: keyIdOf(master), key: createSecretKey(derive(master, 'sealing')) };
}

// The id is published, so it is taken from a value that serves nothing else.
function keyIdOf(master: Uint8Array): string {
  return sha256Hex(derive(master, 'key-id')).slice(0, 8);
}

function derive(master: Uint8Array, info: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', master, 'tenure', `tenure/v1/${info}`, keyBytes));
}

function decodeMaster(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64url');
  if (!base64url.test(text) || bytes.toString('base64url') !== text) {
    throw new RangeError('The master key (TENURE_KEY) must be base64url without padding.');
  }
  if (bytes.length < keyBytes) {
    throw new RangeError(
      `The master key (TENURE_KEY) must hold at least ${keyBytes} bytes, but holds ${bytes.length}.`,
    );
  }
  return bytes;
}
