import { sql } from 'drizzle-orm';
import { createWelcome } from '../../db/queries/welcome.ts';
import { newId } from '../../domain/ids.ts';
import type { Answer, ApiHarness } from './api.ts';
import { anyOf } from '../../db/queries/texts.ts';

/** A new user as an administrator adds them, or what `more` says otherwise. */
export function addTo(
  http: ApiHarness,
  who: string,
  customer: string,
  email: string,
  more: object = {},
): Promise<Answer> {
  const wish = { email, name: 'Nora', roles: ['viewer'], reason: 'Joins the team', ...more };
  return http.call(who, 'POST', `/v1/customers/${customer}/users`, wish);
}

/** Removes a user. */
export function removeFrom(http: ApiHarness, who: string, customer: string, email: string): Promise<Answer> {
  return http.call(who, 'POST', `/v1/customers/${customer}/users/${email}/removal`, { reason: 'Has left' });
}

/** Types of the audit events about these ids, in order, each with its reason. */
export async function trail(http: ApiHarness, ...subjects: string[]): Promise<[string, string | null][]> {
  const rows = await http.ledger.owner.db.execute<{ type: string; reason: string | null }>(sql`
    select e.type, t.reason from audit_event e join audit_text t on t.event_id = e.id
    where e.subject_id = ${anyOf(subjects)} order by e.id`);
  return rows.map(({ type, reason }) => [type, reason]);
}

/** Does what a worker does for one person of a process: the process is at work, and the person holds something standing. */
export async function holdStanding(
  http: ApiHarness,
  processId: string,
  personId: string,
  entitlement = 'view',
): Promise<string> {
  const { db } = http.ledger.system;
  await db.execute(
    sql`update process set state = 'running', started_at = tenure_now() where id = ${processId} and state = 'waiting'`,
  );
  await db.execute(sql`
    insert into process_person (process_id, person_id, organization_id)
    select ${processId}, id, organization_id from person where id = ${personId} on conflict do nothing`);
  const id = newId('grant');
  await db.execute(sql`
    insert into access_grant (id, process_id, catalog_revision, origin, state, person_id, organization_id, holder_organization_id,
      resource_id, entitlement_id, "from", until, attempts, policy_version, account)
    select ${id}, ${processId}, 1, 'role', 'provisioning', p.id, p.organization_id, p.organization_id, r.id, e.id, tenure_now(),
      tenure_now() + interval '30 days', 1, 'test', ${`t_${id}`}
    from person p, resource r join entitlement e on e.resource_id = r.id and e.key = ${entitlement}
    where p.id = ${personId} and r.key = 'northwind-app'`);
  await db.execute(sql`update access_grant set state = 'held' where id = ${id}`);
  return id;
}

/** Does the rest of an onboarding: its people are done, and their welcomes are out. */
export async function sendWelcomes(http: ApiHarness, processId: string, personId: string): Promise<string> {
  const { db } = http.ledger.system;
  await db.execute(sql`
    update process_person set state = 'done', changed_at = tenure_now() where process_id = ${processId} and person_id = ${personId}`);
  const rows = await db.execute<{ organizationId: string }>(
    sql`select organization_id as "organizationId" from process where id = ${processId}`,
  );
  const organizationId = rows[0]?.organizationId ?? '';
  const welcome = { personId, organizationId, processId, forMs: 86_400_000, invitedBy: null };
  const { sealing } = http.ledger.keys;
  const id = await db.transaction((tx) => createWelcome(tx, { ...welcome, sealing }));
  await db.execute(
    sql`update process set state = 'confirming' where id = ${processId} and state = 'running'`,
  );
  return id;
}
