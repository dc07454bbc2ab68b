import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { calculateJwkThumbprint, exportJWK } from 'jose';
import type { SealingKeys } from './keys.ts';
import { seal, unseal } from './sealing.ts';

/** A key is signed with for so long. */
export const turnMs = 30 * 24 * 3_600_000;
/** Which every verifier of today knows; receivers of security events ask for it (CAEP interoperability profile, section 2.6). */
export const turningAlgorithm = 'RS256';
const modulusBits = 2_048;
const generate = promisify(generateKeyPair);

/** A key pair of one turn. `id` is the public key's thumbprint (RFC 7638). */
export interface TurningKey {
  turn: number;
  id: string;
  privateKey: KeyObject;
  /** The public half as it is published (RFC 7517). */
  jwk: Record<'kty' | 'n' | 'e' | 'kid' | 'alg' | 'use', string>;
}

/** The turn of an instant, in milliseconds since 1970. */
export function turnAt(ms: number): number {
  return Math.floor(ms / turnMs);
}

/**
 * Those that are published at an instant: the one that is signed with, the one before, whose tokens may still be about, and the next
 * one, so that nobody who keeps the list for a day or a week meets a key that is unknown.
 */
export function turnsPublished(ms: number): number[] {
  const turn = turnAt(ms);
  return [turn - 1, turn, turn + 1];
}

/** Makes a new key for a turn; gives it sealed, for the ledger. */
export async function makeTurningKey(sealing: SealingKeys, turn: number): Promise<string> {
  const { privateKey } = await generate('rsa', { modulusLength: modulusBits });
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64');
  return seal(sealing, pkcs8, contextOf(turn));
}

/**
 * Opens one. The public half is taken from the private one, so that whoever can write into the ledger, but has not the installation's
 * key, publishes none of their own.
 * @throws SealingError for one that was not made for this turn under a key of this installation
 */
export async function openTurningKey(
  sealing: SealingKeys,
  turn: number,
  sealed: string,
): Promise<TurningKey> {
  const pkcs8 = Buffer.from(unseal(sealing, sealed, contextOf(turn)), 'base64');
  const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  const { kty, n, e } = await exportJWK(createPublicKey(privateKey));
  const bare = { kty: kty ?? '', n: n ?? '', e: e ?? '' };
  const id = await calculateJwkThumbprint(bare);
  return { turn, id, privateKey, jwk: { ...bare, kid: id, alg: turningAlgorithm, use: 'sig' } };
}

function contextOf(turn: number): string {
  return `signing-key:${turn}`;
}
