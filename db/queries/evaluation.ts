import { type SQL, sql } from 'drizzle-orm';
import type { GrantOrigin } from '../../domain/grant.ts';
import type { PolicyOrganization, PolicyPerson, PolicyResource } from '../../domain/policy.ts';
import type { Ledger } from '../client.ts';
import { personIs } from './catalog.ts';
import { policyOrganization } from './effective.ts';
import { fixed } from './fixed.ts';
import { activeNow, heldNow } from './person.ts';
import { openSignals } from './signal.ts';
import { textArray } from './texts.ts';

/** Access that somebody holds, as far as a question about using it goes. Instants are milliseconds since 1970, by the ledger's clock. */
export interface UsableGrant {
  id: string;
  origin: GrantOrigin;
  entitlement: string;
  resource: PolicyResource & { shared: boolean };
  /** Whose data it reaches. */
  organization: PolicyOrganization;
  fromMs: number;
  /** The earlier of its end and of any order to end it. */
  untilMs: number;
}

/** Somebody with everything that questions about them are answered from. */
export interface WorkingPerson {
  id: string;
  email: string | null;
  /** As policy sees them, with the roles held now. */
  person: PolicyPerson;
  /** The organization that they are of; its tier's key, null for the vendor. */
  organization: { key: string; tier: string | null };
  /** Open risk signals by name. */
  signals: string[];
  grants: UsableGrant[];
  /** When something of this changes by itself, a role's end for instance; null: never. In milliseconds since 1970. */
  changesAtMs: number | null;
  /** When this was read. In milliseconds since 1970. */
  nowMs: number;
}

const ms = (instant: SQL) => sql`(extract(epoch from ${instant}) * 1000)::float8`;

const personJson = fixed(sql`json_build_object('id', p.id,
  'roles', coalesce((select json_agg(distinct r.key order by r.key) from person_role h join role r on r.id = h.role_id
    where h.person_id = p.id and h.organization_id = p.organization_id and ${heldNow(sql`h`)}), '[]'),
  'organization', json_build_object('id', po.id, 'kind', po.kind), 'employment', p.employment, 'department', p.department,
  'region', case when po.kind = 'customer' then po.region else p.region end,
  'suspended', not (${activeNow(sql`p`)} and po.suspended_at is null))`);

const grantsJson =
  fixed(sql`coalesce((select json_agg(json_build_object('id', g.id, 'origin', g.origin, 'entitlement', e.key,
    'resource', json_build_object('id', c.id, 'key', c.key, 'kind', c.kind, 'region', c.region, 'classification', c.classification,
      'shared', c.shared),
    'organization', ${policyOrganization(sql`o`)}, 'fromMs', ${ms(sql`g."from"`)}, 'untilMs', ${ms(sql`g.due_at`)}) order by g.id)
  from access_grant g join resource c on c.id = g.resource_id join entitlement e on e.id = g.entitlement_id
    join organization o on o.id = g.organization_id
  where g.person_id = p.id and g.state = 'held' and g.due_at > tenure_now()), '[]')`);

const changesAt = fixed(sql`(select ${ms(sql`min(t.at)`)} from (
    select h."from" as at from person_role h where h.person_id = p.id union all
    select h.until from person_role h where h.person_id = p.id union all
    select p.starts_at union all select p.ends_at union all
    select x.ends_at from signal x where x.person_id = p.id and x.state = 'open' union all
    select v.until from consent_override v) t where t.at > tenure_now())`);

const facts =
  fixed(sql`p.id, p.email, ${personJson} as person, json_build_object('key', po.key, 'tier', po.tier_key) as organization,
  ${openSignals(sql`p.id`)} as signals, ${grantsJson} as grants, ${changesAt} as "changesAtMs", ${ms(sql`tenure_now()`)} as "nowMs"`);

/**
 * A person by id or e-mail address, with all they hold now; null for nobody. One statement, as `readPrincipal` is; with the eyes of the
 * vendor's people who see every record, because an application of the vendor's asks.
 */
export async function readWorkingPerson(ledger: Ledger, name: string): Promise<WorkingPerson | null> {
  const rows = await ledger.db.execute<WorkingPerson & Record<string, unknown>>(sql`
    select found.* from (select set_config('tenure.organization', tenure_vendor(), true) as vendor,
      set_config('tenure.reach', 'all', true) as reach) scope
    cross join lateral (select ${facts} from person p join organization po on po.id = p.organization_id
      where scope.vendor is not null and scope.reach is not null and ${personIs(sql`p`, name)} offset 0) found`);
  return rows[0] ?? null;
}

/** Whose grants and signals these are. */
export async function peopleOf(
  ledger: Ledger,
  { grants, signals }: { grants: readonly string[]; signals: readonly string[] },
): Promise<string[]> {
  const rows = await ledger.db.execute<{ personId: string }>(sql`
    select found.person_id as "personId" from (select set_config('tenure.organization', tenure_vendor(), true) as vendor,
      set_config('tenure.reach', 'all', true) as reach) scope
    cross join lateral (select g.person_id from access_grant g where scope.vendor is not null and scope.reach is not null
        and g.id = any(${textArray(grants)})
      union select x.person_id from signal x where scope.vendor is not null and x.id = any(${textArray(signals)})
        and x.person_id is not null offset 0) found`);
  return rows.map(({ personId }) => personId);
}
