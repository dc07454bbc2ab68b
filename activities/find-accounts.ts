import { readAccountOwners, type SearchPlace } from '../db/queries/found-account.ts';
import { type AccountFinding, judgeFound, type SoughtPerson } from '../domain/found-account.ts';
import { type ActivityDeps, reachTarget } from './deps.ts';

/**
 * Asks one target which of these people have accounts there already, and judges what it tells. Null: its accounts cannot be
 * found. Whoever is known by no name, where names are what a target goes by, is not looked for.
 * @throws ConnectorError when the target does not answer.
 */
export async function findAccounts(
  deps: ActivityDeps,
  place: SearchPlace,
  people: readonly SoughtPerson[],
  signal: AbortSignal,
): Promise<AccountFinding[] | null> {
  const { connector, target } = reachTarget(deps, place);
  const { finder, capabilities } = connector;
  if (!finder) return null;
  const sought = finder.by === 'name' ? people.filter(({ account }) => account !== null) : people;
  if (sought.length === 0) return [];
  const found = await finder.find(
    target,
    sought.map(({ email, account }) => ({ email, account })),
    signal,
  );
  if (found === null) return null;
  const accounts = found.map(({ account }) => account);
  const owners = await readAccountOwners(deps.ledger.db, place.resourceId, accounts);
  const ownerOf = (account: string) => owners.get(account) ?? null;
  return judgeFound(sought, found, { ownerOf, isShared: capabilities.sharesAccounts });
}
