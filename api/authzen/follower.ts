import { setTimeout as delay } from 'node:timers/promises';
import type { Ledger } from '../../db/client.ts';
import type { Change } from '../../db/queries/change.ts';
import { createFeed } from '../live/feed.ts';

/** How changes are followed; in milliseconds. */
export interface Pace {
  /** Between two looks at the change table. */
  everyMs: number;
  /** What is kept is good for so long after the last look began that succeeded: the bound on how old an answer may be. */
  goodForMs: number;
  /** A look that takes so long is given up. */
  giveUpMs: number;
  /** It goes on for so long after the last question. */
  lingerMs: number;
}

/**
 * The latest that the ledger's clock can show now, when it said `nowMs` at most `sinceMs` ago: it leaves out what is less than a
 * millisecond, and whoever compares an end with it must not find it later than it is.
 */
export function latestNow(nowMs: number, sinceMs: number): number {
  return nowMs + sinceMs + 1;
}

export const defaultPace: Pace = { everyMs: 200, goodForMs: 1_000, giveUpMs: 5_000, lingerMs: 60_000 };

/** Whoever keeps facts, and what it does when some have changed. */
interface Keeper {
  tables: readonly string[];
  take(changes: readonly Change[]): Promise<void> | void;
  /** Too much has changed to be told one by one, or nobody knows what. */
  forgetAll(): void;
}

/** Keeps what is kept up to date as long as somebody asks. */
export interface Follower {
  /**
   * Somebody asks: it begins, unless it goes already. No sooner than now, by the ledger's clock, in milliseconds since 1970; undefined
   * when what is kept is not fresh.
   */
  wanted(): number | undefined;
  /** Whether what is kept is what the ledger said at most `goodForMs` ago. */
  isFresh(): boolean;
  /** When was looked last, by the ledger's clock. ISO 8601 UTC. */
  asOf(): string;
  close(): void;
}

export function createFollower(ledger: Ledger, pace: Pace, keeper: Keeper): Follower {
  const feed = createFeed(ledger, keeper.tables);
  let isGoing = false;
  let isClosed = false;
  let wantedAt = 0;
  /** When the last look that succeeded began, and what the ledger's clock said in it. */
  let looked = { at: Number.NEGATIVE_INFINITY, nowMs: 0, asOf: '' };

  async function look(): Promise<void> {
    const at = performance.now();
    const changes = await feed.next();
    if (changes === 'all') keeper.forgetAll();
    else if (changes.length > 0) await keeper.take(changes);
    const nowMs = feed.nowMs();
    looked = { at, nowMs, asOf: new Date(nowMs).toISOString() };
  }

  /** What was told and not taken is told to nobody again: then it begins anew, and all that is kept is forgotten. */
  async function tried(): Promise<true> {
    try {
      await look();
    } catch {
      feed.forget();
    }
    return true;
  }

  async function go(): Promise<void> {
    while (!isClosed && performance.now() - wantedAt < pace.lingerMs) {
      // A question that was sent into nothing has no answer ever; the next one is sent another way. What failed is not fresh, and says so.
      const isDone = await Promise.race([tried(), delay(pace.giveUpMs, false, { ref: false })]);
      if (!isDone) feed.forget();
      await delay(pace.everyMs, undefined, { ref: false });
    }
    isGoing = false;
    looked.at = Number.NEGATIVE_INFINITY;
    feed.forget();
    keeper.forgetAll();
  }

  return {
    wanted() {
      wantedAt = performance.now();
      if (!isGoing && !isClosed) {
        isGoing = true;
        void go();
      }
      const age = wantedAt - looked.at;
      return age < pace.goodForMs ? latestNow(looked.nowMs, age) : undefined;
    },
    isFresh: () => performance.now() - looked.at < pace.goodForMs,
    asOf: () => looked.asOf,
    close() {
      isClosed = true;
    },
  };
}
