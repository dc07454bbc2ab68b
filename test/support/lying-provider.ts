import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import { type Listening, listen } from './identity.ts';

/** What the next ID token says and how; what is left out is as it should be. */
export interface Lie {
  claims?: Record<string, unknown>;
  /** Claims that it leaves out. */
  without?: string[];
  /** `hs`: with the client's secret; `none`; `other`: with a key that is not among its keys; `hs-public`: with its public key as secret. */
  signed?: 'right' | 'other' | 'none' | 'hs' | 'hs-public' | 'rs-small';
  /** What its metadata say beside the truth. */
  metadata?: Record<string, unknown>;
  /** What its token endpoint answers beside the truth; an ID token of null leaves it out. */
  tokens?: Record<string, unknown>;
  userinfo?: Record<string, unknown>;
}

export interface LyingProvider extends Listening {
  /** From now on. */
  lie(lie: Lie): void;
  /** What the last call of the token endpoint said. */
  asked(): URLSearchParams;
  /** The truth would be for this client, and about this subject. */
  clientId: string;
  secret: string;
}

/** An OpenID provider that lies as it is told. It asks nobody who they are: a test says what comes back. */
export async function startLyingProvider(clientId: string): Promise<LyingProvider> {
  const server = await listen();
  const issuer = server.url;
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const others = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const secret = 'a secret that both know, of some length';
  let lie: Lie = {};
  let asked = new URLSearchParams();

  const metadata = () => ({
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/keys`,
    userinfo_endpoint: `${issuer}/userinfo`,
    response_types_supported: ['code'],
    id_token_signing_alg_values_supported: ['ES256', 'HS256', 'none'],
    authorization_response_iss_parameter_supported: true,
    code_challenge_methods_supported: ['S256'],
    ...lie.metadata,
  });

  async function idToken(): Promise<string> {
    const now = Math.floor(Date.now() / 1_000);
    const truth = {
      iss: issuer,
      aud: clientId,
      sub: 'subject-1',
      iat: now,
      exp: now + 60,
      email_verified: true,
    };
    const said: Record<string, unknown> = { ...truth, ...lie.claims };
    for (const name of lie.without ?? []) delete said[name];
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    if (lie.signed === 'none') return `${part({ alg: 'none' })}.${part(said)}.`;
    if (lie.signed === 'hs' || lie.signed === 'hs-public') {
      const body = `${part({ alg: 'HS256', kid: 'k1' })}.${part(said)}`;
      const key =
        lie.signed === 'hs' ? secret : String(keys.publicKey.export({ format: 'pem', type: 'spki' }));
      return `${body}.${createHmac('sha256', key).update(body).digest('base64url')}`;
    }
    const key: KeyObject = lie.signed === 'other' ? others.privateKey : keys.privateKey;
    return new SignJWT(said).setProtectedHeader({ alg: 'ES256', kid: 'k1' }).sign(key);
  }

  server.handle((request, response) => {
    const answer = (body: unknown) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    const path = new URL(request.url ?? '/', issuer).pathname;
    if (path === '/.well-known/openid-configuration') return answer(metadata());
    if (path === '/keys')
      return answer({
        keys: [{ ...keys.publicKey.export({ format: 'jwk' }), kid: 'k1', use: 'sig', alg: 'ES256' }],
      });
    if (path === '/userinfo') return answer({ sub: 'subject-1', ...lie.userinfo });
    let body = '';
    request.on('data', (chunk) => {
      body += String(chunk);
    });
    request.on('end', () => {
      asked = new URLSearchParams(body);
      const give = (id_token: string) =>
        answer({ access_token: 'at', token_type: 'Bearer', expires_in: 60, id_token, ...lie.tokens });
      idToken().then(give, () => response.writeHead(500).end());
    });
  });
  return {
    ...server,
    clientId,
    secret,
    asked: () => asked,
    lie(given) {
      lie = given;
    },
  };
}
