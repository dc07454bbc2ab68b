import { areVerifyingKeys, neededOf } from '../../crypto/signal-token.ts';
import { fetchKeys } from '../../db/signal-keys.ts';
import { TenureError } from '../../domain/errors.ts';
import { discoveryAddress, keysAddressIn } from '../../domain/key-set.ts';
import { readWebhookUrl } from '../../domain/webhook.ts';
import type { ApiDeps } from '../deps.ts';

/** How the keys of a transmitter are found: they are given, or where they stand, or where it says what it is (SSF 1.0, section 7.2). */
export type KeysWish =
  | { issuer: string; jwks: { keys: Record<string, unknown>[] } }
  | { issuer: string; jwksUri: string }
  | { transmitter: string };

/** Whose tokens are taken, and what they are verified by. */
export interface TransmitterKeys {
  issuer: string;
  jwks: { keys: Record<string, unknown>[] };
  /** Null for keys that were given, which stay as they are. */
  jwksUri: string | null;
}

type Reading = Pick<ApiDeps, 'readAddress' | 'webhooksReach'>;

/**
 * Finds the keys of a transmitter that is to be connected; asks it where they are not given, and nobody's row is locked meanwhile.
 * @throws TenureError `invalid-input` for keys that verify nothing, for an address that is not asked or does not have them, and for a
 * transmitter that is another than was named
 */
export async function transmitterKeys(deps: Reading, wish: KeysWish): Promise<TransmitterKeys> {
  if ('jwks' in wish) {
    if (await areVerifyingKeys(wish.jwks.keys))
      return { issuer: wish.issuer, jwks: { keys: wish.jwks.keys.map(neededOf) }, jwksUri: null };
    throw wrong(
      'jwks/keys',
      'Give public keys to verify signatures with: RSA, EC (P-256, P-384) or Ed25519.',
    );
  }
  if ('jwksUri' in wish) return fetched(deps, 'jwks_uri', wish);
  const issuer = wish.transmitter;
  const document = await readAt(deps, discoveryOf(deps, issuer));
  const jwksUri = keysAddressIn(document, issuer);
  if (jwksUri === null)
    throw wrong(
      'transmitter',
      'What stands there is by another issuer, or has no jwks_uri: write it as the transmitter does.',
    );
  return fetched(deps, 'transmitter', { issuer, jwksUri });
}

function discoveryOf(deps: Reading, issuer: string): string {
  return discoveryAddress(addressOf(deps, 'transmitter', issuer));
}

async function readAt({ readAddress }: Reading, address: string): Promise<string> {
  const answer = await readAddress(address);
  if ('error' in answer) throw wrong('transmitter', `${address} cannot be read: ${answer.error}.`);
  return answer.text;
}

async function fetched(
  deps: Reading,
  field: 'jwks_uri' | 'transmitter',
  wish: { issuer: string; jwksUri: string },
): Promise<TransmitterKeys> {
  const jwksUri = addressOf(deps, field, wish.jwksUri);
  const jwks = await fetchKeys(deps.readAddress, jwksUri);
  if ('error' in jwks) throw wrong(field, `The keys at ${jwksUri} cannot be read: ${jwks.error}.`);
  if (jwks.keys.length === 0)
    throw wrong(field, 'There are no keys to verify signatures with: RSA, EC (P-256, P-384) or Ed25519.');
  return { issuer: wish.issuer, jwks: { keys: jwks.keys }, jwksUri };
}

function addressOf({ webhooksReach }: Reading, field: string, url: string): string {
  const read = readWebhookUrl(url, webhooksReach ?? 'outside');
  if ('problem' in read) throw wrong(field, read.problem);
  return read.url;
}

function wrong(field: string, detail: string): TenureError {
  return new TenureError('invalid-input', 'These keys cannot be used.', [{ pointer: `/${field}`, detail }]);
}
