import { sql } from 'drizzle-orm';
import type { Executor, Ledger } from '../client.ts';
import { keyedIs } from './catalog.ts';
import { fixed } from './fixed.ts';
import { iso } from './instant.ts';
import { type KeyedView, organizationJson } from './organization.ts';
import { type PersonView, personJson } from './person.ts';

/** What a customer's directory shows, as those see it who manage it; never the token itself. Instants are ISO 8601 UTC. */
export interface ScimTokenView {
  id: string;
  organization: KeyedView;
  label: string;
  state: 'good' | 'expired' | 'revoked';
  madeBy: PersonView;
  /** Whoever made it is here no more. The token is the customer's, and stays good. */
  makerHasLeft: boolean;
  createdAt: string;
  expiresAt: string;
  /** To the minute; null: never. */
  lastUsedAt: string | null;
  revokedAt: string | null;
  revokedBy: PersonView | null;
}

const view = fixed(sql`t.id, ${organizationJson(sql`t.organization_id`)} as organization, t.label,
  case when t.revoked_at is not null then 'revoked' when t.expires_at <= tenure_now() then 'expired' else 'good' end as state,
  ${personJson(sql`t.made_by`)} as "madeBy",
  exists (select 1 from person p where p.id = t.made_by and p.offboarded_at is not null) as "makerHasLeft", ${iso(sql`t.created_at`)} as "createdAt", ${iso(sql`t.expires_at`)} as "expiresAt",
  ${iso(sql`t.last_used_at`)} as "lastUsedAt", ${iso(sql`t.revoked_at`)} as "revokedAt",
  case when t.revoked_by is not null then ${personJson(sql`t.revoked_by`)} end as "revokedBy" from scim_token t`);

/** A customer's tokens of now and before, newest first: it has a handful. */
export async function listScimTokens(tx: Executor, organizationId: string): Promise<ScimTokenView[]> {
  const rows = await tx.execute<ScimTokenView & Record<string, unknown>>(
    sql`select ${view} where t.organization_id = ${organizationId} order by t.id desc limit 200`,
  );
  return [...rows];
}

/** One of them; null when there is none that the scope may know. */
export async function readScimToken(tx: Executor, id: string): Promise<ScimTokenView | null> {
  const rows = await tx.execute<ScimTokenView & Record<string, unknown>>(
    sql`select ${view} where t.id = ${id}`,
  );
  return rows[0] ?? null;
}

/** Writes a token that was made. @throws TN020 for who is no administrator of that customer, TN043 for a third that is good */
export async function insertScimToken(
  tx: Executor,
  wish: {
    id: string;
    organizationId: string;
    label: string;
    tokenHash: string;
    madeBy: string;
    forDays: number;
  },
): Promise<void> {
  await tx.execute(sql`
    insert into scim_token (id, organization_id, label, token_hash, made_by, expires_at)
    values (${wish.id}, ${wish.organizationId}, ${wish.label}, ${wish.tokenHash}, ${wish.madeBy},
      tenure_now() + ${wish.forDays} * interval '1 day')`);
}

/** From now on it is good for nothing. @throws TN044 when it was revoked already */
export async function endScimToken(tx: Executor, id: string, by: string): Promise<void> {
  await tx.execute(sql`update scim_token set revoked_at = tenure_now(), revoked_by = ${by} where id = ${id}`);
}

/** A customer's directory that has shown who it is. */
export interface Directory {
  tokenId: string;
  label: string;
  organizationId: string;
  /** Its last use is noted longer ago than a minute. */
  isStale: boolean;
}

/**
 * The directory that a token's hash names, if it is one of that customer, by id or key, and good now; null otherwise. One statement,
 * as `readPrincipal` is: with the vendor's eyes, because it is not known yet whose to use.
 */
export async function findDirectory(
  ledger: Ledger,
  tokenHash: string,
  customer: string,
): Promise<Directory | null> {
  const rows = await ledger.db.execute<Directory & Record<string, unknown>>(sql`
    select found.* from (select set_config('tenure.organization', tenure_vendor(), true) as vendor) scope
    cross join lateral (select t.id as "tokenId", t.label, t.organization_id as "organizationId",
      coalesce(t.last_used_at < tenure_now() - interval '1 minute', true) as "isStale"
    from scim_token t join organization o on o.id = t.organization_id
    where t.token_hash = ${tokenHash} and ${keyedIs('org', sql`o`, customer)} and t.revoked_at is null and t.expires_at > tenure_now()
      and scope.vendor is not null offset 0) found`);
  return rows[0] ?? null;
}

/** Notes that a token was used, at most once a minute however many processes do. */
export async function noteScimUse(tx: Executor, tokenId: string): Promise<void> {
  await tx.execute(sql`
    update scim_token set last_used_at = tenure_now() where id = (select id from scim_token where id = ${tokenId} and revoked_at is null
      and coalesce(last_used_at < tenure_now() - interval '1 minute', true) for no key update skip locked)`);
}
