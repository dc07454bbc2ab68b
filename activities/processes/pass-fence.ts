import type { Executor } from '../../db/client.ts';
import { readActiveCatalog } from '../../db/queries/catalog-revision.ts';
import { passPeopleFence } from '../../db/queries/fence.ts';
import type { ProcessView } from '../../db/queries/process.ts';
import { lockPeople, readPeople, readScene, readStandingGrants } from '../../db/queries/standing.ts';
import { entitlementName } from '../../domain/catalog.ts';
import { wishPage } from './wish-page.ts';

/** Whether a fence looks at what a process does to people: only at feeds and edits of the configuration, and never at births. */
export function isFenced({ kind, cause }: ProcessView): boolean {
  return kind !== 'onboarding' && (cause === 'configuration' || cause === 'roster');
}

/**
 * Passes a page of a process's people through the fence of their tenant: those beyond its limit wait for a second person,
 * with what they would gain and lose. Asked again it answers the same.
 */
export async function passPage(
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
  const people = wishPage(catalog, scene, rows).map(({ row: { personId }, wishes }) => {
    const shall = process.kind === 'offboarding' ? [] : wishes.map(named);
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
