import type { ActiveCatalog } from '../../db/queries/catalog-revision.ts';
import type {
  EntitlementFacts,
  StandingGrantRow,
  StandingGrants,
  StandingRow,
  StandingScene,
} from '../../db/queries/standing.ts';
import type { OutcomeAim } from '../../db/queries/standing-confirm.ts';
import type { StandingWrites } from '../../db/queries/standing-write.ts';
import type { Catalog } from '../../domain/catalog.ts';
import { refusedStage, stageOf } from '../../domain/exchange.ts';
import { gateRoles, mustGoFirst, type StandingRefusal } from '../../domain/gates.ts';
import type { Ending, GrantOrigin } from '../../domain/grant.ts';
import type { ProcessPersonState } from '../../domain/process.ts';
import { identityOf, standingPlan, type StandingWish } from '../../domain/standing.ts';
import { askPolicy, type Facts, factsByName, type Verdicts } from './ask-policy.ts';
import { beginnings, type PlanTools } from './begin-grants.ts';
import { type GivingBack, planGivingBack } from './give-back.ts';
import { accountsOf, type TouchedAccount } from './touched.ts';
import { isCut, type Wished } from './wish-page.ts';

/** What is written for a page, and what its targets are then brought to. */
export interface PagePlan {
  writes: StandingWrites;
  accounts: TouchedAccount[];
  /** Who is not done when their targets are: something must be read back before the rest. */
  unfinished: Set<string>;
  /** What is tried for each of its people. */
  aims: Map<string, OutcomeAim>;
}

/** Everything that is planned for a page, under one revision of the catalog and one version of the policies. Pure but for ids. */
export function planPage(
  scene: StandingScene,
  { number, catalog }: ActiveCatalog,
  page: readonly Wished[],
  rows: {
    grants: StandingGrants;
    facts: readonly EntitlementFacts[];
    back: ReadonlyMap<string, GivingBack>;
  },
  tools: PlanTools,
): PagePlan {
  const facts = factsByName(rows.facts);
  const verdicts = askPolicy(scene, page, facts, tools.mayHoldMany);
  const plan: PagePlan = {
    writes: {
      processId: scene.processId,
      holderOrganizationId: scene.organization.id,
      origin: originOf(scene),
      catalogRevision: number,
      now: scene.now,
      take: [],
      give: [],
      end: [],
      renew: [],
      begin: [],
      givesBack: scene.kind === 'role-change',
      refused: [],
      lost: [],
      people: [],
    },
    accounts: [],
    unfinished: new Set(),
    aims: new Map(),
  };
  const grantsOf = new Map<string, StandingGrantRow[]>(page.map(({ row }) => [row.personId, []]));
  for (const grant of rows.grants.open) grantsOf.get(grant.personId)?.push(grant);
  for (const one of page) {
    const grants = grantsOf.get(one.row.personId) ?? [];
    const { personId } = one.row;
    const lapsed = rows.grants.lapsed.filter((grant) => grant.personId === personId);
    const back = rows.back.get(personId);
    const planned = back
      ? planGivingBack(scene, one, { grants, back, facts, verdicts }, tools)
      : planPerson(scene, catalog, one, { grants, lapsed, facts, verdicts }, tools);
    addTo(plan, one.row, planned);
  }
  return plan;
}

function addTo({ writes, ...plan }: PagePlan, { personId }: StandingRow, planned: PersonPlan): void {
  const { aim, accounts, isUnfinished, refusal, state, error } = planned;
  writes.take.push(...planned.take);
  writes.give.push(...planned.give);
  writes.end.push(...planned.end);
  writes.renew.push(...planned.renew);
  writes.begin.push(...planned.begin);
  writes.lost.push(...planned.lost);
  writes.people.push({ personId, state, error });
  if (refusal) writes.refused.push({ personId, error: refusal });
  plan.accounts.push(...accounts);
  plan.aims.set(personId, aim);
  if (isUnfinished) plan.unfinished.add(personId);
}

function originOf({ cause, source, isReview }: StandingScene): GrantOrigin {
  if (cause === 'contract') return 'contract';
  if (isReview) return 'review';
  return cause === 'roster' && source === null ? 'import' : 'role';
}

/** What is planned for one person. */
export type PersonPlan = Pick<StandingWrites, 'take' | 'give' | 'end' | 'renew' | 'begin' | 'lost'> & {
  aim: OutcomeAim;
  accounts: TouchedAccount[];
  isUnfinished: boolean;
  /** Why nothing begins for them; then only what must end at once ends. */
  refusal: StandingRefusal | null;
  /** How far they are when it is written. */
  state: ProcessPersonState;
  error: string | null;
};

