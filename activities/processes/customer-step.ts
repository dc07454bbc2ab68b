import { type Executor, together } from '../../db/client.ts';
import { restoreOrganization } from '../../db/queries/coming-back.ts';
import { readActiveCatalog } from '../../db/queries/catalog-revision.ts';
import {
  type KnownFact,
  lockContract,
  lockUnbegun,
  type UnbegunProcess,
  writeContract,
} from '../../db/queries/contract.ts';
import {
  createCarriedProcess,
  createProcess,
  moveProcess,
  type NewProcess,
  nudgeProcess,
} from '../../db/queries/process.ts';
import { actors } from '../../domain/audit-event.ts';
import { type Contract, type ContractTerms, emptyContract, foldContract } from '../../domain/contract.ts';
import { contractEffects, stands } from '../../domain/contract-effects.ts';
import { type FollowUp, followUp } from '../../domain/contract-follow-up.ts';
import type { DunningState } from '../../domain/dunning.ts';
import { graceMsOrThrow } from '../../domain/period.ts';
import type { CustomerSituation } from '../../workflows/activities.ts';
import type { ActivityDeps } from '../deps.ts';
import { stepDunning } from './customer-dunning.ts';
import { removeNamedUsers, usersOfNewRoles } from './customer-people.ts';
import { stepLapse } from './customer-lapse.ts';
import { stepSeats } from './customer-seats.ts';
import { stepUsers } from './customer-users.ts';
import { heldBack, isReduction, suspendHeld } from './customer-fence.ts';
import { earliest, type Made, type Step } from './customer-scene.ts';

/** How soon a customer is looked at again whose leaving is under way while its next contract stands. Milliseconds. */
const lookAgainMs = 5_000;

/**
 * Takes in what is new about a customer's contract and the clock, and writes down what follows, all in one transaction under
 * the lock on the contract: a step that is lost has not happened, one that is doubled finds nothing new. Of the processes that
 * it makes it answers with the first that may begin; others are started by their own outbox lines, and one whose answer is lost
 * by the relay's repair.
 */
export function customerStep(deps: ActivityDeps, organizationId: string): Promise<CustomerSituation> {
  return deps.ledger.db.transaction((tx) => step(deps, tx, organizationId));
}

async function step(
  { mayHoldMany }: ActivityDeps,
  tx: Executor,
  organizationId: string,
): Promise<CustomerSituation> {
  const was = await lockContract(tx, organizationId);
  if (!was) return { phase: 'idle', wakeAt: null };
  const { facts } = was;
  const contract = folded(was.refold ? emptyContract() : was.content, facts);
  const effects = contractEffects(was.content, contract);
  const [{ catalog }, unbegun] = await together([
    readActiveCatalog(tx),
    // Before anything new is made, which is none of them.
    lockUnbegun(tx, organizationId),
  ]);
  const the: Step = { tx, was, contract, effects, catalog, mayHoldMany };
  const dunning = await stepDunning(the);
  const newRoles = await usersOfNewRoles(the, unbegun);
  const follow = followUp({
    ...was,
    effects,
    terms: contract.terms,
    hasNewRoles: newRoles.length > 0,
    mayReturn: was.mayReturn && !dunning.isCut,
    isRecovered: dunning.wasCut && !dunning.isCut,
  });
  const made = [
    await follows(the, follow, { unbegun, newRoles, dunning: dunning.state }),
    ...dunning.made,
    ...(await removeNamedUsers(the)),
  ];
  const seats = await stepSeats(the);
  // Nothing is held where nothing waited before, or does now.
  const mayBeHeld = unbegun.length > 0 || made.some((one) => one && !one.isReady);
  const held = await suspendHeld(the, mayBeHeld ? await lockUnbegun(tx, organizationId) : []);
  const isComingBack = was.standing === 'leaving' && was.mayReturn && stands(contract.terms);
  const lookAgainAt = isComingBack ? new Date(Date.parse(was.now) + lookAgainMs).toISOString() : null;
  const wakeAt = earliest([dunning.nextAt, seats.nextAt, held.nextAt, lookAgainAt]);
  const lapsesAt = await stepLapse(the);
  const usersAt = await stepUsers(the);
  const foldedSeq = facts.at(-1)?.seq ?? (was.refold ? 0 : was.foldedSeq);
  await writeContract(tx, organizationId, {
    content: contract,
    foldedSeq,
    endedAt: endedAt(the),
    dunningSince: dunning.since,
    dunningState: dunning.state,
    overSeatsSince: seats.since,
    seatNotices: seats.notices,
    // A workflow does not stay open for what may be months from now: the repair starts its next run then.
    wakeAt: earliest([wakeAt, lapsesAt, usersAt]),
  });
  const next = [...made, ...seats.made].find((one) => one?.isReady);
  return next ? { phase: 'start', processId: next.id, kind: next.kind, wakeAt } : { phase: 'idle', wakeAt };
}

