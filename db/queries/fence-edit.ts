import { sql } from 'drizzle-orm';
import type { Catalog } from '../../domain/catalog.ts';
import { entitlementNames } from '../../domain/catalog-entitlements.ts';
import { dutyInWords } from '../../domain/fence.ts';
import type { Executor } from '../client.ts';
import { type ActiveCatalog, readActiveCatalog, readCatalogOf } from './catalog-revision.ts';
import { stillWaits } from './fence-close.ts';
import { heldNow } from './person.ts';
import { anyOf } from './texts.ts';

/** How the configuration returns to what it was before an edit of which everything that a fence held has been dropped. */
export interface WayBack {
  active: ActiveCatalog;
  /** What was in force before it. */
  former: ActiveCatalog;
  /** The revisions that are taken back, oldest first. */
  undone: number[];
}

/**
 * Why it does not. `no-edit`: what was dropped comes from none; `customer`: an import has changed the customer itself, e.g. its
 * tier; `undecided`: something waits still, or nothing was dropped; `released`: a second person has let some of the edit go on, behind this
 * fence or another; `newer`: another revision lies on top of it; `own-gain`: who dropped it would give themselves something.
 */
export interface NoWayBack {
  why: 'no-edit' | 'customer' | 'undecided' | 'released' | 'newer' | 'own-gain';
  active: ActiveCatalog;
  /** What they would give themselves. */
  gained: string[];
}

/** Whether the configuration returns when this person has dropped what a fence holds. Nothing is written. */
export async function readWayBack(
  tx: Executor,
  fenceId: string,
  personId: string,
): Promise<WayBack | NoWayBack> {
  const edits = await readFencedEdits(tx, fenceId);
  const { revisions } = edits;
  const active = await readActiveCatalog(tx);
  const no = (why: NoWayBack['why'], gained: string[] = []): NoWayBack => ({ why, active, gained });
  if (revisions.length === 0) return no(edits.isOfCustomer ? 'customer' : 'no-edit');
  if (edits.isReleased) return no('released');
  if (edits.isWaiting) return no('undecided');
  const undone = newestOf(revisions, active.number);
  const former = await readCatalogOf(tx, active.number - undone.length);
  if (undone.length === 0 || !former) return no('newer');
  const gained = await gainOf(tx, personId, active.catalog, former.catalog);
  return gained.length > 0 ? no('own-gain', gained) : { active, former, undone };
}

/** Those of these revisions that nothing else lies on top of, oldest first. */
function newestOf(revisions: readonly number[], active: number): number[] {
  const newest: number[] = [];
  for (let number = active; revisions.includes(number); number -= 1) newest.unshift(number);
  return newest;
}

/** What the changes behind a fence come from. */
interface FencedEdits {
  /** Of edits of the configuration: the revisions that they wrote, oldest first. */
  revisions: number[];
  isReleased: boolean;
  isWaiting: boolean;
  isOfCustomer: boolean;
}

async function readFencedEdits(tx: Executor, fenceId: string): Promise<FencedEdits> {
  const rows = await tx.execute<{ revision: number | null; isOfCustomer: boolean; isWaiting: boolean }>(sql`
    select case when s.cause = 'configuration' then (s.wish->>'revision')::int end as revision,
      bool_or(s.cause = 'roster' and s.kind = 'role-change' and s.wish->>'people' is distinct from 'affected') as "isOfCustomer",
      bool_or(${stillWaits(sql`i`)}) as "isWaiting"
    from fence_item i join process s on s.id = i.process_id where i.fence_id = ${fenceId} group by 1 order by 1`);
  const revisions = rows.flatMap((row) => row.revision ?? []);
  const [found] = await tx.execute<{ isReleased: boolean }>(sql`
    select exists (select 1 from fence_item i join process s on s.id = i.process_id
      where i.state = 'released' and ${isOf(revisions)}) as "isReleased"`);
  return {
    revisions,
    isReleased: found?.isReleased ?? false,
    isWaiting: rows.some((row) => row.isWaiting),
    isOfCustomer: rows.some((row) => row.isOfCustomer),
  };
}

