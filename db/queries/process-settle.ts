import { type SQL, sql } from 'drizzle-orm';
import type { Executor } from '../client.ts';
import { iso } from './instant.ts';
import { fixed } from './fixed.ts';
import { processColumns, type ProcessView } from './process.ts';

/** How far a process is with its people. Instants are ISO 8601 UTC. */
export interface PeopleStanding {
  /** Those to whom something is still to be done. */
  left: number;
  /** When the first of them is tried next; null: now. */
  nextAt: string | null;
  fenced: number;
  failed: number;
  /** Those who went through. */
  done: number;
  total: number;
  /** Closed code of a failure. */
  error: string | null;
}

/** People in these states are not finished: while they are given access, or while it is taken back. */
const unfinished = {
  giving: sql`w.state in ('waiting', 'applying')`,
  undoing: sql`w.state in ('waiting', 'fenced', 'applying', 'done', 'failed')`,
};
/** How long after so many failed tries the next follows: 1, 2, 4 … seconds, at most a minute. */
const retryAt = sql`greatest(w.tried_at, w.changed_at) + least(power(2, least(w.tries - 1, 6)), 60) * interval '1 second'`;

/** Columns of `PeopleStanding` over rows `w`. */
function standing(isLeft: SQL): SQL {
  return sql`count(*) filter (where ${isLeft})::int as left,
      case when not bool_or(${isLeft} and (w.tries = 0 or ${retryAt} <= tenure_now()))
        then ${iso(sql`min(${retryAt}) filter (where ${isLeft})`)} end as "nextAt",
      count(*) filter (where w.state = 'fenced')::int as fenced,
      count(*) filter (where w.state = 'failed')::int as failed,
      count(*) filter (where w.state = 'done')::int as done, count(*)::int as total,
      max(w.last_error) filter (where w.state = 'failed') as error`;
}

/** Reads it in one statement. */
export async function readPeopleStanding(
  tx: Executor,
  processId: string,
  doing: keyof typeof unfinished,
): Promise<PeopleStanding> {
  const rows = await tx.execute<PeopleStanding & Record<string, unknown>>(sql`
    select ${standing(unfinished[doing])} from process_person w where w.process_id = ${processId}`);
  return rows[0] ?? { left: 0, nextAt: null, fenced: 0, failed: 0, done: 0, total: 0, error: null };
}

/** A process, its people, and whatever else its next phase depends on, of one moment. */
export interface SeenProcess extends ProcessView {
  /** While it is `undoing` those are left from whom something is to be taken back. */
  people: PeopleStanding;
  /** Somebody decided about it, or about people of it who still wait behind their fence. */
  isDecided: boolean;
  /** Of an onboarding under way: people who have everything, and no welcome. */
  unwelcomed: number;
}

/** Reads it in one statement, and locks nothing; null when there is no such process. */
export async function seeProcess(db: Executor, processId: string): Promise<SeenProcess | null> {
  const rows = await db.execute<SeenProcess & Record<string, unknown>>(sql`
    select ${seenColumns} from (select ${processColumns} from process where id = ${processId}) s cross join lateral ${peopleSeen} n`);
  return rows[0] ?? null;
}

/** Whether something is left of a process that people must see to: tasks, or grants that have not gone. */
export async function isAnythingLeft(tx: Executor, processId: string): Promise<boolean> {
  const rows = await tx.execute<{ found: boolean }>(sql`
    select exists (select 1 from task where process_id = ${processId} and closed_at is null and kind = 'residue')
      or exists (select 1 from access_grant g where g.process_id = ${processId} and g.state in ('provisioning', 'held')
        and g.end_at is not null)
      or exists (select 1 from task t join access_grant g on g.id = t.grant_id
        where g.process_id = ${processId} and t.closed_at is null) as found`);
  return rows[0]?.found ?? false;
}

/** What people behind a fence decided: the released go on, the discarded are left as they were. */
export interface FenceDecision {
  /** Of the process as a whole; null: not decided, or only about single people. */
  whole: 'released' | 'discarded' | null;
  /** Single people who were let go by this. */
  released: number;
  /** Single people who were dropped by this. */
  discarded: number;
  /** What waited as a whole was suspended meanwhile. */
  wasSuspended: boolean;
  /** Single people who were dropped by this and had been suspended meanwhile. */
  restored: string[];
}

/** Takes up what was decided about the process and its people since the last time. */
export async function takeUpFenceDecisions(tx: Executor, processId: string): Promise<FenceDecision> {
  const [people, [whole]] = await Promise.all([
    tx.execute<{ id: string; state: string; suspended: boolean }>(sql`
      update process_person w set state = case i.state when 'released' then 'waiting' else 'skipped' end, changed_at = tenure_now()
      from fence_item i where i.process_id = w.process_id and i.person_id = w.person_id and i.state <> 'waiting'
        and w.process_id = ${processId} and w.state = 'fenced' returning w.person_id as id, w.state, i.suspended`),
    tx.execute<{ state: 'released' | 'discarded'; suspended: boolean }>(
      sql`select state, suspended from fence_item where process_id = ${processId} and person_id is null and state <> 'waiting'`,
    ),
  ]);
  return {
    whole: whole?.state ?? null,
    released: people.filter(({ state }) => state === 'waiting').length,
    discarded: people.filter(({ state }) => state === 'skipped').length,
    wasSuspended: whole?.suspended ?? false,
    restored: people.filter(({ state, suspended }) => state === 'skipped' && suspended).map(({ id }) => id),
  };
}

