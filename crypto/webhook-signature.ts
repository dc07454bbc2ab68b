import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * The signatures of webhooks: `stripe` (Stripe-Signature, scheme v1), `hubspot` (X-HubSpot-Signature-v3) and `standard`
 * (Standard Webhooks 1.0, symmetric). Each is an HMAC-SHA256 over the raw body and an instant.
 */
export const webhookSchemes = ['stripe', 'hubspot', 'standard'] as const;
export type WebhookScheme = (typeof webhookSchemes)[number];

/** What arrived. The headers are read by lower-case name, several of one name joined by a comma (as `Headers` does). */
export interface WebhookDelivery {
  headers: { get(name: string): string | null };
  /** The bytes as they came: a body that was parsed and written again has another signature. */
  body: Uint8Array;
  method: string;
  /** The public address that the sender called, with its query; behind a proxy not the one that we see. */
  url: string;
}

export type SignatureVerdict =
  | {
      ok: true;
      /** ISO 8601 UTC with milliseconds. The instant of this attempt: a retry has a later one. */
      signedAt: string;
      /** Standard Webhooks only: the same on every retry. The other schemes have it in the body. */
      deliveryId?: string;
    }
  | {
      ok: false;
      /** `stale`: rightly signed, but more than five minutes ago, or ahead of our clock. */
      reason: 'missing' | 'malformed' | 'stale' | 'wrong';
    };

/** What is left of a delivery when its headers have been read: what was signed, when, and what is claimed of it. */
interface Claim {
  signed: readonly (string | Uint8Array)[];
  signedAtMs: number;
  signatures: readonly Buffer[];
  deliveryId?: string;
}

/** Longer headers than any honest sender's (two secrets make two signatures) are not read at all. */
const headerLimit = 4_096;
const toleranceMs = 5 * 60_000;

/**
 * Whether a delivery was signed with one of the secrets that are valid now (two during a rotation). Comparisons take
 * the same time whatever differs; nothing a sender writes makes it throw.
 * @param nowMs milliseconds since 1970; the caller's clock is the authority.
 */
export function verifyWebhook(
  scheme: WebhookScheme,
  delivery: WebhookDelivery,
  secrets: readonly string[],
  nowMs: number,
): SignatureVerdict {
  const claim = readers[scheme](delivery);
  if (typeof claim === 'string') return { ok: false, reason: claim };
  const keys = secrets.map((secret) => signingKey(scheme, secret)).filter((key) => key !== null);
  if (!keys.map((key) => isSignedWith(key, claim)).includes(true)) return { ok: false, reason: 'wrong' };
  if (Math.abs(nowMs - claim.signedAtMs) > toleranceMs) return { ok: false, reason: 'stale' };
  const signedAt = new Date(claim.signedAtMs).toISOString();
  return { ok: true, signedAt, ...(claim.deliveryId === undefined ? {} : { deliveryId: claim.deliveryId }) };
}

/**
 * The headers that make a delivery valid: for trials and tests, and for what we send ourselves (`standard`).
 * @param signing `deliveryId` is needed by `standard` and must hold no full stop; `method` and `url` by `hubspot`.
 * @throws RangeError when the secret is none of that scheme; the message does not repeat it.
 */
export function signWebhook(
  scheme: WebhookScheme,
  secret: string,
  signing: { body: Uint8Array; signedAtMs: number; deliveryId?: string; method?: string; url?: string },
): Record<string, string> {
  const key = signingKey(scheme, secret);
  if (key === null) throw new RangeError(`not a secret of the scheme ${scheme}`);
  const { body, signedAtMs, deliveryId = '', method = 'POST', url = '' } = signing;
  if (scheme === 'hubspot') {
    const at = String(signedAtMs);
    const signature = hmac(key, [method.toUpperCase(), hubspotUrl(url), body, at]).toString('base64');
    return { 'x-hubspot-signature-v3': signature, 'x-hubspot-request-timestamp': at };
  }
  const seconds = String(Math.floor(signedAtMs / 1_000));
  if (scheme === 'stripe') {
    const signature = hmac(key, [`${seconds}.`, body]).toString('hex');
    return { 'stripe-signature': `t=${seconds},v1=${signature}` };
  }
  const signature = hmac(key, [`${deliveryId}.${seconds}.`, body]).toString('base64');
  return { 'webhook-id': deliveryId, 'webhook-timestamp': seconds, 'webhook-signature': `v1,${signature}` };
}

/** A key as a secret of Standard Webhooks: `whsec_` and base64. The standard asks for 24 to 64 bytes. */
export function webhookSecret(key: Uint8Array): string {
  return `whsec_${Buffer.from(key).toString('base64')}`;
}

/**
 * The bytes a secret stands for, or null when it is none of that scheme. An empty secret is never a key: anybody could
 * sign with it.
 */
