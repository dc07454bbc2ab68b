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

/** The zone a browser names, or UTC when it is none that this machine knows. */
export function knownZone(named: string | undefined): string {
  try {
    return new Intl.DateTimeFormat('en-GB', { timeZone: named ?? 'UTC' }).resolvedOptions().timeZone;
  } catch {
    return 'UTC';
  }
}

function part(at: string, zone: string, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat('en-GB', { timeZone: zone, ...options }).format(new Date(at));
}

/** `14:02`. */
export function timeOfDay(at: string, zone: string): string {
  return part(at, zone, { hour: '2-digit', minute: '2-digit' });
}

/** `24 Nov`, with the year when it is not the clock's. */
export function dayOf(at: string, { now, zone }: When): string {
  const year = (instant: string) => part(instant, zone, { year: 'numeric' });
  const isSameYear = year(at) === year(now);
  return part(at, zone, {
    day: 'numeric',
    month: 'short',
    ...(isSameYear ? {} : { year: 'numeric' }),
  }).replaceAll(' ', '\u00a0');
}

/** `Tuesday 24 November`. */
export function longDayOf(at: string, zone: string): string {
  return part(at, zone, { weekday: 'long', day: 'numeric', month: 'long' });
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
  const [day = 1, month = 1, year = 1970] = part(at, zone, {
    day: 'numeric',
    month: 'numeric',
    year: 'numeric',
  })
    .split('/')
    .map(Number);
  return Date.UTC(year, month - 1, day) / 86_400_000;
}

/** The short name of the viewer's zone at that instant, such as `CET`; of some zones only an offset is known. */
export function zoneName(at: string, zone: string): string {
  const parts = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeZoneName: 'short' }).formatToParts(
    new Date(at),
  );
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? zone;
}

/** The full instant for whoever wants it exactly: `24 November 2026, 13:02:00 UTC`. */
export function exactly(at: string): string {
  const date = part(at, 'UTC', { day: 'numeric', month: 'long', year: 'numeric' });
  return `${date}, ${part(at, 'UTC', { hour: '2-digit', minute: '2-digit', second: '2-digit' })} UTC`;
}
