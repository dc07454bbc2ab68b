import { sql } from 'drizzle-orm';
import { newId } from '../../domain/ids.ts';
import type { Answer, ApiHarness } from './api.ts';

/** A customer's directory: it calls with its token, as the client that it is. */
export interface TestDirectory {
  tokenId: string;
  token: string;
  base: string;
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

/** Makes a token as one of the customer's administrators, and calls with it. */
export async function connectDirectory(
  http: ApiHarness,
  customer: string,
  administrator: string,
): Promise<TestDirectory> {
  const made = await http.call(administrator, 'POST', `/v1/organizations/${customer}/scim-tokens`, {
    label: 'Okta',
  });
  if (made.status !== 201) throw new Error(`No token was made: ${made.status}`);
  const base = `/scim/v2/${customer}`;
  const token = String(made.body.token);
  return {
    tokenId: String(made.body.id),
    token,
    base,
    send: (method, path, body, headers = {}) =>
      http.call(null, method, `${base}${path}`, body, {
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/scim+json' }),
          ...headers,
        },
      }),
  };
}

/** A provider of that customer that is live, and what its groups give. */
export async function letProviderMap(
  http: ApiHarness,
  customer: string,
  groupRoles: readonly { group: string; role: string }[],
  defaultRole: string | null = null,
): Promise<void> {
  const { db } = http.ledger.owner;
  const domain = `${customer}.directory.example`;
  await db.execute(sql`
    insert into sign_in_domain (id, organization_id, domain, token, proof, proven_at)
    select ${newId('dom')}, id, ${domain}, 't', 'local', tenure_now() from organization where key = ${customer}`);
  await db.execute(sql`
    insert into sign_in_provider (id, organization_id, name, issuer, client_id, claims, group_roles, default_role, state)
    select ${newId('idp')}, id, 'Okta', 'https://okta.example', 'tenure', '{"email":"email","emailVerified":"email_verified","name":"name"}',
      ${JSON.stringify(groupRoles)}::jsonb, ${defaultRole}, 'live' from organization where key = ${customer}`);
}
