import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultSettings, dunningStates } from '../../domain/catalog-settings.ts';
import { dunningAfterMs, dunningState } from '../../domain/dunning.ts';

const steps = defaultSettings.dunning;
const failed = '2027-02-01T10:00:00.000Z';

describe('Dunning', () => {
  it.each([
    ['2027-02-01T10:00:00.000Z', 'notice', '2027-02-08T10:00:00.000Z'],
    ['2027-02-08T09:59:59.999Z', 'notice', '2027-02-08T10:00:00.000Z'],
    ['2027-02-08T10:00:00.000Z', 'restricted', '2027-02-22T10:00:00.000Z'],
    ['2027-02-22T10:00:00.000Z', 'suspended', '2027-03-18T10:00:00.000Z'],
    ['2027-03-18T10:00:00.000Z', 'offboarded', null],
    ['2030-01-01T00:00:00.000Z', 'offboarded', null],
    // A source's clock that is ahead of ours.
    ['2027-02-01T09:59:00.000Z', 'none', '2027-02-01T10:00:00.000Z'],
  ])('at %s is %s, with the next step at %s', (at, state, nextAt) => {
    expect(dunningState(steps, failed, at)).toEqual({ state, nextAt });
  });

  it('is over once nothing has failed, and does nothing without steps', () => {
    expect(dunningState(steps, null, failed)).toEqual({ state: 'none', nextAt: null });
    expect(dunningState([], failed, '2030-01-01T00:00:00.000Z')).toEqual({ state: 'none', nextAt: null });
  });

  it('only gets worse while nothing is paid, and waking at each next step passes every state once', () => {
    const some = fc.subarray([...dunningStates], { minLength: 1 }).chain((states) =>
      fc
        .uniqueArray(fc.integer({ min: 0, max: 90 }), {
          minLength: states.length,
          maxLength: states.length,
        })
        .map((days) =>
          days
            .sort((a, b) => a - b)
            .map((day, at) => ({ state: states[at] ?? 'notice', after: day ? `P${day}D` : 'PT0S' })),
        ),
    );
    fc.assert(
      fc.property(some, (any) => {
        const seen: string[] = [];
        let at: string | null = new Date(Date.parse(failed) - 1).toISOString();
        while (at !== null) {
          const { state, nextAt } = dunningState(any, failed, at);
          seen.push(state);
          at = nextAt;
        }
        expect(seen).toEqual(['none', ...any.map((step) => step.state)]);
      }),
    );
  });

  it('reads at once, and no other length of nothing', () => {
    expect(dunningAfterMs('PT0S')).toBe(0);
    expect(dunningAfterMs('P1D')).toBe(86_400_000);
    for (const wrong of ['', 'P0D', 'PT0H', '0', 'P1M']) expect(dunningAfterMs(wrong)).toBeNull();
  });
});
