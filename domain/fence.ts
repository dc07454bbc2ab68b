import type { FenceLimit } from './catalog-settings.ts';
import { periodMsOrThrow } from './period.ts';

/** How far a fence lets a set of changes through. */
export interface FencePassage {
  /** Subjects that may go on, in the order they came, each once. */
  through: string[];
  /** Subjects that wait for a second person. */
  held: string[];
}

/**
 * How many distinct subjects go through within the window: the greater of `least` and the share of all there are, rounded
 * down. The first beyond it waits.
 */
export function fenceLimit({ share, least }: Pick<FenceLimit, 'share' | 'least'>, size: number): number {
  // 0.29 of 100 is 28.999999999999996 in binary: what lies that near to a whole number is meant to be it.
  return Math.max(least, Math.floor(share * size + 1e-6));
}

/** Of some limits of one fence the strictest: it lets nothing through that any of them would hold. At least one is given. */
export function strictestLimit([first, ...others]: readonly [FenceLimit, ...FenceLimit[]]): FenceLimit {
  return others.reduce(
    (strictest, one) => ({
      share: Math.min(strictest.share, one.share),
      least: Math.min(strictest.least, one.least),
      window: periodMsOrThrow(one.window) > periodMsOrThrow(strictest.window) ? one.window : strictest.window,
    }),
    first,
  );
}

/**
 * Who goes through: in the order of `wanted`, as long as no more than `limit` distinct subjects have gone through in the
 * window. One of `already`, who went through in it, is counted and passes again; one who is held stays held.
 */
export function passFence({
  limit,
  already,
  wanted,
}: {
  limit: number;
  already: Iterable<string>;
  wanted: Iterable<string>;
}): FencePassage {
  const counted = new Set(already);
  const through: string[] = [];
  const held: string[] = [];
  for (const subject of new Set(wanted)) {
    if (counted.has(subject) || counted.size < limit) {
      counted.add(subject);
      through.push(subject);
    } else held.push(subject);
  }
  return { through, held };
}

/** A role or a duty among what somebody would gain or lose, in words: names of entitlements have no spaces. */
export function roleInWords(role: string): string {
  return `the role ${role}`;
}

/** What a role allows in Tenure itself. */
export function dutyInWords(duty: string): string {
  return `the duty ${duty}`;
}
