import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

// An authenticator without a browser, so that it can say what no honest one would. ES256 only; what it writes follows Web
// Authentication, level 3, section 6, and RFC 8949 (CBOR).

/** What of an answer is a lie. */
export interface Lies {
  origin?: string;
  rpId?: string;
  type?: string;
  challenge?: string;
  crossOrigin?: boolean;
  /** It was not asked who holds it. */
  isUnverified?: boolean;
  counter?: number;
  /** Signed by another key. */
  key?: KeyObject;
  userHandle?: string;
}

/** A passkey in it. */
export interface SoftKey {
  id: string;
  privateKey: KeyObject;
  counter: number;
  userHandle: string;
}

// The options of both ceremonies, as far as this reads them.
interface Options {
  challenge: string;
  rp?: { id: string };
  rpId?: string;
  user?: { id: string };
}

const flags = { present: 0x01, verified: 0x04, attested: 0x40 };
const base64url = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');
const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest();

/** Makes a passkey: it, and what a browser would send of it. */
export function makeKey(origin: string, options: Options, lies: Lies = {}) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const id = randomBytes(16);
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const cose = cborMap([
    [1, 2],
    [3, -7],
    [-1, 1],
    [-2, Buffer.from(x, 'base64url')],
    [-3, Buffer.from(y, 'base64url')],
  ]);
  const length = Buffer.from([id.length >> 8, id.length & 0xff]);
  const attested = Buffer.concat([Buffer.alloc(16), length, id, cose]);
  const counter = lies.counter ?? 0;
  const authData = Buffer.concat([head(options, counter, flags.attested, lies), attested]);
  const attestation = Buffer.concat([
    Buffer.from([0xa3]),
    cbor('fmt'),
    cbor('none'),
    cbor('attStmt'),
    Buffer.from([0xa0]),
    cbor('authData'),
    cbor(authData),
  ]);
  const credentialId = base64url(id);
  const key: SoftKey = { id: credentialId, privateKey, counter, userHandle: options.user?.id ?? '' };
  return {
    key,
    credential: {
      id: credentialId,
      rawId: credentialId,
      type: 'public-key',
      clientExtensionResults: {},
      response: {
        clientDataJSON: clientData('webauthn.create', origin, options, lies),
        attestationObject: base64url(attestation),
        transports: ['internal'],
      },
    },
  };
}

/** Uses a passkey: what a browser would send of it. */
export function useKey(origin: string, options: Options, key: SoftKey, lies: Lies = {}) {
  key.counter = lies.counter ?? key.counter + 1;
  const authData = head(options, key.counter, 0, lies);
  const clientDataJSON = clientData('webauthn.get', origin, options, lies);
  const signed = Buffer.concat([authData, sha256(Buffer.from(clientDataJSON, 'base64url'))]);
  return {
    id: key.id,
    rawId: key.id,
    type: 'public-key',
    clientExtensionResults: {},
    response: {
      clientDataJSON,
      authenticatorData: base64url(authData),
      signature: base64url(sign('sha256', signed, lies.key ?? key.privateKey)),
      userHandle: lies.userHandle ?? key.userHandle,
    },
  };
}

function clientData(type: string, origin: string, { challenge }: Options, lies: Lies): string {
  const said = {
    type: lies.type ?? type,
    challenge: lies.challenge ?? challenge,
    origin: lies.origin ?? origin,
    crossOrigin: lies.crossOrigin ?? false,
  };
  return base64url(Buffer.from(JSON.stringify(said)));
}

function head(options: Options, counter: number, more: number, lies: Lies): Buffer {
  const rpId = lies.rpId ?? options.rpId ?? options.rp?.id ?? '';
  const set = flags.present | (lies.isUnverified ? 0 : flags.verified) | more;
  const count = Buffer.alloc(4);
  count.writeUInt32BE(counter);
  return Buffer.concat([sha256(rpId), Buffer.from([set]), count]);
}

function cborHead(major: number, length: number): Buffer {
  if (length < 24) return Buffer.from([(major << 5) | length]);
  if (length < 256) return Buffer.from([(major << 5) | 24, length]);
  return Buffer.from([(major << 5) | 25, length >> 8, length & 0xff]);
}

function cbor(value: number | string | Uint8Array): Buffer {
  if (typeof value === 'number') return value < 0 ? cborHead(1, -1 - value) : cborHead(0, value);
  if (typeof value === 'string')
    return Buffer.concat([cborHead(3, Buffer.byteLength(value)), Buffer.from(value)]);
  return Buffer.concat([cborHead(2, value.length), value]);
}

function cborMap(entries: readonly (readonly [number, number | Uint8Array])[]): Buffer {
  const pairs = entries.flatMap(([name, value]) => [cbor(name), cbor(value)]);
  return Buffer.concat([cborHead(5, entries.length), ...pairs]);
}
