/** A provider is written, tried by somebody who manages it, let live, and in the end retired. */
export const providerStates = ['draft', 'tried', 'live', 'retired'] as const;
export type ProviderState = (typeof providerStates)[number];

/**
 * How an organization has shown that a mail domain is its own. `local`: the example's, which counts on a local installation
 * only.
 */
export const domainProofs = ['dns', 'accepted', 'local'] as const;
export type DomainProof = (typeof domainProofs)[number];

/** What somebody goes to a provider for. */
export const attemptPurposes = ['sign-in', 'step-up', 'try'] as const;
export type AttemptPurpose = (typeof attemptPurposes)[number];

/** Under which names a provider says what we need to know. */
export interface ProviderClaims {
  email: string;
  /** True where the provider has made sure that the address is that person's. */
  emailVerified: string;
  name: string;
}

/** The names of OpenID Connect Core, section 5.1. */
export const standardClaims: ProviderClaims = {
  email: 'email',
  emailVerified: 'email_verified',
  name: 'name',
};

/** What the signature of an ID token may be made with. Never `none`, and nothing that shares a secret. */
export const signatureAlgorithms = [
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
  'PS256',
  'PS384',
  'PS512',
  'RS256',
  'RS384',
  'RS512',
] as const;

/** What the TXT record of a domain says in front of the claim's token. */
export const verificationPrefix = 'tenure-verification=';

const label = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/;

/** A mail domain in its one form: lower case, ASCII, at least two labels, the last one no number; null when it is none. */
export function domainName(text: string): string | null {
  const domain = text.trim().toLowerCase().replace(/\.$/, '');
  const labels = domain.split('.');
  const isName = domain.length <= 253 && labels.length >= 2 && labels.every((part) => label.test(part));
  return isName && !/^\d+$/.test(labels.at(-1) ?? '') ? domain : null;
}

/** The domain of an e-mail address; null when it is none. */
export function domainOfAddress(address: string): string | null {
  const parts = address.trim().split('@');
  return parts.length === 2 && parts[0] !== '' ? domainName(parts[1] ?? '') : null;
}

const longestReturn = 1_000;

/**
 * Where a browser goes after signing in: a path of our own, or `otherwise`. Anything that a browser could read as another
 * site is none: a second slash or backslash at the beginning, a scheme, a character that browsers leave out.
 */
export function returnPath(text: string | undefined, otherwise: string): string {
  if (text === undefined || text.length > longestReturn || !/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(text))
    return otherwise;
  const base = 'https://tenure.invalid';
  const url = URL.canParse(text, base) ? new URL(text, base) : null;
  // Where one came from to sign in, or to leave, is nowhere to go back to.
  if (url?.origin !== base || /^\/\/|^\/(sign-in|sign-out)(\/|$)/.test(url.pathname)) return otherwise;
  return `${url.pathname}${url.search}${url.hash}`;
}
