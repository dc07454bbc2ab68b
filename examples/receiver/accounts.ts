import { randomBytes } from 'node:crypto';
import type { Message } from './message.ts';

/** Something a user may do. */
export interface Held {
  entitlement: string;
  customer: string | null;
  /** ISO 8601. */
  until: string;
}

/** What we know of one account. */
export interface AccountState {
  account: string;
  /** The greatest number we have seen of it; 0 for an account that we do not know. */
  number: number;
  user: { email: string; name: string } | null;
  holdings: Held[];
  sessions: number;
}

/** A user whom the application had before it was told of anybody. */
export interface ExistingUser {
  account: string;
  email: string;
  name: string;
  /** May do everything: nobody is to be told what such a user may do. */
  administrator?: boolean;
  holdings: Held[];
}

/** A user as we tell of one who is asked for by address. */
export interface FoundUser {
  account: string;
  email: string;
  administrator: boolean;
  holdings: Held[];
}

/**
 * What becomes of a message. `repeated`: it was done before, so it is done. `superseded`: something newer was said of the
 * account. `not-held`: the end of something is to move that is not there. `unknown-user`: nobody said who it is. `not-told`: an administrator, whom nobody tells us about.
 */
export type Verdict = 'done' | 'repeated' | 'superseded' | 'not-held' | 'unknown-user' | 'not-told';

interface Account {
  number: number;
  /** Keys of the messages with that number that were done; those with smaller ones are refused anyway. */
  keys: Set<string>;
  user: Message['user'];
  isAdministrator: boolean;
  held: Map<string, Held>;
  sessions: Set<string>;
}

/** Without this nobody may be signed in; all other entitlements say what a user who is may do. */
const signInEntitlement = 'sign-in';

/** The application's users, what they hold, and their sessions. Time is asked for at every look, never waited for. */
export class Accounts {
  readonly #accounts = new Map<string, Account>();
  readonly #now: () => number;

  /** @param now milliseconds since 1970. */
  constructor(now: () => number, existing: readonly ExistingUser[] = []) {
    this.#now = now;
    for (const user of existing) this.enrol(user);
  }

  /** Makes a user of whom nobody told us. */
  enrol({ account, email, name, administrator = false, holdings }: ExistingUser): void {
    const held = new Map(holdings.map((one) => [nameOf(one), one]));
    const user = { email, name };
    this.#accounts.set(account, { ...newAccount(), user, isAdministrator: administrator, held });
  }

  /** What is to become of a message; changes nothing. */
  judge(key: string, message: Message): Verdict {
    const account = this.#find(message.account);
    if (account?.isAdministrator) return 'not-told';
    if (account && message.number < account.number) return 'superseded';
    if (account && message.number === account.number && account.keys.has(key)) return 'repeated';
    if (message.type === 'access.added' && !message.user && !account?.user) return 'unknown-user';
    if (message.type === 'access.end_moved' && !account?.held.has(nameOf(message))) return 'not-held';
    return 'done';
  }

  /** Makes a message true that was judged to be done. */
  carryOut(key: string, message: Message): void {
    const account = this.#find(message.account) ?? newAccount();
    this.#accounts.set(message.account, account);
    if (message.number > account.number) account.keys.clear();
    account.number = message.number;
    account.keys.add(key);
    account.user = message.user ?? account.user;
    const { entitlement, customer, until } = message;
    if (until === null) account.held.delete(nameOf(message));
    else account.held.set(nameOf(message), { entitlement, customer, until });
    this.#settle(account);
  }

  /** What is held now. An account that we do not know holds nothing, and that is an answer. */
  read(id: string): AccountState {
    const account = this.#find(id) ?? newAccount();
    return stateOf(id, account);
  }

  /** The users with these addresses, whoever told us of them. */
  find(emails: readonly string[]): FoundUser[] {
    const wanted = new Set(emails.map((email) => email.toLowerCase()));
    return [...this.#accounts].flatMap(([id, { user }]) => {
      const account = this.#find(id);
      if (!account || !user || !wanted.has(user.email.toLowerCase())) return [];
      const { isAdministrator: administrator, held } = account;
      return [{ account: id, email: user.email, administrator, holdings: [...held.values()] }];
    });
  }

  /** All accounts, by name. */
  list(): AccountState[] {
    const states = [...this.#accounts.keys()].map((id) => this.read(id));
    return states.toSorted((a, b) => (a.user?.name ?? a.account).localeCompare(b.user?.name ?? b.account));
  }

  /** A new session's token, or null for somebody who may not sign in. */
  signIn(email: string): string | null {
    for (const [id, { user }] of this.#accounts) {
      const account = this.#find(id);
      if (!account || user?.email.toLowerCase() !== email.toLowerCase() || !maySignIn(account)) continue;
      const token = randomBytes(24).toString('base64url');
      account.sessions.add(token);
      return token;
    }
    return null;
  }

  /** Whose session it is, asked at every request: what was taken away works no more from then on. */
  bySession(token: string): AccountState | null {
    for (const [id] of this.#accounts) {
      const account = this.#find(id);
      if (account?.sessions.has(token)) return stateOf(id, account);
    }
    return null;
  }

  #find(id: string): Account | undefined {
    const account = this.#accounts.get(id);
    if (account) this.#settle(account);
    return account;
  }

  /** Forgets what has come to its end, and ends the sessions of those who may not sign in any more. */
  #settle(account: Account): void {
    for (const [name, { until }] of account.held) {
      if (Date.parse(until) <= this.#now()) account.held.delete(name);
    }
    if (!maySignIn(account)) account.sessions.clear();
  }
}

function newAccount(): Account {
  return {
    number: 0,
    keys: new Set(),
    user: null,
    isAdministrator: false,
    held: new Map(),
    sessions: new Set(),
  };
}

function maySignIn(account: Account): boolean {
  return [...account.held.values()].some(({ entitlement }) => entitlement === signInEntitlement);
}

function nameOf({ entitlement, customer }: Pick<Held, 'entitlement' | 'customer'>): string {
  return JSON.stringify([entitlement, customer]);
}

function stateOf(account: string, { number, user, held, sessions }: Account): AccountState {
  return { account, number, user, holdings: [...held.values()], sessions: sessions.size };
}
