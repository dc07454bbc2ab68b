import type { Catalog } from './catalog.ts';
import { effectiveEntitlements } from './catalog-entitlements.ts';
import { periodMsOrThrow } from './period.ts';

/** How far ahead of its end standing access is due for a review where nobody says how far, in milliseconds. */
export const reviewAheadMs = 30 * 24 * 60 * 60_000;

/** What a catalog says about reviews: the roles that give anything, and how long they last by customer type (`''`: everybody else), in ms. */
export function reviewRules(catalog: Catalog): { roles: string[]; periodMs: Record<string, number> } {
  const { settings, customerTypes } = catalog;
  const types = customerTypes.map((one) => [one.key, periodMsOrThrow(one.grantedPeriod)] as const);
  const keys = catalog.roles.map(({ key }) => key);
  return {
    roles: keys.filter((key) => effectiveEntitlements(catalog, [key]).length > 0),
    periodMs: { ...Object.fromEntries(types), '': periodMsOrThrow(settings.standingPeriod) },
  };
}
