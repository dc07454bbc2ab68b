/** A public key as others publish it (RFC 7517), with those of its members alone that a signature is checked with. */
export type VerifyingKey = Record<string, string>;

/** What signatures of others are checked with. */
export interface KeySet {
  keys: VerifyingKey[];
}

/**
 * Reads what stands at an address that somebody else named: the text of an answer with 200, or the closed code of why there is none.
 * It never throws.
 */
export type ReadAddress = (url: string) => Promise<{ text: string } | { error: string }>;

/** More than anybody publishes; what comes after is not looked at. */
const longestSet = 50;

/** The keys in the text of a key set, unchecked; null for what is no key set. */
export function readKeySet(text: string): Record<string, unknown>[] | null {
  const keys = objectIn(text)?.keys;
  if (!Array.isArray(keys)) return null;
  return keys.slice(0, longestSet).filter((key) => typeof key === 'object' && key !== null);
}

/** Where a transmitter says what it is (SSF 1.0, section 7.2): between the host and the path of its issuer. */
export function discoveryAddress(issuer: string): string {
  const url = new URL(issuer);
  return `${url.origin}/.well-known/ssf-configuration${url.pathname.replace(/\/+$/, '')}`;
}

/**
 * Where the keys of a transmitter stand by what it says of itself; null where it says it of somebody else, whose keys these are not
 * (section 7.2.4: the issuer is exactly the one that was asked for), or says no such thing.
 */
export function keysAddressIn(text: string, issuer: string): string | null {
  const said = objectIn(text);
  return said?.issuer === issuer && typeof said.jwks_uri === 'string' ? said.jwks_uri : null;
}

function objectIn(text: string): Record<string, unknown> | null {
  try {
    const said: unknown = JSON.parse(text);
    return typeof said === 'object' && said !== null ? { ...said } : null;
  } catch {
    return null;
  }
}
