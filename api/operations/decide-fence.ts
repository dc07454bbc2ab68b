import type { Executor } from '../../db/client.ts';
import { guardProblem } from '../../db/errors.ts';
import { discardFence, type FenceDecision, releaseFence } from '../../db/queries/fence-decision.ts';
import { type FenceView, readFence } from '../../db/queries/fence-view.ts';
import { TenureError } from '../../domain/errors.ts';
import { isId } from '../../domain/ids.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import { actorOf, type PersonPrincipal } from '../principal.ts';
import { AuditedRefusal, type IdempotencyKey, transact } from '../transact.ts';
import { type DiscardOutlook, discardOutlook } from './discard-outlook.ts';
import { notFound } from './refusals.ts';

/** What a second person says about what a fence holds. */
export interface FenceWish {
  /** Ids of single items; absent: all that wait. */
  items?: readonly string[] | undefined;
  comment: string | null;
}

/** A fence after a decision. */
export type DecidedFence = FenceView & DiscardOutlook;

/**
 * Lets what a fence holds go on, or drops it: all of it or single items. When all of an edit is dropped, the configuration
 * returns to what it was. Who set it off, and whom it is about, decides nothing; the ledger's own guard says so.
 */
export function decideFence(
  deps: ApiDeps,
  caller: PersonPrincipal,
  { id, verb }: { id: string; verb: 'release' | 'discard' },
  wish: FenceWish,
  idempotency: IdempotencyKey | null,
): Promise<Outside<DecidedFence>> {
  return transact(deps, caller, idempotency, async (tx) => {
    const fence = isId('fence', id) ? await readFence(tx, id) : null;
    if (!fence) throw notFound();
    const by = actorOf(caller);
    const decision = { fenceId: id, ...wish, by, traceparent: deps.trace?.() ?? null };
    const { lines } = await decideGuarded(tx, caller, fence, { verb, decision });
    const nothing = { returnsTo: null, stays: null };
    const outlook = verb === 'discard' ? await discardOutlook(deps, tx, caller, id) : nothing;
    const view = await readFence(tx, id);
    if (!view) throw notFound();
    return { answer: { ...view, ...outlook }, lines };
  });
}

async function decideGuarded(
  tx: Executor,
  caller: PersonPrincipal,
  fence: FenceView,
  { verb, decision }: { verb: 'release' | 'discard'; decision: FenceDecision },
) {
  try {
    return await (verb === 'release' ? releaseFence(tx, decision) : discardFence(tx, decision));
  } catch (error) {
    const problem = guardProblem(error);
    throw problem ? refused(caller, fence, { verb, problem }) : error;
  }
}

/** A fence is not a request: the words of the ledger's guard are about these. */
const words: Partial<Record<TenureError['code'], string>> = {
  'self-approval':
    'Whoever set these changes off, or is among them, does not decide on them. Ask somebody else.',
  forbidden: 'Fences are released by other people.',
};

function refused(
  caller: PersonPrincipal,
  { id, organization }: FenceView,
  { verb, problem }: { verb: string; problem: TenureError },
): AuditedRefusal {
  const owner = organization?.id ?? caller.organization.id;
  return new AuditedRefusal(new TenureError(problem.code, words[problem.code] ?? problem.detail), {
    type: 'decision.refused',
    actor: actorOf(caller),
    subject: { kind: 'fence', id },
    organizationId: owner,
    holderOrganizationId: owner,
    reason: `${verb}: ${problem.code}`,
  });
}
