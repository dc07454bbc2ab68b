import type { CustomerSituation } from '../../workflows/activities.ts';
import type { ActivityDeps } from '../deps.ts';
import { bringAboutPage } from './bring-about.ts';
import { customerStep } from './customer-step.ts';
import { takeAwayPage } from './take-away.ts';
import { undoPage } from './undo.ts';

/** What the stories are made of, beside what this folder does itself. Each derives everything from the rows of one id. */
export interface ProcessParts {
  /** Brings one page of people to what they shall hold. `beat` says that it is alive. */
  bringAboutPage(
    deps: ActivityDeps,
    processId: string,
    signal: AbortSignal,
    beat: () => void,
  ): Promise<unknown>;
  /** Takes one page of what an onboarding brought about back. */
  undoPage(deps: ActivityDeps, processId: string, signal: AbortSignal, beat: () => void): Promise<unknown>;
  /** Takes everything from one page of an offboarding's people. */
  takeAwayPage(
    deps: ActivityDeps,
    processId: string,
    signal: AbortSignal,
    beat: () => void,
  ): Promise<unknown>;
  /** Takes in a customer's next events. */
  customerStep(deps: ActivityDeps, organizationId: string): Promise<CustomerSituation>;
}

/** The real ones. */
export const defaultParts: ProcessParts = { bringAboutPage, undoPage, takeAwayPage, customerStep };
