import { sql } from 'drizzle-orm';
import type { Executor } from '../client.ts';
import { accessGrant } from '../schema/grant.ts';

/** A password on its way to the target, with the number of the attempt that brings it there. */
export interface NextPassword {
  sealed: string;
  attempt: number;
}

/**
 * Takes the sealed password that a holder asked for and that the target does not know yet, as a new attempt of the grant;
 * null when there is none or the grant is not held.
 */
export async function takeNextPassword(db: Executor, grantId: string): Promise<NextPassword | null> {
  const [row] = await db
    .update(accessGrant)
    .set({ attempts: sql`${accessGrant.attempts} + 1` })
    .where(
      sql`${accessGrant.id} = ${grantId} and ${accessGrant.sealedNextPassword} is not null and ${accessGrant.state} = 'held'`,
    )
    .returning({ sealed: accessGrant.sealedNextPassword, attempt: accessGrant.attempts });
  return row?.sealed ? { sealed: row.sealed, attempt: row.attempt } : null;
}

/** The target knows it: it becomes the grant's password, unless yet another one was asked for meanwhile. */
export async function takeOverPassword(db: Executor, grantId: string, sealed: string): Promise<void> {
  await db
    .update(accessGrant)
    .set({ sealedPassword: sealed, sealedNextPassword: null })
    .where(
      sql`${accessGrant.id} = ${grantId} and ${accessGrant.sealedNextPassword} = ${sealed} and ${accessGrant.state} = 'held'`,
    );
}