/** Whom an onboarding brought about and what became of their welcomes. Instants are ISO 8601 UTC. */
export interface WelcomeStanding {
  /** Without a welcome. */
  missing: number;
  /** Who can still confirm. */
  open: number;
  /** Reminders that are due. */
  due: number;
  /** When the next of the open ones is reminded, or over; null: none is open. */
  nextAt: string | null;
}

/**
 * Someone whom the process brought about, `w`, and who is a member; or one of the vendor's people, who are nobody's members, whom it
 * is there to invite. Who was removed and added again meanwhile is welcomed by
 * the newer process: each of two would void the other's link.
 */
const isWelcome = sql`w.state = 'done' and (exists (select 1 from membership m where m.person_id = w.person_id
  and m.organization_id = w.organization_id and m.until is null)
    or exists (select 1 from process i join organization v on v.id = i.organization_id and v.kind = 'vendor'
      where i.id = w.process_id and i.person_id = w.person_id and i.wish->>'what' = 'invitation'))
  and not exists (select 1 from process n where n.person_id = w.person_id and n.kind = 'onboarding' and n.id > w.process_id
    and n.state not in ('failed', 'discarded'))`;
const hasNoWelcome = sql`not exists (
  select 1 from welcome l where l.process_id = w.process_id and l.person_id = w.person_id and l.voided_at is null)`;
const isOpen = sql`(l.confirmed_at is null and l.expires_at > tenure_now())`;

/** What is seen of a process `s`, whose people `n` counts. */
const seenColumns = fixed(sql`s.*, to_json(n) as people,
  exists (select 1 from fence_item i where i.process_id = s.id and i.state <> 'waiting' and (i.person_id is null
    or n.fenced > 0 and exists (select 1 from process_person w
      where w.process_id = i.process_id and w.person_id = i.person_id and w.state = 'fenced'))) as "isDecided",
  case when s.kind = 'onboarding' and s.state = 'running' and n.done > 0 then (
    select count(*)::int from process_person w where w.process_id = s.id and ${isWelcome} and ${hasNoWelcome}) else 0 end as unwelcomed`);
/** How far a process `s` is with its people. */
const peopleSeen = fixed(sql`(
  select ${standing(sql`case s.state when 'undoing' then ${unfinished.undoing} else ${unfinished.giving} end`)}
  from process_person w where w.process_id = s.id)`);

/** When the next reminder of a welcome `l` is due, by the periods (milliseconds) after which one is sent; null after the last. */
function reminderAt(reminderMs: readonly number[]) {
  return sql`(l.created_at + (${`{${reminderMs.join()}}`}::bigint[])[l.reminders + 1] * interval '1 millisecond')`;
}

export async function readWelcomeStanding(
  tx: Executor,
  processId: string,
  reminderMs: readonly number[],
): Promise<WelcomeStanding> {
  const next = reminderAt(reminderMs);
  const rows = await tx.execute<WelcomeStanding & Record<string, unknown>>(sql`
    select count(*) filter (where l.id is null)::int as missing, count(*) filter (where ${isOpen})::int as open,
      count(*) filter (where ${isOpen} and ${next} <= tenure_now())::int as due,
      ${iso(sql`min(least(${next}, l.expires_at)) filter (where ${isOpen})`)} as "nextAt"
    from process_person w left join welcome l on l.process_id = w.process_id and l.person_id = w.person_id and l.voided_at is null
    where w.process_id = ${processId} and ${isWelcome}`);
  return rows[0] ?? { missing: 0, open: 0, due: 0, nextAt: null };
}

/** Some of those who get a welcome now. */
export async function peopleToWelcome(db: Executor, processId: string, limit: number): Promise<string[]> {
  const rows = await db.execute<{ id: string }>(sql`
    select w.person_id as id from process_person w where w.process_id = ${processId} and ${isWelcome} and ${hasNoWelcome}
    order by w.person_id limit ${limit}`);
  return rows.map(({ id }) => id);
}

/** Some of the welcomes of which a reminder is due, and the number of that reminder, from 1. */
export async function welcomesToRemind(
  db: Executor,
  processId: string,
  reminderMs: readonly number[],
  limit: number,
): Promise<{ id: string; nth: number }[]> {
  const rows = await db.execute<{ id: string; nth: number }>(sql`
    select l.id, l.reminders + 1 as nth from process_person w
      join welcome l on l.process_id = w.process_id and l.person_id = w.person_id and l.voided_at is null
    where w.process_id = ${processId} and ${isWelcome} and ${isOpen} and ${reminderAt(reminderMs)} <= tenure_now()
    order by l.id limit ${limit}`);
  return [...rows];
}
