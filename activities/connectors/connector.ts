import type { FoundAccount, SoughtAccount } from '../../domain/found-account.ts';
import type { Change, Holding } from '../../domain/plan.ts';
import type { FaultPoint } from '../fault-points.ts';

/** How one resource is reached. The secret is unsealed for the call and never stored, logged or returned. */
export interface Target {
  /** The resource's key, for messages. */
  resource: string;
  /** What the connector's own schema says it needs: host, port, database, … */
  settings: unknown;
  secret: string;
}

/** What a connector can do beyond giving and taking; callers ask here instead of asking for its kind. */
export interface Capabilities {
  /** The holder is shown a credential that this grant alone uses. */
  yieldsCredential: boolean;
  /** Taking access also ends the sessions that are open. */
  revokesSessions: boolean;
  /** The target itself refuses after `until`, even when nothing of ours runs. */
  hasOwnExpiry: boolean;
  /**
   * A person has one account on a resource, and all that is granted there is held on it. Then only an attempt's number
   * tells what is too late: what was removed may be added again by an attempt with a greater number.
   */
  sharesAccounts: boolean;
}

/** Who holds an account, for targets that create users. Personal data: in memory only, never logged or stored. */
export interface Holder {
  email: string;
  name: string;
}

/** What a target says about some accounts. Two equal observations mean that nothing differs that we are responsible for. */
export interface Observation {
  holdings: Holding[];
  /** Accounts of ours that exist, whether or not they hold anything. */
  accounts: string[];
  /** Open sessions of those accounts. */
  sessions: number;
}

/** One attempt to make one change real. */
export interface Attempt {
  /**
   * From 1. Grows with every attempt: of a grant, or of an account where several grants share it. A target that has seen a
   * greater one refuses a smaller one as `superseded`. All changes of one attempt have its number. Where accounts are
   * shared, it is taken in the transaction that reads what the account shall hold, anew for every try, so that the order
   * of the numbers is the order of what is wanted; a change is done once per number, however often it arrives.
   */
  number: number;
  /** The password the account shall have, where the connector yields a credential. In memory only. */
  password: string | null;
  /** Who holds the account; null where nobody can say. */
  holder: Holder | null;
  /** Aborts when the activity is cancelled or the process stops. */
  signal: AbortSignal;
  /** Named places at which tests crash the process. */
  reach: (point: FaultPoint) => Promise<void>;
}

/**
 * Finds accounts that people have in a target already, before anything of ours was there. It only looks: what is found may
 * then be given to `apply` and `observe` like an account of ours, unless a hindrance says that it must not.
 */
export interface AccountFinder {
  /** What a target knows people by: their address, or a name that somebody must say. Who is not known by it is not found. */
  by: 'email' | 'name';
  /**
   * The accounts of these people, however many there are. Null: this target does not answer such questions.
   * @throws ConnectorError, or the signal's reason when it was aborted.
   */
  find(target: Target, sought: readonly SoughtAccount[], signal: AbortSignal): Promise<FoundAccount[] | null>;
}

/**
 * A connector observes and applies changes in one kind of target. Both are safe to repeat at any point of a crash:
 * `apply` makes the state so, whatever part of it is so already. `connectors/contract.ts` holds the tests every one passes.
 */
export interface Connector {
  readonly kind: string;
  readonly capabilities: Capabilities;
  /** The account that a grant uses in the target: derived from ids, never from a name. Where accounts are shared, from the person's. */
  account(ids: { grantId: string; personId: string }): string;
  /** Absent where accounts cannot be found. */
  readonly finder?: AccountFinder;
  /** What the target holds for these accounts now. */
  observe(target: Target, accounts: readonly string[], signal: AbortSignal): Promise<Observation>;
  /**
   * Makes one change real. `remove` also ends the sessions of an account that holds nothing more, and leaves a mark that a
   * late `add` cannot pass: none at all where a grant has its account to itself, one with a smaller number where it shares it.
   */
  apply(target: Target, change: Change, attempt: Attempt): Promise<void>;
  /**
   * Gives the account another password, the attempt's, and ends its open sessions. Whoever knew the former one cannot
   * hinder it. Between, the account holds nothing; an attempt that broke off there is completed by the next. Only where
   * `yieldsCredential`.
   */
  replacePassword(target: Target, account: string, attempt: Attempt): Promise<void>;
  /** Closes what the connector keeps open. */
  close(): Promise<void>;
}
