import { createHmac, timingSafeEqual } from 'node:crypto';

/** The headers that a delivery is signed with (Standard Webhooks 1.0, symmetric). */
export interface Signed {
  id: string;
  /** Seconds since 1970. */
  timestamp: string;
  signature: string;
}

/** A delivery that was signed longer ago, or is that far ahead of our clock, is not taken. */
const toleranceSeconds = 5 * 60;

/** Whether `content` was signed just now with one of the secrets, of which there are two while one replaces the other. */
export function isGenuine(
  signed: Signed,
  content: string | Buffer,
  secrets: readonly string[],
  nowMs: number,
): boolean {
  if (!/^\d{1,12}$/u.test(signed.timestamp)) return false;
  if (Math.abs(nowMs / 1_000 - Number(signed.timestamp)) > toleranceSeconds) return false;
  const given = signed.signature.split(' ').map((entry) => Buffer.from(entry));
  return secrets.some((secret) => {
    const key = Buffer.from(secret.replace(/^whsec_/u, ''), 'base64');
    const mac = createHmac('sha256', key).update(`${signed.id}.${signed.timestamp}.`).update(content);
    const expected = Buffer.from(`v1,${mac.digest('base64')}`);
    return given.some((entry) => entry.length === expected.length && timingSafeEqual(entry, expected));
  });
}
