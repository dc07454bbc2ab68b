import { isId } from './ids.ts';
import { type Holding, holdingKey } from './plan.ts';

/** What is held in words: `operate`, or `operate (acme)` where it is for one customer. */
export function holdingName({ entitlement, scope }: Holding): string {
  return scope === null ? entitlement : `${entitlement} (${scope})`;
}

/** Whose account is looked for in a target. */
export interface SoughtAccount {
  /** In small letters. */
  email: string;
  /** The name that lists give it; null when they give none. */
  account: string | null;
}

/**
 * Why an account is left alone that was found: `administrator`: it may do more than any role of ours could give; `service`:
 * it is the target's own or ours, and nobody's; `not-handed-over`: the target's administrator has not let us change it;
 * `owns-objects`: things in the target are its own; `holds-more`: it holds what cannot be told apart from what we would
 * give; `cannot-sign-in`; `ended-before`: an account of that name was ended here; `elsewhere`: it reaches another customer's
 * data; `several-accounts`: the person has more than one; `several-people`: it was found for more than one person; `taken`:
 * it is somebody else's already; `not-looked-at`: the target could not be asked.
 */
export const accountHindrances = [
  'administrator',
  'service',
  'not-handed-over',
  'owns-objects',
  'holds-more',
  'cannot-sign-in',
  'ended-before',
  'elsewhere',
  'several-accounts',
  'several-people',
  'taken',
  'not-looked-at',
] as const;
export type AccountHindrance = (typeof accountHindrances)[number];

/** An account that somebody has in a target, as the target tells of it. */
export interface FoundAccount {
  /** As it was asked for. */
  email: string;
  account: string;
  holdings: Holding[];
  /** Null: it may be taken over. */
  hindrance: AccountHindrance | null;
}

/** Somebody whose accounts on one resource are looked for. */
export interface SoughtPerson extends SoughtAccount {
  /** Null for who is not in the ledger yet. */
  personId: string | null;
  /** Key of the customer whose user it is; null for the vendor's people. */
  customer: string | null;
  /** What their roles give on the resource: entitlements, each for a customer where customers share the resource. */
  wants: readonly Pick<Holding, 'entitlement' | 'scope'>[];
}

/** What an account was found to be for somebody. */
export interface AccountFinding {
  email: string;
  /** Null where none could be looked for. */
  account: string | null;
  /** Null: it is taken over. */
  hindrance: AccountHindrance | null;
  holdings: Holding[];
  /** What of it roles do not give: it stays, and somebody is asked about it. */
  surplus: Holding[];
}

/**
 * Judges what a target told of people's accounts. Whoever has only the account that we made is in no list. `ownerOf` says
 * whose an account is already, by a person's id; `isShared`: grants share a person's account there.
 */
export function judgeFound(
  people: readonly SoughtPerson[],
  found: readonly FoundAccount[],
  { ownerOf, isShared }: { ownerOf: (account: string) => string | null; isShared: boolean },
): AccountFinding[] {
  const byEmail = new Map<string, FoundAccount[]>();
  const emailsOf = new Map<string, Set<string>>();
  for (const one of found) {
    byEmail.set(one.email, [...(byEmail.get(one.email) ?? []), one]);
    emailsOf.set(one.account, (emailsOf.get(one.account) ?? new Set()).add(one.email));
  }
  return people.flatMap((person) => {
    const theirs = (byEmail.get(person.email) ?? []).filter(({ account }) => account !== person.personId);
    return theirs.map(({ account, hindrance, holdings }) => {
      const surplus = surplusOf(person, holdings);
      const isOfSeveral = (emailsOf.get(account)?.size ?? 0) > 1;
      return {
        email: person.email,
        account,
        holdings,
        surplus,
        hindrance:
          hindrance ??
          (theirs.length > 1 ? 'several-accounts' : null) ??
          (isOfSeveral ? 'several-people' : null) ??
          (isSomebodyElses(person, account, ownerOf(account)) ? 'taken' : null) ??
          (reachesElsewhere(person, holdings) ? 'elsewhere' : null) ??
          (!isShared && surplus.length > 0 ? 'holds-more' : null),
      };
    });
  });
}

/** Ids of people are names that we give: an account that bears one was made for that person. */
function isSomebodyElses({ personId }: SoughtPerson, account: string, owner: string | null): boolean {
  return isId('person', account) || (owner !== null && owner !== personId);
}

/** A customer's user is not taken for whoever has the same address and works with another customer's data. */
function reachesElsewhere({ customer }: SoughtPerson, holdings: readonly Holding[]): boolean {
  return customer !== null && holdings.some(({ scope }) => scope !== null && scope !== customer);
}

function surplusOf({ wants }: SoughtPerson, holdings: readonly Holding[]): Holding[] {
  return holdings.filter(
    (one) => !wants.some(({ entitlement, scope }) => entitlement === one.entitlement && scope === one.scope),
  );
}

/** One grant's holding on an account that was taken over. */
interface GrantOnFound {
  holding: Holding;
  isDue: boolean;
  /** It is due because what it belonged to failed. */
  isRolledBack: boolean;
}

/**
 * What becomes of what an account held when it was found: `restored` stands as it was, because what had taken it over failed;
 * `kept` is none of any grant's, and is left alone. Of somebody who is cut off nothing stays.
 */
export function keepingFound(
  found: readonly Holding[],
  grants: readonly GrantOnFound[],
  isCut: boolean,
): { restored: Holding[]; kept: Holding[] } {
  if (isCut || found.length === 0) return { restored: [], kept: [] };
  const keysOf = (which: (grant: GrantOnFound) => boolean) =>
    new Set(grants.filter(which).map(({ holding }) => holdingKey(holding)));
  const [all, live] = [keysOf(() => true), keysOf(({ isDue }) => !isDue)];
  const rolledBack = keysOf(({ isDue, isRolledBack }) => isDue && isRolledBack);
  const withKey = (which: (key: string) => boolean) => found.filter((one) => which(holdingKey(one)));
  return {
    restored: withKey((key) => rolledBack.has(key) && !live.has(key)),
    kept: withKey((key) => !all.has(key)),
  };
}
