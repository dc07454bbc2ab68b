import { claimOutbox, markDelivered, type OutboxLine } from '../db/outbox.ts';
import { readEndCase } from '../db/queries/end.ts';
import { claimUnchecked } from '../db/queries/repair.ts';
import { createCarrying } from './carrying.ts';
import { replaceCredential } from './credential.ts';
import type { ActivityDeps } from './deps.ts';
import type { Engine, InTrace } from './engine.ts';
import { failureCode } from './failures.ts';
import { createPlaces } from './places.ts';

/** What is not delivered at once by whoever wrote it, and what is lost in Temporal, is made good here. */
export interface Relay {
  /** Wakes the workflows that wait for it; returns how many lines were taken. */
  deliver(): Promise<number>;
  /** Begins to replace the credentials that wait for it, as many as there is room for; waits for none of them. */
  replaceCredentials(): Promise<number>;
  /** Waits for the replacements that are under way. */
  settled(): Promise<void>;
  /** Looks at some rows that are open and starts those whose workflow is gone; returns how many were started. */
  repair(): Promise<number>;
}

const batch = 50;
const recheckAfterMs = 5_000;
/** Replacements under way at once, altogether and on one target: one that hangs leaves room for the others. */
const replacements = { atMost: 16, perTarget: 4 };
/** Longer than a target lets logins take, twice: it waits for those that began with the former password. */
const replaceWithinMs = 150_000;

/** Makes a relay; several may run at once, each takes other lines. */
export function createRelay(deps: ActivityDeps, engine: Engine, inTrace: InTrace): Relay {
  const { db } = deps.ledger;
  const carrying = createCarrying(deps, engine);
  return {
    async deliver() {
      const lines = await claimOutbox(db, 'engine', batch);
      await Promise.all(lines.map((line) => deliverOne(deps, line, () => carrying.deliver(line))));
      return lines.length;
    },

    ...createReplacements(deps, inTrace),

    async repair() {
      const unchecked = await claimUnchecked(db, recheckAfterMs, batch);
      // All at once: an engine that does not answer would else keep a round waiting for each of them in turn.
      const started = await Promise.all(unchecked.map((one) => carrying.mend(one)));
      return started.filter(Boolean).length;
    },
  };
}

/** The relay's share in credentials: those that wait to be replaced. */
function createReplacements(
  deps: ActivityDeps,
  inTrace: InTrace,
): Pick<Relay, 'replaceCredentials' | 'settled'> {
  const { db } = deps.ledger;
  const places = createPlaces(replacements.perTarget);
  const underWay = new Map<number, Promise<void>>();

  async function replaceOne(line: OutboxLine): Promise<void> {
    const grantId = line.subjectId;
    await deliverOne(deps, line, async () => {
      const subject = await readEndCase(db, grantId);
      if (!subject) return;
      const replace = () => replaceCredential(deps, grantId, AbortSignal.timeout(replaceWithinMs));
      await places.within(subject.targetKey, () => inTrace(line.traceparent, replace));
    });
    underWay.delete(line.seq);
  }

  return {
    async replaceCredentials() {
      const free = replacements.atMost - underWay.size;
      const lines = free > 0 ? await claimOutbox(db, 'credential', free) : [];
      // A line whose target hangs is due again before it is given up.
      const fresh = lines.filter(({ seq }) => !underWay.has(seq));
      for (const line of fresh) underWay.set(line.seq, replaceOne(line));
      return fresh.length;
    },

    async settled() {
      await Promise.all(underWay.values());
    },
  };
}

async function deliverOne(deps: ActivityDeps, line: OutboxLine, work: () => Promise<void>): Promise<void> {
  try {
    await work();
    await markDelivered(deps.ledger.db, line.seq);
  } catch (error) {
    const { seq, kind, subjectId: subject, tries } = line;
    deps.log.warn({ seq, kind, subject, tries, code: failureCode(error) }, 'not delivered');
  }
}
