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
  /** Grows with every attempt of a grant. A target that has seen a later one, or the end, refuses an earlier one. */
  number: number;
  /** The password the account shall have, where the connector yields a credential. In memory only. */
  password: string | null;
  /** Aborts when the activity is cancelled or the process stops. */
  signal: AbortSignal;
  /** Named places at which tests crash the process. */
  reach: (point: FaultPoint) => Promise<void>;
}

/**
 * A connector observes and applies changes in one kind of target. Both are safe to repeat at any point of a crash:
 * `apply` makes the state so, whatever part of it is so already. `connectors/contract.ts` holds the tests every one passes.
 */
export interface Connector {
  readonly kind: string;
  readonly capabilities: Capabilities;
  /** The account that a grant uses in the target: derived from ids, never from a name. */
  account(ids: { grantId: string; personId: string }): string;
  /** What the target holds for these accounts now. */
  observe(target: Target, accounts: readonly string[], signal: AbortSignal): Promise<Observation>;
  /** Makes one change real. `remove` also ends open sessions and leaves a mark that a late `add` cannot pass. */
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
