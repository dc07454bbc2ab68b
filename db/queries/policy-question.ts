import { sql } from 'drizzle-orm';
import type { PolicyOrganization, PolicyPerson, PolicyResource } from '../../domain/policy.ts';
import type { Executor } from '../client.ts';
import { keyedIs, personIs } from './catalog.ts';
import { consentMembers } from './consent.ts';
import { activeNow, heldNow } from './person.ts';
import { openSignals, provenFrom } from './signal.ts';
import { fixed } from './fixed.ts';

/** What a policy question is asked about; each by its id, or its key or e-mail. */
export interface QuestionNames {
  person: string;
  resource: string;
  entitlement: string;
  /** Whose data; left out, the organization that the resource belongs to. */
  organization?: string | undefined;
}

/** What the ledger knows for a policy question. A part is null where there is no such thing, or none the caller may know. */
export interface QuestionParts {
  person: (PolicyPerson & { managerId: string | null }) | null;
  resource: (PolicyResource & { shared: boolean; organizationId: string }) | null;
  organization: (PolicyOrganization & { region: string | null }) | null;
  entitlement: { id: string; key: string } | null;
  vendorId: string;
  /** The person's open risk signals by name. */
  signals: string[];
  /** From when on that person must have shown who they are, in milliseconds since the epoch; null: nothing was said of that. */
  provenFromMs: number | null;
  /** Milliseconds since the epoch, by the ledger's clock. */
  nowMs: number;
}

/**
 * Reads person, roles, resource, entitlement and organization in one statement. It sets no scope of its own: the API asks
 * with the caller's eyes, an activity with the system's.
 */
export async function readPolicyQuestion(tx: Executor, names: QuestionNames): Promise<QuestionParts> {
  const organizationIs =
    names.organization === undefined
      ? sql`o.id = c.organization_id`
      : keyedIs('org', sql`o`, names.organization);
  const rows = await tx.execute<QuestionParts & Record<string, unknown>>(sql`
    select ${personPart} as person, ${resourcePart} as resource, ${organizationPart} as organization,
      case when e.id is not null then json_build_object('id', e.id, 'key', e.key) end as entitlement,
      tenure_vendor() as "vendorId", ${openSignals(sql`p.id`)} as signals, ${provenFrom(sql`p.id`)} as "provenFromMs", (extract(epoch from tenure_now()) * 1000)::float8 as "nowMs"
    from (select 1) asked
    left join person p on ${personIs(sql`p`, names.person)}
    left join organization po on po.id = p.organization_id
    left join (resource c join organization co on co.id = c.organization_id)
      on ${keyedIs('res', sql`c`, names.resource)} and c.retired_at is null
    left join entitlement e on e.resource_id = c.id and e.retired_at is null and ${keyedIs('ent', sql`e`, names.entitlement)}
    left join organization o on ${organizationIs}`);
  const [row] = rows;
  if (!row) throw new TypeError('A question without a row.');
  return row;
}

const personPart = fixed(sql`case when po.id is not null then json_build_object('id', p.id,
  'roles', coalesce((select json_agg(r.key order by r.key) from role r where exists (select 1 from person_role h
    where h.person_id = p.id and h.role_id = r.id and h.organization_id = p.organization_id and ${heldNow(sql`h`)})), '[]'),
  'organization', json_build_object('id', po.id, 'kind', po.kind), 'employment', p.employment, 'department', p.department,
  'region', p.region, 'suspended', not (${activeNow(sql`p`)} and po.suspended_at is null), 'managerId', p.manager_id) end`);

const resourcePart = sql`case when c.id is not null then json_build_object('id', c.id, 'key', c.key, 'kind', c.kind,
  'region', c.region, 'classification', c.classification, 'shared', c.shared, 'organizationId', c.organization_id) end`;

const organizationPart =
  fixed(sql`case when o.id is not null then json_build_object('id', o.id, 'key', o.key, 'kind', o.kind,
  'tier', o.tier_key, ${consentMembers(sql`o`)}, 'suspended', o.suspended_at is not null,
  'region', o.region) end`);
