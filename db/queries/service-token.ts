import { sql } from 'drizzle-orm';
import type { Executor, Ledger } from '../client.ts';
import { fixed } from './fixed.ts';
import { iso } from './instant.ts';
import { type PersonView, personJson } from './person.ts';

/** What an application of the vendor's asks with, as those see it who manage access; never the token itself. Instants are ISO 8601 UTC. */
export interface ServiceTokenView {
  id: string;
  label: string;
  state: 'good' | 'expired' | 'revoked';
  madeBy: PersonView;
  createdAt: string;
  expiresAt: string;
  /** To the minute; null: never. */
  lastUsedAt: string | null;
  revokedAt: string | null;
  revokedBy: PersonView | null;
}

const view = fixed(sql`t.id, t.label,
  case when t.revoked_at is not null then 'revoked' when t.expires_at <= tenure_now() then 'expired' else 'good' end as state,
  ${personJson(sql`t.made_by`)} as "madeBy", ${iso(sql`t.created_at`)} as "createdAt", ${iso(sql`t.expires_at`)} as "expiresAt",
  ${iso(sql`t.last_used_at`)} as "lastUsedAt", ${iso(sql`t.revoked_at`)} as "revokedAt",
  case when t.revoked_by is not null then ${personJson(sql`t.revoked_by`)} end as "revokedBy" from service_token t`);

/** The tokens of now and before, newest first: there is a handful. */
export async function listServiceTokens(tx: Executor): Promise<ServiceTokenView[]> {
  const rows = await tx.execute<ServiceTokenView & Record<string, unknown>>(
    sql`select ${view} order by t.id desc limit 200`,
  );
  return [...rows];
}

/** One of them; null when there is none. */
export async function readServiceToken(tx: Executor, id: string): Promise<ServiceTokenView | null> {
  const rows = await tx.execute<ServiceTokenView & Record<string, unknown>>(
    sql`select ${view} where t.id = ${id}`,
  );
  return rows[0] ?? null;
}

/** Writes a token that was made. @throws TN020 for who does not manage access */
export async function insertServiceToken(
  tx: Executor,
  wish: { id: string; label: string; tokenHash: string; madeBy: string; forDays: number },
): Promise<void> {
  await tx.execute(sql`
    insert into service_token (id, label, token_hash, made_by, expires_at)
    values (${wish.id}, ${wish.label}, ${wish.tokenHash}, ${wish.madeBy}, tenure_now() + ${wish.forDays} * interval '1 day')`);
}

/** From now on it is good for nothing. @throws TN044 when it was revoked already */
export async function endServiceToken(tx: Executor, id: string, by: string): Promise<void> {
  await tx.execute(
    sql`update service_token set revoked_at = tenure_now(), revoked_by = ${by} where id = ${id}`,
  );
}

/** An application that has shown who it is. */
export interface Service {
  tokenId: string;
  /** When its token ends, in milliseconds since 1970, by the ledger's clock. */
  expiresAtMs: number;
}

/**
 * The application that a token's hash names, if it is good now; null otherwise. Its use is noted, at most once a minute however many
 * processes do.
 */
export async function findService(ledger: Ledger, tokenHash: string): Promise<Service | null> {
  return ledger.db.transaction(async (tx) => {
    await tx.execute(sql`select set_config('tenure.organization', tenure_vendor(), true)`);
    const rows = await tx.execute<Service & Record<string, unknown>>(sql`
      select t.id as "tokenId", (extract(epoch from t.expires_at) * 1000)::float8 as "expiresAtMs" from service_token t
      where t.token_hash = ${tokenHash} and t.revoked_at is null and t.expires_at > tenure_now()`);
    const [found] = rows;
    if (!found) return null;
    await tx.execute(sql`
      update service_token set last_used_at = tenure_now() where id = (select id from service_token where id = ${found.tokenId}
        and revoked_at is null and coalesce(last_used_at < tenure_now() - interval '1 minute', true) for no key update skip locked)`);
    return found;
  });
}
