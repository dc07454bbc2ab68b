import { type Catalog, compareText, entitlementName, inOrder } from './catalog.ts';
import { effectiveEntitlements } from './catalog-entitlements.ts';
import { rolesOf, type TieredCustomer } from './catalog-tier.ts';
import type { DunningState } from './dunning.ts';
import { graceMsOrThrow, periodMsOrThrow } from './period.ts';

/**
 * Standing access: what a person holds because of roles, without asking. It is computed, never commanded. All instants are
 * ISO 8601 UTC with milliseconds, so that text compares as time does.
 */
export interface StandingPerson {
  /** Keys of the roles given to the person by themselves, in force at the instant in question. */
  roles: readonly string[];
  /** Null for a customer's user who is no member: not added yet, removed, or of a customer that is none any more. */
  place: VendorStaff | CustomerUser | null;
  /** The person or their organization is suspended, or has been offboarded. */
  suspended: boolean;
  startsAt: string | null;
  endsAt: string | null;
}

export interface VendorStaff {
  kind: 'vendor';
  /** When a review last renewed what they hold; null: none has. */
  reviewedAt: string | null;
}

export interface CustomerUser extends TieredCustomer {
  kind: 'customer';
  /** Key of the customer type it began as; null or unknown: the standing period holds. */
  type: string | null;
  contractRole: string | null;
  dunning: DunningState;
  /** The contract's end; null: it names none. */
  contractUntil: string | null;
  /** When an event last said that the contract stands; null: none has. Counts where it names no end. */
  confirmedAt: string | null;
}

/**
 * How long standing access lasts. A new grant ends at `until`. The end of an open one is moved only when it lies outside
 * [atLeast, until], to the nearer of these; null: nothing renews it. So time alone never prolongs anything.
 */
export interface StandingEnd {
  until: string;
  atLeast: string | null;
}

/** One entitlement that a person shall hold by their roles, as far as policy lets them. */
export interface StandingWish extends StandingEnd {
  resource: string;
  entitlement: string;
  /** Key of the organization whose data it reaches: on a shared resource a user's own customer. */
  organization: string;
  /** The shortest way it comes: from a role that is held over those it includes to the one that gives it. */
  because: string[];
}

/**
 * What a person shall hold by roles at an instant, in the order of its names. Nothing while suspended, before the start, from
 * the end on, without a place, and for users whose customer is suspended for not paying; of a restricted customer's users the
 * restricted roles alone count.
 */
export function desiredStanding(catalog: Catalog, person: StandingPerson, at: string): StandingWish[] {
  return standingUnder(catalog)(person, at);
}

/** The same for many people under one catalog: those with the same roles are worked out once. */
export function standingUnder(catalog: Catalog): (person: StandingPerson, at: string) => StandingWish[] {
  const resources = new Map(catalog.resources.map((one) => [one.key, one]));
  const byRoles = new Map<string, ReturnType<typeof effectiveEntitlements>>();
  return (person, at) => {
    const { place } = person;
    const end = standingEnd(catalog, person, at);
    if (!place || !end) return [];
    const roles = inOrder(rolesOf(catalog, { roles: person.roles, customer: holderOf(place) }, at));
    const id = roles.join(' ');
    const effective = byRoles.get(id) ?? effectiveEntitlements(catalog, roles);
    byRoles.set(id, effective);
    return effective.flatMap(({ resource, entitlement, derivations }) => {
      const on = resources.get(resource);
      if (!on) return [];
      const organization = on.shared && place.kind === 'customer' ? place.key : on.organization;
      return [{ resource, entitlement, organization, because: derivations[0] ?? [], ...end }];
    });
  };
}

/** How long whatever a person holds by roles lasts; null when they shall hold nothing, whatever their roles are. */
export function standingEnd(catalog: Catalog, person: StandingPerson, at: string): StandingEnd | null {
  const { place, endsAt } = person;
  if (!place || !isAdmitted(person, at)) return null;
  const end = standingUntil(catalog, { place, endsAt }, at);
  return end.until <= at ? null : end;
}

