import { periodInWords } from '../../domain/period.ts';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const secondsMatterMs = 10 * 60_000;

interface Clock {
  year: number;
  month: number;
  day: number;
  time: string;
}

/**
 * An instant for people: the local zone first, UTC at hand, the date only where it is not today's, and seconds only near
 * now: `15:02 (14:02Z)`, `23 Nov 00:30 (22 Nov 23:30Z)`. Where the local zone is UTC there is one time: `14:02Z`.
 * @param iso an ISO 8601 instant; @param nowMs milliseconds since the epoch
 */
export function instantInWords(iso: string, nowMs: number): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  const hasSeconds = Math.abs(date.getTime() - nowMs) < secondsMatterMs;
  const local = localClock(date, hasSeconds);
  const utc = utcClock(date, hasSeconds);
  const today = localClock(new Date(nowMs), false);
  const inUtc = `${utc.time}Z`;
  if (date.getTimezoneOffset() === 0) return `${dayBefore(local, today)}${inUtc}`;
  return `${dayBefore(local, today)}${local.time} (${dayBefore(utc, local)}${inUtc})`;
}

/** How long from now until then, `1 h 58 min`; nothing less than a second. */
export function remaining(iso: string, nowMs: number): string {
  return periodInWords(Math.max(0, Date.parse(iso) - nowMs));
}

function dayBefore(clock: Clock, known: Clock): string {
  if (clock.year !== known.year) return `${clock.day} ${months[clock.month]} ${clock.year} `;
  return clock.month !== known.month || clock.day !== known.day ? `${clock.day} ${months[clock.month]} ` : '';
}

function localClock(date: Date, hasSeconds: boolean): Clock {
  const time = clockTime(date.getHours(), date.getMinutes(), hasSeconds ? date.getSeconds() : null);
  return { year: date.getFullYear(), month: date.getMonth(), day: date.getDate(), time };
}

function utcClock(date: Date, hasSeconds: boolean): Clock {
  const time = clockTime(date.getUTCHours(), date.getUTCMinutes(), hasSeconds ? date.getUTCSeconds() : null);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth(), day: date.getUTCDate(), time };
}

function clockTime(hours: number, minutes: number, seconds: number | null): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(hours)}:${two(minutes)}${seconds === null ? '' : `:${two(seconds)}`}`;
}

const typed =
  /^(?:(\d{4})-(\d\d)-(\d\d))?(?:(?<=\d)[T ](?=\d))?(?:(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?)?(Z|[+-]\d\d:\d\d)?$/i;

/**
 * Reads an instant as typed: `2026-11-22T14:02Z`, an offset instead of `Z`, and without either the local zone; a date alone
 * is its local midnight, a time alone is today's.
 * @returns ISO 8601 in UTC with milliseconds, or null when it is no instant (31 February is none)
 */
export function parseInstant(text: string, nowMs: number): string | null {
  const parts = typed.exec(text.trim());
  if (!parts) return null;
  const [, year, month, day, hours, minutes, seconds, fraction, zone] = parts;
  if ((!year && !hours) || (zone && (!year || !hours))) return null;
  const today = localClock(new Date(nowMs), false);
  const n = (part: string | undefined, otherwise: number) => (part === undefined ? otherwise : Number(part));
  const fields: Fields = [
    n(year, today.year),
    n(month, today.month + 1) - 1,
    n(day, today.day),
    n(hours, 0),
    n(minutes, 0),
    n(seconds, 0),
    n(fraction?.padEnd(3, '0'), 0),
  ];
  // The calendar is checked in UTC, where no hour is missing: there every valid combination comes back as it went in.
  const inUtc = new Date(Date.UTC(...fields));
  if (inUtc.getUTCMonth() !== fields[1] || inUtc.getUTCDate() !== fields[2]) return null;
  if (fields[3] > 23 || fields[4] > 59 || fields[5] > 59) return null;
  if (!zone) return new Date(...fields).toISOString();
  return new Date(inUtc.getTime() - offsetMs(zone)).toISOString();
}

type Fields = [number, number, number, number, number, number, number];

function offsetMs(zone: string): number {
  if (zone.toUpperCase() === 'Z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6));
  return (zone.startsWith('-') ? -1 : 1) * minutes * 60_000;
}
