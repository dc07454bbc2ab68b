import { sql } from 'drizzle-orm';
import { actors } from '../../domain/audit-event.ts';
import { appendAudit } from '../audit.ts';
import type { Executor } from '../client.ts';

/** Where a target is, and what its connector signs in with, sealed. */
interface NewTarget {
  key: string;
  connector: string;
  endpoint: Record<string, unknown>;
  sealedSecret: string;
}

/**
 * Writes where a target is, or is from now on, with its audit event. Whose connector it is it stays: what grants have left there is
 * taken away by the connector that gave it. Owner only.
 */
export function setTarget(
  db: Executor,
  { key, connector, endpoint, sealedSecret }: NewTarget,
): Promise<'made' | 'changed' | 'other-connector' | 'no-vendor'> {
  return db.transaction(async (tx) => {
    const [found] = await tx.execute<{ vendor: string | null; connector: string | null }>(sql`
      select tenure_vendor() as vendor, (select connector from target where key = ${key} for update) as connector`);
    if (!found?.vendor) return 'no-vendor';
    if (found.connector !== null && found.connector !== connector) return 'other-connector';
    await tx.execute(sql`
      insert into target (key, connector, endpoint, sealed_secret) values (${key}, ${connector}, ${JSON.stringify(endpoint)}::jsonb, ${sealedSecret})
      on conflict (key) do update set endpoint = excluded.endpoint, sealed_secret = excluded.sealed_secret, changed_at = tenure_now()`);
    await appendAudit(tx, {
      type: 'target.set',
      actor: actors.system,
      subject: { kind: 'target', id: key },
      organizationId: found.vendor,
      holderOrganizationId: found.vendor,
      reason: 'On the machine of the installation',
    });
    return found.connector === null ? 'made' : 'changed';
  });
}
