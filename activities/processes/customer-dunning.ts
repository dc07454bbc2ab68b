import { restoreOrganization } from '../../db/queries/coming-back.ts';
import { failedSince, listAdministrators } from '../../db/queries/contract.ts';
import { queueMail } from '../../db/queries/mail.ts';
import { suspendOrganization } from '../../db/queries/offboarding.ts';
import { createProcess } from '../../db/queries/process.ts';
import { actors } from '../../domain/audit-event.ts';
import { dunningStates } from '../../domain/catalog-settings.ts';
import { stands } from '../../domain/contract-effects.ts';
import { type DunningState, dunningState } from '../../domain/dunning.ts';
import type { Mail } from '../../domain/mail.schema.ts';
import { heldBack } from './customer-fence.ts';
import { earliest, type Made, type Step } from './customer-scene.ts';

/** How soon one is looked at again that is no customer yet. Milliseconds. */
const lookAgainMs = 60_000;

/** Where a customer stands by its payments after a step. */
export interface DunningStepped {
  state: DunningState;
  since: string | null;
  /** When the next step is due; ISO 8601 UTC. */
  nextAt: string | null;
  /** Access was taken away before this step, and is after it. */
  wasCut: boolean;
  isCut: boolean;
  made: Made[];
}

/** What a customer should stand at by its contract and the clock. */
interface Aim {
  state: DunningState;
  since: string | null;
  nextAt: string | null;
}

/**
 * Does what the configuration says about payments that fail: tells the customer's administrators, restricts, suspends, and at
 * last has everybody leave. A contract that rests without payment is suspended at once. What a payment undoes is undone by the
 * process that follows from `recovered`. Only what cannot be undone, the end, goes through the fence of its source.
 */
export async function stepDunning(the: Step): Promise<DunningStepped> {
  const { was } = the;
  const aim = await aimOf(the);
  const wasCut = isCutting(was.dunningState);
  const isSettled = aim.state === was.dunningState || was.standing !== 'customer';
  const made = isSettled ? [] : await take(the, aim);
  // One that is only heard of, or leaves, stands where it stood until it is a customer; which it may be soon.
  const counts = was.standing === 'customer' || aim.state === 'none';
  const soon = counts ? null : new Date(Date.parse(was.now) + lookAgainMs).toISOString();
  return {
    state: counts ? aim.state : was.dunningState,
    since: aim.since,
    nextAt: earliest([aim.nextAt, soon]),
    wasCut,
    isCut: isCutting(aim.state),
    made,
  };
}

function isCutting(state: DunningState): boolean {
  return state === 'restricted' || state === 'suspended' || state === 'offboarded';
}

async function aimOf({ tx, was, contract, catalog }: Step): Promise<Aim> {
  const { terms } = contract;
  // A contract that ended unpaid gives nobody their access back for its grace.
  if (!stands(terms)) return { state: was.dunningState, since: null, nextAt: null };
  if (terms.state === 'paused') return { state: 'suspended', since: was.dunningSince, nextAt: null };
  if (terms.state !== 'past_due' && terms.state !== 'unpaid')
    return { state: 'none', since: null, nextAt: null };
  const since = (await failedSince(tx, was.organizationId, terms.carrier)) ?? was.dunningSince ?? was.now;
  return { since, ...dunningState(catalog.settings.dunning, since, was.now) };
}

async function take(the: Step, aim: Aim): Promise<Made[]> {
  const { was } = the;
  const isWorse = rank(aim.state) > rank(was.dunningState);
  // A payment: what was cut comes back by the process that follows from it.
  if (aim.state === 'none') return [];
  if (aim.state === 'offboarded') return [await endUnpaid(the)];
  const made = isWorse && aim.state === 'notice' ? [] : [await lookAnew(the, aim.state)];
  if (isWorse) await tell(the, aim, made[0]?.id ?? null);
  return made;
}

function rank(state: DunningState): number {
  return state === 'none' ? -1 : dunningStates.indexOf(state);
}

/** Everybody's access becomes what the state leaves of it. */
async function lookAnew({ tx, was, contract }: Step, state: DunningState): Promise<Made> {
  const { organizationId } = was;
  if (state === 'suspended') await suspendOrganization(tx, organizationId, actors.engine, 'dunning');
  // Only another configuration makes it milder without a payment.
  else if (was.dunningState === 'suspended')
    await restoreOrganization(tx, organizationId, actors.engine, 'dunning');
  const { id } = await createProcess(tx, {
    kind: 'role-change',
    organizationId,
    cause: 'dunning',
    source: contract.terms.carrier?.source ?? null,
    wish: { what: 'dunning' },
    actor: actors.engine,
    traceparent: null,
  });
  return { id, kind: 'role-change', isReady: true };
}

async function endUnpaid(the: Step): Promise<Made> {
  const { tx, was, contract } = the;
  const source = contract.terms.carrier?.source ?? null;
  const kind = 'offboarding';
  const { id } = await createProcess(tx, {
    kind,
    organizationId: was.organizationId,
    cause: 'dunning',
    source,
    wish: { why: 'dunning' },
    actor: actors.engine,
    traceparent: null,
  });
  return { id, kind, isReady: !(await heldBack(the, { processId: id, source })) };
}

async function tell({ tx, was, catalog }: Step, aim: Aim, processId: string | null): Promise<void> {
  const steps = catalog.settings.dunning;
  const next = steps[steps.findIndex(({ state }) => state === aim.state) + 1]?.state;
  const data = {
    next: aim.nextAt !== null && next !== undefined && next !== 'notice' ? next : null,
    at: aim.nextAt,
  };
  const kinds = { notice: 'payment-failed', restricted: 'restricted', suspended: 'suspended' } as const;
  if (aim.state === 'none' || aim.state === 'offboarded') return;
  const mail: Mail = { kind: kinds[aim.state], data };
  for (const toPersonId of await listAdministrators(tx, was.organizationId))
    await queueMail(tx, { mail, toPersonId, organizationId: was.organizationId, processId });
}
