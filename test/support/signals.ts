import { randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import pino from 'pino';
import { followSignals } from '../../activities/signals/follow.ts';
import { readDefaultPolicies } from '../../bin/policies.ts';
import type { Answer, ApiHarness } from './api.ts';

export const caep = 'https://schemas.openid.net/secevent/caep/event-type/';
export const risc = 'https://schemas.openid.net/secevent/risc/event-type/';
const audience = 'https://tenure.example';

/** What of a token shall be otherwise than it should be. */
export interface Forged {
  issuer?: string;
  audience?: string;
  jti?: string;
  typ?: string;
  /** Seconds since 1970. */
  issuedAt?: number;
  key?: Parameters<SignJWT['sign']>[0];
  alg?: string;
  claims?: Record<string, unknown>;
}

/** A transmitter with a key of its own, connected for an organization's people. */
export interface Transmitter {
  id: string;
  jwk: Record<string, unknown>;
  /** A token of one event, by its whole URI. */
  token(event: string, subject: object, payload?: object, forged?: Forged): Promise<string>;
  push(token: string, to?: string): Promise<Answer>;
  /** Signs, pushes and expects it to be taken. */
  say(event: string, subject: object, payload?: object): Promise<void>;
}

export const email = (address: string) => ({ format: 'email', email: address });

/** `poll`: it is asked there, and pushes nothing. */
export async function connect(
  http: ApiHarness,
  by: string,
  organization: string,
  poll?: { url: string; authorization?: string },
): Promise<Transmitter> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' };
  const issuer = `https://idp.${organization}.example`;
  const how = poll ? { kind: 'poll', poll } : { kind: 'push' };
  const wish = { organization, name: 'Test', ...how, issuer, audience, jwks: { keys: [jwk] } };
  const made = await http.call(by, 'POST', '/v1/signal-sources', wish);
  if (made.status !== 201) throw new Error(JSON.stringify(made.body));
  const { id } = made.body;
  const token: Transmitter['token'] = (event, subject, payload = {}, forged = {}) =>
    new SignJWT({ events: { [event]: payload }, sub_id: subject, ...forged.claims })
      .setProtectedHeader({ alg: forged.alg ?? 'ES256', kid: 'one', typ: forged.typ ?? 'secevent+jwt' })
      .setIssuer(forged.issuer ?? issuer)
      .setAudience(forged.audience ?? audience)
      .setJti(forged.jti ?? randomUUID())
      .setIssuedAt(forged.issuedAt ?? Math.floor(Date.now() / 1_000))
      .sign(forged.key ?? privateKey);
  const push: Transmitter['push'] = (raw, to = id) =>
    http.call(null, 'POST', `/v1/signals/${to}`, undefined, {
      raw,
      headers: { 'content-type': 'application/secevent+jwt' },
    });
  return {
    id,
    jwk,
    token,
    push,
    async say(event, subject, payload) {
      const answer = await push(await token(event, subject, payload));
      if (answer.status !== 202) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
    },
  };
}

let policies: ReturnType<typeof readDefaultPolicies> | null = null;

/** Does what the worker's loop does. */
export function follow(http: ApiHarness): Promise<number> {
  policies ??= readDefaultPolicies();
  const { decide } = policies;
  return followSignals({ ledger: http.ledger.system, decide, log: pino({ level: 'silent' }) });
}
