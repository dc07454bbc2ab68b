import type { Ledger } from '../../db/client.ts';
import { type Change, followed, readChanges } from '../../db/queries/change.ts';
import { isIn, isNoSooner, readSnapshot, type Snapshot } from './snapshot.ts';

/** More at once are not told one by one. */
const changesAtMost = 2_000;
/** What is kept for those who come back: so many changes. */
const keptAtMost = 5_000;
/** How many places of the past are remembered while a long transaction keeps the snapshot from moving on. */
const marksAtMost = 240;
/** Where nothing is remembered yet, a transaction under way is looked for among so many places. */
const placesBack = 10_000;

/** What has changed; `all`: too much to say, or nobody knows. */
export type WhatChanged = readonly Change[] | 'all';

/** What was seen at once, and the snapshot that it was not in. */
interface Batch {
  before: Snapshot;
  changes: readonly Change[];
}

/** Follows the change table of one ledger. */
export interface Feed {
  /** When was looked last, by the ledger's clock; milliseconds since 1970. */
  nowMs: () => number;
  /** What has been seen so far, as a viewer may bring it back; null before anything was. */
  position: () => string | null;
  /** Reads once what is new. */
  next(): Promise<WhatChanged>;
  /** What has become visible since that position, as far as it is kept. */
  since(position: string): WhatChanged;
  /** Begins anew: nobody was there to be told. */
  forget: () => void;
}

/**
 * Reads what became visible in these tables since it last looked. Transactions commit in another order than they take their places in the
 * table, so it is the snapshot that says what is new; the place only bounds what is looked at. A transaction that is not in
 * a snapshot took its places after the newest snapshot of ours that ended before it.
 */
export function createFeed(ledger: Ledger, tables: readonly string[] = Object.keys(followed)): Feed {
  let at: { text: string; snapshot: Snapshot } | null = null;
  let nowMs = 0;
  /** Whoever is not in a snapshot up to `xmax` has its places after `seq`. */
  let marks: { xmax: number; seq: number }[] = [];
  let kept: Batch[] = [];
  /** From where on `kept` has everything. */
  let horizon: Snapshot | null = null;
  let turns = 0;

  function begin(snapshot: Snapshot, lastSeq: number): void {
    marks = [{ xmax: 0, seq: Math.max(lastSeq - placesBack, 0) }];
    kept = [];
    horizon = snapshot;
  }

  function floorOf({ xmin }: Snapshot): number {
    while (marks[1] && marks[1].xmax <= xmin) marks.shift();
    return marks[0]?.seq ?? 0;
  }

  function keep(batch: Batch): void {
    if (batch.changes.length > 0) kept.push(batch);
    let size = kept.reduce((sum, { changes }) => sum + changes.length, 0);
    while (size > keptAtMost && kept.length > 1) {
      size -= kept.shift()?.changes.length ?? 0;
      horizon = kept[0]?.before ?? horizon;
    }
  }

  return {
    nowMs: () => nowMs,
    position: () => at?.text ?? null,
    async next() {
      const since = at ? { snapshot: at.text, floorSeq: floorOf(at.snapshot) } : null;
      const turn = ++turns;
      const read = await readChanges(ledger, since, { tables, atMost: changesAtMost });
      const { snapshot: text, lastSeq, changes } = read;
      const snapshot = readSnapshot(text);
      // Another look has begun since, because this one took too long.
      if (turn !== turns || !snapshot) throw new TypeError('No snapshot, or none that is ours.');
      // A ledger that was restored goes on from an earlier place, of which nothing here says anything.
      const follows = at !== null && isNoSooner(snapshot, at.snapshot) && changes.length < changesAtMost;
      if (at && follows) keep({ before: at.snapshot, changes });
      else begin(snapshot, lastSeq);
      if (marks.length < marksAtMost) marks.push({ xmax: snapshot.xmax, seq: lastSeq });
      at = { text, snapshot };
      nowMs = read.nowMs;
      return follows ? changes : 'all';
    },
    since(position) {
      const brought = readSnapshot(position);
      if (!brought || !horizon || !at) return 'all';
      if (!isNoSooner(brought, horizon) || !isNoSooner(at.snapshot, brought)) return 'all';
      return kept.flatMap(({ changes }) => changes.filter(({ xid }) => !isIn(brought, xid)));
    },
    forget() {
      at = null;
      marks = [];
      kept = [];
      horizon = null;
    },
  };
}