function signingKey(scheme: WebhookScheme, secret: string): Buffer | null {
  // Stripe and HubSpot sign with the secret's own characters, Stripe's `whsec_` included.
  if (scheme !== 'standard') return secret.length > 0 ? Buffer.from(secret, 'utf8') : null;
  const encoded = secret.startsWith('whsec_') ? secret.slice('whsec_'.length) : secret;
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return null;
  const key = Buffer.from(encoded, 'base64');
  return key.length >= 24 && key.length <= 64 ? key : null;
}

/** Every comparison is made, also after one that agrees. */
function isSignedWith(key: Buffer, claim: Claim): boolean {
  const expected = hmac(key, claim.signed);
  return claim.signatures.map((signature) => timingSafeEqual(signature, expected)).includes(true);
}

function hmac(key: Buffer, parts: readonly (string | Uint8Array)[]): Buffer {
  const mac = createHmac('sha256', key);
  for (const part of parts) mac.update(part);
  return mac.digest();
}

/** The headers that hold a signature and what it is over beside the body, by their lower-case names. */
export const signatureHeaders: Record<WebhookScheme, readonly string[]> = {
  stripe: ['stripe-signature'],
  hubspot: ['x-hubspot-signature-v3', 'x-hubspot-request-timestamp'],
  standard: ['webhook-id', 'webhook-timestamp', 'webhook-signature'],
};

type Refusal = 'missing' | 'malformed';

const readers: Record<WebhookScheme, (delivery: WebhookDelivery) => Claim | Refusal> = {
  stripe: readStripe,
  hubspot: readHubspot,
  standard: readStandard,
};

/** `t=<seconds>,v1=<hex>[,v1=<hex>]`; other schemes in it (v0) are Stripe's own trials and not looked at. */
function readStripe({ headers, body }: WebhookDelivery): Claim | Refusal {
  const header = headers.get('stripe-signature');
  if (!header) return 'missing';
  if (header.length > headerLimit) return 'malformed';
  const entries = header.split(',').map((entry) => entry.trim());
  const times = entries.filter((entry) => entry.startsWith('t=')).map((entry) => entry.slice('t='.length));
  const signatures = entries.flatMap((entry) => /^v1=([0-9a-f]{64})$/.exec(entry)?.[1] ?? []);
  // A second `t` is a second header: which of them was signed would be the sender's choice.
  const [time] = times;
  if (times.length !== 1 || time === undefined || !isSeconds(time) || signatures.length === 0) {
    return 'malformed';
  }
  return {
    signed: [`${time}.`, body],
    signedAtMs: Number(time) * 1_000,
    signatures: signatures.map((signature) => Buffer.from(signature, 'hex')),
  };
}

/** One base64 signature over method, address, body and instant, which are not separated. */
function readHubspot({ headers, body, method, url }: WebhookDelivery): Claim | Refusal {
  const header = headers.get('x-hubspot-signature-v3');
  const time = headers.get('x-hubspot-request-timestamp');
  if (!header || !time) return 'missing';
  // Thirteen digits always: with fewer, the body's last digits could pass as the instant's first.
  const signature = readBase64(header);
  if (!signature || !/^[1-9]\d{12}$/.test(time)) return 'malformed';
  return {
    signed: [method.toUpperCase(), hubspotUrl(url), body, time],
    signedAtMs: Number(time),
    signatures: [signature],
  };
}

/**
 * The address as HubSpot signs it: these twelve characters are decoded, all others stay as they were sent (HubSpot,
 * "Validating requests", v3).
 */
function hubspotUrl(url: string): string {
  return url.replace(/%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/gi, (code) =>
    String.fromCharCode(Number.parseInt(code.slice(1), 16)),
  );
}

/** `v1,<base64>` entries between spaces; what is signed otherwise (v1a) is not looked at. */
function readStandard({ headers, body }: WebhookDelivery): Claim | Refusal {
  const id = headers.get('webhook-id');
  const time = headers.get('webhook-timestamp');
  const header = headers.get('webhook-signature');
  if (!id || !time || !header) return 'missing';
  // Full stops separate what is signed: an id that holds one could be read as another id with another instant.
  if (!/^[\x21-\x2b\x2d\x2f-\x7e]{1,255}$/.test(id) || !isSeconds(time)) return 'malformed';
  if (header.length > headerLimit) return 'malformed';
  const entries = header.split(' ').filter((entry) => entry.startsWith('v1,'));
  const signatures = entries.map((entry) => readBase64(entry.slice('v1,'.length)));
  const readable = signatures.filter((signature) => signature !== null);
  if (readable.length === 0 || readable.length < signatures.length) return 'malformed';
  return {
    signed: [`${id}.${time}.`, body],
    signedAtMs: Number(time) * 1_000,
    signatures: readable,
    deliveryId: id,
  };
}

/** Seconds since 1970, of this millennium's years. */
function isSeconds(text: string): boolean {
  return /^[1-9]\d{8,10}$/.test(text);
}

/** The 32 bytes of an HMAC-SHA256 in base64, or null. */
function readBase64(text: string): Buffer | null {
  return /^[A-Za-z0-9+/]{43}=$/.test(text) ? Buffer.from(text, 'base64') : null;
}
