import { onTestFinished } from 'vitest';
import type { SoughtAccount } from '../../domain/found-account.ts';
import { newId } from '../../domain/ids.ts';
import type { Change, Holding } from '../../domain/plan.ts';
import type { Attempt, Connector, Holder, Observation, Target } from './connector.ts';

/** A session opened with a grant's own credential. */
export interface OpenSession {
  alive(): Promise<boolean>;
  close(): Promise<void>;
}

/** One connector with a target to try it on. The tests make their own grants and expect nothing else of the target. */
export interface ContractSubject {
  connector: Connector;
  target: Target;
  entitlement: string;
  /** The customer's key where the target needs one. */
  scope: string | null;
  /** A new password where the connector yields a credential, else null. */
  newPassword(): string | null;
  /** Signs in as the account; rejects when the target refuses. Null where there is nothing to sign in to. */
  open: ((account: string, password: string) => Promise<OpenSession>) | null;
  /** Does, as the account, the worst that it may do to be in the way of its own end. Null where it may do nothing. */
  hinder: ((account: string, password: string) => Promise<OpenSession>) | null;
  /** What the tests for shared accounts need beside; absent where each grant has an account to itself. */
  shared?: SharedSubject;
  /** What the tests for finding accounts need; absent where they cannot be found. */
  finding?: FindingSubject;
}

/** A target whose accounts can be found that were there before us. */
export interface FindingSubject {
  /** Makes an account for somebody with the subject's entitlement, by other hands than ours, and says how to sign in to it. */
  enrol(
    person: SoughtAccount & { name: string },
    as: 'user' | 'administrator',
  ): Promise<{ account: string; signIn: () => Promise<OpenSession> }>;
}

/** A target in which a person has one account, whatever is granted. */
export interface SharedSubject {
  /** Another entitlement of the same resource; the subject's own lets a user sign in. */
  otherEntitlement: string;
  /** Signs in as the user with that e-mail address; rejects when the target refuses. */
  signIn(email: string): Promise<OpenSession>;
  /** The next change is made, and the target's answer does not arrive. */
  loseNextAnswer(): void;
  /** How many changes have taken effect in the target so far. */
  effects(): number;
}

export const hourMs = 3_600_000;

/** One grant's holding in the target, with what each test does to it. */
export class Trial {
  readonly holding: Holding;
  readonly password: string | null;
  readonly holder: Holder;
  #latest = 0;

  constructor(readonly subject: ContractSubject) {
    const ids = { grantId: newId('grant'), personId: newId('person') };
    const until = new Date(Date.now() + hourMs).toISOString();
    const { entitlement, scope, connector } = subject;
    this.holding = { account: connector.account(ids), entitlement, scope, until };
    this.password = subject.newPassword();
    this.holder = { email: `${ids.personId}@trial.example`, name: 'Trial' };
  }

  attempt(number: number, over: Partial<Attempt> = {}): Attempt {
    const signal = new AbortController().signal;
    const { password, holder } = this;
    return { number, password, holder, signal, reach: async () => {}, ...over };
  }

  /** Makes one attempt, the next unless a number is given. */
  apply(change: Change, number = this.#latest + 1, over: Partial<Attempt> = {}): Promise<void> {
    this.#latest = Math.max(this.#latest, number);
    return this.subject.connector.apply(this.subject.target, change, this.attempt(number, over));
  }

  get add(): Change {
    return { kind: 'add', holding: this.holding };
  }

  get remove(): Change {
    return { kind: 'remove', holding: this.holding };
  }

  moveEnd(byMs: number): Extract<Change, { kind: 'move-end' }> {
    const until = new Date(Date.parse(this.holding.until) + byMs).toISOString();
    return { kind: 'move-end', holding: this.holding, until };
  }

  observe(): Promise<Observation> {
    const { connector, target } = this.subject;
    return connector.observe(target, [this.holding.account], new AbortController().signal);
  }

  /** Only where the connector yields a credential. */
  replacePassword(password: string, number: number): Promise<void> {
    const { connector, target } = this.subject;
    return connector.replacePassword(target, this.holding.account, this.attempt(number, { password }));
  }

  open(password = this.password): Promise<OpenSession | null> {
    const { shared } = this.subject;
    return shared ? this.kept(shared.signIn(this.holder.email)) : this.#asHolder(this.subject.open, password);
  }

  hinder(): Promise<OpenSession | null> {
    return this.#asHolder(this.subject.hinder, this.password);
  }

  async #asHolder(act: ContractSubject['open'], password: string | null): Promise<OpenSession | null> {
    if (!act || password === null) return null;
    return this.kept(act(this.holding.account, password));
  }

  /** Closes the session with the test. */
  async kept(opening: Promise<OpenSession>): Promise<OpenSession> {
    const session = await opening;
    onTestFinished(() => session.close());
    return session;
  }
}
