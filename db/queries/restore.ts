import { eq, type SQL, sql } from 'drizzle-orm';
import type { Executor } from '../client.ts';
import { accessGrant, extension } from '../schema/grant.ts';
import { readEndCase } from './end.ts';
import type { ExtendCase } from './extend.ts';

/**
 * Whether an extension came to nothing after the target may have been told its end, while the access lives on: then the
 * target must get the ledger's end back. A former end that is also the wished one says that it has it back.
 */
export function isUnrestored(requestId: SQL, state: SQL): SQL<boolean> {
  return sql<boolean>`(${state} in ('cancelled', 'refused', 'failed') and exists (
    select 1 from extension x join access_grant b on b.id = x.grant_id
    where x.request_id = ${requestId} and x.done_at is null and x.until > x.former_until
      and b.state = 'held' and b.end_at is null and b.due_at > tenure_now()))`;
}

/**
 * The grant whose target must get the ledger's end back, as a new attempt, so that whatever is still under way is refused.
 * Null when nothing was begun, when it was done already or when the grant is ending anyway.
 */
export function writeRestoringIntent(db: Executor, requestId: string): Promise<ExtendCase | null> {
  return db.transaction(async (tx) => {
    const [held] = await tx
      .update(accessGrant)
      .set({ attempts: sql`${accessGrant.attempts} + 1` })
      .where(
        sql`${accessGrant.id} = (
            select e.grant_id from extension e join access_request r on r.id = e.request_id
            where e.request_id = ${requestId} and ${isUnrestored(sql`r.id`, sql`r.state`)})
          and ${accessGrant.state} = 'held' and ${accessGrant.endAt} is null and ${accessGrant.dueAt} > tenure_now()`,
      )
      .returning();
    const grant = held && (await readEndCase(tx, held.id));
    return grant ? { grant, attempt: held.attempts, formerUntil: held.until, until: held.until } : null;
  });
}

/** The target was read back with the ledger's end. */
export async function noteRestored(db: Executor, requestId: string): Promise<void> {
  await db
    .update(extension)
    .set({ until: sql`${extension.formerUntil}` })
    .where(eq(extension.requestId, requestId));
}
