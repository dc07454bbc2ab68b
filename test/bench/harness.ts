/** What a figure is held against. */
export interface Goal {
  id: string;
  bound: '<=' | '>=';
  limit: number;
  /** What the repetitions are summed up to: their median, or the worst of them where a single one too many counts. */
  quote: 'median' | 'worst';
}

/** One line of the answer and of results.json. */
export interface Result {
  id: string;
  value: number;
  /** E.g. `<= 1.25`. */
  goal: string;
  ok: boolean;
  min: number;
  median: number;
  max: number;
  /** How many repetitions the figures are of. */
  runs: number;
  /** What the figure comes from, where it is the two ends of a curve. */
  curve?: readonly Point[];
}

/** A place on a curve: what was measured (the median of its repetitions) at a size. */
interface Point {
  at: string;
  value: number;
  unit: string;
}

/** What was measured for one goal: its repetitions, and the curve that they are of. */
interface Measured {
  values: readonly number[];
  curve?: readonly Point[];
}

/** How a figure is to be measured. */
export interface Wish {
  /** The sizes of the goals; smaller ones otherwise, so that all figures together take minutes. */
  isFull: boolean;
  /** Says what is going on. */
  say: (text: string) => void;
}

/** One or two figures that are measured together. */
export interface Figure {
  goals: readonly Goal[];
  /** Measures; the repetitions for each goal, in the goals' order. */
  measure: (wish: Wish) => Promise<(number[] | Measured)[]>;
}

/** Something measured twice in one run: the product, and what it is held against. */
export interface Sides<T> {
  product: () => Promise<T>;
  baseline: () => Promise<T>;
}

/** The value below which the given share (0 to 1) of the values lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length - 1e-9) - 1)] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  return Number.isInteger(middle) ? ((sorted[middle - 1] ?? Number.NaN) + upper) / 2 : upper;
}

/** Sums up the repetitions of one figure. */
export function judge({ id, bound, limit, quote }: Goal, { values, curve }: Measured): Result {
  const [min, middle, max] = [Math.min(...values), median(values), Math.max(...values)].map(rounded);
  if (min === undefined || middle === undefined || max === undefined)
    throw new TypeError('Nothing measured.');
  const worst = bound === '<=' ? max : min;
  const value = quote === 'worst' ? worst : middle;
  const ok = bound === '<=' ? value <= limit : value >= limit;
  const spread = { min, median: middle, max, runs: values.length };
  return { id, value, goal: `${bound} ${limit}`, ok, ...spread, ...(curve ? { curve } : {}) };
}

function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}

/**
 * Measures both sides that many times, each time in the other order: whatever drifts meanwhile (a cache that warms, a table
 * that grows, a neighbour on the machine) meets both.
 */
export async function pairs<T>(
  times: number,
  sides: Sides<T>,
  after: (product: T, baseline: T, round: number) => void = () => undefined,
): Promise<{ product: T; baseline: T }[]> {
  const all: { product: T; baseline: T }[] = [];
  for (let round = 1; round <= times; round += 1) {
    const first = round % 2 === 1 ? await sides.product() : await sides.baseline();
    const second = round % 2 === 1 ? await sides.baseline() : await sides.product();
    const [product, baseline] = round % 2 === 1 ? [first, second] : [second, first];
    all.push({ product, baseline });
    after(product, baseline, round);
  }
  return all;
}

/** Does `total` pieces of work, `parallel` at a time. */
export async function inParallel(
  parallel: number,
  total: number,
  work: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < total) {
      const index = next;
      next += 1;
      await work(index);
    }
  };
  await Promise.all(Array.from({ length: parallel }, lane));
}

/** Milliseconds that the work takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}
