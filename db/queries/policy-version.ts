import { sql } from 'drizzle-orm';
import { actors } from '../../domain/audit-event.ts';
import { appendAudit } from '../audit.ts';
import type { Executor } from '../client.ts';
import { policyVersion } from '../schema/catalog.ts';

/** Keeps a policy set that is now in force, with its audit event; a version that is known already is not written again. */
export function keepPolicyVersion(
  db: Executor,
  policies: { version: string; source: { schema: string; texts: Record<string, string> } },
): Promise<void> {
  return db.transaction(async (tx) => {
    const { version, source } = policies;
    const rows = await tx
      .insert(policyVersion)
      .values({ version, number: sql`(select coalesce(max(number), 0) + 1 from policy_version)`, ...source })
      .onConflictDoNothing()
      .returning({ number: policyVersion.number });
    if (rows.length === 0) return;
    await appendAudit(tx, {
      type: 'policy.loaded',
      actor: actors.system,
      subject: { kind: 'policy_version', id: version },
      organizationId: null,
      holderOrganizationId: null,
      policyVersion: version,
    });
  });
}
