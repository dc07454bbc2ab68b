import { sql } from 'drizzle-orm';
import type { Executor } from '../client.ts';
import { entitlementJson, resourceJson } from './catalog.ts';
import { organizationJson } from './organization.ts';

/** What something that can be asked for is called. */
export interface Thing {
  resource: { key: string; name: string };
  entitlement: { key: string; name: string };
  organization: { key: string | null; name: string | null };
}

/** Reads it by ids. */
export async function readThing(
  tx: Executor,
  ids: { resource: string; entitlement: string; organization: string },
): Promise<Thing> {
  const rows = await tx.execute<Thing & Record<string, unknown>>(sql`
    select ${resourceJson(sql`${ids.resource}::text`)} as resource, ${entitlementJson(sql`${ids.entitlement}::text`)} as entitlement,
      ${organizationJson(sql`${ids.organization}::text`)} as organization`);
  const [row] = rows;
  if (!row) throw new TypeError('A thing without a row.');
  return row;
}
