import type { AccountHindrance } from './found-account.ts';

/**
 * What a preview wants to know of targets: who shall hold what there. People share a few sets of entitlements, so that
 * thousands of them stay small.
 */
export interface AccountSearchWish {
  people: {
    /** In small letters. */
    email: string;
    account: string | null;
    personId: string | null;
    /** Key of the customer whose user it is; null for the vendor's people. */
    customer: string | null;
    /** Which of the sets their roles give. */
    set: number;
  }[];
  /** By the resource's key: keys of entitlements. */
  sets: Record<string, string[]>[];
}

/** What was found on one resource, by people. */
export interface SearchedResource {
  resource: string;
  /** Whose roles reach it, and of whom no account there is known. */
  people: number;
  /** Have an account that would be taken over. */
  adopted: number;
  /** Of them: whose account holds more than their roles give. */
  surplus: number;
  /** Have one that must not be taken over. */
  leftAlone: number;
  /** Have none: it would be made. */
  missing: number;
  /** Why nobody was looked for: a closed code; `cannot-be-asked`: nothing there tells of accounts. Null: it was looked. */
  notLooked: string | null;
}

/** One account that was found. */
export interface SearchedAccount {
  resource: string;
  email: string;
  account: string | null;
  /** Null: it would be taken over. */
  hindrance: AccountHindrance | null;
  /** Keys of entitlements, with the customer's key where they are for one. */
  holds: string[];
  /** Of these what roles do not give: it stays, and somebody is asked about it. */
  surplus: string[];
}

/** What a worker found in targets for a preview. */
export interface AccountSearchReport {
  resources: SearchedResource[];
  /** First those that people must decide about, at most so many as one reads. */
  accounts: SearchedAccount[];
  /** How many more there are. */
  moreAccounts: number;
}

/** A search as its author sees it. */
export interface AccountSearch {
  id: string;
  state: 'looking' | 'ready';
  /** Null while it is looking. */
  report: AccountSearchReport | null;
}

/** Why an account is left alone, as people say it. */
export const hindrancesInWords: Readonly<Record<AccountHindrance, string>> = {
  administrator: 'it may do more than any role gives',
  service: 'it belongs to the target or to Tenure, and to nobody',
  'not-handed-over': 'Tenure may not change it: its administrator has to hand it over',
  'owns-objects': 'things there are its own',
  'holds-more': 'it holds more than the one entitlement that roles give',
  'cannot-sign-in': 'nobody can sign in with it',
  'ended-before': 'an account of that name was ended here',
  elsewhere: 'it reaches the data of another customer',
  'several-accounts': 'the person has more than one',
  'several-people': 'it was found for more than one person',
  taken: 'it is somebody else’s',
  'not-looked-at': 'the target did not answer',
};
