import { readingWithin } from '../../db/client.ts';
import { type AccessRequestView } from '../../db/queries/access-request.ts';
import { listAccessRequests } from '../../db/queries/access-request-list.ts';
import { readVendorFacts } from '../../db/queries/frame.ts';
import { type HeldAccess, listHeldAccess } from '../../db/queries/held-access.ts';
import type { Page, PageWish } from '../../db/queries/instant.ts';
import type { ApiDeps } from '../deps.ts';
import { type Outside, outside } from '../outside.ts';
import { type PersonPrincipal, scopeOf, viewerOf } from '../principal.ts';
import { refuseBackwards, type Stretch } from './references.ts';

/** Who of the vendor's people reaches the caller's own customer's data, did, or asks to. */
export interface VendorAccess {
  /** What waits for the caller's decision, the next to lapse first. */
  waiting: Outside<AccessRequestView>[];
  /** What is asked for and waits for others. */
  elsewhere: Outside<AccessRequestView>[];
  now: Outside<HeldAccess>[];
  /** Of the stretch that is drawn. */
  drawn: Outside<HeldAccess>[];
  /** Of the period that is asked for. */
  during: Outside<Page<HeldAccess>>;
}

/** As many as a page can show at once. */
const atOnce = { limit: 100, after: null };

/** Reads it in one go, so that the parts agree. Instants are ISO 8601 UTC. For a customer's administrators. */
export function readVendorAccess(
  deps: ApiDeps,
  caller: PersonPrincipal,
  { drawn, during, page }: { drawn: Stretch; during: Stretch; page: PageWish },
): Promise<VendorAccess> {
  refuseBackwards(during);
  const viewer = viewerOf(caller);
  return readingWithin(deps.ledger, scopeOf(caller), async (tx): Promise<VendorAccess> => {
    const vendor = await readVendorFacts(tx);
    const held = { organization: caller.organization.id, holder: vendor.id };
    // One connection carries them in this order; sent together, they cost one wait.
    const [mine, asked, now, of, past] = await Promise.all([
      listAccessRequests(tx, viewer, { waitingFor: caller.personId, customer: held.organization }, atOnce),
      listAccessRequests(tx, viewer, { state: 'waiting', customer: held.organization, isOpen: true }, atOnce),
      listHeldAccess(tx, viewer, held, atOnce),
      listHeldAccess(tx, viewer, { ...held, during: drawn }, atOnce),
      listHeldAccess(tx, viewer, { ...held, during }, page),
    ]);
    const own = new Set(mine.items.map(({ id }) => id));
    const soonest = (one: AccessRequestView, other: AccessRequestView) =>
      one.lapsesAt < other.lapsesAt ? -1 : 1;
    return {
      waiting: outside(mine.items.toSorted(soonest)),
      elsewhere: outside(asked.items.filter(({ id }) => !own.has(id)).toSorted(soonest)),
      now: outside(now.items),
      drawn: outside(of.items),
      during: outside(past),
    };
  });
}
