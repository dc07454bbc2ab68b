import { sql } from 'drizzle-orm';
import { newId } from '../../domain/ids.ts';
import type { EphemeralLedger } from './ledger.ts';

/** Gives somebody standing access as a process does, in the ledger alone: `entitlement` is `resource:entitlement`. */
export async function standBySql(
  { system: { db } }: EphemeralLedger,
  email: string,
  { because, entitlement }: { because: readonly string[]; entitlement: string },
): Promise<string> {
  const [processId, grantId] = [newId('proc'), newId('grant')];
  await db.execute(sql`
    insert into process (id, kind, organization_id, person_id, cause)
    select ${processId}, 'role-change', organization_id, id, 'configuration' from person where email = ${email}`);
  await db.execute(sql`
    insert into process_person (process_id, person_id, organization_id)
    select ${processId}, id, organization_id from person where email = ${email}`);
  await db.execute(
    sql`update process set state = 'running', started_at = tenure_now() where id = ${processId}`,
  );
  await db.execute(sql`update process_person set state = 'applying' where process_id = ${processId}`);
  await db.execute(sql`
    insert into access_grant (id, process_id, catalog_revision, because, origin, state, person_id, organization_id,
      holder_organization_id, resource_id, entitlement_id, "from", until, attempts, policy_version, account)
    select ${grantId}, ${processId}, 1, string_to_array(${because.join()}, ','), 'role', 'provisioning', p.id, p.organization_id,
      p.organization_id, c.id, e.id, clock.now, clock.now + interval '90 days', 1, 'test', ${grantId}
    from person p, resource c join entitlement e on e.resource_id = c.id, (select tenure_now() as now offset 0) clock
    where p.email = ${email} and c.key || ':' || e.key = ${entitlement}`);
  await db.execute(sql`update access_grant set state = 'held' where id = ${grantId}`);
  await db.execute(sql`update process_person set state = 'done' where process_id = ${processId}`);
  await db.execute(sql`update process set state = 'done', settled_at = tenure_now() where id = ${processId}`);
  return grantId;
}
