import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applied, type Holding, holdingKey, inverse, plan, union } from '../../domain/plan.ts';

const holding = fc.record({
  account: fc.constantFrom('a', 'b', 'c'),
  entitlement: fc.constantFrom('read', 'write'),
  scope: fc.constantFrom(null, 'acme', 'globex'),
  until: fc.integer({ min: 0, max: 5 }).map((day) => new Date(Date.UTC(2026, 10, 22 + day)).toISOString()),
});
const holdings = fc.array(holding, { maxLength: 12 });

/** The same state, whatever the order in which it is listed. */
function sorted(state: readonly Holding[]): Holding[] {
  return [...state].sort((a, b) => (holdingKey(a) < holdingKey(b) ? -1 : 1));
}

describe('the planner', () => {
  it('has nothing left to do once its plan is applied', () => {
    fc.assert(
      fc.property(holdings, holdings, (desired, observed) => {
        const reached = applied(observed, plan(desired, observed));
        expect(plan(desired, reached)).toEqual([]);
        expect(sorted(reached)).toEqual(sorted(union(desired)));
      }),
    );
  });

  it('is undone by its inverses in reverse: the start is restored', () => {
    fc.assert(
      fc.property(holdings, holdings, (desired, observed) => {
        const changes = plan(desired, observed);
        const back = changes.map(inverse).reverse();
        expect(sorted(applied(applied(observed, changes), back))).toEqual(sorted(union(observed)));
      }),
    );
  });

  it('takes away before it gives, and touches each thing at most once', () => {
    fc.assert(
      fc.property(holdings, holdings, (desired, observed) => {
        const changes = plan(desired, observed);
        const lastRemove = changes.findLastIndex((change) => change.kind === 'remove');
        expect(changes.slice(0, lastRemove + 1).every((change) => change.kind === 'remove')).toBe(true);
        expect(new Set(changes.map((change) => holdingKey(change.holding))).size).toBe(changes.length);
      }),
    );
  });

  it('keeps the later end of what is held twice, whatever the order', () => {
    fc.assert(
      fc.property(holdings, (held) => {
        const united = union(held);
        expect(new Set(united.map(holdingKey)).size).toBe(united.length);
        expect(sorted(union([...held].reverse()))).toEqual(sorted(united));
        for (const one of held) {
          const kept = united.find((other) => holdingKey(other) === holdingKey(one));
          expect(kept && kept.until >= one.until).toBe(true);
        }
      }),
    );
  });
});