function folded(contract: Contract, facts: readonly KnownFact[]): Contract {
  return facts.reduce((all, { fact }) => foldContract(all, fact), contract);
}

function endedAt({ was, contract, effects }: Step): string | null {
  if (effects.some(({ kind }) => kind === 'churned')) return was.now;
  return stands(contract.terms) ? null : was.endedAt;
}

/** What a step has found out about a customer beside its contract. */
interface Found {
  unbegun: readonly UnbegunProcess[];
  newRoles: string[];
  /** After this step. */
  dunning: DunningState;
}

/** Writes the process that follows from the contract, and drops those that have not begun and are of no use any more. */
async function follows(
  the: Step,
  { process, discards }: FollowUp,
  { unbegun, newRoles, dunning }: Found,
): Promise<Made | null> {
  const made = process ? await begin(the, process, newRoles) : null;
  for (const one of unbegun)
    if (discards.includes(one.kind) && !isStillDue(the, one, made))
      await discard(the, one, { replacedBy: made?.id ?? null, dunning });
  await addNamedUsers(the, process?.kind ?? null);
  return made;
}

/** What unpaid bills lead to is of use until they are paid, or something newer does the same. */
function isStillDue({ contract }: Step, { cause, kind }: UnbegunProcess, made: Made | null): boolean {
  const { state } = contract.terms;
  const isFailing = state === 'past_due' || state === 'unpaid' || state === 'paused';
  return cause === 'dunning' && isFailing && (kind === 'offboarding' || made === null);
}

async function begin(
  the: Step,
  process: NonNullable<FollowUp['process']>,
  newRoles: string[],
): Promise<Made> {
  const { tx, was, contract, catalog } = the;
  const { kind, effects, again } = process;
  const graceMs = kind === 'offboarding' ? graceMsOrThrow(catalog.settings.churnGrace) : 0;
  // A mapping that was corrected wrongly leaves nothing of a contract: whose it was ends it.
  const source = (contract.terms.carrier ?? was.content.terms.carrier)?.source ?? null;
  const named = newRoles.length > 0 ? { newRoles } : {};
  const wish = {
    onboarding: { again, effects, terms: wished(contract.terms) },
    'role-change': { what: 'contract', effects, terms: wished(contract.terms), ...named },
    // Its end may be called off before it begins.
    offboarding: { why: 'churn', effects, ...named },
  } as const;
  const made: NewProcess = {
    kind,
    organizationId: was.organizationId,
    cause: 'contract',
    source,
    wish: { ...wish[kind], effects: [...effects] },
    dueAt: new Date(Date.parse(was.now) + graceMs),
    actor: actors.engine,
    traceparent: null,
  };
  const mayBeHeld = await isReduction(the, kind);
  // The first that may begin is what the step answers with.
  if (!mayBeHeld && graceMs === 0) return { id: await createCarriedProcess(tx, made), kind, isReady: true };
  const { id } = await createProcess(tx, made);
  const isHeld = mayBeHeld && (await heldBack(the, { processId: id, source }));
  return { id, kind, isReady: !isHeld && graceMs === 0 };
}

function wished({ tier, region, seats, until, state }: ContractTerms) {
  return { tier, region, seats, until, state };
}

async function discard(
  { tx, was }: Step,
  { id, kind, state, isDue }: UnbegunProcess,
  { replacedBy, dunning }: { replacedBy: string | null; dunning: DunningState },
): Promise<void> {
  await moveProcess(tx, id, [state], 'discarded', { replacedBy });
  await nudgeProcess(tx, id, 'discard', null);
  // A held end has suspended the customer meanwhile; its unpaid bills may do so, too.
  const isUnpaid = dunning === 'suspended' || dunning === 'offboarded';
  if (kind === 'offboarding' && state === 'fenced' && isDue && !isUnpaid)
    await restoreOrganization(tx, was.organizationId, actors.engine, 'won-back');
}

/** People whom the contract names anew become users, by a process beside whatever else follows. A first onboarding has them. */
async function addNamedUsers({ tx, was, contract, effects }: Step, follows: string | null): Promise<void> {
  const isAdded = effects.some((effect) => effect.kind === 'people-changed' && effect.added.length > 0);
  if (!isAdded || follows === 'onboarding' || was.standing !== 'customer') return;
  await createProcess(tx, {
    kind: 'onboarding',
    organizationId: was.organizationId,
    cause: 'contract',
    source: contract.terms.carrier?.source ?? null,
    wish: { effects: ['people-changed'] },
    actor: actors.engine,
    traceparent: null,
  });
}
