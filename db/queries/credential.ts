import { sql } from 'drizzle-orm';
import type { StoredGrantState } from '../../domain/grant.ts';
import type { Executor } from '../client.ts';
import { iso } from './instant.ts';

/** A grant's credential as it lies in the ledger: sealed. Instants are ISO 8601 UTC. */
export interface CredentialRow {
  grantId: string;
  requestId: string | null;
  personId: string;
  organizationId: string;
  holderOrganizationId: string;
  policyVersion: string;
  state: StoredGrantState;
  isDue: boolean;
  dueAt: string;
  account: string;
  sealedPassword: string | null;
  isReplacing: boolean;
  shownAt: string | null;
  kind: string;
  host: string;
  port: number;
  database: string | null;
}

/** Reads a grant's credential and keeps the grant from changing until the transaction ends. */
export async function lockCredential(tx: Executor, grantId: string): Promise<CredentialRow | null> {
  const rows = await tx.execute<CredentialRow & Record<string, unknown>>(sql`
    select g.id as "grantId", g.request_id as "requestId", g.person_id as "personId", g.organization_id as "organizationId",
      g.holder_organization_id as "holderOrganizationId", g.policy_version as "policyVersion", g.state,
      g.due_at <= tenure_now() or g.end_at is not null as "isDue", ${iso(sql`g.due_at`)} as "dueAt", g.account,
      g.sealed_password as "sealedPassword", g.sealed_next_password is not null as "isReplacing",
      ${iso(sql`g.credential_shown_at`)} as "shownAt", t.connector as kind, t.endpoint->>'host' as host,
      (t.endpoint->>'port')::int as port, c.settings->>'database' as database
    from access_grant g join resource c on c.id = g.resource_id join target t on t.key = c.target_key
    where g.id = ${grantId} for no key update of g`);
  return rows[0] ?? null;
}

/** Notes that the holder is shown the credential now. */
export async function noteCredentialShown(tx: Executor, grantId: string): Promise<string> {
  const rows = await tx.execute<{ at: string }>(sql`
    update access_grant g set credential_shown_at = tenure_now() where id = ${grantId} returning ${iso(sql`g.credential_shown_at`)} as at`);
  const [row] = rows;
  if (!row) throw new TypeError('A credential without its grant.');
  return row.at;
}

/** Puts another password on its way to the target. It has not been shown to anybody. */
export async function putNextPassword(tx: Executor, grantId: string, sealed: string): Promise<void> {
  await tx.execute(sql`
    update access_grant set sealed_next_password = ${sealed}, credential_shown_at = null where id = ${grantId}`);
}
