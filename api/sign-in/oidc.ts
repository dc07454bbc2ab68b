import {
  allowInsecureRequests,
  authorizationCodeGrant,
  AuthorizationResponseError,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  ClientSecretBasic,
  ClientSecretPost,
  clockTolerance,
  Configuration,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
  None,
  type ServerMetadata,
} from 'openid-client';
import { readGroups, type SaidGroups } from '../../domain/groups.ts';
import type { ProviderClaims } from '../../domain/sign-in.ts';
import { signatureAlgorithms } from '../../domain/sign-in.ts';
import { providerFetch } from './provider-fetch.ts';

/** What is wrong with a provider, or with what it says. A closed list: it stands in the audit. */
export type ProviderProblem =
  | 'insecure'
  | 'unreachable'
  | 'other-issuer'
  | 'incomplete'
  | 'no-algorithm'
  | 'no-pkce'
  | 'declined'
  | 'not-genuine';

/** A provider cannot be used, or has said something that is not to be believed. `detail` is a closed code or empty. */
export class ProviderError extends Error {
  override readonly name = 'ProviderError';
  constructor(
    readonly problem: ProviderProblem,
    readonly detail = '',
  ) {
    super(problem);
  }
}

/** What is needed to talk to a provider. */
export interface ProviderAddress {
  issuer: string;
  clientId: string;
  clientSecret: string | null;
}

/** What may be reached. */
export interface Reach {
  /** A local installation, which may use a provider of this machine without TLS. */
  isLocal: boolean;
  /** The vendor's own provider may be in its own network; a customer's may not. */
  outsideOnly: boolean;
}

/** Three calls one after the other, at most, while somebody waits. */
const timeoutSeconds = 3;
/** Clocks of providers and ours need not agree to the second. */
const toleranceSeconds = 10;
const loopback = ['localhost', '127.0.0.1', '[::1]'];

/** Whether an address may be a provider's at all: TLS, except on this machine of a local installation; no sign-in data, no query. */
export function isProviderUrl(text: string, isLocal: boolean): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  if (url.username !== '' || url.password !== '' || url.hash !== '') return false;
  return (
    url.protocol === 'https:' || (isLocal && url.protocol === 'http:' && loopback.includes(url.hostname))
  );
}

/**
 * Reads what a provider says of itself and refuses it unless everything can be checked: that it is the issuer it is known as, letter
 * by letter, that it has what the code flow needs, and that it signs by an algorithm of ours.
 * @throws ProviderError
 */
export async function discover(address: ProviderAddress, reach: Reach): Promise<Configuration> {
  const { issuer, clientId, clientSecret } = address;
  if (!isProviderUrl(issuer, reach.isLocal) || new URL(issuer).search !== '' || clientId === '')
    throw new ProviderError('insecure');
  const insecure = reach.isLocal ? [allowInsecureRequests] : [];
  const fetch = providerFetch({ outsideOnly: reach.outsideOnly });
  const found = await discovery(new URL(issuer), clientId, undefined, None(), {
    [customFetch]: fetch,
    timeout: timeoutSeconds,
    execute: insecure,
  }).catch((error: unknown) => {
    throw new ProviderError(isOtherIssuer(error) ? 'other-issuer' : 'unreachable');
  });
  const metadata = checked(found.serverMetadata(), issuer, reach.isLocal);
  const client = { [clockTolerance]: toleranceSeconds };
  const configuration = new Configuration(metadata, clientId, client, authentication(metadata, clientSecret));
  configuration.timeout = timeoutSeconds;
  configuration[customFetch] = fetch;
  // TLS alone would vouch for a token that came from the token endpoint; a signature also does so for who has the keys.
  enableNonRepudiationChecks(configuration);
  if (reach.isLocal) allowInsecureRequests(configuration);
  return configuration;
}

function isOtherIssuer(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED';
}

function checked(metadata: ServerMetadata, issuer: string, isLocal: boolean): ServerMetadata {
  if (metadata.issuer !== issuer) throw new ProviderError('other-issuer');
  const needed = [metadata.authorization_endpoint, metadata.token_endpoint, metadata.jwks_uri];
  if (!needed.every((url) => url !== undefined && isProviderUrl(url, isLocal)))
    throw new ProviderError('incomplete');
  const types = metadata.response_types_supported;
  if (types !== undefined && !types.includes('code')) throw new ProviderError('incomplete');
  const pkce = metadata.code_challenge_methods_supported;
  // Some say nothing of it and do it; who says what they do must do this.
  if (pkce !== undefined && !pkce.includes('S256')) throw new ProviderError('no-pkce');
  const announced: readonly string[] = metadata.id_token_signing_alg_values_supported ?? ['RS256'];
  const algorithms = signatureAlgorithms.filter((name) => announced.includes(name));
  if (algorithms.length === 0) throw new ProviderError('no-algorithm');
  // What is taken is what both sides name: the token's own header decides nothing.
  return { ...metadata, id_token_signing_alg_values_supported: algorithms };
}

