import { ConnectorError } from '../connectors/errors.ts';
import type { ActivityDeps } from '../deps.ts';
import { inBatches } from './batches.ts';
import { bringTargets, type PersonResult } from './targets.ts';
import type { TouchedAccount } from './touched.ts';

/** People in one page. */
export const pageSize = 200;

/** What is done to a page of a process's people: an intent, then the targets, then what was read back. */
export interface PageWork<Intent> {
  /** The ids of its people. */
  people: readonly string[];
  /** Writes in one transaction what is to be, before any target is touched. Null when nothing is to be done. */
  intend: (personIds: readonly string[]) => Promise<Intent | null>;
  /** The accounts that are then brought to what the ledger says. */
  accountsOf: (intent: Intent) => readonly TouchedAccount[];
  /** Writes down what was read back of some people; returns the ids of those who are to be tried again. */
  confirm: (intent: Intent, results: readonly PersonResult[]) => Promise<readonly string[]>;
}

/**
 * Does it. Everything is computed anew from the rows, so that it may be repeated, run twice at once and killed
 * anywhere. Each few people are written down as soon as all of theirs was tried. `beat` says that it is alive.
 * @throws what may pass with time, when nobody of the page came any further.
 */
export async function workPage<Intent>(
  deps: ActivityDeps,
  { people, intend, accountsOf, confirm }: PageWork<Intent>,
  signal: AbortSignal,
  beat: () => void,
): Promise<void> {
  if (people.length === 0) return;
  await deps.reach('standing.before-intent');
  const intent = await intend(people);
  if (!intent) return;
  await deps.reach('standing.after-intent');
  beat();
  const stuck: PersonResult[] = [];
  const batches = inBatches<PersonResult>(async (some) => {
    await deps.reach('standing.before-outcome');
    const again = new Set(await confirm(intent, some));
    stuck.push(...some.filter((one) => again.has(one.personId)));
    await deps.reach('standing.after-outcome');
    beat();
  });
  try {
    await bringTargets(deps, accountsOf(intent), signal, batches.add);
  } finally {
    await batches.finish();
  }
  const [first] = stuck;
  if (first && stuck.length === people.length) throw first.cause ?? new ConnectorError('not-confirmed');
}
