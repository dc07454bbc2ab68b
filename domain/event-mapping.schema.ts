import { z } from 'zod';
import type { MappingProblem } from './contract-fact.ts';
import { keyMaxLength, keyPattern } from './keys.ts';

/** Keys of organizations, tiers and contract roles: what stands in URLs and files. */
export const keySchema = z.string().max(keyMaxLength).regex(keyPattern);

/** Longer words of a source are not ids. */
export const sourceIdSchema = z.string().min(1).max(255);

/** Names are shown to people: one line, no control characters. */
const nameSchema = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .regex(/^\P{Cc}*$/u);

const emailSchema = z.email().max(254).toLowerCase();

/** Seats are counted: a whole number from 0 up to one million. */
const seatsSchema = z.number().int().min(0).max(1_000_000);

/** The name when it is one that can be shown; a source's other names are not worth refusing an event for. */
export function readName(value: unknown): string | null {
  return nameSchema.safeParse(value).data ?? null;
}

/** An organization's key, or null. */
export function readKey(value: unknown): string | null {
  return keySchema.safeParse(value).data ?? null;
}

/** An e-mail address in lower case, or null. */
export function readEmail(value: unknown): string | null {
  return emailSchema.safeParse(value).data ?? null;
}

/** A number of seats, also as digits in a text, or null. */
export function readSeats(value: unknown): number | null {
  const number = typeof value === 'string' && /^\d{1,7}$/.test(value) ? Number(value) : value;
  return seatsSchema.safeParse(number).data ?? null;
}

/**
 * Milliseconds since 1970 of an instant as sources write it: ISO 8601 with its offset, a date alone (its first moment in
 * UTC), or a number, of seconds or of milliseconds, also as a text. Null when it is none.
 */
export function readInstantMs(value: unknown): number | null {
  if (typeof value === 'number') {
    if (!Number.isFinite(value) || value < 0) return null;
    // Seconds reach 1e11 in the year 5138, milliseconds passed it in 1973.
    return Math.trunc(value < 1e11 ? value * 1_000 : value);
  }
  if (typeof value !== 'string' || value.length > 40) return null;
  if (/^\d{9,14}$/.test(value)) return readInstantMs(Number(value));
  const parsed = z.union([z.iso.date(), z.iso.datetime({ offset: true })]).safeParse(value);
  return parsed.success ? Date.parse(parsed.data) : null;
}

/** Where a body differs from what a source sends, without repeating what stands there. At most ten. */
export function malformed(error: z.ZodError, within = ''): MappingProblem[] {
  const fields = error.issues.map((issue) => dotted([within, ...issue.path]));
  return [...new Set(fields)].slice(0, 10).map((field) => ({ code: 'malformed', field }));
}

function dotted(path: readonly PropertyKey[]): string {
  return path.map(String).filter(Boolean).join('.');
}

/** An entry that the record itself has: words from outside must not find what every object inherits. */
export function ownEntry<T>(record: Record<string, T>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
