import { type SQL, sql } from 'drizzle-orm';
import type { HolderGroup } from '../../domain/catalog-holding.ts';
import type { Executor } from '../client.ts';
import { keyedIs, personIs } from './catalog.ts';
import { consentMembers } from './consent.ts';
import { iso } from './instant.ts';
import { activeNow, type PersonView } from './person.ts';

/** A person with the roles that they had at an instant. */
export interface HolderView {
  person: PersonView & { id: string };
  /** The person as policy sees them, as they are now. */
  group: HolderGroup;
  /** Keys, in order. */
  roles: string[];
  /** Now; of the past nobody knows who was suspended. */
  isSuspended: boolean;
  /** The instant that was asked for, or now. ISO 8601 UTC. */
  at: string;
}

/** An organization as policy sees it, as JSON. */
export function policyOrganization(organization: SQL): SQL {
  return sql`json_build_object('id', ${organization}.id, 'key', ${organization}.key, 'kind', ${organization}.kind,
    'tier', ${organization}.tier_key, ${consentMembers(organization)},
    'suspended', ${organization}.suspended_at is not null or ${organization}.offboarded_at is not null)`;
}

/** Lets the rest of the transaction read every organization's rows; for what the caller is not shown. */
export async function seeAll(tx: Executor): Promise<void> {
  await tx.execute(sql`select set_config('tenure.reach', 'all', true)`);
}

function asked(at: string | null): SQL {
  return at === null ? sql`tenure_now()` : sql`${at}::timestamptz`;
}

/** Who the person is, by id or e-mail, with their roles at an instant (null: now); null for nobody whom the caller may know. */
export async function readHolder(tx: Executor, name: string, at: string | null): Promise<HolderView | null> {
  const rows = await tx.execute<HolderView & Record<string, unknown>>(sql`
    select json_build_object('id', p.id, 'email', p.email, 'name', p.name) as person,
      json_build_object('roles', '[]'::json, 'person', json_build_object('id', p.id, 'employment', p.employment,
          'department', p.department, 'region', case when o.kind = 'customer' then o.region else p.region end),
        'organization', ${policyOrganization(sql`o`)},
        'customer', case when o.kind = 'customer' then json_build_object('key', o.key, 'tier', coalesce(o.tier_key, ''),
          'contractRole', null, 'restricted', false) end) as group,
      array(select distinct r.key from person_role h join role r on r.id = h.role_id where h.person_id = p.id
        and h.organization_id = p.organization_id and h."from" <= clock.at and (h.until is null or h.until > clock.at) order by r.key) as roles,
      not (${activeNow(sql`p`)} and p.offboarded_at is null and o.suspended_at is null) as "isSuspended", ${iso(sql`clock.at`)} as at
    from person p join organization o on o.id = p.organization_id, (select ${asked(at)} as at offset 0) clock
    where ${personIs(sql`p`, name)}`);
  return rows[0] ?? null;
}

/** A customer with the tier that it had at an instant. */
export interface TieredView {
  customer: { id: string; key: string; name: string };
  /** The tier's key; null where it had none. */
  tier: string | null;
  /** The instant that was asked for, or now. ISO 8601 UTC. */
  at: string;
}

/** A customer by id or key, as it stood at an instant (null: now); null for one that is none or that the caller may not know. */
export async function readTiered(tx: Executor, name: string, at: string | null): Promise<TieredView | null> {
  const rows = await tx.execute<TieredView & Record<string, unknown>>(sql`
    select json_build_object('id', o.id, 'key', o.key, 'name', o.name) as customer, ${iso(sql`clock.at`)} as at,
      (select t.tier_key from contract_term t where t.organization_id = o.id and t."from" <= clock.at
        and (t.until is null or t.until > clock.at) order by t.seq desc limit 1) as tier
    from organization o, (select ${asked(at)} as at offset 0) clock
    where o.kind = 'customer' and o.onboarded_at is not null and ${keyedIs('org', sql`o`, name)}`);
  return rows[0] ?? null;
}

/** Now, by the ledger's clock. ISO 8601 UTC. */
export async function readNow(tx: Executor): Promise<string> {
  const rows = await tx.execute<{ now: string }>(sql`select ${iso(sql`tenure_now()`)} as now`);
  return rows[0]?.now ?? '';
}
