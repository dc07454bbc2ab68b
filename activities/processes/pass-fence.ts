import type { Executor } from '../../db/client.ts';
import { readActiveCatalog } from '../../db/queries/catalog-revision.ts';
import { passPeopleFence } from '../../db/queries/fence.ts';
import type { ProcessView } from '../../db/queries/process.ts';
import {
  lockPeople,
  readFacts,
  readPeople,
  readScene,
  readStandingGrants,
} from '../../db/queries/standing.ts';
import { entitlementName } from '../../domain/catalog.ts';
import type { ActivityDeps } from '../deps.ts';
import { askPolicy, factsByName, resourcesOf } from './ask-policy.ts';
import { wishPage } from './wish-page.ts';

/** Whether a fence looks at what a process does to people: only at feeds and edits of the configuration, and never at births. */
export function isFenced({ kind, cause }: ProcessView): boolean {
  return kind !== 'onboarding' && (cause === 'configuration' || cause === 'roster');
}

/**
 * Passes a page of a process's people through the fence of their tenant: those beyond its limit wait for a second person,
 * with what they would gain and lose, as far as policy lets it be held. Asked again it answers the same.
 */
export async function passPage(
  { mayHoldMany }: Pick<ActivityDeps, 'mayHoldMany'>,
  tx: Executor,
  process: ProcessView,
  personIds: readonly string[],
): Promise<void> {
  const { id: processId, organizationId, cause, requestedBy: author } = process;
  await lockPeople(tx, personIds);
  const scene = await readScene(tx, processId);
  if (!scene) return;
  const rows = await readPeople(tx, processId, personIds);
  const grants = (await readStandingGrants(tx, personIds)).filter(({ ending, isDue }) => !ending && !isDue);
  const { catalog } = await readActiveCatalog(tx);
  const page = wishPage(catalog, scene, rows);
  const facts = factsByName(await readFacts(tx, resourcesOf(page)));
  const verdicts = askPolicy(scene, page, facts, mayHoldMany);
  const people = page.map(({ row: { personId }, wishes }) => {
    const allowed = wishes.filter((wish) => verdicts.get(wish)?.allowed);
    const shall = process.kind === 'offboarding' ? [] : allowed.map(named);
    const have = grants.filter((grant) => grant.personId === personId).map(named);
    return { personId, difference: { gain: without(shall, have), lose: without(have, shall) } };
  });
  await passPeopleFence(tx, { organizationId, processId, cause, author, people });
}

function without(some: readonly string[], others: readonly string[]): string[] {
  return [...new Set(some.filter((one) => !others.includes(one)))].sort();
}

function named(one: { resource: string; entitlement: string }): string {
  return entitlementName(one.resource, one.entitlement);
}
