import type {
  Attempt,
  Capabilities,
  Connector,
  Holder,
  Observation,
} from '../../activities/connectors/connector.ts';
import { ConnectorError } from '../../activities/connectors/errors.ts';
import { applied, type Change, type Holding } from '../../domain/plan.ts';

/** A target in memory, for tests that skip time or that decide what goes wrong. It keeps the rules of a real one. */
export interface MemoryTarget extends Connector {
  /** What it holds now. */
  holdings(): Holding[];
  /** Holdings that were there at a moment; what ended then, and when, by the clock it was made with. */
  readonly log: { at: number; change: Change }[];
  /** The password that each account was given last in place of another. */
  readonly passwords: Map<string, string | null>;
  /** Who holds each account, as far as it was told. */
  readonly holders: Map<string, Holder>;
  /** Runs before every change: throws what shall go wrong, or waits as long as shall be waited. */
  before: (change: Change, attempt: Attempt) => Promise<void>;
}

/** What kind of target to be, and which attempts come too late. */
interface Rules {
  kind: string;
  capabilities: Capabilities;
  account: Connector['account'];
  /** Lets an attempt in or throws; false when the change was done before under the same number. */
  enter(change: Change, attempt: number): boolean;
  /** The same for a password that is replaced. */
  enterAgain(account: string, attempt: number): void;
}

/** Makes an empty target in which each grant has an account to itself, like PostgreSQL's. `now` is in milliseconds since the epoch. */
export function memoryTarget(now: () => number = Date.now): MemoryTarget {
  const seen = new Map<string, { attempt: number; ended: boolean }>();
  function enterAgain(account: string, attempt: number): void {
    const known = seen.get(account);
    if (known?.ended) throw new ConnectorError('already-ended');
    if (known && known.attempt > attempt) throw new ConnectorError('superseded');
    seen.set(account, { attempt, ended: false });
  }
  return createTarget(now, {
    kind: 'postgres',
    capabilities: {
      yieldsCredential: true,
      revokesSessions: true,
      hasOwnExpiry: true,
      sharesAccounts: false,
    },
    account: ({ grantId }) => grantId.replace('grant_', 'tnr_'),
    enter(change, attempt) {
      const { account } = change.holding;
      if (change.kind === 'remove') seen.set(account, { attempt, ended: true });
      else enterAgain(account, attempt);
      return true;
    },
    enterAgain,
  });
}

/** Makes an empty target in which a person has one account, like the webhook's. `now` is in milliseconds since the epoch. */
export function sharedMemoryTarget(now: () => number = Date.now): MemoryTarget {
  const seen = new Map<string, { attempt: number; done: Set<string> }>();
  return createTarget(now, {
    kind: 'webhook',
    capabilities: {
      yieldsCredential: false,
      revokesSessions: true,
      hasOwnExpiry: true,
      sharesAccounts: true,
    },
    account: ({ personId }) => personId,
    enter(change, attempt) {
      const known = seen.get(change.holding.account);
      if (known && known.attempt > attempt) throw new ConnectorError('superseded');
      const done = known?.attempt === attempt ? known.done : new Set<string>();
      seen.set(change.holding.account, { attempt, done });
      const key = JSON.stringify(change);
      if (done.has(key)) return false;
      done.add(key);
      return true;
    },
    enterAgain() {
      throw new ConnectorError('misconfigured');
    },
  });
}

function createTarget(now: () => number, { enter, enterAgain, ...kind }: Rules): MemoryTarget {
  let state: Holding[] = [];
  const target: MemoryTarget = {
    ...kind,
    log: [],
    passwords: new Map(),
    holders: new Map(),
    before: async () => undefined,
    holdings: () => [...state],
    async observe(_target, accounts): Promise<Observation> {
      const holdings = state.filter((holding) => accounts.includes(holding.account));
      return { holdings, accounts: [...new Set(holdings.map((holding) => holding.account))], sessions: 0 };
    },
    async apply(_target, change, attempt) {
      await target.before(change, attempt);
      if (!enter(change, attempt.number)) return;
      if (attempt.holder) target.holders.set(change.holding.account, attempt.holder);
      state = applied(state, [change]);
      target.log.push({ at: now(), change });
    },
    async replacePassword(_target, account, attempt) {
      enterAgain(account, attempt.number);
      target.passwords.set(account, attempt.password);
    },
    close: async () => undefined,
  };
  return target;
}
