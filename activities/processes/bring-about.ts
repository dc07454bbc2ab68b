import { newPassword } from '../../crypto/password.ts';
import { seal } from '../../crypto/sealing.ts';
import { readActiveCatalog } from '../../db/queries/catalog-revision.ts';
import { together } from '../../db/client.ts';
import { readHeldBack } from '../../db/queries/held-back.ts';
import { applyWishes } from '../../db/queries/import-wish.ts';
import {
  choosePage,
  lockPeople,
  readFacts,
  readPeople,
  readScene,
  readStandingGrants,
} from '../../db/queries/standing.ts';
import { confirmPage, type PageOutcome } from '../../db/queries/standing-confirm.ts';
import { writeStanding } from '../../db/queries/standing-write.ts';
import { limits } from '../../domain/limits.ts';
import type { ActivityDeps } from '../deps.ts';
import { type KnownAccount, readKnownAccounts } from '../../db/queries/found-account.ts';
import { adoptAccounts, adoptedFor, type Sought, toLookFor, withoutLeftAlone } from './adopt.ts';
import { resourcesOf } from './ask-policy.ts';
import type { PlanTools } from './begin-grants.ts';
import { drawUpProcess } from './draw-up.ts';
import { asTheyWere, readGivingBack } from './give-back.ts';
import { holdBack, readHeld } from './hold-back.ts';
import { type PagePlan, planPage } from './plan-page.ts';
import { pageSize, type PageWork, workPage } from './page.ts';
import type { PersonResult } from './targets.ts';
import { wishPage } from './wish-page.ts';

/** One person's change has at most so many parts, of which each must be read back before the next (`domain/exchange.ts`). */
const partsAtMost = 3;

/**
 * Brings one page of a process's people to what they shall hold by their roles: one transaction writes what begins, ends and
 * is renewed, then the targets are brought to it and read back, and each few people are written down as done. Whose
 * change has several parts has them one after the other. Computed anew from the rows at every call, so that it may be repeated,
 * run twice at once and killed anywhere. Whoever fails for good, or for too long, loses again what the process gave them, and
 * gets back what made room for it. Does nothing when nobody is left, or the process is not running.
 * @throws what may pass with time, when nobody of the page came any further.
 */
export async function bringAboutPage(
  deps: ActivityDeps,
  processId: string,
  signal: AbortSignal,
  beat: () => void,
): Promise<void> {
  const { db } = deps.ledger;
  const states = { first: ['waiting'], next: ['applying'] } as const;
  let rest: string[] | null = null;
  for (let part = 0; part < partsAtMost; part += 1) {
    const people: string[] = rest ?? (await choosePage(db, processId, states, pageSize));
    const next: string[] = [];
    const work: PageWork<PagePlan> = {
      people,
      intend: (personIds) => writePagePlan(deps, processId, personIds, { signal, beat }),
      accountsOf: (plan) => plan.accounts,
      async confirm(plan, results) {
        const over = new Set(await confirmPage(db, outcomeOf(processId, plan, results)));
        const isUnfinished = ({ personId, error }: PersonResult) =>
          error === null && plan.unfinished.has(personId);
        next.push(...results.filter(isUnfinished).map(({ personId }) => personId));
        return results
          .filter(({ personId, error }) => error !== null && !over.has(personId))
          .map((one) => one.personId);
      },
    };
    await workPage(deps, work, signal, beat);
    if (next.length === 0) return;
    rest = next;
  }
}

function outcomeOf(processId: string, plan: PagePlan, results: readonly PersonResult[]): PageOutcome {
  // How it goes on with whom it came to nothing for, their own row says.
  const refused = new Set(plan.writes.refused.map((one) => one.personId));
  return {
    processId,
    personIds: results.map((one) => one.personId),
    held: results.flatMap((one) => one.held),
    gone: results.flatMap((one) => one.gone),
    people: results
      .filter((one) => !refused.has(one.personId))
      .map((one) => ({
        ...one,
        aim: plan.aims.get(one.personId) ?? 'give',
        isUnfinished: plan.unfinished.has(one.personId),
      })),
    limitMs: limits.provisionForMs,
    givesBack: plan.writes.givesBack,
  };
}

