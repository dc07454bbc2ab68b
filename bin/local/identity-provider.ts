import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Configuration, JWK, Provider } from 'oidc-provider';

/** Somebody who can sign in at the example's identity provider, by saying who they are. */
export interface IdentityPerson {
  readonly name: string;
  readonly email: string;
}

/** One organization's client: whom it signs in, and to where. */
export interface IdentityClient {
  readonly id: string;
  readonly secret: string;
  readonly redirectUri: string;
  /** What its page says it is. */
  readonly title: string;
  readonly people: readonly IdentityPerson[];
}

/** How somebody says that they sign in (RFC 8176). */
const ways = {
  mfa: { text: 'with a second factor', amr: ['pwd', 'otp', 'mfa'] },
  pwd: { text: 'with a password only', amr: ['pwd'] },
} as const;

/**
 * A real OpenID provider without any passwords, for development and tests: whoever asks may be anybody of the client's people. It keeps
 * everything in memory and signs with a key of its own, made at each start.
 * @param issuer where it is reached, without a slash at the end.
 */
export async function createIdentityProvider(
  issuer: string,
  clients: readonly IdentityClient[],
): Promise<RequestListener> {
  const { Provider } = await quietly(() => import('oidc-provider'));
  const provider = await quietly(() => new Provider(issuer, configurationFor(clients)));
  const answer = provider.callback();
  return (request, response) => {
    const { pathname } = new URL(request.url ?? '/', issuer);
    // It knows nobody from before: whoever comes says anew who they are, and may be somebody else.
    request.headers.cookie = request.headers.cookie?.replaceAll(/(?:^|; *)_session[^;]*/g, '') ?? '';
    const isOurs = pathname.startsWith('/interaction/');
    const answered = isOurs ? interact(provider, clients, request, response) : answer(request, response);
    answered.catch(() => {
      if (!response.headersSent) page(response, 400, '<h1>Begin again</h1><p>This sign-in is over.</p>');
    });
  };
}

/** The package speaks of Node versions and of production as soon as it is loaded; neither matters here. */
async function quietly<T>(work: () => T | Promise<T>): Promise<T> {
  const { warn, info } = console;
  Object.assign(console, { warn: () => undefined, info: () => undefined });
  try {
    return await work();
  } finally {
    Object.assign(console, { warn, info });
  }
}

/** The same at every start, and nothing about the person. */
function subjectOf({ email }: IdentityPerson): string {
  return createHash('sha256').update(`subject/${email}`).digest('base64url').slice(0, 22);
}

function configurationFor(clients: readonly IdentityClient[]): Configuration {
  const people = new Map(clients.flatMap((client) => client.people.map((one) => [subjectOf(one), one])));
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  // The export of a private P-256 key as JWK always has these members.
  const jwk = { ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid: 'local' } as JWK;
  return {
    clients: clients.map(({ id, secret, redirectUri }) => ({
      client_id: id,
      client_secret: secret,
      redirect_uris: [redirectUri],
      grant_types: ['authorization_code'],
      response_types: ['code'],
      id_token_signed_response_alg: 'ES256',
      require_auth_time: true,
    })),
    jwks: { keys: [jwk] },
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    claims: {
      openid: ['sub', 'amr', 'auth_time'],
      email: ['email', 'email_verified'],
      profile: ['name'],
    },
    // Ours asks for no access to anything else, so what it wants to know stands in the ID token.
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: false } },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    ttl: {
      AccessToken: 600,
      AuthorizationCode: 60,
      Grant: 3_600,
      IdToken: 600,
      Interaction: 600,
      Session: 3_600,
    },
    findAccount(_context, subject) {
      const person = people.get(subject);
      if (!person) return undefined;
      const claims = { sub: subject, email: person.email, email_verified: true, name: person.name };
      return { accountId: subject, claims: () => Promise.resolve(claims) };
    },
    /** Nobody is asked whether they agree: it is their employer's. */
    async loadExistingGrant({ oidc }) {
      const grant = new oidc.provider.Grant({
        clientId: oidc.client?.clientId ?? '',
        accountId: oidc.session?.accountId ?? '',
      });
      grant.addOIDCScope('openid email profile');
      await grant.save();
      return grant;
    },
  };
}

async function interact(
  provider: Provider,
  clients: readonly IdentityClient[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { params } = await provider.interactionDetails(request, response);
  const client = clients.find(({ id }) => id === params['client_id']);
  if (!client) throw new TypeError('No such client.');
  if (request.method !== 'POST') return page(response, 200, choice(client, params['login_hint']));
  const form = new URLSearchParams(await bodyOf(request));
  const person = client.people.find(({ email }) => email === form.get('person'));
  if (form.get('how') === 'cancel' || !person) {
    const cancelled = { error: 'access_denied', error_description: 'Cancelled' };
    return provider.interactionFinished(request, response, cancelled);
  }
  const { amr } = form.get('how') === 'pwd' ? ways.pwd : ways.mfa;
  const login = { accountId: subjectOf(person), amr: [...amr], remember: false };
  return provider.interactionFinished(request, response, { login });
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) {
    body += String(chunk);
    if (body.length > 10_000) throw new TypeError('Too long.');
  }
  return body;
}

function choice({ title, people }: IdentityClient, hint: unknown): string {
  const rows = people.map(({ name, email }, index) => {
    const isChosen = email === hint || (index === 0 && !people.some((one) => one.email === hint));
    const checked = isChosen ? ' checked' : '';
    return `<label><input type="radio" name="person" value="${safe(email)}"${checked}> ${safe(name)} <small>${safe(email)}</small></label>`;
  });
  return `<h1>${safe(title)}</h1>
<p>The example’s identity provider: you are whoever you say you are. It runs on this machine only.</p>
<form method="post"><fieldset><legend>Who are you?</legend>${rows.join('\n')}</fieldset>
<button name="how" value="mfa">Sign in ${ways.mfa.text}</button>
<button name="how" value="pwd">Sign in ${ways.pwd.text}</button>
<button name="how" value="cancel">Cancel</button></form>`;
}

const styles = `:root{color-scheme:light dark}body{font:16px/1.45 system-ui,sans-serif;max-width:36rem;margin:2rem auto;padding:0 1rem}
label{display:block;min-height:2.5rem;padding:.5rem 0}small{opacity:.75}fieldset{border:1px solid;margin:0 0 1rem}
button{font:inherit;min-height:2.75rem;padding:0 1rem;margin:0 .5rem .5rem 0}`;
const styleHash = createHash('sha256').update(styles).digest('base64');

/** No script, nothing from elsewhere. Its form leads on to whoever asked, so where to is not narrowed. */
function page(response: ServerResponse, status: number, content: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; frame-ancestors 'none'`,
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
  });
  response.end(`<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Sign in</title><style>${styles}</style></head>
<body><main>${content}</main></body></html>`);
}

function safe(text: string): string {
  return text.replaceAll(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
