import { type Catalog, compareText, entitlementName, inOrder } from './catalog.ts';
import { type EffectiveEntitlement, effectiveEntitlements } from './catalog-entitlements.ts';
import { rolesOf, type TieredCustomer } from './catalog-tier.ts';
import type { DunningState } from './dunning.ts';
import type { RenewalCause } from './grant.ts';
import { graceMsOrThrow, periodMsOrThrow } from './period.ts';

/**
 * Standing access: what a person holds because of roles, without asking. It is computed, never commanded. Its end is counted
 * from facts and never from the clock, so that whoever computes it, and whenever, finds the same. All instants are ISO 8601
 * UTC with milliseconds, so that text compares as time does.
 */
export interface StandingPerson {
  /** Keys of the roles given to the person by themselves, in force at the instant in question. */
  roles: readonly string[];
  /** Null for a customer's user who is no member: not added yet, removed, or of a customer that is none any more. */
  place: VendorStaff | CustomerUser | null;
  /** The last review of the person, and the last of each of their roles. */
  reviews: readonly Review[];
  /** The person or their organization is suspended, or has been offboarded. */
  suspended: boolean;
  startsAt: string | null;
  endsAt: string | null;
}

/** Somebody has said that a person keeps what a role gives, or (`role` null) all that they hold. */
export interface Review {
  id: string;
  role: string | null;
  at: string;
}

export interface VendorStaff {
  kind: 'vendor';
  /** When each of their roles was given, by its key. */
  givenAt: ReadonlyMap<string, string>;
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
  /** Since when they are a user. Counts there, too. */
  memberSince: string;
}

/**
 * A fact that access lasts because of, and until when it does. `contract`: what the contract says; `review`: a line of a
 * review; `given`: that the role was given or the user was added, which begins access but prolongs none.
 */
export type Ground =
  | { kind: 'contract'; until: string }
  | { kind: 'given'; at: string; until: string }
  | { kind: 'review'; id: string; at: string; until: string };

/** One entitlement that a person shall hold by their roles, as far as policy lets them. */
export interface StandingWish {
  resource: string;
  entitlement: string;
  /** Key of the organization whose data it reaches: on a shared resource a user's own customer. */
  organization: string;
  /** The shortest way it comes: from a role that is held over those it includes to the one that gives it. */
  because: string[];
  /** The latest end that its grounds give; beyond it nothing lasts. */
  until: string;
  grounds: readonly Ground[];
}

/**
 * What a person shall hold by roles at an instant, in the order of its names. Nothing while suspended, before the start, from
 * the end on, without a place, and for users whose customer is suspended for not paying; of a restricted customer's users the
 * restricted roles alone count. Nothing, either, whose grounds have all run out: it has lapsed and waits for a review, or for
 * the contract's next word.
 */
export function desiredStanding(catalog: Catalog, person: StandingPerson, at: string): StandingWish[] {
  return standingUnder(catalog)(person, at);
}

/** The same for many people under one catalog: those with the same roles are worked out once. */
export function standingUnder(catalog: Catalog): (person: StandingPerson, at: string) => StandingWish[] {
  const resources = new Map(catalog.resources.map((one) => [one.key, one]));
  const byRoles = new Map<string, EffectiveEntitlement[]>();
  return (person, at) => {
    const { place } = person;
    if (!place || !mayHold(catalog, person, at)) return [];
    const roles = inOrder(rolesOf(catalog, { roles: person.roles, customer: holderOf(place) }, at));
    const id = roles.join(' ');
    const effective = byRoles.get(id) ?? effectiveEntitlements(catalog, roles);
    byRoles.set(id, effective);
    const groundsBy = new Map(roles.map((role) => [role, lasting(catalog, person, role, at)]));
    return effective.flatMap(({ resource, entitlement, derivations }) => {
      const on = resources.get(resource);
      const because = derivations.find(([held = '']) => groundsBy.get(held)?.length);
      if (!on || !because) return [];
      const organization = on.shared && place.kind === 'customer' ? place.key : on.organization;
      const held = new Set(derivations.map(([role = '']) => role));
      const grounds = [...held].flatMap((role) => groundsBy.get(role) ?? []);
      return [{ resource, entitlement, organization, because, until: latestOf(grounds) ?? at, grounds }];
    });
  };
}

