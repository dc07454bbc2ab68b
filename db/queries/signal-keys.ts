import { sql } from 'drizzle-orm';
import type { KeySet } from '../../domain/key-set.ts';
import { appendAudit } from '../audit.ts';
import type { Executor } from '../client.ts';

/** A source whose keys are fetched, and from where. */
export interface KeySource {
  id: string;
  organizationId: string;
  jwksUri: string;
}

/** Takes the turn to fetch a source's keys; false while somebody else has, or had it within the pause. */
export async function claimKeys(tx: Executor, id: string, pauseMs: number): Promise<boolean> {
  const rows = await tx.execute(sql`
    update signal_source set keys_tried_at = tenure_now() where id = ${id} and jwks_uri is not null and ended_at is null
      and keys_tried_at <= tenure_now() - ${pauseMs} * interval '1 millisecond' returning 1`);
  return rows.length > 0;
}

/** Takes those whose keys were fetched too long ago; where that failed, sooner. A process that dies meanwhile keeps none of them. */
export async function claimDueKeys(
  db: Executor,
  limit: number,
  pauseMs: { usual: number; failed: number },
): Promise<KeySource[]> {
  const rows = await db.execute<KeySource & Record<string, unknown>>(sql`
    update signal_source s set keys_tried_at = tenure_now()
    where s.id in (select id from signal_source where jwks_uri is not null and ended_at is null
      and keys_tried_at <= tenure_now() - ${pauseMs.failed} * interval '1 millisecond'
      and (keys_error is not null or keys_tried_at <= tenure_now() - ${pauseMs.usual} * interval '1 millisecond')
      order by keys_tried_at limit ${limit} for update skip locked)
    returning s.id, s.organization_id as "organizationId", s.jwks_uri as "jwksUri"`);
  return [...rows];
}

/** The keys that a source has now; null when it was ended. */
export async function readKeys(tx: Executor, id: string): Promise<Record<string, unknown> | null> {
  const rows = await tx.execute<{ jwks: Record<string, unknown> | null }>(
    sql`select jwks from signal_source where id = ${id} and ended_at is null`,
  );
  return rows[0]?.jwks ?? null;
}

/** Notes the keys that a source has now, in place of all that it had, with an audit event where they are others. */
export async function noteKeys(
  tx: Executor,
  { id, organizationId }: Pick<KeySource, 'id' | 'organizationId'>,
  keys: KeySet,
): Promise<void> {
  const rows = await tx.execute<{ changed: boolean }>(sql`
    update signal_source s set jwks = ${JSON.stringify(keys)}::jsonb, keys_fetched_at = tenure_now(), keys_error = null
    from (select id, jwks from signal_source where id = ${id} and ended_at is null for update) former
    where s.id = former.id returning s.jwks <> former.jwks as changed`);
  if (!rows[0]?.changed) return;
  await appendAudit(tx, {
    type: 'signal.source_changed',
    actor: { kind: 'source', id, name: null },
    subject: { kind: 'signal_source', id },
    organizationId,
    holderOrganizationId: organizationId,
    reason: 'keys',
  });
}

/** Notes why keys could not be fetched; those that it had stay. */
export async function noteKeysFailed(tx: Executor, id: string, error: string): Promise<void> {
  await tx.execute(
    sql`update signal_source set keys_error = ${error} where id = ${id} and jwks_uri is not null and ended_at is null`,
  );
}