function isAdmitted({ place, suspended, startsAt, endsAt }: StandingPerson, at: string): boolean {
  if (suspended || (startsAt !== null && at < startsAt) || (endsAt !== null && endsAt <= at)) return false;
  return place?.kind !== 'customer' || (place.dunning !== 'suspended' && place.dunning !== 'offboarded');
}

function holderOf(place: VendorStaff | CustomerUser) {
  return place.kind === 'vendor' ? null : { ...place, restricted: place.dunning === 'restricted' };
}

/**
 * When standing access ends. A customer's users: with the contract, plus the churn grace, so that nobody is cut off at
 * midnight because a renewal comes in the morning; whatever moves the contract's end moves theirs. Where it names none: the
 * customer type's period from now, and for what is open already from the last event that confirmed the contract. The vendor's
 * people: the standing period from now, or from their last review. Never later than the person's own end.
 */
export function standingUntil(
  catalog: Catalog,
  { place, endsAt }: { place: VendorStaff | CustomerUser; endsAt: string | null },
  at: string,
): StandingEnd {
  const { until, atLeast } = endByPlace(catalog, place, at);
  return {
    until: endsAt === null ? until : earlier(until, endsAt),
    atLeast: atLeast === null || endsAt === null ? atLeast : earlier(atLeast, endsAt),
  };
}

function endByPlace(catalog: Catalog, place: VendorStaff | CustomerUser, at: string): StandingEnd {
  const { churnGrace, standingPeriod } = catalog.settings;
  if (place.kind === 'vendor') return lasting(standingPeriod, at, place.reviewedAt);
  if (place.contractUntil !== null) {
    const until = new Date(Date.parse(place.contractUntil) + graceMsOrThrow(churnGrace)).toISOString();
    return { until, atLeast: until };
  }
  const type = catalog.customerTypes.find((one) => one.key === place.type);
  return lasting(type?.grantedPeriod ?? standingPeriod, at, place.confirmedAt);
}

function lasting(period: string, at: string, renewedAt: string | null): StandingEnd {
  const until = later(at, period);
  return { until, atLeast: renewedAt === null ? null : earlier(later(renewedAt, period), until) };
}

function later(instant: string, period: string): string {
  return new Date(Date.parse(instant) + periodMsOrThrow(period)).toISOString();
}

function earlier(one: string, other: string): string {
  return one < other ? one : other;
}

/** A standing grant that is not gone: its target may hold it still. */
export interface OpenStanding {
  id: string;
  resource: string;
  entitlement: string;
  /** Key of the organization whose data it reaches. */
  organization: string;
  until: string;
  /** Its end has been ordered, which nothing takes back. */
  ending: boolean;
}

export interface StandingPlan {
  begin: StandingWish[];
  /** Ids of grants. One that ran out while it is wished for stands here too: its end is ordered before another begins. */
  end: string[];
  /** Ids of grants with their new ends. */
  renew: { id: string; until: string }[];
}

/**
 * What makes what is open into what is desired, at an instant; nothing when it is so already. A grant that is ending or has
 * run out is nobody's access any more: what is wished for begins anew beside it.
 */
export function standingPlan(
  desired: readonly StandingWish[],
  open: readonly OpenStanding[],
  at: string,
): StandingPlan {
  const left = new Map(desired.map((wish) => [identity(wish), wish]));
  const wished = new Set(left.keys());
  const plan: StandingPlan = { begin: [], end: [], renew: [] };
  for (const grant of [...open].sort((a, b) => compareText(a.id, b.id))) {
    if (grant.ending) continue;
    const id = identity(grant);
    const wish = left.get(id);
    const isOver = grant.until <= at;
    // What has run out and is not wished for ends by itself; its end would else be told as somebody's doing.
    if (isOver ? wished.has(id) : !wish) plan.end.push(grant.id);
    if (isOver || !wish) continue;
    left.delete(id);
    const until = within(grant.until, wish);
    if (until !== grant.until) plan.renew.push({ id: grant.id, until });
  }
  plan.begin.push(...left.values());
  return plan;
}

function within(end: string, { until, atLeast }: StandingEnd): string {
  if (end > until) return until;
  return atLeast !== null && end < atLeast ? atLeast : end;
}

function identity(one: { resource: string; entitlement: string; organization: string }): string {
  return `${entitlementName(one.resource, one.entitlement)} ${one.organization}`;
}