/** Whether a person may hold anything by roles, whatever these are. */
export function mayHold(catalog: Catalog, person: StandingPerson, at: string): boolean {
  const { place, suspended, startsAt } = person;
  if (!place || suspended || (startsAt !== null && at < startsAt)) return false;
  const limit = standingLimit(catalog, person);
  if (limit !== null && limit <= at) return false;
  return place.kind === 'vendor' || (place.dunning !== 'suspended' && place.dunning !== 'offboarded');
}

function holderOf(place: VendorStaff | CustomerUser) {
  return place.kind === 'vendor' ? null : { ...place, restricted: place.dunning === 'restricted' };
}

/**
 * Beyond what nothing of a person lasts: their own end, and the contract's with the churn grace, so that nobody is cut off at
 * midnight because a renewal comes in the morning. Null: there is no such end.
 */
export function standingLimit(
  catalog: Catalog,
  { place, endsAt }: Pick<StandingPerson, 'place' | 'endsAt'>,
): string | null {
  const ends = place?.kind === 'customer' ? contractEnd(catalog, place) : null;
  return ends === null || endsAt === null ? (ends ?? endsAt) : earlier(ends, endsAt);
}

function contractEnd({ settings }: Catalog, { contractUntil }: CustomerUser): string | null {
  if (contractUntil === null) return null;
  return new Date(Date.parse(contractUntil) + graceMsOrThrow(settings.churnGrace)).toISOString();
}

/**
 * Why what one role gives a person lasts, and until when. A customer's users: until the contract's end with its grace. Where
 * it names none: the customer type's period, from the last event that confirmed the contract, from when they became users, and
 * from a review. The vendor's people: the standing period, from when the role was given and from a review. Never later than
 * the person's own end.
 */
export function groundsOf(
  catalog: Catalog,
  { place, reviews, endsAt }: Pick<StandingPerson, 'place' | 'reviews' | 'endsAt'>,
  role: string,
  at: string,
): Ground[] {
  if (!place) return [];
  const limit = standingLimit(catalog, { place, endsAt });
  const within = (until: string) => (limit === null ? until : earlier(until, limit));
  if (place.kind === 'customer' && place.contractUntil !== null)
    return limit === null ? [] : [{ kind: 'contract', until: limit }];
  const period = standingPeriodOf(catalog, place);
  const from = (instant: string) => within(later(instant, period));
  const given = place.kind === 'vendor' ? place.givenAt.get(role) : place.memberSince;
  const confirmed = place.kind === 'customer' ? place.confirmedAt : null;
  const lines = reviews.filter((line) => line.role === null || line.role === role);
  return [
    // A source whose clock is fast says nothing of what is to come.
    ...(confirmed === null ? [] : [{ kind: 'contract' as const, until: from(earlier(confirmed, at)) }]),
    ...(given === undefined ? [] : [{ kind: 'given' as const, at: given, until: from(given) }]),
    ...lines.map((line) => ({ kind: 'review' as const, id: line.id, at: line.at, until: from(line.at) })),
  ];
}

/** How long standing access lasts that no contract ends. ISO 8601 period. */
function standingPeriodOf({ settings, customerTypes }: Catalog, place: VendorStaff | CustomerUser): string {
  const type = place.kind === 'customer' && customerTypes.find((one) => one.key === place.type);
  return (type && type.grantedPeriod) || settings.standingPeriod;
}

function lasting(catalog: Catalog, person: StandingPerson, role: string, at: string): Ground[] {
  return groundsOf(catalog, person, role, at).filter(({ until }) => until > at);
}

function latestOf(grounds: readonly Ground[]): string | null {
  return grounds.reduce<string | null>(
    (latest, { until }) => (latest === null || until > latest ? until : latest),
    null,
  );
}

function later(instant: string, period: string): string {
  return new Date(Date.parse(instant) + periodMsOrThrow(period)).toISOString();
}

