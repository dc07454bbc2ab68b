import { type Catalog, type CatalogTier, compareText } from './catalog.ts';
import { type SeatLimit, seatLimitOf, type TieredCustomer } from './catalog-tier.ts';

/** How many users more a customer may have; null: any number. Never less than none. */
export function seatsLeft(seats: number | null, used: number): number | null {
  return seats === null ? null : Math.max(0, seats - used);
}

/** Users who shall be added to those that a customer has. */
export interface SeatWish {
  /** `agreed`: as the contract says; null when it names no number. */
  customer: TieredCustomer & { agreed: number | null };
  used: number;
  wanted: number;
}

/**
 * Why they cannot be added, and what to do about it, in words for a customer's administrator; null when there are seats for
 * them. E.g. `All 25 seats of the Professional tier are used. Remove a user, or upgrade to Enterprise for unlimited seats.`
 */
export function refusedSeat(catalog: Catalog, wish: SeatWish, at: string): string | null {
  const limit = seatLimitOf(catalog, wish.customer, at);
  const left = seatsLeft(limit.seats, wish.used);
  if (limit.seats === null || left === null || left >= wish.wanted) return null;
  const tooMany = wish.used + wish.wanted - limit.seats;
  const remedies = [
    // To remove everybody is no advice.
    ...(tooMany < wish.used ? [`remove ${tooMany === 1 ? 'a user' : `${tooMany} users`}`] : []),
    moreSeats(catalog, limit, wish),
  ];
  return `${whatIsUsed(limit.seats, left, ofWhat(limit), wish)} ${capitalized(remedies.join(', or '))}.`;
}

function whatIsUsed(seats: number, left: number, of: string, { used, wanted }: SeatWish): string {
  if (left > 0) return `${left} of ${seats} seats ${of} ${left === 1 ? 'is' : 'are'} left, not ${wanted}.`;
  if (seats === 0) return `There are no seats ${of}.`;
  const by = used > seats ? ` by ${used} users` : '';
  return seats === 1 ? `The one seat ${of} is used${by}.` : `All ${seats} seats ${of} are used${by}.`;
}

function ofWhat({ by }: SeatLimit): string {
  if (by.kind === 'override') return `agreed until ${by.until.slice(0, 10)}`;
  if (by.kind === 'contract') return 'of the contract';
  return by.tier ? `of the ${by.tier.name} tier` : 'without a tier';
}

/** The next tier helps only where the tier decides: a number that was agreed goes with the customer. */
function moreSeats(catalog: Catalog, { by }: SeatLimit, { customer, used, wanted }: SeatWish): string {
  if (by.kind === 'contract') return 'have seats added to the contract';
  if (by.kind === 'override') return 'ask for more seats';
  const next = catalog.tiers
    .filter((tier) => tier.key !== customer.tier && room(tier) >= used + wanted)
    .sort((a, b) => compareRoom(room(a), room(b)) || compareText(a.key, b.key))[0];
  if (!next) return 'ask for more seats';
  return `upgrade to ${next.name} for ${next.seats ?? 'unlimited'} seats`;
}

function room(tier: CatalogTier): number {
  return tier.seats ?? Number.POSITIVE_INFINITY;
}

function compareRoom(one: number, other: number): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function capitalized(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

/** A customer's user as far as it matters who keeps a seat. Instants are ISO 8601 UTC with milliseconds. */
export interface SeatHolder {
  id: string;
  /** May administer the customer's users. */
  isAdministrator: boolean;
  /** When they confirmed their welcome; null: never. */
  confirmedAt: string | null;
  addedAt: string;
}

/**
 * Who loses access when there are more users than seats and the grace is over: their ids, in this order. First those who never
 * confirmed their welcome, then the others; among both who was added last comes first (by id, the greater first, where that
 * is the same). The administrator who would come last among the administrators stays, whatever the number of seats, so
 * that somebody can add seats or remove users.
 */
export function losingSeats(users: readonly SeatHolder[], seats: number | null): string[] {
  if (seats === null) return [];
  const order = [...users].sort(
    (a, b) =>
      Number(a.confirmedAt !== null) - Number(b.confirmedAt !== null) ||
      compareText(b.addedAt, a.addedAt) ||
      compareText(b.id, a.id),
  );
  const kept = order.findLast((user) => user.isAdministrator);
  return order
    .filter((user) => user !== kept)
    .slice(0, Math.max(0, users.length - seats))
    .map((user) => user.id);
}
