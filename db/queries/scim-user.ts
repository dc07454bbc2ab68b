import { type SQL, sql } from 'drizzle-orm';
import { type Executor, unkeptStatement } from '../client.ts';
import { fixed } from './fixed.ts';
import { iso } from './instant.ts';
import { anyOf } from './texts.ts';

/** A user of a customer's directory as it is kept. Instants are ISO 8601 UTC. */
export interface ScimUserRow {
  id: string;
  personId: string;
  userName: string;
  externalId: string | null;
  /** As the directory said them, without what has a place of its own. */
  attributes: Record<string, unknown>;
  /** Has a seat and may sign in, whoever has said so. */
  active: boolean;
  roleByGroup: string | null;
  version: number;
  createdAt: string;
  changedAt: string;
  /** When the directory changed them, or somebody else what they are here. */
  modifiedAt: string;
  groups: { value: string; display: string }[];
}

// Whether somebody is active says their person: an administrator may have removed them here.
const isActive = sql`(p.suspended_at is null and p.offboarded_at is null
  and exists (select 1 from membership m where m.person_id = s.person_id and m.until is null))`;

const modifiedAt = sql`greatest(s.changed_at, p.suspended_at, p.offboarded_at,
  (select max(greatest(m."from", m.until)) from membership m where m.person_id = s.person_id))`;

/**
 * The users of a customer's directory as a table `u` that a filter reads: the columns of `scim_user`, `active` and `modified_at`. Every user has a
 * person; they are joined loosely so that nobody's is looked up where a question does not come to them.
 */
function usersOf(organizationId: string, from: SQL = sql`scim_user`): SQL {
  return sql`(select s.*, ${isActive} as active, ${modifiedAt} as modified_at
    from ${from} s left join person p on p.id = s.person_id where s.organization_id = ${organizationId}) u`;
}

const columns =
  fixed(sql`u.id, u.person_id as "personId", u.user_name as "userName", u.external_id as "externalId",
  u.attributes, u.active, u.role_by_group as "roleByGroup", u.version, ${iso(sql`u.created_at`)} as "createdAt",
  ${iso(sql`u.changed_at`)} as "changedAt", ${iso(sql`u.modified_at`)} as "modifiedAt", (select coalesce(json_agg(json_build_object('value', g.id, 'display', g.display_name)
    order by g.id), '[]') from scim_member m join scim_group g on g.id = m.group_id where m.user_id = u.id) as groups`);

/** What a list asks for. */
export interface ScimPage {
  /** Of the rows of table `u`, or of `g` for groups; null: all. */
  filter: SQL | null;
  /** What they are ordered by before their id; null: by their id alone. */
  order: SQL | null;
  /** How many come before. */
  offset: number;
  limit: number;
}

const steps = [1, 10, 100, 200];

/**
 * At least the page's limit as a number in the text of the statement, one of a few: a plan that is made for any number is made for
 * thousands of rows, and reads them all.
 */
function stepOf({ limit }: ScimPage): SQL {
  const step = steps.find((one) => one >= limit);
  return step === undefined ? sql`limit ${limit}` : sql.raw(`limit ${step}`);
}

/** How many match, and the rows of one page of them, in an order that stays (RFC 7644, section 3.4.2.4). */
export async function listScimUsers(
  tx: Executor,
  organizationId: string,
  page: ScimPage,
): Promise<{ total: number; rows: ScimUserRow[] }> {
  const where = page.filter ?? sql`true`;
  const order = page.order ? sql`${page.order}, u.id` : sql`u.id`;
  const kept = page.filter || page.order ? unkeptStatement : sql``;
  const counted = tx.execute<{ total: number }>(
    sql`${kept} select count(*)::int as total from ${usersOf(organizationId)} where ${where}`,
  );
  if (page.limit === 0) return { total: (await counted)[0]?.total ?? 0, rows: [] };
  // The page's ids first: what else is shown is looked up for them alone, however far the page is from the beginning.
  const listed = tx.execute<ScimUserRow & Record<string, unknown>>(sql`${kept}
    select ${columns} from ${usersOf(organizationId)} where u.id = any(array(
      select u.id from ${usersOf(organizationId)} where ${where} order by ${order} ${stepOf(page)} offset ${page.offset}))
    order by ${order} limit ${page.limit}`);
  const [[count], rows] = await Promise.all([counted, listed]);
  return { total: count?.total ?? 0, rows: [...rows] };
}