function planPerson(
  scene: StandingScene,
  catalog: Catalog,
  wished: Wished,
  rows: {
    grants: readonly StandingGrantRow[];
    lapsed: StandingGrants['lapsed'];
    facts: Facts;
    verdicts: Verdicts;
  },
  tools: PlanTools,
): PersonPlan {
  const { row, roles } = wished;
  const allowed = allowedOf(wished, rows.verdicts);
  const known = { open: rows.grants, lapsed: rows.lapsed };
  const plan = standingPlan(allowed, known, { at: scene.now, isContractEvent: scene.isContractEvent });
  const order = {
    catalog,
    roles,
    open: rows.grants,
    isOurs: (grant: StandingGrantRow) => grant.processId === scene.processId,
    isUrgent: urgency(scene, wished, allowed),
    hasFailed: row.lastError !== null,
  };
  const first = stageOf(plan, order);
  const { take, give } = roleChanges(scene, wished, first.begin.length < plan.begin.length);
  const isGaining = plan.begin.length > 0 || give.length > 0;
  const found = beginnings(scene, wished, first.begin, rows, tools);
  const misplaced = typeof found === 'string' ? found : null;
  const refusal = (isGaining ? gateOf(catalog, wished) : null) ?? misplaced;
  const begun = refusal || typeof found === 'string' ? [] : found;
  const stage = refusal ? refusedStage(plan, order) : first;
  const by = endedBy(scene, wished);
  const ending = new Set(stage.end);
  const renewed = new Map(stage.renew.map((one) => [one.id, one]));
  const touched = rows.grants.filter(
    (grant) =>
      grant.state === 'provisioning' ||
      grant.isDue ||
      ending.has(grant.id) ||
      renewed.has(grant.id) ||
      // A try before this one may have told the ledger and not the target.
      row.state === 'applying',
  );
  const accounts = accountsOf(touched, begun, (grant) => grant.isDue || ending.has(grant.id));
  const state = accounts.length > 0 ? 'applying' : 'done';
  return {
    aim: stage.isGiven ? 'end' : 'give',
    take: refusal ? [] : take,
    give: refusal ? [] : give,
    end: stage.end.map((grantId) => ({ grantId, by, makesRoom: stage.makesRoom.includes(grantId) })),
    renew: rows.grants.flatMap(({ id, until: formerUntil }) => {
      const one = renewed.get(id);
      if (!one) return [];
      return [{ grantId: id, formerUntil, until: one.until, cause: one.by, reviewId: one.reviewId }];
    }),
    begin: begun.map(({ grant }) => grant),
    lost: [],
    accounts,
    isUnfinished: stage.isUnfinished,
    refusal,
    // Who has everything already is done at once.
    state: refusal ? 'failed' : state,
    error: refusal,
  };
}

/**
 * What ends waits for nothing where people are cut off or restricted, where policy forbids what their roles would give, and
 * where its time is over.
 */
function urgency(
  scene: StandingScene,
  wished: Wished,
  allowed: readonly StandingWish[],
): (grant: StandingGrantRow) => boolean {
  const forbidden = new Set(wished.wishes.map(identityOf));
  for (const wish of allowed) forbidden.delete(identityOf(wish));
  const isAtOnce = isCut(scene, wished) || endedBy(scene, wished) !== 'role-change';
  return (grant) => isAtOnce || grant.until <= scene.now || forbidden.has(identityOf(grant));
}

/** What a fence keeps from ending stays even where policy forbids it by now, but nothing prolongs it then. */
function allowedOf({ wishes, kept }: Wished, verdicts: Verdicts): StandingWish[] {
  return wishes.flatMap((wish) => {
    if (verdicts.get(wish)?.allowed) return [wish];
    return kept.has(wish) ? [{ ...wish, grounds: [] }] : [];
  });
}

/** What a fence keeps from ending counts as well: nobody gets what conflicts with it meanwhile. */
function gateOf(catalog: Catalog, { roles, kept }: Wished): StandingRefusal | null {
  const refusal = gateRoles(catalog, roles);
  return refusal ?? (mustGoFirst(catalog, roles, [...kept]) ? 'conflicting-roles' : null);
}

/** The rows of a customer's users follow what counts; those of the vendor's people are what somebody gave. */
function roleChanges(
  { organization }: StandingScene,
  { row, roles, isGivingHeld, isTakingHeld }: Wished,
  isUnfinished: boolean,
): Pick<StandingWrites, 'take' | 'give'> {
  if (organization.kind === 'vendor') return { take: [], give: [] };
  const { personId } = row;
  const has = new Set(row.roles.map((role) => role.key));
  const give = isUnfinished ? [] : roles.filter((role) => !has.has(role) && !isGivingHeld(role));
  return {
    take: row.roles
      .filter(
        (role, at) =>
          (!roles.includes(role.key) && !isTakingHeld(role.key)) ||
          row.roles.findIndex((one) => one.key === role.key) < at,
      )
      .map(({ seq, key }) => ({ seq, personId, role: key })),
    give: give.map((role) => ({ personId, role })),
  };
}

function endedBy({ organization }: StandingScene, { row, person }: Wished): Ending {
  if (row.offboarded || !person.place) return 'offboarding';
  const isCut = person.place.kind === 'customer' && person.place.dunning === 'suspended';
  return row.suspended || organization.suspended || isCut ? 'suspension' : 'role-change';
}
