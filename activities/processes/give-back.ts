import {
  type FormerGrant,
  type Meanwhile,
  type ProlongedGrant,
  readFormer,
  readMeanwhile,
  readProlonged,
} from '../../db/queries/give-back.ts';
import type { StandingGrantRow, StandingRow, StandingScene } from '../../db/queries/standing.ts';
import type { Executor } from '../../db/client.ts';
import type { Catalog } from '../../domain/catalog.ts';
import { mayHold, type StandingWish } from '../../domain/standing.ts';
import type { Facts, Verdicts } from './ask-policy.ts';
import { beginnings, type PlanTools } from './begin-grants.ts';
import type { PersonPlan } from './plan-page.ts';
import { accountsOf } from './touched.ts';
import { isCut, type Wished } from './wish-page.ts';

/** What somebody whose change has failed is brought back to. */
export interface GivingBack {
  /** What ended for the change, and is given again. */
  former: FormerGrant[];
  /** What the change has prolonged, and what has its former end back already. */
  prolonged: ProlongedGrant[];
  /** Null: nobody else has changed their access since. */
  meanwhile: Meanwhile | null;
}

/** Reads it for those of these people who are brought back. */
export async function readGivingBack(
  tx: Executor,
  processId: string,
  people: readonly StandingRow[],
): Promise<Map<string, GivingBack>> {
  const ids = people.flatMap(({ personId, isTakenBack }) => (isTakenBack ? [personId] : []));
  if (ids.length === 0) return new Map();
  const former = await readFormer(tx, processId, ids);
  const prolonged = await readProlonged(tx, processId, ids);
  const meanwhile = await readMeanwhile(tx, processId, ids);
  const isOf = (personId: string) => (one: { personId: string }) => one.personId === personId;
  return new Map(
    ids.map((id) => [
      id,
      {
        former: former.filter(isOf(id)),
        prolonged: prolonged.filter(isOf(id)),
        meanwhile: meanwhile.get(id) ?? null,
      },
    ]),
  );
}

/**
 * The page with what people who are brought back had, in place of what they should have got. Who is cut off meanwhile gets
 * nothing back, nor does whose access somebody else has changed since.
 */
export function asTheyWere(
  catalog: Catalog,
  scene: StandingScene,
  page: readonly Wished[],
  back: ReadonlyMap<string, GivingBack>,
): Wished[] {
  return page.map((one) => {
    const known = back.get(one.row.personId);
    if (!known) return one;
    const isFree = !known.meanwhile && !isCut(scene, one) && mayHold(catalog, one.person, scene.now);
    return { ...one, wishes: isFree ? known.former.map(asWish) : [], kept: new Set() };
  });
}

function asWish({ id, resource, entitlement, organization, until }: FormerGrant): StandingWish {
  return { resource, entitlement, organization, until, grounds: [], because: [id] };
}

/**
 * Brings one person back: when the last of what the change gave them was read back as gone, what had to end for it begins anew,
 * until its former end at the latest and as far as policy allows it still, and what was prolonged gets its former end. While
 * another process is at work on them it waits; where one is through, that holds.
 */
export function planGivingBack(
  scene: StandingScene,
  wished: Wished,
  rows: { grants: readonly StandingGrantRow[]; back: GivingBack; facts: Facts; verdicts: Verdicts },
  tools: PlanTools,
): PersonPlan {
  const { row, wishes } = wished;
  const { personId } = row;
  const { former, prolonged, meanwhile } = rows.back;
  const ours = rows.grants.filter((grant) => grant.processId === scene.processId);
  const isFree = meanwhile !== 'at work' && ours.every((grant) => !grant.ending);
  const allowed = isFree ? wishes.filter((wish) => rows.verdicts.get(wish)?.allowed) : [];
  const found = beginnings(scene, wished, allowed, rows, tools);
  const begun = typeof found === 'string' ? [] : found;
  const again = new Set(begun.map(({ grant }) => grant.because[0]));
  const cause = typeof found === 'string' ? found : 'policy';
  const due = new Set(wishes.map(({ because }) => because[0]));
  const lost = former.filter(({ id }) => isFree && due.has(id) && !again.has(id));
  const setBack = meanwhile ? [] : prolonged.filter(({ until, formerUntil }) => formerUntil < until);
  const moved = new Set(prolonged.map(({ id }) => id));
  const touched = rows.grants.filter((grant) => ours.includes(grant) || moved.has(grant.id));
  const accounts = accountsOf(touched, begun, (grant) => grant.isDue);
  return {
    aim: 'give-back',
    take: [],
    give: [],
    end: [],
    renew: setBack.map(({ id: grantId, until: formerUntil, formerUntil: until }) => {
      return { grantId, formerUntil, until, cause: 'shortening', reviewId: null };
    }),
    begin: begun.map(({ grant }) => grant),
    lost: lost.map(({ resourceId }) => ({ personId, resourceId, cause })),
    accounts,
    isUnfinished: !isFree,
    refusal: null,
    state: accounts.length > 0 || !isFree ? 'applying' : 'failed',
    error: row.lastError,
  };
}
