import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { losingSeats, refusedSeat, type SeatHolder, seatsLeft } from '../../domain/seats.ts';
import { catalogWith, overrideWith, tierWith } from '../support/catalog.ts';

const now = '2027-02-10T00:00:00.000Z';
const catalog = catalogWith({
  tiers: [
    tierWith('enterprise', { name: 'Enterprise', seats: null }),
    tierWith('free', { name: 'Free', seats: 1 }),
    tierWith('professional', { name: 'Professional', seats: 25 }),
  ],
  overrides: [overrideWith({ customer: 'acme', what: { kind: 'seats', seats: 40 } })],
});

describe('A seat that is not there', () => {
  const refused = (tier: string, used: number, wanted = 1, agreed: number | null = null, key = 'globex') =>
    refusedSeat(catalog, { customer: { key, tier, agreed }, used, wanted }, now);

  it('is refused in a sentence, with what to do', () => {
    expect(refused('professional', 25)).toBe(
      'All 25 seats of the Professional tier are used. Remove a user, or upgrade to Enterprise for unlimited seats.',
    );
    expect(refused('professional', 23, 5)).toBe(
      '2 of 25 seats of the Professional tier are left, not 5. Remove 3 users, or upgrade to Enterprise for unlimited seats.',
    );
    expect(refused('professional', 24, 2)).toMatch(
      /^1 of 25 seats of the Professional tier is left, not 2\. Remove a user/,
    );
    expect(refused('professional', 27)).toMatch(/^All 25 seats .* are used by 27 users\. Remove 3 users, or/);
    expect(refused('free', 1)).toBe(
      'The one seat of the Free tier is used. Upgrade to Professional for 25 seats.',
    );
    expect(refused('free', 1, 30)).toMatch(/Upgrade to Enterprise for unlimited seats\.$/);
  });

  it('is bought where its number was agreed, not by another tier', () => {
    expect(refused('professional', 30, 1, 30)).toBe(
      'All 30 seats of the contract are used. Remove a user, or have seats added to the contract.',
    );
    expect(refused('professional', 40, 1, 30, 'acme')).toBe(
      'All 40 seats agreed until 2027-06-30 are used. Remove a user, or ask for more seats.',
    );
    expect(refused('professional', 0, 1, 0)).toBe(
      'There are no seats of the contract. Have seats added to the contract.',
    );
  });

  it('is refused exactly when they do not fit', () => {
    fc.assert(
      fc.property(fc.nat({ max: 60 }), fc.integer({ min: 1, max: 30 }), (used, wanted) => {
        expect(refused('professional', used, wanted) === null).toBe(used + wanted <= 25);
        expect(refused('enterprise', used, wanted)).toBeNull();
      }),
    );
    expect([seatsLeft(25, 20), seatsLeft(25, 30), seatsLeft(null, 30)]).toEqual([5, 0, null]);
  });
});

describe('When there are more users than seats', () => {
  const user = (id: string, day: number, more: Partial<SeatHolder> = {}): SeatHolder => ({
    id,
    isAdministrator: false,
    confirmedAt: now,
    addedAt: `2027-01-${String(day).padStart(2, '0')}T00:00:00.000Z`,
    ...more,
  });

  it('lose first who never confirmed, then who was added last', () => {
    const users = [
      user('anna', 1, { isAdministrator: true }),
      user('early', 2),
      user('late', 9),
      user('silent-early', 3, { confirmedAt: null }),
      user('silent-late', 8, { confirmedAt: null }),
      user('tom', 7, { isAdministrator: true }),
    ];
    const order = ['silent-late', 'silent-early', 'late', 'tom', 'early'];
    expect(losingSeats(users, 0)).toEqual(order);
    expect(losingSeats(users.toReversed(), 3)).toEqual(order.slice(0, 3));
    expect(losingSeats(users, 6)).toEqual([]);
    expect(losingSeats(users, null)).toEqual([]);
  });

  it('the last administrator stays, also one who was added last or never confirmed', () => {
    const users = [user('a', 1), user('b', 2), user('boss', 9, { isAdministrator: true, confirmedAt: null })];
    expect(losingSeats(users, 1)).toEqual(['b', 'a']);
    expect(losingSeats(users, 0)).toEqual(['b', 'a']);
  });

  it('just as many lose as are too many, the same whatever the order, and fewer seats only add to them', () => {
    const any = fc.uniqueArray(
      fc.record({
        id: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'),
        isAdministrator: fc.boolean(),
        confirmedAt: fc.constantFrom(null, now),
        addedAt: fc.constantFrom('2027-01-01T00:00:00.000Z', '2027-01-02T00:00:00.000Z'),
      }),
      { selector: (one) => one.id },
    );
    fc.assert(
      fc.property(any, fc.nat({ max: 8 }), (users, seats) => {
        const losing = losingSeats(users, seats);
        const hasAdministrator = users.some((one) => one.isAdministrator);
        const staying = Math.max(seats, hasAdministrator ? 1 : 0);
        expect(losing).toHaveLength(Math.max(0, users.length - staying));
        expect(losingSeats(users.toReversed(), seats)).toEqual(losing);
        expect(losingSeats(users, seats + 1)).toEqual(losing.slice(0, Math.max(0, users.length - seats - 1)));
        const left = users.filter((one) => !losing.includes(one.id));
        if (hasAdministrator) expect(left.some((one) => one.isAdministrator)).toBe(true);
      }),
    );
  });
});
