import type { ActiveCatalog } from '../../db/queries/catalog-revision.ts';
import type {
  EntitlementFacts,
  StandingGrantRow,
  StandingRow,
  StandingScene,
} from '../../db/queries/standing.ts';
import type { NewStandingGrant, StandingWrites } from '../../db/queries/standing-write.ts';
import { type Catalog, entitlementName } from '../../domain/catalog.ts';
import { gateRoles, mustGoFirst, type StandingRefusal } from '../../domain/gates.ts';
import type { Ending, GrantOrigin } from '../../domain/grant.ts';
import { newId } from '../../domain/ids.ts';
import type { MayHoldMany } from '../../domain/policy.ts';
import { standingPlan, type StandingWish } from '../../domain/standing.ts';
import { askPolicy, type Facts, factsByName, type Verdicts } from './ask-policy.ts';
import type { Wished } from './wish-page.ts';

/** An account that a page's plan is about, and where it is. */
export interface TouchedAccount {
  personId: string;
  resourceId: string;
  account: string;
  targetKey: string;
  connector: string;
  /** Something of it ends. */
  isEnding: boolean;
}

/** What is written for a page, and what its targets are then brought to. */
export interface PagePlan {
  writes: StandingWrites;
  accounts: TouchedAccount[];
  /** Who is not done when their targets are: something must be gone before they get more. */
  unfinished: Set<string>;
}

/** What the plan needs beside the rows. */
export interface PlanTools {
  mayHoldMany: MayHoldMany;
  /** The account and, sealed, the password of a new grant; null when nothing knows how to reach the connector's kind. */
  place: (
    connector: string,
    ids: { grantId: string; personId: string },
  ) => { account: string; sealedPassword: string | null } | null;
}

/** Everything that is planned for a page, under one revision of the catalog and one version of the policies. Pure but for ids. */
export function planPage(
  scene: StandingScene,
  { number, catalog }: ActiveCatalog,
  page: readonly Wished[],
  rows: { grants: readonly StandingGrantRow[]; facts: readonly EntitlementFacts[] },
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
      people: [],
    },
    accounts: [],
    unfinished: new Set(),
  };
  const grantsOf = new Map<string, StandingGrantRow[]>(page.map(({ row }) => [row.personId, []]));
  for (const grant of rows.grants) grantsOf.get(grant.personId)?.push(grant);
  for (const one of page) {
    const grants = grantsOf.get(one.row.personId) ?? [];
    const planned = planPerson(scene, catalog, one, { grants, facts, verdicts }, tools);
    const { personId } = one.row;
    const { accounts, isUnfinished, refusal, ...writes } = planned;
    plan.writes.take.push(...writes.take);
    plan.writes.give.push(...writes.give);
    plan.writes.end.push(...writes.end);
    plan.writes.renew.push(...writes.renew);
    plan.writes.begin.push(...writes.begin);
    // Who has everything already is done at once.
    const state = accounts.length > 0 ? 'applying' : 'done';
    plan.writes.people.push({ personId, state: refusal ? 'failed' : state, error: refusal });
    plan.accounts.push(...accounts);
    if (isUnfinished) plan.unfinished.add(personId);
  }
  return plan;
}

function originOf({ cause, source }: StandingScene): GrantOrigin {
  if (cause === 'contract') return 'contract';
  return cause === 'roster' && source === null ? 'import' : 'role';
}

type PersonPlan = Pick<StandingWrites, 'take' | 'give' | 'end' | 'renew' | 'begin'> & {
  accounts: TouchedAccount[];
  isUnfinished: boolean;
  /** Why they get nothing, while what they shall not hold any more ends all the same. */
  refusal: StandingRefusal | null;
};

