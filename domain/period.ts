/**
 * Periods are ISO 8601 durations without years and months (`PT2H`, `P90D`, `P1W`), because those two have no fixed
 * length; a day is 24 hours. Whole seconds only.
 */
const isoPattern =
  /^P(?:(\d{1,5})W|(?=.)(?:(\d{1,6})D)?(?:T(?=.)(?:(\d{1,8})H)?(?:(\d{1,9})M)?(?:(\d{1,10})S)?)?)$/;
const shortPattern = /^(?:(\d{1,5})w)?(?:(\d{1,6})d)?(?:(\d{1,8})h)?(?:(\d{1,9})m)?(?:(\d{1,10})s)?$/i;

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const week = 7 * day;

/** Milliseconds of an ISO 8601 period, or null when the text is not one or is not longer than nothing. */
export function periodMs(text: string): number | null {
  const parts = isoPattern.exec(text);
  if (!parts) return null;
  const total = sum(parts);
  return total > 0 ? total : null;
}

/** Milliseconds of an ISO 8601 period that is known to be well-formed (it came from a constraint or a constant). */
export function periodMsOrThrow(text: string): number {
  const ms = periodMs(text);
  if (ms === null) throw new RangeError(`Not a period: ${text}`);
  return ms;
}

/** Milliseconds of a grace that is known to be well-formed; it may be nothing, `PT0S`: at once. */
export function graceMsOrThrow(text: string): number {
  return text === 'PT0S' ? 0 : periodMsOrThrow(text);
}

/** Reads what a person types on a command line, `2h`, `1d12h` or `PT2H`; null when it is neither. Milliseconds. */
export function parsePeriod(text: string): number | null {
  const iso = periodMs(text.toUpperCase());
  if (iso !== null) return iso;
  const parts = shortPattern.exec(text);
  if (!parts) return null;
  const total = sum(parts);
  return total > 0 ? total : null;
}

/** The shortest ISO 8601 form of a length in milliseconds, rounded down to whole seconds: 7200000 is `PT2H`. */
export function formatPeriod(ms: number): string {
  let rest = Math.floor(ms / second);
  const days = Math.floor(rest / 86_400);
  rest -= days * 86_400;
  const hours = Math.floor(rest / 3_600);
  rest -= hours * 3_600;
  const minutes = Math.floor(rest / 60);
  const seconds = rest - minutes * 60;
  const time = `${hours ? `${hours}H` : ''}${minutes ? `${minutes}M` : ''}${seconds ? `${seconds}S` : ''}`;
  if (!days && !time) return 'PT0S';
  return `P${days ? `${days}D` : ''}${time ? `T${time}` : ''}`;
}

/** A length in words, for people: `2 h`, `1 d 12 h`, `45 min`, `8 s`. */
export function periodInWords(ms: number): string {
  const units: [number, string][] = [
    [day, 'd'],
    [hour, 'h'],
    [minute, 'min'],
    [second, 's'],
  ];
  const words: string[] = [];
  let rest = ms;
  for (const [length, name] of units) {
    const count = Math.floor(rest / length);
    rest -= count * length;
    if (count) words.push(`${count} ${name}`);
  }
  return words.slice(0, 2).join(' ') || '0 s';
}

function sum(parts: RegExpExecArray): number {
  const [, weeks, days, hours, minutes, seconds] = parts;
  const n = (text: string | undefined) => Number(text ?? 0);
  return n(weeks) * week + n(days) * day + n(hours) * hour + n(minutes) * minute + n(seconds) * second;
}
