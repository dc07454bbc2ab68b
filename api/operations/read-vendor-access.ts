import { readingWithin } from '../../db/client.ts';
import { type AccessRequestView } from '../../db/queries/access-request.ts';
import { listNextToLapse } from '../../db/queries/access-request-list.ts';
import { readVendorFacts } from '../../db/queries/frame.ts';
import { type HeldAccess, type HeldNow, listHeldAccess, readHeldNow } from '../../db/queries/held-access.ts';
import type { Page, PageWish } from '../../db/queries/instant.ts';
import type { ApiDeps } from '../deps.ts';
import { type Outside, outside } from '../outside.ts';
import { type PersonPrincipal, scopeOf, viewerOf } from '../principal.ts';
import { refuseBackwards, type Stretch } from './references.ts';

/** Who of the vendor's people reaches the caller's own customer's data, did, or asks to. */
export interface VendorAccess {
  /** What waits for the caller's decision, the next to lapse first. */
  waiting: Outside<AccessRequestView>[];
  /** What is asked for and waits for others, in the same order. */
  elsewhere: Outside<AccessRequestView>[];
  now: Outside<HeldNow>;
  /** Of the stretch that is drawn. */
  drawn: Outside<Page<HeldAccess>>;
  /** Of the period that is asked for. */
  during: Outside<Page<HeldAccess>>;
}

/** As many as a page can show at once. */
const atOnce = 100;

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
      listNextToLapse(tx, viewer, { waitingFor: caller.personId, customer: held.organization }, atOnce),
      listNextToLapse(tx, viewer, { state: 'waiting', customer: held.organization, isOpen: true }, atOnce),
      readHeldNow(tx, viewer, held, atOnce),
      listHeldAccess(tx, viewer, { ...held, during: drawn }, { limit: atOnce, after: null }),
      listHeldAccess(tx, viewer, { ...held, during }, page),
    ]);
    const own = new Set(mine.map(({ id }) => id));
    return {
      waiting: outside(mine),
      elsewhere: outside(asked.filter(({ id }) => !own.has(id))),
      now: outside(now),
      drawn: outside(of),
      during: outside(past),
    };
  });
}
