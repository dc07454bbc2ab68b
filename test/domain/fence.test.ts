import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fenceLimit, passFence, strictestLimit } from '../../domain/fence.ts';
import { periodMsOrThrow } from '../../domain/period.ts';

describe("A fence's limit", () => {
  it.each([
    [0, 5],
    [249, 5],
    [250, 5],
    [299, 5],
    [300, 6],
    [10_000, 200],
  ])('of %i at 2 percent and at least 5 is %i', (size, limit) => {
    expect(fenceLimit({ share: 0.02, least: 5 }, size)).toBe(limit);
  });

  it('is what the share says in decimals', () => {
    fc.assert(
      fc.property(fc.nat({ max: 1_000 }), fc.nat({ max: 100_000 }), (mille, size) => {
        expect(fenceLimit({ share: mille / 1_000, least: 0 }, size)).toBe(Math.floor((mille * size) / 1_000));
      }),
    );
  });
});

describe('The strictest of some limits', () => {
  it('lets nothing through that any of them would hold', () => {
    const limit = fc.record({
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      least: fc.nat({ max: 50 }),
      window: fc.constantFrom('PT10M', 'PT1H', 'PT90M', 'P1D'),
    });
    fc.assert(
      fc.property(limit, fc.array(limit), fc.nat({ max: 10_000 }), (first, others, size) => {
        const strictest = strictestLimit([first, ...others]);
        for (const one of [first, ...others]) {
          expect(fenceLimit(strictest, size)).toBeLessThanOrEqual(fenceLimit(one, size));
          expect(periodMsOrThrow(strictest.window)).toBeGreaterThanOrEqual(periodMsOrThrow(one.window));
        }
      }),
    );
  });
});

describe('A fence', () => {
  it('lets the first through and holds the rest, and who went through passes again', () => {
    expect(passFence({ limit: 3, already: ['a', 'b'], wanted: ['c', 'd', 'a', 'd', 'c'] })).toEqual({
      through: ['c', 'a'],
      held: ['d'],
    });
    expect(passFence({ limit: 0, already: [], wanted: ['a'] })).toEqual({ through: [], held: ['a'] });
    expect(passFence({ limit: 1, already: ['a', 'b'], wanted: ['b', 'c'] })).toEqual({
      through: ['b'],
      held: ['c'],
    });
  });

  it('lets the same number through however the wishes are cut into pages', () => {
    const subject = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j');
    fc.assert(
      fc.property(
        fc.array(fc.array(subject)),
        fc.nat({ max: 8 }),
        fc.uniqueArray(subject, { maxLength: 3 }),
        (pages, limit, already) => {
          const whole = passFence({ limit, already, wanted: pages.flat() });
          const passed = new Set<string>(already);
          const held = new Set<string>();
          for (const wanted of pages) {
            const page = passFence({ limit, already: passed, wanted });
            for (const one of page.through) passed.add(one);
            for (const one of page.held) held.add(one);
          }
          expect(new Set([...already, ...whole.through])).toEqual(passed);
          expect(new Set(whole.held)).toEqual(held);
          expect(passed.size).toBeLessThanOrEqual(Math.max(limit, already.length));
          expect([...whole.through, ...whole.held].sort()).toEqual([...new Set(pages.flat())].sort());
        },
      ),
    );
  });
});
