import { readActiveCatalog } from '../../db/queries/catalog-revision.ts';
import type { CustomerView } from '../../db/queries/customer.ts';
import { readNow } from '../../db/queries/effective.ts';
import { type HeldAccess, type HeldNow, listHeldAccess, readHeldNow } from '../../db/queries/held-access.ts';
import type { Page, PageWish } from '../../db/queries/instant.ts';
import { readSeats, type SeatsView } from '../../db/queries/seats.ts';
import type { CatalogOverride } from '../../domain/catalog.ts';
import { featuresOf } from '../../domain/catalog-tier.ts';
import { readingWithin } from '../../db/client.ts';
import type { ApiDeps } from '../deps.ts';
import { type Outside, outside } from '../outside.ts';
import { type PersonPrincipal, recordsOf, scopeOf, viewerOf } from '../principal.ts';
import { customerOf } from './find-customer.ts';
import { seenBy } from './list-customers.ts';
import { refuseBackwards, type Stretch } from './references.ts';
import { notFound } from './refusals.ts';

/** A customer with who of the vendor's people reaches its data. Features keep their names as they are. */
export interface CustomerScene {
  customer: Outside<CustomerView & { seats: SeatsView }>;
  tier: string | null;
  features: Record<string, boolean>;
  /** Exceptions from the tier that hold now. */
  overrides: Outside<CatalogOverride>[];
  /** By the vendor's people; null for whoever does not read all records. */
  access: {
    now: Outside<HeldNow>;
    today: Outside<Page<HeldAccess>>;
    /** Of the period that is asked for. */
    during: Outside<Page<HeldAccess>>;
  } | null;
}

/** As many as a page can show at once. */
const atOnce = 100;

/** Reads it in one go, so that the parts agree. Instants are ISO 8601 UTC. @throws TenureError `not-found` */
export function readCustomerScene(
  deps: ApiDeps,
  caller: PersonPrincipal,
  name: string,
  { today, during, page }: { today: Stretch; during: Stretch; page: PageWish },
): Promise<CustomerScene> {
  refuseBackwards(during);
  return readingWithin(deps.ledger, scopeOf(caller), async (tx): Promise<CustomerScene> => {
    const customer = await customerOf(tx, name);
    const [seats, { catalog }, at] = await Promise.all([
      readSeats(tx, customer.id),
      readActiveCatalog(tx),
      readNow(tx),
    ]);
    if (!seats) throw notFound();
    const { key } = customer;
    const overrides = catalog.overrides.filter((one) => one.customer === key && one.until > at);
    const common = {
      customer: outside(seenBy(caller, { ...customer, seats })),
      tier: catalog.tiers.find((one) => one.key === customer.tier)?.name ?? null,
      features: featuresOf(catalog, { key, tier: customer.tier ?? '' }, at),
      overrides: outside(overrides),
    };
    if (recordsOf(caller) !== 'all') return { ...common, access: null };
    const [viewer, held] = [viewerOf(caller), { organization: customer.id, holder: caller.organization.id }];
    const [now, before, past] = await Promise.all([
      readHeldNow(tx, viewer, held, atOnce),
      listHeldAccess(tx, viewer, { ...held, during: today }, { limit: atOnce, after: null }),
      listHeldAccess(tx, viewer, { ...held, during }, page),
    ]);
    return {
      ...common,
      access: { now: outside(now), today: outside(before), during: outside(past) },
    };
  });
}
