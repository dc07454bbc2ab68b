import type { Change } from './plan.ts';

/** A plan that may not be applied as it is. */
export class GateError extends Error {
  override readonly name = 'GateError';
}

/**
 * The step between plan and apply. A request's plan passes when it concerns the request's own account only: nobody
 * approved anything else. (Plans for many people will meet the fence here.)
 * @throws GateError naming no account.
 */
export function gate(changes: readonly Change[], account: string): void {
  if (changes.some((change) => change.holding.account !== account)) {
    throw new GateError('the plan reaches beyond what was approved');
  }
}
