import { activityInfo, Context, heartbeat } from '@temporalio/activity';
import { actors } from '../domain/audit-event.ts';
import { orderEngineStop } from '../db/queries/end.ts';
import { recordCancellation } from '../db/queries/undo-people.ts';
import { type IdPrefix, isId } from '../domain/ids.ts';
import { endsPerTarget } from '../domain/limits.ts';
import type {
  Activities,
  CustomerSituation,
  EndingActivities,
  LeavingActivities,
  ProcessSituation,
  Situation,
} from '../workflows/activities.ts';
import type { ActivityDeps } from './deps.ts';
import { endGrantOf } from './end.ts';
import { extendGrant } from './extend.ts';
import { toFailure } from './failures.ts';
import { createPlaces } from './places.ts';
import { assessProcess } from './processes/assess.ts';
import { drawUpProcess } from './processes/draw-up.ts';
import { defaultParts, type ProcessParts } from './processes/parts.ts';
import { welcomePeople } from './processes/welcome.ts';
import { provisionRequest } from './provision.ts';
import { settleRequest } from './settle.ts';

const heartbeatEveryMs = 500;
/** How long one try to end may keep its place, in milliseconds. */
const endTryMs = 20_000;
const longAgo = new Date(0).toISOString();
const nowhere: Situation = { phase: 'over', kind: 'access', wakeAt: longAgo };
const noProcess: ProcessSituation = { phase: 'over', kind: 'onboarding', wakeAt: longAgo, left: 0 };
const noCustomer: CustomerSituation = { phase: 'idle', wakeAt: null };

/** The activities of the main queue. Each takes one id, and its errors leave as closed codes. */
export function createActivities(deps: ActivityDeps, parts: ProcessParts = defaultParts): Activities {
  return {
    settle: about('req', nowhere, (requestId) => settleRequest(deps, requestId)),
    stop: about('req', undefined, (requestId) => asLocal(() => orderEngineStop(deps.ledger.db, requestId))),
    provision: about('req', undefined, (requestId) =>
      beating((signal) => provisionRequest(deps, requestId, signal)),
    ),
    extend: about('req', undefined, (requestId) => beating((signal) => extendGrant(deps, requestId, signal))),
    assess: about('proc', noProcess, (processId) => assessProcess(deps, processId)),
    stopProcess: about('proc', undefined, (processId) =>
      asLocal(() => recordCancellation(deps.ledger.db, processId)),
    ),
    customerStep: about('org', noCustomer, (organizationId) => parts.customerStep(deps, organizationId)),
    bringAbout: page((processId, signal, beat) => parts.bringAboutPage(deps, processId, signal, beat)),
    undo: page((processId, signal, beat) => parts.undoPage(deps, processId, signal, beat)),
    welcome: page((processId, _, beat) => welcomePeople(deps, processId, beat)),
    ...createEndingActivities(deps, parts),
  };
}

/** The activities of the ending queue, which has workers of its own. One target that hangs leaves room for the others. */
export function createEndingActivities(
  deps: ActivityDeps,
  parts: ProcessParts = defaultParts,
): EndingActivities & LeavingActivities {
  const places = createPlaces(endsPerTarget);
  return {
    end: about('req', undefined, (requestId) =>
      beating((cancelled) => {
        const signal = AbortSignal.any([cancelled, AbortSignal.timeout(endTryMs)]);
        return endGrantOf(deps, requestId, { actor: actors.engine, places, signal });
      }),
    ),
    drawUp: page((processId, _, beat) => drawUpProcess(deps, processId, beat)),
    takeAway: page((processId, signal, beat) => parts.takeAwayPage(deps, processId, signal, beat)),
  };
}

/**
 * A workflow that is being cancelled calls this as a local activity, which only workflow code can. As an activity by
 * itself, started by whoever reaches Temporal, it has no authority and does nothing.
 */
async function asLocal(work: () => Promise<unknown>): Promise<void> {
  if (activityInfo().isLocal) await work();
}

/** One page of a process. What it answers is for nobody: where the process stands is read from its rows. */
function page(
  work: (processId: string, signal: AbortSignal, beat: () => void) => Promise<unknown>,
): (input: unknown) => Promise<void> {
  return about('proc', undefined, (processId) =>
    beating(async (signal, beat) => {
      await work(processId, signal, beat);
    }),
  );
}

/**
 * Whoever reaches Temporal chooses an activity's input. What is no id of that kind names nothing, and is answered with
 * `nothing` at once: an error would be tried again for ever.
 */
function about<T>(
  prefix: IdPrefix,
  nothing: T,
  work: (id: string) => Promise<T>,
): (input: unknown) => Promise<T> {
  return async (input) => {
    if (typeof input !== 'string' || !isId(prefix, input)) return nothing;
    try {
      return await work(input);
    } catch (error) {
      throw toFailure(error, activityInfo().attempt);
    }
  };
}

/**
 * Heartbeats while the work runs, so that a dead worker is noticed within seconds and a cancellation arrives. The work may say
 * so itself, where it lets no timer run for long: no more often than the timer, because each heartbeat costs the engine a write.
 */
async function beating<T>(work: (signal: AbortSignal, beat: () => void) => Promise<T>): Promise<T> {
  let beatAt = performance.now();
  const beat = () => {
    beatAt = performance.now();
    heartbeat();
  };
  const timer = setInterval(beat, heartbeatEveryMs);
  try {
    return await work(Context.current().cancellationSignal, () => {
      if (performance.now() - beatAt >= heartbeatEveryMs) beat();
    });
  } finally {
    clearInterval(timer);
  }
}
