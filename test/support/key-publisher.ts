import { randomUUID } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { caep, email } from './signals.ts';

/** A transmitter whose keys stand at an address of this machine, and who has other ones when it wants. */
export interface KeyPublisher {
  /** Without a path of its own. */
  origin: string;
  /** The paths that were asked for, in order. */
  asked: string[];
  /** What stands at each path; whatever else is asked for is not there. */
  pages: Map<string, unknown>;
  /** Makes a key, by a name or none, and publishes it, with others or alone, at `/jwks`. */
  turn(kid: string | null, beside?: object[]): Promise<{ jwk: Record<string, unknown>; sign: Sign }>;
  stop(): void;
}

/** A token of an event about somebody, by an issuer. */
type Sign = (issuer: string, about: string, jti?: string) => Promise<string>;

export const keyAudience = 'https://tenure.example';

export async function publishKeys(answer?: RequestListener): Promise<KeyPublisher> {
  const asked: string[] = [];
  const pages = new Map<string, unknown>();
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const page = pages.get(request.url ?? '');
    if (answer) answer(request, response);
    else if (page === undefined) response.writeHead(404).end();
    else response.end(typeof page === 'string' ? page : JSON.stringify(page));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    origin: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    asked,
    pages,
    async turn(kid, beside = []) {
      const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
      const name = kid === null ? {} : { kid };
      const jwk = { ...(await exportJWK(publicKey)), ...name, alg: 'ES256', use: 'sig' };
      pages.set('/jwks', { keys: [...beside, jwk] });
      const sign: Sign = (issuer, about, jti = randomUUID()) =>
        new SignJWT({ events: { [`${caep}session-revoked`]: {} }, sub_id: email(about), jti })
          .setProtectedHeader({ alg: 'ES256', ...name, typ: 'secevent+jwt' })
          .setIssuer(issuer)
          .setAudience(keyAudience)
          .setIssuedAt()
          .sign(privateKey);
      return { jwk, sign };
    },
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
