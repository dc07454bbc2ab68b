import { readActiveCatalog } from '../../db/queries/catalog-revision.ts';
import { readNow } from '../../db/queries/effective.ts';
import type { Page } from '../../db/queries/instant.ts';
import { type DueAfter, type DueReview, listDueReviews } from '../../db/queries/review.ts';
import { reviewAheadMs, reviewRules } from '../../domain/review.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import type { PersonPrincipal } from '../principal.ts';
import { reading } from '../transact.ts';
import { customerOf } from './find-customer.ts';

/** Whose standing access lapses before an instant (ISO 8601 UTC; in 30 days unless said) and waits for a review, the earliest first. */
export function findDueReviews(
  deps: ApiDeps,
  caller: PersonPrincipal,
  filter: { before?: string | undefined; customer?: string | undefined },
  page: { limit: number; after: DueAfter | null },
): Promise<Outside<Page<DueReview>>> {
  return reading(deps, caller, async (tx) => {
    const { catalog } = await readActiveCatalog(tx);
    const own = caller.organization.kind === 'customer' ? caller.organization.id : null;
    const named = filter.customer === undefined ? null : await customerOf(tx, filter.customer);
    const before = filter.before ?? new Date(Date.parse(await readNow(tx)) + reviewAheadMs).toISOString();
    // What a customer's people do not manage is not theirs to look through, either: row security hides other customers.
    const organizationId = own ?? named?.id ?? null;
    return listDueReviews(tx, { before, organizationId, ...reviewRules(catalog) }, page);
  });
}
