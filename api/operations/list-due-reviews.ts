import { readActiveCatalog } from '../../db/queries/catalog-revision.ts';
import { readNow } from '../../db/queries/effective.ts';
import type { Page } from '../../db/queries/instant.ts';
import { type DueAfter, type DueReview, listDueReviews } from '../../db/queries/review.ts';
import type { Catalog } from '../../domain/catalog.ts';
import { effectiveEntitlements } from '../../domain/catalog-entitlements.ts';
import { periodMsOrThrow } from '../../domain/period.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import type { PersonPrincipal } from '../principal.ts';
import { reading } from '../transact.ts';
import { customerOf } from './find-customer.ts';

/** How far ahead is looked where nobody says how far, in milliseconds. */
const aheadMs = 30 * 24 * 60 * 60 * 1_000;

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
    const before = filter.before ?? new Date(Date.parse(await readNow(tx)) + aheadMs).toISOString();
    // What a customer's people do not manage is not theirs to look through, either: row security hides other customers.
    const organizationId = own ?? named?.id ?? null;
    const { settings, customerTypes } = catalog;
    const types = customerTypes.map((one) => [one.key, periodMsOrThrow(one.grantedPeriod)] as const);
    const periodMs = { ...Object.fromEntries(types), '': periodMsOrThrow(settings.standingPeriod) };
    return listDueReviews(tx, { before, organizationId, roles: givingRoles(catalog), periodMs }, page);
  });
}

function givingRoles(catalog: Catalog): string[] {
  const keys = catalog.roles.map(({ key }) => key);
  return keys.filter((key) => effectiveEntitlements(catalog, [key]).length > 0);
}
