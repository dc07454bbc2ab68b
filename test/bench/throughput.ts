import { inParallel, pairs, type Wish } from './harness.ts';

/** The same story told by the product and by hand, over and over, many at once. */
export interface Contest<Played> {
  /** Enough at once that the machine, not a pause in the story, is what everything waits for. */
  parallel: number;
  /** How many are counted in each repetition. */
  counted: number;
  runs: number;
  /** One of them from its beginning to its end. */
  real: () => Promise<Played>;
  byHand: () => Promise<Played>;
  /** Events in the histories of one. */
  lengthOf: (played: Played) => Promise<number>;
}

/** By how much histories may differ under load, on the average: a signal may come before the timer that it ends. */
const historyTolerance = 0.1;

/**
 * Whole stories per second by the product over those by hand, of each repetition. A first one warms both up.
 * @throws Error when under load their histories are not equally long
 */
export async function compare<Played>(
  contest: Contest<Played>,
  { say }: Pick<Wish, 'say'>,
): Promise<number[]> {
  const sides = {
    product: () => rate(contest, contest.real),
    baseline: () => rate(contest, contest.byHand),
  };
  await pairs(1, sides);
  const measured = await pairs(contest.runs, sides, (product, baseline) =>
    say(
      `${product.perSecond.toFixed(1)}/s real with ${product.events.toFixed(1)} events, ` +
        `${baseline.perSecond.toFixed(1)}/s by hand with ${baseline.events.toFixed(1)}`,
    ),
  );
  for (const { product, baseline } of measured) {
    if (Math.abs(product.events / baseline.events - 1) > historyTolerance) {
      throw new Error(`Under load the histories differ: ${product.events} and ${baseline.events} events.`);
    }
  }
  return measured.map(({ product, baseline }) => product.perSecond / baseline.perSecond);
}

/**
 * Keeps many going at once and takes the time between two ends: that of the first ones, when everything is under way, and
 * one so long before the last that nothing has run dry yet. Their histories are looked at afterwards.
 */
async function rate<Played>(
  { parallel, counted, lengthOf }: Contest<Played>,
  play: () => Promise<Played>,
): Promise<{ perSecond: number; events: number }> {
  const ends: { at: number; played: Played }[] = [];
  await inParallel(parallel, parallel + counted + parallel, async () => {
    const played = await play();
    ends.push({ at: performance.now(), played });
  });
  const window = ends.slice(parallel - 1, parallel + counted);
  const [first, last] = [window.at(0), window.at(-1)];
  if (!first || !last) throw new TypeError('Nothing ended.');
  let events = 0;
  for (const { played } of window) events += await lengthOf(played);
  return { perSecond: (counted * 1_000) / (last.at - first.at), events: events / window.length };
}
