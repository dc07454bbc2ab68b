import { type SQL, sql } from 'drizzle-orm';
import { type Executor, unkeptStatement } from '../client.ts';
import { iso } from './instant.ts';
import type { ScimPage } from './scim-user.ts';
import { anyOf, textArray } from './texts.ts';

/** A group of a customer's directory as it is kept. Instants are ISO 8601 UTC. */
export interface ScimGroupRow {
  id: string;
  displayName: string;
  externalId: string | null;
  attributes: Record<string, unknown>;
  version: number;
  createdAt: string;
  changedAt: string;
  /** Empty where they were not asked for. */
  members: { value: string }[];
}

const members = sql`(select coalesce(json_agg(json_build_object('value', m.user_id) order by m.user_id), '[]')
  from scim_member m where m.group_id = g.id)`;

const columns = (
  isWhole: boolean,
): SQL => sql`g.id, g.display_name as "displayName", g.external_id as "externalId", g.attributes, g.version,
  ${iso(sql`g.created_at`)} as "createdAt", ${iso(sql`g.changed_at`)} as "changedAt", ${isWhole ? members : sql`'[]'::json`} as members`;

/** How many match, and the rows of one page of them. `isWhole`: with their members. */
export async function listScimGroups(
  tx: Executor,
  organizationId: string,
  page: ScimPage,
  isWhole: boolean,
): Promise<{ total: number; rows: ScimGroupRow[] }> {
  const where = sql`g.organization_id = ${organizationId} and ${page.filter ?? sql`true`}`;
  const order = page.order ? sql`${page.order}, g.id` : sql`g.id`;
  const kept = page.filter || page.order ? unkeptStatement : sql``;
  const counted = tx.execute<{ total: number }>(
    sql`${kept} select count(*)::int as total from scim_group g where ${where}`,
  );
  if (page.limit === 0) return { total: (await counted)[0]?.total ?? 0, rows: [] };
  const listed = tx.execute<ScimGroupRow & Record<string, unknown>>(sql`${kept}
    select ${columns(isWhole)} from scim_group g where ${where} order by ${order} limit ${page.limit} offset ${page.offset}`);
  const [[count], rows] = await Promise.all([counted, listed]);
  return { total: count?.total ?? 0, rows: [...rows] };
}

/** One of them; null when there is none of that customer. */
export async function readScimGroup(
  tx: Executor,
  organizationId: string,
  id: string,
  isWhole = true,
): Promise<ScimGroupRow | null> {
  const rows = await tx.execute<ScimGroupRow & Record<string, unknown>>(
    sql`select ${columns(isWhole)} from scim_group g where g.id = ${id} and g.organization_id = ${organizationId}`,
  );
  return rows[0] ?? null;
}

/** The same, locked against other writers. */
export async function lockScimGroup(
  tx: Executor,
  organizationId: string,
  id: string,
): Promise<ScimGroupRow | null> {
  await tx.execute(
    sql`select 1 from scim_group where id = ${id} and organization_id = ${organizationId} for update`,
  );
  return readScimGroup(tx, organizationId, id);
}

/** What of a group the directory says, besides who is in it. */
export interface ScimGroupWords {
  displayName: string;
  externalId: string | null;
  attributes: Record<string, unknown>;
}

export async function insertScimGroup(
  tx: Executor,
  wish: ScimGroupWords & { id: string; organizationId: string },
): Promise<void> {
  await tx.execute(sql`
    insert into scim_group (id, organization_id, display_name, external_id, attributes)
    values (${wish.id}, ${wish.organizationId}, ${wish.displayName}, ${wish.externalId}, ${JSON.stringify(wish.attributes)}::jsonb)`);
}

export async function rewriteScimGroup(tx: Executor, id: string, wish: ScimGroupWords): Promise<void> {
  await tx.execute(sql`
    update scim_group set display_name = ${wish.displayName}, external_id = ${wish.externalId}, attributes = ${JSON.stringify(wish.attributes)}::jsonb
    where id = ${id}`);
}

export async function deleteScimGroup(tx: Executor, id: string): Promise<void> {
  await tx.execute(sql`delete from scim_group where id = ${id}`);
}

/** Somebody who is in them goes: their versions count on. */
export async function touchGroupsOf(tx: Executor, userId: string): Promise<void> {
  await tx.execute(sql`
    update scim_group set changed_at = tenure_now() where id in (select group_id from scim_member where user_id = ${userId})`);
}

/** Of these ids those that are users of that customer's directory. */
export async function knownScimUsers(
  tx: Executor,
  organizationId: string,
  ids: readonly string[],
): Promise<Set<string>> {
  const rows = await tx.execute<{ id: string }>(
    sql`select id from scim_user where organization_id = ${organizationId} and id = ${anyOf(ids)}`,
  );
  return new Set(rows.map(({ id }) => id));
}

/** Writes who is new in a group and who is not in it any more. */
export async function changeScimMembers(
  tx: Executor,
  wish: { groupId: string; organizationId: string; added: readonly string[]; removed: readonly string[] },
): Promise<void> {
  const { groupId, organizationId, added, removed } = wish;
  if (removed.length > 0)
    await tx.execute(
      sql`delete from scim_member where group_id = ${groupId} and user_id = ${anyOf(removed)}`,
    );
  if (added.length > 0)
    await tx.execute(sql`
      insert into scim_member (group_id, user_id, organization_id)
      select ${groupId}, id, ${organizationId} from unnest(${textArray(added)}) as id on conflict do nothing`);
}
