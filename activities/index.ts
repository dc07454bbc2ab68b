import { activityInfo, Context, heartbeat } from '@temporalio/activity';
import { actors } from '../domain/audit-event.ts';
import { orderEngineStop } from '../db/queries/end.ts';
import { isId } from '../domain/ids.ts';
import { endsPerTarget } from '../domain/limits.ts';
import type { Activities, EndingActivities, Situation } from '../workflows/activities.ts';
import type { ActivityDeps } from './deps.ts';
import { endGrantOf } from './end.ts';
import { extendGrant } from './extend.ts';
import { toFailure } from './failures.ts';
import { createPlaces } from './places.ts';
import { provisionRequest } from './provision.ts';
import { settleRequest } from './settle.ts';

const heartbeatEveryMs = 500;
/** How long one try to end may keep its place, in milliseconds. */
const endTryMs = 20_000;
const nowhere: Situation = { phase: 'over', kind: 'access', wakeAt: new Date(0).toISOString() };

/** The activities of the main queue. Each takes one id, and its errors leave as closed codes. */
export function createActivities(deps: ActivityDeps): Activities {
  return {
    settle: about(nowhere, (requestId) => settleRequest(deps, requestId)),
    stop: about(undefined, (requestId) => stop(deps, requestId)),
    provision: about(undefined, (requestId) =>
      beating((signal) => provisionRequest(deps, requestId, signal)),
    ),
    extend: about(undefined, (requestId) => beating((signal) => extendGrant(deps, requestId, signal))),
    ...createEndingActivities(deps),
  };
}

/** The activities of the ending queue, which has workers of its own. One target that hangs leaves room for the others. */
export function createEndingActivities(deps: ActivityDeps): EndingActivities {
  const places = createPlaces(endsPerTarget);
  return {
    end: about(undefined, (requestId) =>
      beating((cancelled) => {
        const signal = AbortSignal.any([cancelled, AbortSignal.timeout(endTryMs)]);
        return endGrantOf(deps, requestId, { actor: actors.engine, places, signal });
      }),
    ),
  };
}

/**
 * A workflow that is being cancelled calls this as a local activity, which only workflow code can. As an activity by
 * itself, started by whoever reaches Temporal, it has no authority and does nothing.
 */
async function stop(deps: ActivityDeps, requestId: string): Promise<void> {
  if (!activityInfo().isLocal) return;
  await orderEngineStop(deps.ledger.db, requestId);
}

/**
 * Whoever reaches Temporal chooses an activity's input. What is no request's id names nothing, and is answered with
 * `nothing` at once: an error would be tried again for ever.
 */
function about<T>(nothing: T, work: (requestId: string) => Promise<T>): (input: unknown) => Promise<T> {
  return async (input) => {
    if (typeof input !== 'string' || !isId('req', input)) return nothing;
    try {
      return await work(input);
    } catch (error) {
      throw toFailure(error, activityInfo().attempt);
    }
  };
}

/** Heartbeats while the work runs, so that a dead worker is noticed within seconds and a cancellation arrives. */
async function beating<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const timer = setInterval(() => heartbeat(), heartbeatEveryMs);
  try {
    return await work(Context.current().cancellationSignal);
  } finally {
    clearInterval(timer);
  }
}