function earlier(one: string, other: string): string {
  return one < other ? one : other;
}

interface Named {
  resource: string;
  entitlement: string;
  /** Key of the organization whose data it reaches. */
  organization: string;
}

/** A standing grant that is not gone: its target may hold it still. */
export interface OpenStanding extends Named {
  id: string;
  until: string;
  /** When it was given, or last renewed. */
  since: string;
  /** Its end has been ordered, which nothing takes back. */
  ending: boolean;
}

/** What a person held by roles until its time ran out. */
export interface LapsedStanding extends Named {
  /** When it was given, or last renewed. */
  since: string;
}

/** The end of an open grant moves. */
export interface StandingRenewal {
  id: string;
  until: string;
  by: RenewalCause;
  /** Of a review: the line's id. */
  reviewId: string | null;
}

export interface StandingPlan {
  begin: StandingWish[];
  /** Ids of grants. One that ran out while it begins again stands here too: its end is ordered before another begins. */
  end: string[];
  renew: StandingRenewal[];
}

/** When a plan is made, and whether an event of the contract is why. */
export interface PlanMoment {
  at: string;
  isContractEvent: boolean;
}

/**
 * What makes what is open into what is desired, at an instant; nothing when it is so already. A grant that is ending is
 * nobody's access any more: what is wished for begins anew beside it. An end moves to a later instant only by the contract,
 * where an event of it is why this is planned, or by a review line that is newer than the grant and its last renewal. What ran
 * out begins again only by these, or because it was given anew since: neither time nor another configuration prolongs anything.
 */
export function standingPlan(
  desired: readonly StandingWish[],
  { open, lapsed }: { open: readonly OpenStanding[]; lapsed: readonly LapsedStanding[] },
  moment: PlanMoment,
): StandingPlan {
  const left = new Map(desired.map((wish) => [identityOf(wish), wish]));
  const plan: StandingPlan = { begin: [], end: [], renew: [] };
  const over: OpenStanding[] = [];
  for (const grant of [...open].sort((a, b) => compareText(a.id, b.id))) {
    if (grant.ending) continue;
    // What has run out ends by itself; its end would else be told as somebody's doing.
    if (grant.until <= moment.at) {
      over.push(grant);
      continue;
    }
    const wish = left.get(identityOf(grant));
    left.delete(identityOf(grant));
    if (!wish) plan.end.push(grant.id);
    else plan.renew.push(...renewalOf(grant, wish, moment));
  }
  for (const [id, wish] of left) {
    const before = [...lapsed, ...over].filter((one) => identityOf(one) === id);
    const until = before.length === 0 ? wish.until : latestOf(newGrounds(wish, before, moment));
    if (until === null || until <= moment.at) continue;
    plan.end.push(...over.filter((one) => identityOf(one) === id).map((one) => one.id));
    plan.begin.push({ ...wish, until });
  }
  return plan;
}

/** What of a wish speaks for it beyond what was known when it was given or renewed. */
function newGrounds(wish: StandingWish, known: readonly { since: string }[], moment: PlanMoment): Ground[] {
  return wish.grounds.filter((ground) =>
    ground.kind === 'contract' ? moment.isContractEvent : known.every(({ since }) => ground.at > since),
  );
}

function renewalOf(grant: OpenStanding, wish: StandingWish, moment: PlanMoment): StandingRenewal[] {
  const { id } = grant;
  if (wish.until < grant.until) return [{ id, until: wish.until, by: 'shortening', reviewId: null }];
  const renewing = newGrounds(wish, [grant], moment).filter(({ kind }) => kind !== 'given');
  const until = latestOf(renewing);
  const ground = renewing.find((one) => one.until === until);
  if (!ground || ground.kind === 'given' || ground.until <= grant.until) return [];
  const reviewId = ground.kind === 'review' ? ground.id : null;
  return [{ id, until: ground.until, by: ground.kind, reviewId }];
}

/** Which access it is, whoever gives it and until when. */
export function identityOf(one: Named): string {
  return `${entitlementName(one.resource, one.entitlement)} ${one.organization}`;
}
