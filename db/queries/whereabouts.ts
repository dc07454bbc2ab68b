import { sql } from 'drizzle-orm';
import type { Executor } from '../client.ts';
import { anyOf } from './texts.ts';

/** That somebody who leaves has an account left on a resource, or that this could not be looked at: a closed code. */
export interface LeftAccount {
  personId: string;
  resourceId: string;
  code: string;
}

/** A resource with accounts to look for, and what reaching it takes. */
export interface Whereabouts {
  resourceId: string;
  resourceKey: string;
  connector: string;
  settings: Record<string, unknown>;
  sealedSecret: string;
  targetKey: string;
  /** Null: the one that the connector gives this person. `isAdopted`: it was there before us, and was taken over. */
  accounts: { personId: string; account: string | null; isAdopted: boolean }[];
}

/**
 * Of people of whom every grant is gone, where to look for accounts: those that their grants had since the process began,
 * those that were taken over for them, and on every resource whose connector, one of `sharing`, gives each person one account.
 */
export async function readWhereabouts(
  db: Executor,
  { processId, organizationId }: { processId: string; organizationId: string },
  { personIds, sharing }: { personIds: readonly string[]; sharing: readonly string[] },
): Promise<Whereabouts[]> {
  type Row = Record<string, unknown> & Whereabouts & { endpoint: Record<string, unknown> };
  const rows = await db.execute<Row>(sql`
    select r.id as "resourceId", r.key as "resourceKey", t.connector, t.endpoint, r.settings, t.sealed_secret as "sealedSecret",
      t.key as "targetKey", json_agg(json_build_object('personId', a.person_id, 'account', a.account,
        'isAdopted', a.adopted)) as accounts
    from resource r join target t on t.key = r.target_key join (
      select distinct g.resource_id, g.person_id, g.account, false as adopted from access_grant g
      where g.person_id = ${anyOf(personIds)} and g.ended_at >= (select s.created_at from process s where s.id = ${processId})
        and not exists (select 1 from found_account f where f.resource_id = g.resource_id and f.account = g.account and f.hindrance is null)
      union all
      select f.resource_id, f.person_id, f.account, true from found_account f
      where f.person_id = ${anyOf(personIds)} and f.hindrance is null
      union all
      select c.id, p.id, null, false from resource c join target ct on ct.key = c.target_key cross join person p
      where ct.connector = ${anyOf(sharing)} and c.retired_at is null and p.id = ${anyOf(personIds)}
        and c.organization_id in (${organizationId}, tenure_vendor())) a on a.resource_id = r.id
    group by r.id, t.key`);
  return rows.map(({ endpoint, settings, ...rest }) => ({ ...rest, settings: { ...endpoint, ...settings } }));
}
