import { newPassword } from '../../crypto/password.ts';
import { seal } from '../../crypto/sealing.ts';
import { readActiveCatalog } from '../../db/queries/catalog-revision.ts';
import { readHeldBack } from '../../db/queries/held-back.ts';
import {
  choosePage,
  lockPeople,
  readFacts,
  readPeople,
  readScene,
  readStandingGrants,
} from '../../db/queries/standing.ts';
import { confirmPage, type PageOutcome, writeStanding } from '../../db/queries/standing-write.ts';
import { limits } from '../../domain/limits.ts';
import type { ActivityDeps } from '../deps.ts';
import { resourcesOf } from './ask-policy.ts';
import { inBatches } from './batches.ts';
import { holdBack } from './hold-back.ts';
import { type PagePlan, planPage, type PlanTools } from './plan-page.ts';
import { bringTargets, type PersonResult } from './targets.ts';
import { wishPage } from './wish-page.ts';

/** People in one page. */
export const pageSize = 200;

/**
 * Brings one page of a process's people to what they shall hold by their roles: one transaction writes what begins, ends and
 * is renewed, then the targets are brought to it and read back, and each few people are written down as done. Computed anew
 * from the rows at every call, so that it may be repeated, run twice at once and killed anywhere. Whoever fails for good, or
 * for too long, loses again what the process gave them. Does nothing when nobody is left, or the process is not running.
 * @throws what may pass with time, when nobody of the page came any further.
 */
export async function bringAboutPage(
  deps: ActivityDeps,
  processId: string,
  signal: AbortSignal,
  beat: () => void,
): Promise<void> {
  const { db } = deps.ledger;
  const chosen = await choosePage(db, processId, { first: ['waiting'], next: ['applying'] }, pageSize);
  if (chosen.length === 0) return;
  await deps.reach('standing.before-intent');
  const plan = await writePagePlan(deps, processId, chosen);
  if (!plan) return;
  await deps.reach('standing.after-intent');
  beat();
  const stuck: PersonResult[] = [];
  const batches = inBatches<PersonResult>(async (some) => {
    await deps.reach('standing.before-outcome');
    const failed = new Set(await confirmPage(db, outcomeOf(processId, plan, some)));
    stuck.push(...some.filter((one) => one.error !== null && !failed.has(one.personId)));
    await deps.reach('standing.after-outcome');
    beat();
  });
  try {
    await bringTargets(deps, plan.accounts, signal, batches.add);
  } finally {
    await batches.finish();
  }
  if (stuck.length > 0 && stuck.length === chosen.length) throw stuck[0]?.cause;
}

function outcomeOf(processId: string, plan: PagePlan, results: readonly PersonResult[]): PageOutcome {
  return {
    processId,
    personIds: results.map((one) => one.personId),
    held: results.flatMap((one) => one.held),
    gone: results.flatMap((one) => one.gone),
    // For whom only what ends was done is planned once more.
    people: results.filter((one) => one.error !== null || !plan.unfinished.has(one.personId)),
    limitMs: limits.provisionForMs,
  };
}

/** Plans for these people and writes it. Null when the process is not at work, or nothing is left to do for any of them. */
export async function writePagePlan(
  deps: ActivityDeps,
  processId: string,
  personIds: readonly string[],
): Promise<PagePlan | null> {
  return deps.ledger.db.transaction(async (tx) => {
    await lockPeople(tx, personIds);
    // Only now: who undoes the process, or removes one of them, waited for this lock or has it behind them.
    const scene = await readScene(tx, processId);
    if (scene?.state !== 'running') return null;
    const people = await readPeople(tx, processId, personIds);
    if (people.length === 0) return null;
    const ids = people.map((row) => row.personId);
    const grants = await readStandingGrants(tx, ids);
    const active = await readActiveCatalog(tx);
    const held = await readHeldBack(tx, { processId, organizationId: scene.organization.id }, ids);
    const wished = wishPage(active.catalog, scene, people);
    const page = holdBack(active.catalog, scene, wished, { grants, held });
    const facts = await readFacts(tx, resourcesOf(page));
    const plan = planPage(scene, active, page, { grants, facts }, toolsOf(deps));
    await writeStanding(tx, plan.writes);
    return plan;
  });
}

function toolsOf(deps: ActivityDeps): PlanTools {
  return {
    mayHoldMany: deps.mayHoldMany,
    place(kind, ids) {
      const connector = deps.connectors.get(kind);
      if (!connector) return null;
      const sealedPassword = connector.capabilities.yieldsCredential
        ? seal(deps.sealing, newPassword(), `grant:${ids.grantId}`)
        : null;
      return { account: connector.account(ids), sealedPassword };
    },
  };
}
