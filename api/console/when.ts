import { createContext, useContext } from 'hono/jsx';

/** The viewer's clock while a page is rendered. */
export interface When {
  /** The ledger's clock, ISO 8601 UTC. */
  now: string;
  /** An IANA time zone: the viewer's, as their browser has told us; UTC until it has. */
  zone: string;
}

const WhenContext = createContext<When>({ now: '1970-01-01T00:00:00.000Z', zone: 'UTC' });

export const WhenProvider = WhenContext.Provider;

/** The clock of the page that is being rendered. Pages are rendered in one go, so that no other page's clock is met. */
export function useWhen(): When {
  return useContext(WhenContext);
}

const fields = {
  timeOfDay: { hour: '2-digit', minute: '2-digit' },
  year: { year: 'numeric' },
  day: { day: 'numeric', month: 'short' },
  dayAndYear: { day: 'numeric', month: 'short', year: 'numeric' },
  longDay: { weekday: 'long', day: 'numeric', month: 'long' },
  numbers: { day: 'numeric', month: 'numeric', year: 'numeric' },
  zone: { timeZoneName: 'short' },
  exactDay: { day: 'numeric', month: 'long', year: 'numeric' },
  exactTime: { hour: '2-digit', minute: '2-digit', second: '2-digit' },
  minute: {
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    hourCycle: 'h23',
  },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

type Format = keyof typeof fields;

/** A zone by its full name, with the formats that were needed there and what was said in them last. */
interface Zone {
  name: string;
  formats: Map<Format, Intl.DateTimeFormat>;
  said: Map<string, string>;
  offsets: Map<number, number>;
}

/** As many as a company's people live in; making a format, or asking for its zone, costs a hundred times what using it does. */
const zonesKept = 32;
const zones = new Map<string, Zone>();

/** A page says the same instants again and again, and so does the next look at it. */
const saidKept = 2_000;

/** Where a zone changes its clocks, it does so at one of these. */
const quarterMs = 15 * 60_000;

/** @throws RangeError for a zone that this machine does not know */
function zoneOf(named: string): Zone {
  const known = zones.get(named);
  if (known) return known;
  const name = new Intl.DateTimeFormat('en-GB', { timeZone: named }).resolvedOptions().timeZone;
  const made = { name, formats: new Map(), said: new Map(), offsets: new Map() };
  const oldest = zones.keys().next().value;
  if (zones.size >= zonesKept && oldest !== undefined) zones.delete(oldest);
  zones.set(named, made);
  return made;
}

/** @throws RangeError for a zone that this machine does not know */
function formatOf(zone: string, format: Format): Intl.DateTimeFormat {
  const { name, formats } = zoneOf(zone);
  const known = formats.get(format);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-GB', { timeZone: name, ...fields[format] });
  formats.set(format, made);
  return made;
}

/** The zone a browser names, or UTC when it is none that this machine knows. */
export function knownZone(named: string | undefined): string {
  try {
    return zoneOf(named ?? 'UTC').name;
  } catch {
    return 'UTC';
  }
}

function part(at: string, zone: string, format: Format): string {
  return once(at, zone, format, (known) => known.format(new Date(at)));
}

/** What a format makes of an instant, made once. */
function once(
  at: string,
  zone: string,
  format: Format,
  make: (format: Intl.DateTimeFormat) => string,
): string {
  const { said } = zoneOf(zone);
  // No format but that of the exact time tells the instants of one minute apart.
  const key = `${format} ${format === 'exactTime' ? at : at.slice(0, 16)}`;
  const known = said.get(key);
  if (known !== undefined) return known;
  const made = make(formatOf(zone, format));
  if (said.size >= saidKept) said.clear();
  said.set(key, made);
  return made;
}

/** `14:02`. */
export function timeOfDay(at: string, zone: string): string {
  return part(at, zone, 'timeOfDay');
}

/** `24 Nov`, with the year when it is not the clock's. */
export function dayOf(at: string, { now, zone }: When): string {
  const isSameYear = part(at, zone, 'year') === part(now, zone, 'year');
  return part(at, zone, isSameYear ? 'day' : 'dayAndYear').replaceAll(' ', '\u00a0');
}

/** `Tuesday 24 November`. */
export function longDayOf(at: string, zone: string): string {
  return part(at, zone, 'longDay');
}

/** As short as is clear: `14:02` today, `tomorrow 09:00`, `24 Nov, 14:02`. */
export function momentWords(at: string, when: When): string {
  const { now, zone } = when;
  const days = dayNumber(at, zone) - dayNumber(now, zone);
  const time = timeOfDay(at, zone);
  if (days === 0) return time;
  if (days === 1) return `tomorrow ${time}`;
  if (days === -1) return `yesterday ${time}`;
  return `${dayOf(at, when)}, ${time}`;
}

/** The days since some day, counted where the viewer is. */
function dayNumber(at: string, zone: string): number {
  const [day = 1, month = 1, year = 1970] = part(at, zone, 'numbers').split('/').map(Number);
  return Date.UTC(year, month - 1, day) / 86_400_000;
}

/** The short name of the viewer's zone at that instant, such as `CET`; of some zones only an offset is known. */
export function zoneName(at: string, zone: string): string {
  return once(at, zone, 'zone', (format) => {
    const parts = format.formatToParts(new Date(at));
    return parts.find(({ type }) => type === 'timeZoneName')?.value ?? zone;
  });
}

/** The full instant for whoever wants it exactly: `24 November 2026, 13:02:00 UTC`. */
export function exactly(at: string): string {
  const date = part(at, 'UTC', 'exactDay');
  return `${date}, ${part(at, 'UTC', 'exactTime')} UTC`;
}

const hourMs = 3_600_000;

/** How far the zone's clocks are from UTC at that instant, in milliseconds. */
function offsetOf(atMs: number, zone: string): number {
  const { offsets } = zoneOf(zone);
  const quarter = Math.floor(atMs / quarterMs) * quarterMs;
  const known = offsets.get(quarter);
  if (known !== undefined) return known;
  const parts = formatOf(zone, 'minute').formatToParts(quarter);
  const read = (type: Intl.DateTimeFormatPartTypes) =>
    Number(parts.find((one) => one.type === type)?.value ?? 0);
  const local = Date.UTC(read('year'), read('month') - 1, read('day'), read('hour'), read('minute'));
  if (offsets.size >= saidKept) offsets.clear();
  offsets.set(quarter, local - quarter);
  return local - quarter;
}

const dayMs = 24 * hourMs;

/**
 * The instant at which the zone's clocks show that time, given as if it were UTC: the first, where they show it twice. Where they
 * leave it out, as a midnight at which summer time begins, the one as long after it was left out.
 */
function instantAt(localMs: number, zone: string): number {
  const [before, after] = [offsetOf(localMs - dayMs, zone), offsetOf(localMs + dayMs, zone)];
  const [one, other] = [localMs - Math.max(before, after), localMs - Math.min(before, after)];
  return one + offsetOf(one, zone) === localMs ? one : other;
}

/** The midnight at which that day begins, counted from the first of 1970. ISO 8601 UTC. */
const midnight = (day: number, zone: string) => new Date(instantAt(day * dayMs, zone)).toISOString();

/** The day that the zone's clocks show at that instant, counted the same. */
const dayAt = (atMs: number, zone: string) => Math.floor((atMs + offsetOf(atMs, zone)) / dayMs);

/** From one midnight to another where the viewer is: today, or so many days back to the end of today. ISO 8601 UTC. */
export function daysUntilTonight(days: number, { now, zone }: When): { from: string; to: string } {
  const today = dayAt(Date.parse(now), zone);
  return { from: midnight(today + 1 - days, zone), to: midnight(today + 1, zone) };
}

/** Where a scale over that stretch has its marks: full hours or midnights of the viewer's, seven to thirteen of them. */
export function hoursBetween(
  { from, to }: { from: string; to: string },
  when: When,
): { at: string; words: string }[] {
  const [begin, end] = [Date.parse(from), Date.parse(to)];
  const steps = [1, 2, 6, 24, 48, 120, 240, 720, 2_160].map((hours) => hours * hourMs);
  const step = steps.find((one) => (end - begin) / one <= 13) ?? end - begin;
  const isHours = step < 24 * hourMs;
  const first = Math.ceil((begin + offsetOf(begin, when.zone)) / step) * step;
  const marks: { at: string; words: string }[] = [];
  for (let local = first; local < first + (end - begin) + step && marks.length < 20; local += step) {
    const at = new Date(instantAt(local, when.zone)).toISOString();
    // An hour that clocks leave out is the next one.
    if (at > from && at < to && at !== marks.at(-1)?.at)
      marks.push({ at, words: isHours ? timeOfDay(at, when.zone) : dayOf(at, when) });
  }
  return marks;
}

/**
 * What a form's day (`2026-11-22`) or minute (`2026-11-22T14:02`) means where the viewer is; null for none, and for one of no year
 * that is of use here (1900 to 9998). ISO 8601 UTC.
 */
export function instantOfLocal(text: string, zone: string): string | null {
  const [, day, minute = '00:00'] =
    /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?)?$/.exec(text) ?? [];
  const local = new Date(`${day}T${minute}:00.000Z`);
  if (local.getUTCFullYear() < 1900 || local.getUTCFullYear() > 9998) return null;
  // A day that no calendar has comes back as another one.
  if (Number.isNaN(local.getTime()) || !local.toISOString().startsWith(`${day}T${minute}`)) return null;
  return new Date(instantAt(local.getTime(), zone)).toISOString();
}

/** The minute, where the viewer is, as a form writes it: `2026-11-22T14:02`. */
export function localMinute(at: string, zone: string): string {
  const local = Date.parse(at) + offsetOf(Date.parse(at), zone);
  return new Date(local).toISOString().slice(0, 16);
}

/** The day, where the viewer is, as a form writes it: `2026-11-22`. */
export function localDay(at: string, zone: string): string {
  return localMinute(at, zone).slice(0, 10);
}

/** The midnight after the one at which a day begins, also where that day has 23 or 25 hours. ISO 8601 UTC. */
export function dayAfter(begin: string, zone: string): string {
  return midnight(dayAt(Date.parse(begin), zone) + 1, zone);
}
