import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  desiredStanding,
  type LapsedStanding,
  type OpenStanding,
  standingPlan,
  type StandingPerson,
  type StandingWish,
} from '../../domain/standing.ts';
import { clerk, day, givenAt, open, standingCatalog as catalog, user } from '../support/standing-people.ts';

describe('Whatever happens, in any order, over months', () => {
  // A person with one role, and what happens to them; a process of any cause may run after each.
  type Happening =
    | { kind: 'time'; days: number }
    | { kind: 'process'; isContractEvent: boolean }
    | { kind: 'period'; days: number }
    | { kind: 'review' | 'taken-and-given' }
    | { kind: 'confirmed' }
    | { kind: 'own-end'; days: number | null };
  const happening: fc.Arbitrary<Happening> = fc.oneof(
    fc.record({ kind: fc.constant('time' as const), days: fc.integer({ min: 1, max: 60 }) }),
    fc.record({ kind: fc.constant('process' as const), isContractEvent: fc.constant(false) }),
    fc.record({ kind: fc.constant('period' as const), days: fc.integer({ min: 10, max: 400 }) }),
    fc.record({ kind: fc.constantFrom('review' as const, 'taken-and-given' as const) }),
    fc.record({ kind: fc.constant('confirmed' as const) }),
    fc.record({ kind: fc.constant('own-end' as const), days: fc.option(fc.integer({ min: 5, max: 200 })) }),
  );

  interface World {
    atDay: number;
    period: number;
    person: StandingPerson;
    open: OpenStanding[];
    lapsed: LapsedStanding[];
    count: number;
  }

  function begun(isStaff: boolean): World {
    const person = isStaff
      ? clerk({ place: givenAt({ clerk: day(0) }) })
      : user({ contractUntil: null, confirmedAt: null, memberSince: day(0) });
    return { atDay: 0, period: 90, person, open: [], lapsed: [], count: 0 };
  }

  /** Carries out a plan as processes and the reaper do; what it prolonged or began. */
  function run(
    world: World,
    isContractEvent: boolean,
  ): { later: string[]; begun: StandingWish[]; again: string[] } {
    const at = day(world.atDay);
    const settings = { ...catalog.settings, standingPeriod: `P${world.period}D` };
    const type = catalog.customerTypes.map((one) => ({ ...one, grantedPeriod: `P${world.period}D` }));
    const desired = desiredStanding({ ...catalog, settings, customerTypes: type }, world.person, at);
    const name = (one: { resource: string; entitlement: string }) => `${one.resource}:${one.entitlement}`;
    const before = [...world.lapsed, ...world.open.filter((one) => one.until <= at)].map(name);
    const plan = standingPlan(desired, world, { at, isContractEvent });
    const later: string[] = [];
    for (const { id, until, by } of plan.renew) {
      const grant = world.open.find((one) => one.id === id);
      if (!grant) throw new RangeError('Only what is open is renewed.');
      if (until > grant.until) later.push(by);
      Object.assign(grant, { until }, by === 'shortening' ? {} : { since: at });
    }
    world.lapsed.push(...world.open.filter((one) => one.until <= at));
    world.open = world.open.filter((one) => one.until > at && !plan.end.includes(one.id));
    for (const { resource, entitlement, organization, until } of plan.begin)
      world.open.push(
        open(`g${(world.count += 1)}`, { resource, entitlement, organization, until, since: at }),
      );
    return { later, begun: plan.begin, again: plan.begin.map(name).filter((one) => before.includes(one)) };
  }

  it('only the contract and reviews prolong, nothing else revives, and the clock does neither', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.array(happening, { maxLength: 40 }), (isStaff, story) => {
        const world = begun(isStaff);
        run(world, true);
        let news: 'nothing' | 'review' | 'given' | 'contract' = 'nothing';
        for (const one of story) {
          world.atDay += one.kind === 'time' ? one.days : 1;
          const { person } = world;
          const at = day(world.atDay);
          if (one.kind === 'review') {
            world.person = { ...person, reviews: [{ id: `review_${world.atDay}`, role: null, at }] };
            news = 'review';
          } else if (one.kind === 'taken-and-given' && isStaff) {
            world.person = { ...person, place: givenAt({ clerk: at }) };
            news = news === 'review' ? news : 'given';
          } else if (one.kind === 'confirmed' && person.place?.kind === 'customer') {
            world.person = { ...person, place: { ...person.place, confirmedAt: at } };
            const { later, again } = run(world, true);
            expect(later.every((by) => by === 'contract' || by === 'review')).toBe(true);
            // A review that could prolong nothing yet, because of the person's own end, still stands.
            if (later.length > 0 || again.length > 0) news = 'nothing';
          } else if (one.kind === 'own-end') {
            world.person = { ...person, endsAt: one.days === null ? null : day(world.atDay + one.days) };
          } else if (one.kind === 'period') world.period = one.days;
          const { later, again } = run(world, false);
          if (news !== 'review') expect(later).toEqual([]);
          if (news === 'nothing') expect(again).toEqual([]);
          // What is open is used up by it; what has not begun again waits for it, e.g. for the person's own end to move.
          if (later.length > 0 || again.length > 0) news = 'nothing';
          expect(run(world, false)).toEqual({ later: [], begun: [], again: [] });
        }
      }),
      { numRuns: 500 },
    );
  });
});