function planPerson(
  scene: StandingScene,
  catalog: Catalog,
  wished: Wished,
  rows: { grants: readonly StandingGrantRow[]; facts: Facts; verdicts: Verdicts },
  tools: PlanTools,
): PersonPlan {
  const { row, roles } = wished;
  const allowed = allowedOf(wished, rows.verdicts);
  const plan = standingPlan(allowed, rows.grants, scene.now);
  const ending = new Set(plan.end);
  const going = rows.grants.filter((grant) => grant.ending || ending.has(grant.id));
  const isUnfinished = plan.begin.length > 0 && mustGoFirst(catalog, roles, going);
  const { take, give } = roleChanges(scene, wished, isUnfinished);
  const isGaining = plan.begin.length > 0 || give.length > 0;
  const found = isUnfinished ? [] : beginnings(scene, row, plan.begin, rows, tools);
  const misplaced = typeof found === 'string' ? found : null;
  const refusal = (isGaining ? gateOf(catalog, wished) : null) ?? misplaced;
  const begun = refusal || typeof found === 'string' ? [] : found;
  const by = endedBy(scene, wished);
  const renewed = new Map(refusal ? [] : plan.renew.map((one) => [one.id, one.until]));
  const touched = rows.grants.filter(
    (grant) =>
      grant.state === 'provisioning' ||
      grant.isDue ||
      ending.has(grant.id) ||
      renewed.has(grant.id) ||
      // A try before this one may have told the ledger and not the target.
      row.state === 'applying',
  );
  return {
    take,
    give: refusal ? [] : give,
    end: plan.end.map((grantId) => ({ grantId, by })),
    renew: rows.grants.flatMap(({ id, until: formerUntil }) => {
      const until = renewed.get(id);
      return until === undefined ? [] : [{ grantId: id, formerUntil, until }];
    }),
    begin: begun.map(({ grant }) => grant),
    accounts: [
      ...touched.map(({ personId, resourceId, account, targetKey, connector, id, isDue }) => ({
        personId,
        resourceId,
        account,
        targetKey,
        connector,
        isEnding: isDue || ending.has(id),
      })),
      ...begun.map(({ grant, fact }) => ({
        personId: row.personId,
        resourceId: grant.resourceId,
        account: grant.account,
        targetKey: fact.targetKey,
        connector: fact.connector,
        isEnding: false,
      })),
    ],
    isUnfinished,
    refusal,
  };
}

/** What a fence keeps from ending stays even where policy forbids it by now, but nothing prolongs it then. */
function allowedOf({ wishes, kept }: Wished, verdicts: Verdicts): StandingWish[] {
  return wishes.flatMap((wish) => {
    if (verdicts.get(wish)?.allowed) return [wish];
    return kept.has(wish) ? [{ ...wish, atLeast: null }] : [];
  });
}

/** What a fence keeps from ending counts as well: nobody gets what conflicts with it meanwhile. */
function gateOf(catalog: Catalog, { roles, kept }: Wished): StandingRefusal | null {
  const refusal = gateRoles(catalog, roles);
  return refusal ?? (mustGoFirst(catalog, roles, [...kept]) ? 'conflicting-roles' : null);
}

function beginnings(
  { organization }: StandingScene,
  { personId }: StandingRow,
  wishes: readonly StandingWish[],
  { facts, verdicts }: { facts: Facts; verdicts: Verdicts },
  { place }: PlanTools,
): { grant: NewStandingGrant; fact: EntitlementFacts }[] | StandingRefusal {
  const begun: { grant: NewStandingGrant; fact: EntitlementFacts }[] = [];
  for (const wish of wishes) {
    const fact = facts.get(entitlementName(wish.resource, wish.entitlement));
    const verdict = verdicts.get(wish);
    if (!fact || !verdict) continue;
    const grantId = newId('grant');
    const placed = place(fact.connector, { grantId, personId });
    if (!placed) return 'misconfigured';
    const grant = {
      id: grantId,
      personId,
      organizationId: wish.organization === organization.key ? organization.id : fact.organization.id,
      resourceId: fact.resource.id,
      entitlementId: fact.entitlementId,
      until: wish.until,
      policyVersion: verdict.policyVersion,
      policies: verdict.policies,
      because: wish.because,
      ...placed,
    };
    begun.push({ grant, fact });
  }
  return begun;
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
