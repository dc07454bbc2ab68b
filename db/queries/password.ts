import { eq, sql } from 'drizzle-orm';
import type { Executor } from '../client.ts';
import { accessGrant } from '../schema/grant.ts';

/** The sealed password that a holder asked for and that the target does not know yet. */
export async function readNextPassword(db: Executor, grantId: string): Promise<string | null> {
  const [row] = await db
    .select({ sealed: accessGrant.sealedNextPassword })
    .from(accessGrant)
    .where(eq(accessGrant.id, grantId));
  return row?.sealed ?? null;
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
