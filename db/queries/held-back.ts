import { sql } from 'drizzle-orm';
import { openProcessStates } from '../../domain/process.ts';
import type { Executor } from '../client.ts';
import type { Difference } from './fence.ts';
import { anyOf } from './texts.ts';
import { fixed } from './fixed.ts';

/** Something that must not happen to somebody, whoever plans for them. */
export interface HeldItem {
  personId: string;
  difference: Difference;
  /** The revision of the catalog that would bring it; null where it comes by something else. */
  revision: number | null;
}

/** What stands in the way of a plan for some people. */
export interface HeldBack {
  items: HeldItem[];
  /**
   * Ids of processes about some of them at which a fence has to look before anybody plans: what was accepted with these is in
   * force, and nobody has counted yet whom it changes. In the order in which they were accepted.
   */
  pending: string[];
}

type Row = {
  personId: string | null;
  processId: string;
  kind: 'waiting' | 'released' | 'kept' | 'pending';
  difference: Difference | null;
  revision: number | null;
};

/**
 * What other processes of the organization that are still open would do to these people, and a second person has not let go
 * yet; what a second person has dropped and nobody has asked for anew; and which processes a fence has not looked at. What was
 * let go for them by this process itself is not held, whichever other one it waits for too.
 *
 * Read last of everything that a plan is made of: what it does not find pending is in no earlier answer either.
 */
export async function readHeldBack(
  tx: Executor,
  { processId, organizationId }: { processId: string; organizationId: string },
  personIds: readonly string[],
): Promise<HeldBack> {
  const people = anyOf(personIds);
  const revision = sql`case when s.cause = 'configuration' then (s.wish->>'revision')::int end as revision`;
  // Through the processes, of which few are open: the items of a person that wait have no index of their own.
  const rows = await tx.execute<Row>(sql`
    select i.person_id as "personId", s.id as "processId", i.state as kind, i.difference, ${revision}
    from process s join fence_item i on i.process_id = s.id
    where s.organization_id = ${organizationId} and ${isOpen}
      and coalesce(i.person_id, '') = ${people}
      and i.state = case when s.id = ${processId} then 'released' else 'waiting' end
      and (i.state = 'released' or ${isInForce})
    union all
    select i.person_id, s.id, 'kept', i.kept, ${revision} from fence_item i join process s on s.id = i.process_id
    where i.person_id = ${people} and i.kept is not null and not exists (select 1 from membership m
      where m.person_id = i.person_id and m.until is null and m."from" > i.decided_at)
    union all
    select null, s.id, 'pending', null, null from process s
    where s.organization_id = ${organizationId} and ${isPending} and s.id <> ${processId}
      and (s.wish->>'people' is distinct from 'affected' or exists (select 1 from process_person w
        where w.process_id = s.id and w.person_id = ${people}))
    order by 2`);
  return {
    items: heldOf(rows),
    pending: rows.flatMap((row) => (row.kind === 'pending' ? [row.processId] : [])),
  };
}

/**
 * Of a process `s`: what it brings about is in force already, and would happen by any other. What an import says of single
 * people is no fact before it has been let through.
 */
export const isInForce = sql`(s.cause <> 'roster' or s.wish->>'people' is distinct from 'affected')`;

/** Of a process `s`. Said as it stands in the index of those that are open. */
const isOpen = fixed(sql`s.state in (${sql.raw(openProcessStates.map((state) => `'${state}'`).join(', '))})`);

/** Of a process `s`: a fence has to look at it before anybody plans for those whom it is about, and has not yet. */
const isPending =
  fixed(sql`(s.kind = 'role-change' and s.cause in ('configuration', 'roster') and ${isInForce}
  and s.state in ('waiting', 'running') and s.drawn_up_at is null and s.due_at <= tenure_now())`);

function heldOf(rows: readonly Row[]): HeldItem[] {
  const released = new Map<string | null, Difference | null>();
  for (const row of rows) if (row.kind === 'released') released.set(row.personId, row.difference);
  return rows.flatMap(({ personId, kind, difference, revision }): HeldItem[] => {
    if (personId === null || difference === null || (kind !== 'waiting' && kind !== 'kept')) return [];
    const own = released.get(personId);
    const left = {
      gain: difference.gain.filter((name) => !own?.gain.includes(name)),
      lose: difference.lose.filter((name) => !own?.lose.includes(name)),
    };
    return left.gain.length + left.lose.length > 0 ? [{ personId, difference: left, revision }] : [];
  });
}

/** The processes that were accepted before this one, about the same organization, and at which a fence has to look first. */
export async function readPendingBefore(
  db: Executor,
  { id, organizationId }: { id: string; organizationId: string },
): Promise<string[]> {
  const rows = await db.execute<{ id: string }>(sql`
    select s.id from process s where s.organization_id = ${organizationId} and ${isPending} and s.id < ${id} order by s.id`);
  return rows.map((row) => row.id);
}

/** What a second person has dropped for these people and nobody has asked for anew. */
export async function readKept(
  tx: Executor,
  personIds: readonly string[],
): Promise<{ id: string; personId: string; kept: Difference }[]> {
  const rows = await tx.execute<{ id: string; personId: string; kept: Difference }>(sql`
    select id, person_id as "personId", kept from fence_item
    where person_id = ${anyOf(personIds)} and kept is not null order by id for no key update`);
  return [...rows];
}

/** Somebody asks anew for some of what was dropped: of these items so much stays dropped; null: nothing. */
export async function keepOnly(
  tx: Executor,
  items: readonly { id: string; kept: Difference | null }[],
): Promise<void> {
  if (items.length === 0) return;
  await tx.execute(sql`
    update fence_item i set kept = n.kept
    from (select r->>'id' as id, nullif(r->'kept', 'null'::jsonb) as kept from jsonb_array_elements(${JSON.stringify(items)}::jsonb) r) n
    where i.id = n.id`);
}

/** Somebody asks for a change of these very people: nothing of what was dropped for them stands in its way. */
export async function forgetKept(tx: Executor, personIds: readonly string[]): Promise<void> {
  await tx.execute(
    sql`update fence_item set kept = null where person_id = ${anyOf(personIds)} and kept is not null`,
  );
}

/** Nothing of what imports said of a customer itself, and was dropped for its people, stands in the way any more. */
export async function forgetKeptOfCustomer(tx: Executor, organizationId: string): Promise<void> {
  await tx.execute(sql`
    update fence_item i set kept = null from process s
    where s.id = i.process_id and i.kept is not null and s.cause = 'roster' and s.organization_id = ${organizationId}`);
}
