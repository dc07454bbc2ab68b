import { readHeartbeats } from '../../db/queries/readiness.ts';
import type { ApiDeps } from '../deps.ts';
import { recently, soon } from '../recent.ts';

type Standing = 'up' | 'down';

/** Which parts answer. Only without the ledger is the API itself of no use. */
export interface Readiness {
  ledger: Standing;
  engine: Standing;
  worker: Standing;
  reaper: Standing;
}

/** What has not answered after so many milliseconds counts as down. */
const answersWithinMs = 1_500;

/** Asks the ledger and the engine, once a second at most, and reads in the ledger which processes were seen lately. */
export function createReadinessCheck(deps: ApiDeps): () => Promise<Readiness> {
  const heartbeats = recently(() => readHeartbeats(deps.ledger));
  const engine = recently(async () => deps.probes.engine());
  return async () => {
    const [alive, isEngineUp] = await Promise.all([
      soon(heartbeats(), answersWithinMs),
      soon(engine(), answersWithinMs),
    ]);
    return {
      ledger: standing(alive !== null),
      engine: standing(isEngineUp ?? false),
      worker: standing(alive?.has('worker') ?? false),
      reaper: standing(alive?.has('reaper') ?? false),
    };
  };
}

function standing(isUp: boolean): Standing {
  return isUp ? 'up' : 'down';
}
