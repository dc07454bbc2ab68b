import type { Attempt, Connector, Observation } from '../../activities/connectors/connector.ts';
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
  /** Runs before every change: throws what shall go wrong, or waits as long as shall be waited. */
  before: (change: Change, attempt: Attempt) => Promise<void>;
}

/** Makes an empty target. `now` is in milliseconds since the epoch. */
export function memoryTarget(now: () => number = Date.now): MemoryTarget {
  let state: Holding[] = [];
  const seen = new Map<string, { attempt: number; ended: boolean }>();

  function enter(account: string, attempt: number): void {
    const known = seen.get(account);
    if (known?.ended) throw new ConnectorError('already-ended');
    if (known && known.attempt > attempt) throw new ConnectorError('superseded');
    seen.set(account, { attempt, ended: false });
  }

  const target: MemoryTarget = {
    kind: 'postgres',
    capabilities: { yieldsCredential: true, revokesSessions: true, hasOwnExpiry: true },
    log: [],
    passwords: new Map(),
    before: async () => undefined,
    holdings: () => [...state],
    account: ({ grantId }) => grantId.replace('grant_', 'tnr_'),
    async observe(_target, accounts): Promise<Observation> {
      const holdings = state.filter((holding) => accounts.includes(holding.account));
      return { holdings, accounts: [...new Set(holdings.map((holding) => holding.account))], sessions: 0 };
    },
    async apply(_target, change, attempt) {
      await target.before(change, attempt);
      const { account } = change.holding;
      if (change.kind === 'remove') seen.set(account, { attempt: attempt.number, ended: true });
      else enter(account, attempt.number);
      state = applied(state, [change]);
      target.log.push({ at: now(), change });
    },
    async replacePassword(_target, account, attempt) {
      enter(account, attempt.number);
      target.passwords.set(account, attempt.password);
    },
    close: async () => undefined,
  };
  return target;
}