/**
 * One of them, by its id; null when there is none of that customer. Looked up by the id alone: a planner that does not know yet how many
 * users there are may read all of the customer's instead.
 */
export async function readScimUser(
  tx: Executor,
  organizationId: string,
  id: string,
): Promise<ScimUserRow | null> {
  const rows = await tx.execute<ScimUserRow & Record<string, unknown>>(
    sql`select ${columns} from ${usersOf(organizationId, sql`(select * from scim_user where id = ${id} offset 0)`)}`,
  );
  return rows[0] ?? null;
}

/** Those of these ids that are users of that customer. */
export async function readScimUsers(
  tx: Executor,
  organizationId: string,
  ids: readonly string[],
): Promise<ScimUserRow[]> {
  if (ids.length === 0) return [];
  const rows = await tx.execute<ScimUserRow & Record<string, unknown>>(
    sql`select ${columns} from ${usersOf(organizationId)} where u.id = ${anyOf(ids)}`,
  );
  return [...rows];
}

/** The same as the one, locked against other writers; the person is locked before, by whoever changes them. */
export async function lockScimUser(
  tx: Executor,
  organizationId: string,
  id: string,
): Promise<ScimUserRow | null> {
  await tx.execute(
    sql`select 1 from scim_user where id = ${id} and organization_id = ${organizationId} for update`,
  );
  return readScimUser(tx, organizationId, id);
}

/** Whether that customer's directory has a user of that name. */
export async function isScimUserName(
  tx: Executor,
  organizationId: string,
  userName: string,
): Promise<boolean> {
  const rows = await tx.execute(
    sql`select 1 from scim_user where organization_id = ${organizationId} and user_key = lower(${userName})`,
  );
  return rows.length > 0;
}

/** What of a user the directory says. */
export interface ScimUserWords {
  userName: string;
  externalId: string | null;
  attributes: Record<string, unknown>;
}

/** @throws 23505 when the name is taken, or the person is a user of the directory already */
export async function insertScimUser(
  tx: Executor,
  wish: ScimUserWords & { id: string; personId: string; organizationId: string },
): Promise<void> {
  await tx.execute(sql`
    insert into scim_user (id, person_id, organization_id, user_name, external_id, attributes)
    values (${wish.id}, ${wish.personId}, ${wish.organizationId}, ${wish.userName}, ${wish.externalId}, ${JSON.stringify(wish.attributes)}::jsonb)`);
}

/** @throws 23505 when the name is taken */
export async function rewriteScimUser(tx: Executor, id: string, wish: ScimUserWords): Promise<void> {
  await tx.execute(sql`
    update scim_user set user_name = ${wish.userName}, external_id = ${wish.externalId}, attributes = ${JSON.stringify(wish.attributes)}::jsonb
    where id = ${id}`);
}

/** Something that belongs to them is another: their version counts on. */
export async function touchScimUsers(tx: Executor, ids: readonly string[]): Promise<void> {
  if (ids.length > 0)
    await tx.execute(sql`update scim_user set changed_at = tenure_now() where id = ${anyOf(ids)}`);
}

export async function noteRoleByGroup(tx: Executor, id: string, role: string | null): Promise<void> {
  await tx.execute(
    sql`update scim_user set role_by_group = ${role} where id = ${id} and role_by_group is distinct from ${role}`,
  );
}

/** Frees the name; the person stays who they are. */
export async function deleteScimUser(tx: Executor, id: string): Promise<void> {
  await tx.execute(sql`delete from scim_user where id = ${id}`);
}
