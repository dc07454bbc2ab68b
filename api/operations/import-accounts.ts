import { askAccountSearch, readAccountSearch } from '../../db/queries/account-search.ts';
import type { Executor } from '../../db/client.ts';
import type { AccountSearch, AccountSearchWish } from '../../domain/account-search.ts';
import { inOrder } from '../../domain/catalog.ts';
import { entitlementNames } from '../../domain/catalog-entitlements.ts';
import { TenureError } from '../../domain/errors.ts';
import type { PlannedPerson } from '../../domain/roster-users.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import type { PersonPrincipal } from '../principal.ts';
import { reading } from '../transact.ts';
import type { RosterPlan } from './import-plan.ts';

/**
 * Asks the workers which accounts the people of a plan have in targets already: the application reaches no target itself.
 * Returns the search's id; null where nobody gains anything, or nothing can be imported.
 */
export async function seekAccounts(
  tx: Executor,
  author: PersonPrincipal,
  plan: RosterPlan,
): Promise<string | null> {
  const wish = wishOf(plan);
  if (plan.problems.length > 0 || wish.people.length === 0) return null;
  return askAccountSearch(tx, author.personId, wish);
}

/** What a search has found so far. @throws TenureError `not-found` also for somebody else's, and for one that is forgotten. */
export function getAccountSearch(
  deps: ApiDeps,
  caller: PersonPrincipal,
  id: string,
): Promise<Outside<AccountSearch>> {
  return reading(deps, caller, async (tx) => {
    const search = await readAccountSearch(tx, id);
    if (!search) throw new TenureError('not-found', 'There is no such search, or it is forgotten.');
    return search;
  });
}

function wishOf({ scene: { catalog }, users, staff }: RosterPlan): AccountSearchWish {
  const wish: AccountSearchWish = { people: [], sets: [] };
  const known = new Map<string, number>();
  const setOf = (roles: readonly string[]): number => {
    const key = inOrder(roles).join(' ');
    const at = known.get(key) ?? wish.sets.length;
    known.set(key, at);
    wish.sets[at] ??= byResource(entitlementNames(catalog, roles));
    return at;
  };
  const add = ({ change, email, account, id, after }: PlannedPerson, customer: string | null) => {
    if (change === 'unchanged' || after.length === 0) return;
    wish.people.push({ email: email.toLowerCase(), account, personId: id, customer, set: setOf(after) });
  };
  for (const user of users) add(user, user.customer);
  for (const person of staff) add(person, null);
  return wish;
}

function byResource(names: Iterable<string>): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const name of names) {
    const [resource = '', entitlement = ''] = name.split(':');
    found[resource] = [...(found[resource] ?? []), entitlement];
  }
  return found;
}
