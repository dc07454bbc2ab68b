import type { Catalog } from './catalog.ts';
import { mustGoFirst, type NamedEntitlement } from './gates.ts';
import type { StandingPlan } from './standing.ts';

/** A standing grant that is not gone, as far as the order of a change depends on it. */
export interface Exchanged extends NamedEntitlement {
  id: string;
  /** ISO 8601 UTC. */
  until: string;
  state: 'provisioning' | 'held';
  /** Its end has been ordered. */
  ending: boolean;
}

export interface ExchangeFacts<Grant extends Exchanged> {
  catalog: Pick<Catalog, 'roles'>;
  /** Keys of the roles that count. */
  roles: readonly string[];
  open: readonly Grant[];
  /** Begun by the process that changes them now. */
  isOurs: (grant: Grant) => boolean;
  /** Waits for nothing: its time is over, or nobody may hold it any more. */
  isUrgent: (grant: Grant) => boolean;
  /** What the last try was to give could not be given. */
  hasFailed: boolean;
}

/** What of a person's plan is done now. */
export interface ExchangeStage extends StandingPlan {
  /** Of what ends: what ends first because it excludes what begins, and is given back if that cannot begin. */
  makesRoom: string[];
  /** Something must be read back before the rest is done. */
  isUnfinished: boolean;
  /** Everything that was to begin has begun: what is left of it is only taking away, which no failure takes back. */
  isGiven: boolean;
}

/**
 * The order in which one person's change is made. What begins, and what is prolonged, comes first, and what it takes the place
 * of ends, or ends sooner, when that was read back: so a change that fails has taken nothing. What roles exclude ends before
 * what excludes it begins. What is urgent ends at once in any case, and so does everything where nothing begins. Pure.
 */
export function stageOf<Grant extends Exchanged>(
  plan: StandingPlan,
  { catalog, roles, open, isOurs, isUrgent, hasFailed }: ExchangeFacts<Grant>,
): ExchangeStage {
  const byId = new Map(open.map((grant) => [grant.id, grant]));
  const isWaiting = (id: string) => {
    const grant = byId.get(id);
    return grant !== undefined && !isUrgent(grant);
  };
  const ours = open.filter((grant) => isOurs(grant) && !grant.ending);
  const hasBegun = plan.begin.length === 0 && !hasFailed && ours.every(({ state }) => state === 'held');
  const isGiven = ours.length > 0 && hasBegun;
  if (isGiven || (plan.begin.length === 0 && ours.length === 0))
    return { ...plan, makesRoom: [], isUnfinished: false, isGiven };
  const ends = new Set(plan.end);
  const excludes = (grant: Grant) => mustGoFirst(catalog, roles, [grant]);
  const urgent = plan.end.filter((id) => !isWaiting(id));
  const sooner = plan.renew.filter(({ by }) => by === 'shortening');
  const soonerNow = sooner.filter(({ id }) => !isWaiting(id));
  const stage = { begin: [], makesRoom: [], isGiven: false };
  if (plan.begin.length > 0 && open.some((one) => (one.ending || ends.has(one.id)) && excludes(one))) {
    const makesRoom = open.filter(({ id }) => ends.has(id) && isWaiting(id)).filter(excludes);
    const ids = makesRoom.map(({ id }) => id);
    return { ...stage, makesRoom: ids, end: [...urgent, ...ids], renew: soonerNow, isUnfinished: true };
  }
  const later = plan.renew.filter(({ by }) => by !== 'shortening');
  const isUnfinished = urgent.length < plan.end.length || soonerNow.length < sooner.length;
  return { ...stage, begin: plan.begin, end: urgent, renew: [...later, ...soonerNow], isUnfinished };
}

/** The same change where what was to begin may not begin at all: what is urgent ends, and nothing else happens. */
export function refusedStage<Grant extends Exchanged>(
  plan: StandingPlan,
  { open, isUrgent }: Pick<ExchangeFacts<Grant>, 'open' | 'isUrgent'>,
): ExchangeStage {
  const urgent = new Set(open.filter(isUrgent).map(({ id }) => id));
  return {
    begin: [],
    end: plan.end.filter((id) => urgent.has(id)),
    renew: plan.renew.filter(({ id, by }) => by === 'shortening' && urgent.has(id)),
    makesRoom: [],
    isUnfinished: false,
    isGiven: false,
  };
}
