import { sql } from 'drizzle-orm';
import type { Executor } from '../client.ts';
import { keyedIs } from './catalog.ts';
import { allOf, iso, type Page, type PageWish, pageOf } from './instant.ts';
import { type PersonView, personJson } from './person.ts';
import { fixed } from './fixed.ts';

/** Something access is held on, as the outside sees it. Instants are ISO 8601 UTC. */
export interface ResourceView {
  id: string;
  key: string;
  name: string;
  kind: string;
  /** Whose data it holds; the vendor's where customers share it. */
  organization: { id: string; key: string; name: string; kind: 'vendor' | 'customer' };
  shared: boolean;
  owner: PersonView;
  region: string;
  classification: string;
  /** What the access is applied by. */
  connector: string;
  entitlements: { id: string; key: string; name: string }[];
  /** When the catalog let go of it; null while it has it. */
  retiredAt: string | null;
}

const columns =
  fixed(sql`c.id, c.key, c.name, c.kind, json_build_object('id', o.id, 'key', o.key, 'name', o.name, 'kind', o.kind) as organization,
  c.shared, ${personJson(sql`c.owner_person_id`)} as owner, c.region, c.classification,
  (select t.connector from target t where t.key = c.target_key) as connector,
  (select coalesce(json_agg(json_build_object('id', e.id, 'key', e.key, 'name', e.name) order by e.key), '[]') from entitlement e
    where e.resource_id = c.id and e.retired_at is null) as entitlements, ${iso(sql`c.retired_at`)} as "retiredAt"`);

export interface ResourceFilter {
  /** Words that its name, key or customer has. */
  find?: string | undefined;
  /** A customer's id. */
  customer?: string | undefined;
}

/** Resources that the catalog has, by name. */
export async function listResources(
  tx: Executor,
  { find, customer }: ResourceFilter,
  page: PageWish,
): Promise<Page<ResourceView>> {
  const words = (find ?? '').toLowerCase().split(/\s+/).filter(Boolean).slice(0, 5);
  const conditions = [
    ...words.map(
      (word) => sql`strpos(lower(c.key || ' ' || c.name || ' ' || o.key || ' ' || o.name), ${word}) > 0`,
    ),
    customer ? sql`c.organization_id = ${customer}` : null,
    page.after
      ? sql`(lower(c.name), c.id) > (select lower(l.name), l.id from resource l where l.id = ${page.after})`
      : null,
  ];
  const rows = await tx.execute<ResourceView & Record<string, unknown>>(sql`
    select ${columns} from resource c join organization o on o.id = c.organization_id
    where c.retired_at is null and ${allOf(conditions)} order by lower(c.name), c.id limit ${page.limit + 1}`);
  return pageOf(rows, page.limit, (one) => one.id);
}

/** The one that an id or a key names, whether or not the catalog still has it; null when there is none that the scope may know. */
export async function readResource(tx: Executor, name: string): Promise<ResourceView | null> {
  const rows = await tx.execute<ResourceView & Record<string, unknown>>(sql`
    select ${columns} from resource c join organization o on o.id = c.organization_id where ${keyedIs('res', sql`c`, name)}`);
  return rows[0] ?? null;
}
