import { type Ledger, withinVendor } from '../../db/client.ts';
import { listLiveProviders } from '../../db/queries/sign-in-provider.ts';
import { isProviderUrl } from '../sign-in/oidc.ts';

/**
 * The ids of live providers whose answers could not be checked to be theirs and for us: without TLS, on this machine of an
 * installation that is not local, or without a client. Saving refuses them; what is in the ledger is looked at anyway.
 */
export async function uncheckableProviders(ledger: Ledger, isLocal: boolean): Promise<string[]> {
  const live = await withinVendor(ledger, listLiveProviders);
  return live
    .filter(({ issuer, clientId }) => clientId === '' || !isProviderUrl(issuer, isLocal))
    .map(({ id }) => id);
}
