import { claimAccountSearch, settleAccountSearch } from '../db/queries/account-search.ts';
import { readSearchPlaces, readSettledOn, type SearchPlace } from '../db/queries/found-account.ts';
import type {
  AccountSearchReport,
  AccountSearchWish,
  SearchedAccount,
  SearchedResource,
} from '../domain/account-search.ts';
import { type AccountFinding, holdingName, type SoughtPerson } from '../domain/found-account.ts';
import type { ActivityDeps } from './deps.ts';
import { failureCode } from './failures.ts';
import { findAccounts } from './find-accounts.ts';

/** Limits of looking, in milliseconds but for `accountsAtMost`. */
export const searchLimits = {
  /** How long one target may take for all people. */
  lookMs: 60_000,
  /** How long a search is left to whoever took it; longer than a look. */
  leaseMs: 90_000,
  /** What lists say of people who may never be imported is not kept. */
  forgetAfterMs: 60 * 60_000,
  /** Accounts that a report names. */
  accountsAtMost: 500,
};

/**
 * Does what previews of imports ask for: looks in targets for accounts that people have, and changes nothing there. One search
 * at a time; several of us may be at work. Returns how many were done.
 */
export async function searchAccounts(deps: ActivityDeps, signal: AbortSignal): Promise<number> {
  const { db } = deps.ledger;
  const claimed = await claimAccountSearch(db, searchLimits);
  if (!claimed) return 0;
  await settleAccountSearch(db, claimed.id, await lookEverywhere(deps, claimed.wish, signal));
  return 1;
}

async function lookEverywhere(
  deps: ActivityDeps,
  { people, sets }: AccountSearchWish,
  signal: AbortSignal,
): Promise<AccountSearchReport> {
  const keys = [...new Set(sets.flatMap((set) => Object.keys(set)))];
  const places = await readSearchPlaces(deps.ledger.db, keys);
  const looked = await Promise.all(
    places.map(async (place) => {
      const sought = people.flatMap(({ set, ...person }): SoughtPerson[] => {
        const wants = sets[set]?.[place.resourceKey];
        const scope = place.shared ? (person.customer ?? place.organization) : null;
        return wants ? [{ ...person, wants: wants.map((entitlement) => ({ entitlement, scope })) }] : [];
      });
      return lookOn(deps, place, sought, signal);
    }),
  );
  const accounts = looked.flatMap((one) => one.accounts).toSorted((a, b) => urgency(b) - urgency(a));
  const { accountsAtMost } = searchLimits;
  return {
    resources: looked.flatMap(({ resource }) => (resource.people > 0 ? [resource] : [])),
    accounts: accounts.slice(0, accountsAtMost),
    moreAccounts: Math.max(0, accounts.length - accountsAtMost),
  };
}

async function lookOn(
  deps: ActivityDeps,
  place: SearchPlace,
  all: readonly SoughtPerson[],
  signal: AbortSignal,
): Promise<{ resource: SearchedResource; accounts: SearchedAccount[] }> {
  const known = all.flatMap(({ personId }) => personId ?? []);
  const settled = await readSettledOn(deps.ledger.db, place.resourceId, known);
  const people = all.filter(({ personId }) => personId === null || !settled.has(personId));
  const { resourceKey: resource } = place;
  const counts = { resource, people: people.length, adopted: 0, surplus: 0, leftAlone: 0, missing: 0 };
  try {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(searchLimits.lookMs)]);
    const found = await findAccounts(deps, place, people, limited);
    if (found === null) return { resource: { ...counts, notLooked: 'cannot-be-asked' }, accounts: [] };
    const accounts = found.map((one) => searched(resource, one));
    const left = new Set(emailsOf(accounts, ({ hindrance }) => hindrance !== null));
    const adopted = new Set(emailsOf(accounts, ({ hindrance }) => hindrance === null));
    const surplus = new Set(emailsOf(accounts, (one) => one.hindrance === null && one.surplus.length > 0));
    const missing = people.length - new Set([...left, ...adopted]).size;
    const summary = { adopted: adopted.size, surplus: surplus.size, leftAlone: left.size, missing };
    return { resource: { ...counts, ...summary, notLooked: null }, accounts };
  } catch (error) {
    signal.throwIfAborted();
    const code = failureCode(error);
    deps.log.warn({ resourceId: place.resourceId, code }, 'accounts could not be looked for');
    return { resource: { ...counts, notLooked: code }, accounts: [] };
  }
}

function emailsOf(accounts: readonly SearchedAccount[], which: (one: SearchedAccount) => boolean): string[] {
  return accounts.filter(which).map(({ email }) => email);
}

function searched(
  resource: string,
  { email, account, hindrance, holdings, surplus }: AccountFinding,
): SearchedAccount {
  return {
    resource,
    email,
    account,
    hindrance,
    holds: holdings.map(holdingName),
    surplus: surplus.map(holdingName),
  };
}

/** What somebody must decide about comes first. */
function urgency({ hindrance, surplus }: SearchedAccount): number {
  if (hindrance !== null) return 2;
  return surplus.length > 0 ? 1 : 0;
}
