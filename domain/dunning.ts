import type { DunningStep } from './catalog-settings.ts';
import { periodMs } from './period.ts';

/** Where a customer stands by its payments; `none`: all is paid. */
export type DunningState = 'none' | DunningStep['state'];

export interface Dunning {
  state: DunningState;
  /** When the next step is due if nothing is paid before; null when none follows. ISO 8601 UTC with milliseconds. */
  nextAt: string | null;
}

/**
 * Where a customer stands at an instant whose first payment that is still open failed at `failedSince`; null: none did.
 * Instants are ISO 8601 UTC; the steps are in order, as in a catalog without problems. A payment undoes every state: with
 * `failedSince` null again it is `none`.
 */
export function dunningState(steps: readonly DunningStep[], failedSince: string | null, at: string): Dunning {
  if (failedSince === null) return { state: 'none', nextAt: null };
  const sinceMs = Date.parse(failedSince);
  const dueMs = steps.map((step) => sinceMs + (dunningAfterMs(step.after) ?? 0));
  const next = dueMs.findIndex((due) => due > Date.parse(at));
  const reached = next === -1 ? steps.at(-1) : steps[next - 1];
  const nextMs = dueMs[next];
  return {
    state: reached?.state ?? 'none',
    nextAt: nextMs === undefined ? null : new Date(nextMs).toISOString(),
  };
}

/** Milliseconds until a step, of which `PT0S` is one too: at once. Null when the text is no period. */
export function dunningAfterMs(after: string): number | null {
  return after === 'PT0S' ? 0 : periodMs(after);
}
