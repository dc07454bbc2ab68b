/**
 * The named places at which a crash test kills the process. Each is a moment after which the outside differs from what
 * the ledger says, or the other way round. `test/activities/fault-points.test.ts` kills a worker at every one of them.
 */
export const faultPoints = [
  'provision.before-intent',
  'provision.after-intent',
  'postgres.before-add',
  'postgres.inside-add',
  'postgres.after-add',
  'provision.before-outcome',
  'provision.after-outcome',
  'extend.before-intent',
  'extend.after-intent',
  'postgres.inside-move-end',
  'extend.before-outcome',
  'extend.after-outcome',
  'credential.before-take-over',
  'end.before-intent',
  'end.after-intent',
  'postgres.after-withdrawing',
  'postgres.after-ending-sessions',
  'postgres.after-remove',
  'end.before-outcome',
  'end.after-outcome',
  'standing.before-intent',
  'standing.after-intent',
  'standing.before-outcome',
  'standing.after-outcome',
] as const;

export type FaultPoint = (typeof faultPoints)[number];

/** Does nothing outside tests. */
export type Reach = (point: FaultPoint) => Promise<void>;
