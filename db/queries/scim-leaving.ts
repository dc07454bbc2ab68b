import { type SQL, sql } from 'drizzle-orm';
import { fenceLimit } from '../../domain/fence.ts';
import { periodMsOrThrow } from '../../domain/period.ts';
import { openProcessStates } from '../../domain/process.ts';
import type { Executor } from '../client.ts';
import { readFenceLimit } from './catalog-revision.ts';
import { fixed } from './fixed.ts';
import { anyOf } from './texts.ts';

/** How many of a customer's people its directory has had leave lately. */
export interface ScimLeaving {
  /** People who went; who waits is none of them. */
  gone: number;
  /** How many a fence of people lets through in the same time. */
  limit: number;
  /** ISO 8601 duration that is looked back. */
  window: string;
  /** Whether the one that is asked about has gone within the window, and so goes again. */
  hasGone: boolean;
  /** Whether somebody waits already. */
  isWaiting: boolean;
}

/** Of a row `s` of process: a directory had somebody leave, which did not come beyond what the fence of people lets through. */
export const hasGoneByDirectory = fixed(
  sql`(s.kind = 'offboarding' and starts_with(s.source, 'stk_') and not s.wish ? 'beyond')`,
);

/** Of a row of process: a directory has somebody leave, which came beyond that, and nobody has decided or carried it out. */
function isWaiting(process: SQL): SQL {
  return sql`(${process}.kind = 'offboarding' and ${process}.wish ? 'beyond' and ${process}.state = ${anyOf(openProcessStates)})`;
}

/** Of rows `s` of process and `p` of its person: a directory's word suspended them, and they are not any more, by whoever's. */
export const isBackByDirectory = fixed(
  sql`(coalesce((s.wish->'beyond'->>'suspended')::boolean, false) and p.suspended_at is null)`,
);

/** Whether a directory has taken back that somebody shall leave, of a process that waits because of it. */
export async function isTakenBack(tx: Executor, processId: string): Promise<boolean> {
  const rows = await tx.execute(
    sql`select from process s join person p on p.id = s.person_id where s.id = ${processId} and ${isBackByDirectory}`,
  );
  return rows.length > 0;
}

/**
 * Who left by the directory's word in the window of the fence of people, held against what that fence lets through. The caller holds
 * the customer, so that its leavings are counted one after another.
 */
export async function readScimLeaving(
  tx: Executor,
  organizationId: string,
  personId: string,
): Promise<ScimLeaving> {
  const limits = await readFenceLimit(tx, 'people');
  const since = sql`tenure_now() - ${periodMsOrThrow(limits.window)} * interval '1 millisecond'`;
  const rows = await tx.execute<Omit<ScimLeaving, 'limit' | 'window'> & { staying: number }>(sql`
    select count(distinct s.person_id)::int as gone, coalesce(bool_or(s.person_id = ${personId}), false) as "hasGone",
      exists (select 1 from process w where w.organization_id = ${organizationId} and ${isWaiting(sql`w`)}) as "isWaiting",
      (select count(*)::int from person p where p.organization_id = ${organizationId} and p.offboarded_at is null) as staying
    from process s where s.organization_id = ${organizationId} and ${hasGoneByDirectory}
      and s.created_at > ${since}`);
  const { gone = 0, staying = 0, hasGone = false, isWaiting: isOthers = false } = rows[0] ?? {};
  // Of those who were there before the first of them left.
  const limit = fenceLimit(limits, staying + gone);
  return { gone, limit, window: limits.window, hasGone, isWaiting: isOthers };
}

/**
 * What a directory's word to have somebody leave waits for, if it came beyond what the fence lets through and nobody has decided:
 * whether it was this word that suspended them. Null when nothing of the kind waits.
 */
export async function readScimHeld(tx: Executor, personId: string): Promise<{ suspended: boolean } | null> {
  const rows = await tx.execute<{ suspended: boolean }>(sql`
    select bool_or((s.wish->'beyond'->>'suspended')::boolean) as suspended from process s
    where s.person_id = ${personId} and ${isWaiting(sql`s`)} having count(*) > 0`);
  return rows[0] ?? null;
}
