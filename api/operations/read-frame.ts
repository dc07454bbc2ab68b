import { readingWithin } from '../../db/client.ts';
import { type FrameFacts, readFrameFacts, readVendor, readVendorFacts } from '../../db/queries/frame.ts';
import { countStuck } from '../../db/queries/operations.ts';
import type { ApiDeps } from '../deps.ts';
import { rules } from '../guards/rule.ts';
import { type PersonPrincipal, scopeOf, viewerOf } from '../principal.ts';
import { sinceOf } from './read-operations.ts';

/** What the frame of every page says: the ledger's clock, how much waits for the caller, and how much needs a hand. */
export function readFrame(
  deps: ApiDeps,
  caller: PersonPrincipal,
): Promise<FrameFacts & { stuck: number | undefined }> {
  return readingWithin(deps.ledger, scopeOf(caller), async (tx) => {
    const facts = await readFrameFacts(tx, caller.personId);
    const isTold = rules['fence-reader'].admits(caller);
    const stuck = isTold ? await countStuck(tx, viewerOf(caller), sinceOf(Date.now())) : undefined;
    return { ...facts, stuck };
  });
}

/** The vendor's name, which a customer's people see in their panel. */
export function readVendorName(deps: ApiDeps, caller: PersonPrincipal): Promise<string> {
  return readingWithin(deps.ledger, scopeOf(caller), readVendor);
}

/** The vendor itself, by whose people's access a customer's records can be narrowed. */
export function readVendorId(deps: ApiDeps, caller: PersonPrincipal): Promise<string> {
  return readingWithin(deps.ledger, scopeOf(caller), async (tx) => (await readVendorFacts(tx)).id);
}