function authentication(metadata: ServerMetadata, secret: string | null) {
  if (secret === null) return None();
  const methods = metadata.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
  return methods.includes('client_secret_basic') ? ClientSecretBasic(secret) : ClientSecretPost(secret);
}

/** What goes to a provider with somebody, and comes back or must fit what does. */
export interface Errand {
  redirectUri: string;
  state: string;
  nonce: string;
  /** RFC 7636. */
  verifier: string;
}

/**
 * How old a sign-in at the provider may be, in seconds: whoever is asked for it says `auth_time` (OpenID Connect Core 1.0, section
 * 3.1.2.1), so that a session which the provider has had for hours is not taken for a sign-in of just now.
 */
const longestKnownSeconds = 30 * 24 * 60 * 60;

/** Where a browser goes to sign in. */
export async function authorizationUrl(
  configuration: Configuration,
  errand: Errand,
  wish: { loginHint: string | null; isFresh: boolean; readsGroups: boolean },
): Promise<string> {
  // Okta says groups to who asks for them; others say them by their own configuration, and some refuse a scope they do not know.
  const knows = configuration.serverMetadata().scopes_supported?.includes('groups') === true;
  const url = buildAuthorizationUrl(configuration, {
    redirect_uri: errand.redirectUri,
    scope: `openid email profile${wish.readsGroups && knows ? ' groups' : ''}`,
    state: errand.state,
    nonce: errand.nonce,
    code_challenge: await calculatePKCECodeChallenge(errand.verifier),
    code_challenge_method: 'S256',
    ...(wish.loginHint === null ? {} : { login_hint: wish.loginHint }),
    ...(wish.isFresh ? { prompt: 'login', max_age: '0' } : { max_age: String(longestKnownSeconds) }),
  });
  return url.href;
}

/** What a provider says of somebody, after everything about it was checked. */
export interface Said {
  subject: string;
  /** As it was said; null when it was not. */
  email: string | null;
  isEmailVerified: boolean;
  name: string | null;
  amr: string[];
  acr: string | null;
  /** ISO 8601 UTC; null when it was not said. */
  authTime: string | null;
  groups: SaidGroups;
}

/**
 * Takes what came back to the provider and believes the answer only if it is that provider's, about this errand, for us, now, and
 * signed. @throws ProviderError
 */
export async function exchange(
  configuration: Configuration,
  errand: Errand,
  came: Readonly<Record<string, string>>,
  wish: { claims: ProviderClaims; isFresh: boolean },
): Promise<Said> {
  const url = new URL(errand.redirectUri);
  for (const [name, value] of Object.entries(came)) url.searchParams.set(name, value);
  try {
    const tokens = await authorizationCodeGrant(configuration, url, {
      expectedState: errand.state,
      expectedNonce: errand.nonce,
      pkceCodeVerifier: errand.verifier,
      idTokenExpected: true,
      // Signing in anew takes a while; more than that it was not anew.
      ...(wish.isFresh ? { maxAge: 600 } : {}),
    });
    const claims = tokens.claims();
    if (!claims) throw new ProviderError('not-genuine', 'no-id-token');
    const more =
      claims[wish.claims.email] === undefined &&
      configuration.serverMetadata().userinfo_endpoint !== undefined
        ? await fetchUserInfo(configuration, tokens.access_token, claims.sub)
        : {};
    return read({ ...more, ...claims }, wish.claims);
  } catch (error) {
    throw problemOf(error);
  }
}

const word = /^[\w.:-]{1,40}$/;

function read(claims: Readonly<Record<string, unknown>>, names: ProviderClaims): Said {
  const text = (name: string, longest: number) => {
    const value = claims[name];
    // NUL is the one character that the ledger cannot keep.
    const isText = typeof value === 'string' && value !== '' && !value.includes('\0');
    return isText && value.length <= longest ? value : null;
  };
  const subject = text('sub', 255);
  if (subject === null) throw new ProviderError('not-genuine', 'no-subject');
  const verified = claims[names.emailVerified];
  const { amr, auth_time: authTime } = claims;
  return {
    subject,
    email: text(names.email, 320),
    // Some providers write it as a text or a number. Nothing else is a yes.
    isEmailVerified: verified === true || verified === 'true' || verified === 1 || verified === '1',
    name: text(names.name, 200),
    amr: Array.isArray(amr)
      ? amr.filter((one) => typeof one === 'string' && word.test(one)).slice(0, 20)
      : [],
    acr: text('acr', 200),
    authTime:
      typeof authTime === 'number' && authTime > 0 && authTime < 1e11
        ? new Date(authTime * 1_000).toISOString()
        : null,
    groups: readGroups(claims, names.groups),
  };
}

function problemOf(error: unknown): ProviderError {
  if (error instanceof ProviderError) return error;
  if (error instanceof AuthorizationResponseError)
    return new ProviderError('declined', word.test(error.error) ? error.error : '');
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  // The library's own codes begin like this; whatever else is one of the network's.
  if (/^(OAUTH_|ERR_)/.test(code)) return new ProviderError('not-genuine', code);
  return new ProviderError(
    error instanceof TypeError ? 'not-genuine' : 'unreachable',
    word.test(code) ? code : '',
  );
}
