import * as fc from 'fast-check';
import { type CatalogSettings, dunningStates } from '../../domain/catalog-settings.ts';

const period = fc.constantFrom('PT2H', 'P90D', 'P365D');

/** Settings without problems of a catalog with these roles. */
export function settingsFor(roles: readonly string[]): fc.Arbitrary<CatalogSettings> {
  const limit = fc.record({
    share: fc.constantFrom(0, 0.02, 0.5, 1),
    least: fc.nat({ max: 100 }),
    window: fc.constantFrom('PT10M', 'PT1H'),
  });
  return fc.record({
    churnGrace: period,
    downgradeGrace: period,
    standingPeriod: period,
    welcome: fc.record({
      expires: fc.constantFrom('P7D', 'P14D'),
      reminders: fc.subarray(['PT12H', 'P2D', 'P5D', 'P6D']),
    }),
    dunning: fc
      .subarray([...dunningStates])
      .map((states) => states.map((state, at) => ({ state, after: at === 0 ? 'PT0S' : `P${at * 7}D` }))),
    restrictedRoles: fc.shuffledSubarray([...roles]),
    fence: fc.record({ source: limit, people: limit }),
    handover: fc.constantFrom(null, 'omar@northwind.example'),
  });
}