/**
 * Plans for these people and writes it. What was accepted about them and no fence has looked at yet is drawn up first, whoever
 * comes: else it would happen here unseen. Accounts that imported people have already are taken over before they get others. Null
 * when the process is not at work, or nothing is left to do for any of them.
 */
export async function writePagePlan(
  deps: ActivityDeps,
  processId: string,
  personIds: readonly string[],
  { signal, beat }: { signal: AbortSignal; beat: () => void } = unhurried(),
): Promise<PagePlan | null> {
  let hasLooked = false;
  for (let tries = 0; tries < triesAtMost; tries += 1) {
    const planned = await planUnlessPending(deps, processId, personIds, hasLooked);
    if (planned === null || 'plan' in planned) return planned && planned.plan;
    if ('sought' in planned) {
      await adoptAccounts(deps, processId, planned.sought, signal);
      hasLooked = true;
      beat();
      continue;
    }
    for (const id of planned.pending) await drawUpProcess(deps, id, beat);
  }
  throw new Error('Edits of the configuration come faster than a fence can look at them.');
}

const triesAtMost = 20;

type Planned = { plan: PagePlan } | { pending: string[] } | { sought: Sought[] };

function unhurried() {
  return { signal: new AbortController().signal, beat: () => undefined };
}

function planUnlessPending(
  deps: ActivityDeps,
  processId: string,
  personIds: readonly string[],
  hasLooked: boolean,
): Promise<Planned | null> {
  return deps.ledger.db.transaction(async (tx) => {
    // In this order: who undoes the process, or removes one of them, waited for the lock or has it behind them.
    const [, scene, active] = await together([
      lockPeople(tx, personIds),
      readScene(tx, processId),
      readActiveCatalog(tx),
    ]);
    if (scene?.state !== 'running') return null;
    if (scene.cause === 'roster') await applyWishes(tx, processId, personIds);
    const people = await readPeople(tx, processId, personIds);
    if (people.length === 0) return null;
    const ids = people.map((row) => row.personId);
    const grants = await readStandingGrants(tx, ids);
    const back = await readGivingBack(tx, processId, people);
    const wished = wishPage(active.catalog, scene, people);
    const former = [...back.values()].flatMap((one) => one.former);
    const resources = [
      ...resourcesOf(wished),
      ...[...grants.open, ...former].map(({ resource }) => resource),
    ];
    const about = { processId, organizationId: scene.organization.id };
    const [facts, { pending, items }] = await together([
      readFacts(tx, [...new Set(resources)]),
      // Last of all: what is in force by what was read before is either found here, or a fence has looked at it.
      readHeldBack(tx, about, ids),
    ]);
    if (pending.length > 0) return { pending };
    const held = await readHeld(tx, active.catalog, scene, people, items);
    const allowed = holdBack(active.catalog, scene, wished, { grants: grants.open, held });
    const page = asTheyWere(active.catalog, scene, allowed, back);
    const sought = hasLooked ? [] : await toLookFor(tx, deps, scene, page, facts);
    if (sought.length > 0) return { sought };
    const known = await readKnownAccounts(tx, ids);
    const rows = { grants, facts, back };
    const plan = planPage(scene, active, withoutLeftAlone(page, known), rows, toolsOf(deps, known));
    await writeStanding(tx, plan.writes);
    return { plan };
  });
}

function toolsOf(deps: ActivityDeps, known: readonly KnownAccount[]): PlanTools {
  return {
    mayHoldMany: deps.mayHoldMany,
    place(kind, ids) {
      const connector = deps.connectors.get(kind);
      if (!connector) return null;
      const adopted = adoptedFor(known, ids);
      if (adopted) return { ...adopted, sealedPassword: null };
      const sealedPassword = connector.capabilities.yieldsCredential
        ? seal(deps.sealing, newPassword(), `grant:${ids.grantId}`)
        : null;
      return { account: connector.account(ids), prior: null, sealedPassword };
    },
  };
}