/** Of a process `s`: it follows from one of these revisions. */
function isOf(revisions: readonly number[]) {
  return sql`s.cause = 'configuration' and s.wish->>'revision' = ${anyOf(revisions.map(String))}`;
}

/** What somebody has by their roles under the one catalog and has not under the other: entitlements, and what they may do here. */
async function gainOf(tx: Executor, personId: string, before: Catalog, after: Catalog): Promise<string[]> {
  const rows = await tx.execute<{ key: string }>(sql`
    select distinct r.key from person_role h join role r on r.id = h.role_id where h.person_id = ${personId} and ${heldNow(sql`h`)}`);
  const roles = rows.map(({ key }) => key);
  const had = namesUnder(before, roles);
  return namesUnder(after, roles).filter((name) => !had.includes(name));
}

function namesUnder(catalog: Catalog, roles: readonly string[]): string[] {
  const duties = catalog.roles.flatMap((role) => (roles.includes(role.key) ? role.duties : []));
  return [...entitlementNames(catalog, roles), ...new Set(duties.map(dutyInWords))];
}

/** Who dropped the last of what a process had behind a fence that holds nothing any more, with why; null: nobody, or something waits. */
export async function readLastDiscard(
  tx: Executor,
  processId: string,
): Promise<{ fenceId: string; by: { id: string; name: string }; comment: string | null } | null> {
  const rows = await tx.execute<{ fenceId: string; id: string; name: string; comment: string | null }>(sql`
    select i.fence_id as "fenceId", p.id, p.name, i.comment from fence_item i join person p on p.id = i.decided_by
    where i.process_id = ${processId} and i.state = 'discarded' order by i.decided_at desc, i.id desc limit 1`);
  const [row] = rows;
  return row ? { fenceId: row.fenceId, by: { id: row.id, name: row.name }, comment: row.comment } : null;
}

/** Locks whom these revisions would change and whom a fence holds, in the order of their ids. */
export async function lockHeldByEdits(tx: Executor, revisions: readonly number[]): Promise<void> {
  await tx.execute(sql`
    select from person where id in (select i.person_id from fence_item i join process s on s.id = i.process_id
      where ${stillWaits(sql`i`)} and ${isOf(revisions)}) order by id for no key update`);
}

/** What waits still behind other fences because of these revisions, and on which this person may decide. */
export async function readHeldByEdits(
  tx: Executor,
  revisions: readonly number[],
  by: string,
): Promise<{ fenceId: string; items: string[] }[]> {
  const rows = await tx.execute<{ fenceId: string; items: string[] }>(sql`
    select i.fence_id as "fenceId", array_agg(i.id order by i.id) as items from fence_item i join process s on s.id = i.process_id
    where ${stillWaits(sql`i`)} and ${isOf(revisions)} and i.person_id is distinct from ${by} and s.requested_by is distinct from ${by}
    group by i.fence_id order by i.fence_id`);
  return [...rows];
}

/** These revisions are no more: nothing of what was dropped of them can come back but by another edit, which is counted. */
export async function forgetEdits(tx: Executor, revisions: readonly number[]): Promise<void> {
  await tx.execute(sql`
    update fence_item i set kept = null from process s where s.id = i.process_id and i.kept is not null and ${isOf(revisions)}`);
}

/** The organizations of whose people these revisions changed anything, or in which anything was given under them. */
export async function readOrganizationsUnder(tx: Executor, revisions: readonly number[]): Promise<string[]> {
  const rows = await tx.execute<{ id: string }>(sql`
    select s.organization_id as id from process s where ${isOf(revisions)}
    union select g.holder_organization_id from access_grant g
      where g.catalog_revision::text = ${anyOf(revisions.map(String))} and g.request_id is null order by 1`);
  return rows.map(({ id }) => id);
}
