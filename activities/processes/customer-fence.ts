import type { UnbegunProcess } from '../../db/queries/contract.ts';
import { type Difference, passSourceFence } from '../../db/queries/fence.ts';
import { suspendOrganization } from '../../db/queries/offboarding.ts';
import { moveProcess } from '../../db/queries/process.ts';
import { actors } from '../../domain/audit-event.ts';
import { entitlementNames } from '../../domain/catalog-entitlements.ts';
import { stands } from '../../domain/contract-effects.ts';
import type { ProcessKind } from '../../domain/process.ts';
import { lostByMoving } from './customer-region.ts';
import type { Step } from './customer-scene.ts';

/**
 * Whether a contract takes something from a customer: it ends, its tier lacks a role, a feature or a seat of the one before, it
 * names fewer seats, or in its new region less may be held. Everything else, births and upgrades among it, no fence counts.
 */
export async function isReduction(the: Step, kind: ProcessKind): Promise<boolean> {
  if (kind === 'offboarding') return true;
  if (kind === 'onboarding') return false;
  return reducesTerms(the) || (await lostByMoving(the)).length > 0;
}

function reducesTerms({ was, contract, catalog }: Step): boolean {
  const { applied } = was;
  const { seats, tier } = contract.terms;
  const [former, next] = [applied.tier, tier].map((key) => catalog.tiers.find((one) => one.key === key));
  if (!former || !next) return false;
  if (fewer(seats ?? next.seats, applied.seats ?? former.seats)) return true;
  const lacksRole = former.allowedRoles.some((role) => !next.allowedRoles.includes(role));
  const lacksFeature = Object.entries(former.features).some(([name, isOn]) => isOn && !next.features[name]);
  return lacksRole || lacksFeature;
}

/** Null: any number. */
function fewer(seats: number | null, before: number | null): boolean {
  return seats !== null && (before === null || seats < before);
}

/** Whether the source has reduced or ended so many customers lately that this one waits for a second person. */
export async function heldBack(
  the: Step,
  { processId, source }: { processId: string; source: string | null },
): Promise<boolean> {
  const { tx, was } = the;
  if (source === null) return false;
  const { organizationId } = was;
  const difference = await differenceOf(the);
  if ((await passSourceFence(tx, { source, organizationId, processId, difference })) !== 'held') return false;
  await moveProcess(tx, processId, ['waiting'], 'fenced');
  return true;
}

/** What a customer's users may hold by its tier and could not any more, or in its new region, or the other way round. */
async function differenceOf(the: Step): Promise<Difference> {
  const { was, contract, catalog } = the;
  const mayHold = (key: string | null) => {
    const tier = catalog.tiers.find((one) => one.key === key);
    const features = Object.entries(tier?.features ?? {}).flatMap(([name, isOn]) => (isOn ? [name] : []));
    return [
      ...entitlementNames(catalog, tier?.allowedRoles ?? []),
      ...features.map((name) => `feature ${name}`),
    ];
  };
  const [before, after] = [
    mayHold(was.applied.tier),
    mayHold(stands(contract.terms) ? contract.terms.tier : null),
  ];
  const lost = before.filter((name) => !after.includes(name));
  const moved = stands(contract.terms) ? await lostByMoving(the) : [];
  const lose = [...lost, ...moved.filter((name) => !lost.includes(name))];
  const { seats } = contract.terms;
  if (lose.length === 0) lose.push(`seats beyond ${seats ?? 'those of the tier'}`);
  return { gain: after.filter((name) => !before.includes(name)), lose };
}

/**
 * A held end whose time has come suspends the customer, reversibly: what could not be undone waits on. Says when the next
 * one's time comes.
 */
export async function suspendHeld(
  { tx, was }: Step,
  unbegun: readonly UnbegunProcess[],
): Promise<{ nextAt: string | null }> {
  const held = unbegun.filter(({ kind, state }) => kind === 'offboarding' && state === 'fenced');
  if (held.some(({ isDue }) => isDue))
    await suspendOrganization(tx, was.organizationId, actors.engine, 'fence');
  const [next] = held.flatMap(({ isDue, dueAt }) => (isDue ? [] : [dueAt])).toSorted();
  return { nextAt: next ?? null };
}
