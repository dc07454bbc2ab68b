import { sql } from 'drizzle-orm';
import type { SourceScheme } from '../../domain/source-mapping.schema.ts';
import type { Json } from '../../domain/catalog.ts';
import type { Executor } from '../client.ts';
import type { SourceSecret } from '../schema/event.ts';
import { iso } from './instant.ts';
import { fixed } from './fixed.ts';

/** A source with its sealed secrets, for whoever verifies or reads what it sends. */
export interface SigningSource {
  key: string;
  scheme: SourceScheme;
  mapping: Record<string, Json>;
  /** Those that are valid now, the newest last. */
  secrets: SourceSecret[];
  sealedApiKey: string | null;
}

/** A source as the outside sees it: what its secrets are is never in it. Instants are ISO 8601 UTC. */
export interface EventSourceView {
  key: string;
  name: string;
  scheme: SourceScheme;
  /** As JSON text: its names are the source's own words, which are not turned into those of our answers. */
  mappingJson: string;
  secrets: { id: string; createdAt: string; expiresAt: string | null }[];
  hasApiKey: boolean;
  changedAt: string;
}

/** What a value of a source is sealed for: its signing secrets, or what its own API is read with. */
export function sourceContext(key: string, what: 'secret' | 'api-key'): string {
  return what === 'secret' ? `source:${key}` : `source:${key}:api`;
}

const validSecrets = sql`(select coalesce(jsonb_agg(s order by s->>'createdAt'), '[]') from jsonb_array_elements(secrets) s
  where s->>'expiresAt' is null or (s->>'expiresAt')::timestamptz > tenure_now())`;

/** The source of that key; null when there is none. */
export async function readSigningSource(db: Executor, key: string): Promise<SigningSource | null> {
  const rows = await db.execute<SigningSource & Record<string, unknown>>(sql`
    select key, scheme, mapping, ${validSecrets} as secrets, sealed_api_key as "sealedApiKey"
    from event_source where key = ${key}`);
  return rows[0] ?? null;
}

/** The ledger's clock and the vendor, whose the sources are; with the scope of the vendor. */
export async function readReception(db: Executor): Promise<{ nowMs: number; now: string; vendorId: string }> {
  const rows = await db.execute<{ now: string; vendorId: string }>(
    sql`select ${iso(sql`tenure_now()`)} as now, tenure_vendor() as "vendorId"`,
  );
  const { now, vendorId } = rows[0] ?? { now: '', vendorId: '' };
  return { now, nowMs: Date.parse(now), vendorId };
}

/** The same, locked against whoever changes it at once. */
export async function lockSource(
  tx: Executor,
  key: string,
): Promise<(SigningSource & { name: string }) | null> {
  const rows = await tx.execute<SigningSource & { name: string } & Record<string, unknown>>(sql`
    select key, name, scheme, mapping, ${validSecrets} as secrets, sealed_api_key as "sealedApiKey"
    from event_source where key = ${key} for update`);
  return rows[0] ?? null;
}

export interface NewSource {
  key: string;
  name: string;
  scheme: SourceScheme;
  mapping: Record<string, Json>;
  secrets: SourceSecret[];
  sealedApiKey: string | null;
}

/** Writes a source anew, or over the one of that key. */
export async function writeSource(tx: Executor, source: NewSource): Promise<void> {
  const { key, name, scheme, mapping, secrets, sealedApiKey } = source;
  await tx.execute(sql`
    insert into event_source (key, name, scheme, mapping, secrets, sealed_api_key)
    values (${key}, ${name}, ${scheme}, ${JSON.stringify(mapping)}::jsonb, ${JSON.stringify(secrets)}::jsonb, ${sealedApiKey})
    on conflict (key) do update set name = excluded.name, mapping = excluded.mapping, secrets = excluded.secrets,
      sealed_api_key = excluded.sealed_api_key, changed_at = tenure_now()`);
}

/** Makes a source known that is not yet; one that is stays as it has become. For the example company. */
export async function provideSource(
  db: Executor,
  source: Omit<NewSource, 'secrets' | 'sealedApiKey'> & { sealedSecret: string },
): Promise<void> {
  const { key, name, scheme, mapping, sealedSecret } = source;
  await db.execute(sql`
    insert into event_source (key, name, scheme, mapping, secrets)
    values (${key}, ${name}, ${scheme}, ${JSON.stringify(mapping)}::jsonb,
      jsonb_build_array(jsonb_build_object('id', ${`first-${key}`}::text, 'sealed', ${sealedSecret}::text,
        'createdAt', ${iso(sql`tenure_now()`)}, 'expiresAt', null)))
    on conflict (key) do nothing`);
}

const view =
  fixed(sql`key, name, scheme, mapping::text as "mappingJson", sealed_api_key is not null as "hasApiKey", ${iso(sql`changed_at`)} as "changedAt",
  (select coalesce(jsonb_agg(s - 'sealed' order by s->>'createdAt'), '[]') from jsonb_array_elements(${validSecrets}) s) as secrets`);

export async function readSourceView(tx: Executor, key: string): Promise<EventSourceView | null> {
  const rows = await tx.execute<EventSourceView & Record<string, unknown>>(
    sql`select ${view} from event_source where key = ${key}`,
  );
  return rows[0] ?? null;
}

/** All of them: a company has a handful. */
export async function listSources(tx: Executor): Promise<EventSourceView[]> {
  return tx.execute<EventSourceView & Record<string, unknown>>(
    sql`select ${view} from event_source order by key`,
  );
}
