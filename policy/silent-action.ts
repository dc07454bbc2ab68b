import { holdAction, useAction } from './cedar-input.ts';

/** What nobody asks for: it is allowed or not. A permit of one of these is about it alone, and has no obligations. */
export const silentActions = [holdAction, useAction] as const;
export type SilentAction = (typeof silentActions)[number];

/** The one that these actions are, when they are only that. */
export function silentOnly(actions: readonly string[]): SilentAction | null {
  const [first] = actions;
  const action = silentActions.find((one) => one === first);
  return action !== undefined && actions.every((id) => id === action) ? action : null;
}
