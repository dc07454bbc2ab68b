import { sql } from 'drizzle-orm';
import { readActiveCatalog } from '../../db/queries/catalog-revision.ts';
import { tellOfInvitation } from '../../db/queries/invitation.ts';
import { isInvitation, readProcess } from '../../db/queries/process.ts';
import { peopleToWelcome, welcomesToRemind } from '../../db/queries/process-settle.ts';
import { createWelcome, remindWelcome } from '../../db/queries/welcome.ts';
import { periodMsOrThrow } from '../../domain/period.ts';
import type { ActivityDeps } from '../deps.ts';

const page = 200;

/**
 * Sends one page of an onboarding's welcomes, and of the reminders that are due. Each is written with its message in a
 * transaction of its own, once, however often this runs.
 */
export async function welcomePeople(deps: ActivityDeps, processId: string, beat: () => void): Promise<void> {
  const { db } = deps.ledger;
  const process = await readProcess(db, processId);
  const isTime = process?.state === 'running' || process?.state === 'confirming';
  if (process?.kind !== 'onboarding' || !isTime || process.wish.welcome === false) return;
  const { catalog } = await readActiveCatalog(db);
  const forMs = periodMsOrThrow(catalog.settings.welcome.expires);
  const { organizationId, requestedBy: invitedBy } = process;
  const unwelcomed = await peopleToWelcome(db, processId, page);
  for (const personId of unwelcomed) {
    beat();
    await db.transaction(async (tx) => {
      const { sealing } = deps;
      // Whoever leaves meanwhile holds this row, too.
      const there = await tx.execute(
        sql`select 1 from person where id = ${personId} and offboarded_at is null for no key update`,
      );
      if (there.length === 0) return;
      await createWelcome(tx, { personId, organizationId, processId, forMs, invitedBy, sealing });
      if (isInvitation(process)) await tellOfInvitation(tx, { personId, organizationId, processId });
    });
  }
  // Reminders follow with the next page.
  if (unwelcomed.length > 0) return;
  const reminderMs = catalog.settings.welcome.reminders.map(periodMsOrThrow);
  for (const { id, nth } of await welcomesToRemind(db, processId, reminderMs, page)) {
    beat();
    await db.transaction((tx) => remindWelcome(tx, id, nth));
  }
}
