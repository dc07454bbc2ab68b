import { within } from '../../db/client.ts';
import { type FrameFacts, readFrameFacts, readVendor } from '../../db/queries/frame.ts';
import type { ApiDeps } from '../deps.ts';
import { type PersonPrincipal, scopeOf } from '../principal.ts';

/** What the frame of every page says: the ledger's clock, and how much waits for the caller. */
export function readFrame(deps: ApiDeps, caller: PersonPrincipal): Promise<FrameFacts> {
  return within(deps.ledger, scopeOf(caller), (tx) => readFrameFacts(tx, caller.personId));
}

/** The vendor's name, which a customer's people see in their panel. */
export function readVendorName(deps: ApiDeps, caller: PersonPrincipal): Promise<string> {
  return within(deps.ledger, scopeOf(caller), readVendor);
}
