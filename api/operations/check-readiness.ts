import { readHeartbeats } from '../../db/queries/readiness.ts';
import type { ApiDeps } from '../deps.ts';

type Standing = 'up' | 'down';

/** Which parts answer. Only without the ledger is the API itself of no use. */
export interface Readiness {
  ledger: Standing;
  engine: Standing;
  worker: Standing;
  reaper: Standing;
}

/** Asks the ledger and the engine, and reads in the ledger which processes were seen lately. */
export async function checkReadiness(deps: ApiDeps): Promise<Readiness> {
  const [alive, engine] = await Promise.all([heartbeats(deps), engineAnswers(deps)]);
  const standing = (isUp: boolean): Standing => (isUp ? 'up' : 'down');
  return {
    ledger: standing(alive !== null),
    engine: standing(engine),
    worker: standing(alive?.has('worker') ?? false),
    reaper: standing(alive?.has('reaper') ?? false),
  };
}

async function heartbeats(deps: ApiDeps): Promise<Set<string> | null> {
  try {
    return await readHeartbeats(deps.ledger);
  } catch {
    // Whatever keeps it from answering, it does not answer; that is all this asks.
    return null;
  }
}

async function engineAnswers(deps: ApiDeps): Promise<boolean> {
  try {
    return await deps.probes.engine();
  } catch {
    return false;
  }
}
