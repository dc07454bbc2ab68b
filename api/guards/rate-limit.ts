import { TenureError } from '../../domain/errors.ts';

/** What one caller may ask: so many at once, and as many a second in the long run. */
export interface RateLimit {
  burst: number;
  perSecond: number;
}

/** Far above what people and their scripts need, and far below what would slow others. */
export const defaultRateLimit: RateLimit = { burst: 1_000, perSecond: 100 };

const forgetAfter = 10_000;

/**
 * A token bucket for each caller, so that one who floods us is told to wait (RFC 6585) while the others go on. It is kept in
 * this process's memory; several processes each allow as much.
 */
export function createRateLimiter(limit: RateLimit, nowMs: () => number = () => performance.now()) {
  const buckets = new Map<string, { left: number; at: number }>();
  /** Who asked last: who asks again stands last already. */
  let last: string | undefined;
  return {
    /** @throws TenureError `too-many-requests` */
    take(caller: string): void {
      const now = nowMs();
      const bucket = buckets.get(caller) ?? { left: limit.burst, at: now };
      const refilled = bucket.left + ((now - bucket.at) / 1_000) * limit.perSecond;
      const there = Math.min(limit.burst, refilled);
      const left = there - 1;
      // Who is refused keeps what has come together: else who asks a little too often would never be heard again.
      bucket.left = left < 0 ? there : left;
      bucket.at = now;
      if (caller !== last) {
        last = caller;
        // The one used last stands last, so that the oldest can be forgotten when there are too many.
        buckets.delete(caller);
        buckets.set(caller, bucket);
        const oldest = buckets.size > forgetAfter ? buckets.keys().next().value : undefined;
        if (oldest !== undefined) buckets.delete(oldest);
      }
      if (left < 0)
        throw new TenureError('too-many-requests', 'You ask faster than anybody needs. Wait a second.');
    },
  };
}

export type RateLimiter = ReturnType<typeof createRateLimiter>;
