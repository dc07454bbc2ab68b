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
  /** The groups somebody is in. No standard names it; Okta and Entra ID both say `groups`. */
  groups: string;
}

/** The names of OpenID Connect Core, section 5.1, and the usual one of groups. */
export const standardClaims: ProviderClaims = {
  email: 'email',
  emailVerified: 'email_verified',
  name: 'name',
  groups: 'groups',
};

/** Whoever is in that group has that role: of a customer the contract's own word, of the vendor a role's key. */
export interface GroupRole {
  group: string;
  role: string;
}

/** What becomes of somebody of a proven domain whom nobody has added: they are refused, or added as far as there are seats. */
export const newPeopleRules = ['refuse', 'add'] as const;
export type NewPeople = (typeof newPeopleRules)[number];

/** Why a provider has not said somebody's groups: there are too many for a token (Entra ID), or it said no list of names. */
export const unsaidGroups = ['overage', 'malformed'] as const;
export type UnsaidGroups = (typeof unsaidGroups)[number];

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
export function returnPath(text: string | undefined, otherwise: string, longest = longestReturn): string {
  if (text === undefined || text.length > longest || !/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(text))
    return otherwise;
  const base = 'https://tenure.invalid';
  const url = URL.canParse(text, base) ? new URL(text, base) : null;
  // Where one came from to sign in, or to leave, is nowhere to go back to.
  if (url?.origin !== base || /^\/\/|^\/(sign-in|sign-out)(\/|$)/.test(url.pathname)) return otherwise;
  return `${url.pathname}${url.search}${url.hash}`;
}

/** Not what was typed: who may send the form, where it leads back, and what was decided on or signed by then. */
const unkept = ['csrf', 'return', 'digest', 'decision', 'signed', 'credential'];
/** A form's texts fit in an address that browsers and servers take. */
const longestKept = 6_000;

/**
 * Where a form that is left for signing in anew leads back to: its `return`, with what was typed as the query. What would make it
 * too long is left out, the longest first.
 */
export function returnKeeping(form: Readonly<Record<string, unknown>>, otherwise: string): string {
  const { return: wished } = form;
  const path = returnPath(typeof wished === 'string' ? wished : undefined, otherwise);
  const typed = Object.entries(form)
    .filter((entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1] !== '')
    .filter(([name]) => !unkept.includes(name))
    .toSorted(([, one], [, other]) => one.length - other.length);
  for (let kept = typed.length; kept > 0; kept--) {
    const query = new URLSearchParams(typed.slice(0, kept));
    const whole = `${path}${path.includes('?') ? '&' : '?'}${query.toString()}`;
    if (whole.length <= longestKept) return returnPath(whole, path, longestKept);
  }
  return path;
}
