import { type SQL, sql } from 'drizzle-orm';
import type { Classification } from '../../domain/catalog.ts';
import type { ConsentNeed, ConsentRule } from '../../domain/consent.ts';
import type { Executor } from '../client.ts';
import { iso } from './instant.ts';
import { activeNow, heldNow, type PersonView, personJson } from './person.ts';

/** What policy is told about the consent of a row of organization: members of a JSON object. */
export function consentMembers(organization: SQL): SQL {
  return sql`'approvesVendorAccess', ${organization}.approves_vendor_access, 'consent', tenure_consent(${organization}.id)`;
}

/** What a customer agrees to itself, and by what. Instants are ISO 8601 UTC. */
export interface ConsentFacts {
  /** In force, one line a classification. */
  inForce: (ConsentNeed & { classification: Classification })[];
  /** What it has agreed on with the vendor; null: all of its data as is usual, if it `approvesVendorAccess`. */
  agreed: ConsentRule[] | null;
  approvesVendorAccess: boolean;
  /** What the customer asks for beyond that; none: nothing. */
  own: ConsentRule[];
  changedBy: PersonView | null;
  changedAt: string | null;
  /** Who wrote the override in the catalog; null without one. */
  madeBy: PersonView | null;
  /** The second person of the vendor behind an override; null while there is none. */
  confirmedBy: PersonView | null;
  confirmedAt: string | null;
}

/** Reads it, and keeps it from changing until the transaction ends if it is about to be changed. */
export async function readConsent(tx: Executor, organizationId: string): Promise<ConsentFacts> {
  const rows = await tx.execute<ConsentFacts & Record<string, unknown>>(sql`
    select tenure_consent(o.id) as "inForce", o.consent as agreed, o.approves_vendor_access as "approvesVendorAccess",
      coalesce(w.rules, '[]') as own, case when w.changed_by is not null then ${personJson(sql`w.changed_by`)} end as "changedBy",
      ${iso(sql`w.changed_at`)} as "changedAt", ${iso(sql`v.confirmed_at`)} as "confirmedAt",
      case when v.made_by is not null then ${personJson(sql`v.made_by`)} end as "madeBy",
      case when v.confirmed_by is not null then ${personJson(sql`v.confirmed_by`)} end as "confirmedBy"
    from organization o left join organization_consent w on w.organization_id = o.id
      left join consent_override v on v.customer_key = o.key and v.until > tenure_now() where o.id = ${organizationId}`);
  const [row] = rows;
  if (!row) throw new TypeError('An organization without a row.');
  return row;
}

/** Writes what a customer asks for itself. False when it is so already. The ledger's guard checks who. */
export async function writeConsent(
  tx: Executor,
  organizationId: string,
  rules: readonly ConsentRule[],
  personId: string,
): Promise<boolean> {
  const rows = await tx.execute(sql`
    insert into organization_consent as w (organization_id, rules, changed_by)
    values (${organizationId}, ${JSON.stringify(rules)}::jsonb, ${personId})
    on conflict (organization_id) do update set rules = excluded.rules, changed_by = excluded.changed_by
      where w.rules <> excluded.rules returning 1`);
  return rows.length > 0;
}

/** Who may confirm a customer's override: who manages access at the vendor and did not write it. */
export async function readConfirmers(tx: Executor, customerKey: string): Promise<PersonView[]> {
  const rows = await tx.execute<PersonView & Record<string, unknown>>(sql`
    select p.id, p.email, p.name from person p
    where p.organization_id = tenure_vendor() and ${activeNow(sql`p`)}
      and p.id in (select h.person_id from person_role h join role r on r.id = h.role_id and 'manage-access' = any (r.duties)
        where h.organization_id = tenure_vendor() and ${heldNow(sql`h`)})
      and p.id not in (select made_by from consent_override where customer_key = ${customerKey} and made_by is not null)
    order by p.name, p.id`);
  return [...rows];
}

/** Has an override say less than was agreed on, with a second person's word. False when there is none. The ledger's guard checks who. */
export async function confirmOverride(tx: Executor, customerKey: string, personId: string): Promise<boolean> {
  const rows = await tx.execute(sql`
    update consent_override set confirmed_by = ${personId} where customer_key = ${customerKey} and until > tenure_now() returning 1`);
  return rows.length > 0;
}
