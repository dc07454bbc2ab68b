import { readingWithin } from '../../db/client.ts';
import { readActiveCatalog, readCatalogAt } from '../../db/queries/catalog-revision.ts';
import { readTiered } from '../../db/queries/effective.ts';
import { featuresOf } from '../../domain/catalog-tier.ts';
import type { ApiDeps } from '../deps.ts';
import { type PersonPrincipal, scopeOf } from '../principal.ts';
import { notFound } from './refusals.ts';

/** What the product switches on for a customer. Features keep their names as they are. */
export interface FeaturesView {
  customer: { id: string; key: string; name: string };
  tier: { key: string; name: string } | null;
  features: Record<string, boolean>;
  /** Those of them that an exception says, with its end. */
  overrides: { feature: string; enabled: boolean; until: string }[];
  at: string;
  revision: number;
}

/** The features of a customer now or at an instant, for its own people and the vendor's; read at run time, never built in. */
export function getFeatures(
  deps: ApiDeps,
  caller: PersonPrincipal,
  wish: { customer: string; at?: string | undefined },
): Promise<FeaturesView> {
  return readingWithin(deps.ledger, scopeOf(caller), async (tx) => {
    const found = await readTiered(tx, wish.customer, wish.at ?? null);
    if (!found) throw notFound();
    const { number, catalog } = await (wish.at === undefined
      ? readActiveCatalog(tx)
      : readCatalogAt(tx, wish.at));
    const { customer, at } = found;
    const tier = catalog.tiers.find((one) => one.key === found.tier);
    const overrides = catalog.overrides.flatMap(({ customer: key, what, until }) =>
      key === customer.key && what.kind === 'feature' && at < until
        ? [{ feature: what.feature, enabled: what.enabled, until }]
        : [],
    );
    return {
      customer,
      tier: tier ? { key: tier.key, name: tier.name } : null,
      features: featuresOf(catalog, { key: customer.key, tier: found.tier ?? '' }, at),
      overrides,
      at,
      revision: number,
    };
  });
}
