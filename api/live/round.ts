import { setTimeout as delay } from 'node:timers/promises';
import type { Audience } from './audience.ts';

/** How often is looked, and what is said meanwhile; in milliseconds. */
interface Pace {
  everyMs: number;
  beatMs: number;
  patienceMs: number;
  giveUpMs: number;
  lingerMs: number;
}

/** Looks again and again while somebody is there, and for a moment after. */
export interface Round {
  /** The ledger says nothing. */
  readonly isAway: boolean;
  /** Begins, unless it goes already. */
  begin(): void;
  /** Goes no further: this process stops. */
  close(): void;
}

/** What a round does: one look, what has been seen so far, and what is to be done when everybody has been gone for long. */
interface Doing {
  look(): Promise<void>;
  position(): string | null;
  over(): void;
}

/** Makes one. Everybody is told when the ledger is away and when it is back, and that this goes on. */
export function createRound(audience: Audience, pace: Pace, doing: Doing): Round {
  let isGoing = false;
  let isAway = false;
  let isClosed = false;
  let beatAt = 0;

  function turn(away: boolean): void {
    if (away !== isAway) audience.say(away ? 'paused' : 'live', doing.position());
    isAway = away;
  }

  async function lookOnce(): Promise<void> {
    const slow = setTimeout(() => turn(true), pace.patienceMs);
    try {
      // A question that was sent into nothing has no answer ever; the next one is sent another way.
      await Promise.race([doing.look(), delay(pace.giveUpMs, null, { ref: false }).then(refuseToWait)]);
      turn(false);
    } catch {
      turn(true);
    } finally {
      clearTimeout(slow);
    }
  }

  function beat(): void {
    if (performance.now() - beatAt < pace.beatMs) return;
    beatAt = performance.now();
    audience.say('beat', doing.position());
  }

  async function go(): Promise<void> {
    let goneAt = performance.now();
    while (!isClosed && performance.now() - goneAt < pace.lingerMs) {
      await lookOnce();
      beat();
      await delay(pace.everyMs, undefined, { ref: audience.size > 0 });
      if (audience.size > 0) goneAt = performance.now();
    }
    isGoing = false;
    doing.over();
  }

  return {
    get isAway() {
      return isAway;
    },
    begin() {
      if (isGoing) return;
      isGoing = true;
      void go();
    },
    close() {
      isClosed = true;
    },
  };
}

function refuseToWait(): never {
  throw new Error('The ledger says nothing.');
}
