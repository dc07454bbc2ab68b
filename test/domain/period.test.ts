import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatPeriod, parsePeriod, periodMs, periodMsOrThrow } from '../../domain/period.ts';

describe('periods', () => {
  it('survive being written and read again, to the second', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 * 86_400 }), (seconds) => {
        expect(periodMs(formatPeriod(seconds * 1_000))).toBe(seconds * 1_000);
      }),
    );
  });

  it('are the sum of their parts', () => {
    const part = fc.option(fc.integer({ min: 0, max: 999 }), { nil: undefined });
    fc.assert(
      fc.property(part, part, part, part, (days, hours, minutes, seconds) => {
        const time = [[hours, 'H'] as const, [minutes, 'M'] as const, [seconds, 'S'] as const]
          .filter(([count]) => count !== undefined)
          .map(([count, unit]) => `${count ?? 0}${unit}`)
          .join('');
        const text = `P${days === undefined ? '' : `${days}D`}${time && `T${time}`}`;
        const sum = (((days ?? 0) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0);
        expect(periodMs(text)).toBe(sum > 0 ? sum * 1_000 : null);
      }),
    );
  });

  it.each([
    'P1Y',
    'P1M',
    'P1Y2M',
    'P1M1D',
    'P1YT1H',
    'P1W2D',
    'P',
    'PT',
    'P1DT',
    'PT1.5H',
    'PT-1H',
    '-PT1H',
    'pt1h',
    ' PT1H',
    'PT1H ',
    'PT0S',
    'P0D',
    '1h',
    '',
  ])('without a fixed or positive length, or not well written, are refused: %j', (text) => {
    expect(periodMs(text)).toBeNull();
    expect(() => periodMsOrThrow(text)).toThrow(RangeError);
  });

  it('may be typed short on a command line', () => {
    expect(parsePeriod('2h')).toBe(periodMs('PT2H'));
    expect(parsePeriod('1d12h')).toBe(periodMs('P1DT12H'));
    expect(parsePeriod('PT8S')).toBe(8_000);
    expect(parsePeriod('2 h')).toBeNull();
    expect(parsePeriod('')).toBeNull();
  });
});
