import { describe, expect, it } from 'vitest';
import {
  dayAfter,
  daysUntilTonight,
  hoursBetween,
  instantOfLocal,
  knownZone,
  localDay,
  localMinute,
  momentWords,
} from '../../api/console/when.ts';

// Days and hours of whoever looks, where clocks change too.

const berlin = 'Europe/Berlin';
const at = (now: string, zone = berlin) => ({ now, zone });

describe('The days of a viewer', () => {
  it('begin and end at their midnight', () => {
    const today = { from: '2026-11-21T23:00:00.000Z', to: '2026-11-22T23:00:00.000Z' };
    expect(daysUntilTonight(1, at('2026-11-22T22:59:59.999Z'))).toEqual(today);
    expect(daysUntilTonight(1, at('2026-11-21T23:00:00.000Z'))).toEqual(today);
    expect(daysUntilTonight(7, at('2026-11-22T12:00:00.000Z')).from).toBe('2026-11-15T23:00:00.000Z');
    expect(daysUntilTonight(1, at('2026-11-22T20:00:00.000Z', 'Asia/Kolkata')).from).toBe(
      '2026-11-22T18:30:00.000Z',
    );
  });

  it('have 23 or 25 hours when clocks change', () => {
    const hours = ({ from, to }: { from: string; to: string }) =>
      (Date.parse(to) - Date.parse(from)) / 3_600_000;
    expect(hours(daysUntilTonight(1, at('2026-03-29T12:00:00.000Z')))).toBe(23);
    expect(hours(daysUntilTonight(1, at('2026-10-25T12:00:00.000Z')))).toBe(25);
    expect(dayAfter('2026-10-24T22:00:00.000Z', berlin)).toBe('2026-10-25T23:00:00.000Z');
    expect(dayAfter('2026-03-28T23:00:00.000Z', berlin)).toBe('2026-03-29T22:00:00.000Z');
  });

  it('are read as a form writes them, and written as it reads them', () => {
    expect(instantOfLocal('2026-07-01', berlin)).toBe('2026-06-30T22:00:00.000Z');
    expect(instantOfLocal('2026-11-22T14:02', berlin)).toBe('2026-11-22T13:02:00.000Z');
    expect(localMinute('2026-11-22T13:02:59.000Z', berlin)).toBe('2026-11-22T14:02');
    expect(localDay('2026-06-30T22:00:00.000Z', berlin)).toBe('2026-07-01');
    for (const none of ['', 'yesterday', '2026-02-31', '2026-11-22T25:00', '2026-13-01', '2026-11-22T14:02Z'])
      expect(instantOfLocal(none, berlin), none).toBeNull();
  });
});

describe('In every zone', () => {
  const day = 86_400_000;
  const local = (ms: number, zone: string) => localDay(new Date(ms).toISOString(), zone);
  /** The days of a year around which the zone's clocks change, and one on which they do not. */
  const daysOf = (zone: string) => {
    const days = Array.from({ length: 365 }, (_, number) => new Date(Date.UTC(2026, 0, 1) + number * day));
    const noon = (at: Date) => localMinute(at.toISOString(), zone).slice(11);
    const changed = days.filter((one, at) => noon(one) !== noon(days[at + 1] ?? one));
    const around = changed.flatMap((one) => [-1, 0, 1, 2].map((by) => one.getTime() + by * day));
    return [...around, Date.UTC(2026, 5, 15)].map((ms) => new Date(ms).toISOString().slice(0, 10));
  };

  it('a day begins with itself and ends before the next', () => {
    for (const zone of Intl.supportedValuesOf('timeZone'))
      for (const one of daysOf(zone)) {
        const begins = instantOfLocal(one, zone) ?? '';
        const ms = Date.parse(begins);
        const next = dayAfter(begins, zone);
        const said = [local(ms, zone), local(ms - 1, zone) < one, local(Date.parse(next) - 1, zone)];
        expect(said, zone).toEqual([one, true, one]);
        const noon = new Date(ms + day / 2).toISOString();
        expect(daysUntilTonight(1, at(noon, zone)), zone).toEqual({ from: begins, to: next });
      }
  });

  it('no year is of use that is far from all others', () => {
    for (const none of ['0000-01-01', '0001-01-01', '1899-12-31', '9999-12-31', '9999-12-31T23:59'])
      expect(instantOfLocal(none, 'Asia/Tokyo'), none).toBeNull();
    expect(dayAfter(instantOfLocal('9998-12-31', 'America/New_York') ?? '', 'America/New_York')).toBe(
      '9999-01-01T05:00:00.000Z',
    );
  });
});

describe('The marks of a scale', () => {
  const words = (from: string, to: string) =>
    hoursBetween({ from, to }, at('2026-11-22T12:00:00.000Z')).map((one) => one.words);

  it('are full hours of the viewer within a day', () => {
    const day = daysUntilTonight(1, at('2026-11-22T12:00:00.000Z'));
    expect(words(day.from, day.to)).toEqual([
      '02:00',
      '04:00',
      '06:00',
      '08:00',
      '10:00',
      '12:00',
      '14:00',
      '16:00',
      '18:00',
      '20:00',
      '22:00',
    ]);
  });

  it('are midnights over days, also where clocks change, and never many', () => {
    const week = daysUntilTonight(7, at('2026-10-28T12:00:00.000Z'));
    const marks = hoursBetween(week, at('2026-10-28T12:00:00.000Z'));
    expect(marks.map((one) => one.at.slice(11, 16))).toEqual([
      '22:00',
      '22:00',
      '22:00',
      '23:00',
      '23:00',
      '23:00',
    ]);
    for (const days of [1, 2, 7, 30, 90, 400, 4_000]) {
      const stretch = daysUntilTonight(days, at('2026-11-22T12:00:00.000Z'));
      expect(hoursBetween(stretch, at('2026-11-22T12:00:00.000Z')).length).toBeLessThan(21);
    }
  });
});

describe('The zone of a viewer', () => {
  it('is the one that the browser names, or UTC; and each has its own times', () => {
    expect(['europe/berlin', 'Nowhere/At-All', undefined].map(knownZone)).toEqual([berlin, 'UTC', 'UTC']);
    const words = (zone: string) =>
      momentWords('2026-11-21T23:30:00.000Z', at('2026-11-21T12:00:00.000Z', zone));
    expect([words(berlin), words('UTC'), words(berlin)]).toEqual([
      'tomorrow 00:30',
      '23:30',
      'tomorrow 00:30',
    ]);
  });

  it('is told from the others by however many name theirs', () => {
    const zones = Intl.supportedValuesOf('timeZone').slice(0, 100);
    for (const zone of [...zones, ...zones])
      expect(localMinute('2026-11-22T12:00:00.000Z', knownZone(zone))).toBe(
        new Date('2026-11-22T12:00:00.000Z')
          .toLocaleString('sv-SE', { timeZone: zone })
          .slice(0, 16)
          .replace(' ', 'T'),
      );
  });
});
