import { readActiveCatalog } from '../db/queries/catalog-revision.ts';
import { collectNotices } from '../db/queries/notice.ts';
import { readNow } from '../db/queries/effective.ts';
import { noteDueReviews } from '../db/queries/review.ts';
import { reviewAheadMs, reviewRules } from '../domain/review.ts';
import type { ActivityDeps } from './deps.ts';

/** Makes messages of what people are to be told. Several may run at once; one at a time makes them. */
export async function tellPeople({ ledger, log }: Pick<ActivityDeps, 'ledger' | 'log'>): Promise<void> {
  const { mails, dropped, later } = await collectNotices(ledger.db);
  if (mails + dropped > 0) log.info({ mails, dropped, later }, 'notices collected');
}

/** Notes whose standing access is due for a review, once a week for whoever manages these people. */
export async function noteReviews({ ledger }: Pick<ActivityDeps, 'ledger'>): Promise<void> {
  const { db } = ledger;
  const { catalog } = await readActiveCatalog(db);
  const before = new Date(Date.parse(await readNow(db)) + reviewAheadMs).toISOString();
  await noteDueReviews(db, { before, ...reviewRules(catalog) });
}
