import type { AccountRef } from '../db/queries/account.ts';
import { takeAccountNumber } from '../db/queries/found-account.ts';
import { gate } from '../domain/gates.ts';
import { plan } from '../domain/plan.ts';
import type { Connector, Target } from './connectors/connector.ts';
import type { ActivityDeps } from './deps.ts';

/**
 * Takes from an account that was there before us whatever is left on it when whose it was has gone: what no grant of ours ever
 * gave, too. Whether it worked is for the caller to look.
 * @throws ConnectorError when the target could not be brought to it.
 */
export async function cutAdopted(
  deps: ActivityDeps,
  ref: AccountRef,
  { connector, target }: { connector: Connector; target: Target },
  signal: AbortSignal,
): Promise<void> {
  const { holdings } = await connector.observe(target, [ref.account], signal);
  if (holdings.length === 0) return;
  const number = await takeAccountNumber(deps.ledger.db, ref);
  const changes = plan([], holdings);
  gate(changes, ref.account);
  for (const change of changes)
    await connector.apply(target, change, {
      number,
      password: null,
      holder: null,
      signal,
      reach: deps.reach,
    });
}
