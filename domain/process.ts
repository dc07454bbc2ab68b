/**
 * A process is one story about the standing access of some people: it brings what they hold to what they shall hold.
 * (Elevated access has its own: the access request.)
 */
export const processKinds = ['onboarding', 'role-change', 'offboarding'] as const;
export type ProcessKind = (typeof processKinds)[number];

/**
 * `waiting`: its time has not come (a grace) or nobody has taken it up. `fenced`: all that is left of it waits for a second
 * person. `running`: people are being brought to what they shall hold. `confirming`: done but for people who have not
 * confirmed their welcome. `undoing`: a step failed for good, what was done is being taken back. Ends: `done`; `residue`: over,
 * but something is left that tasks list; `failed`: taken back; `discarded`: a second person said no, or something newer
 * took its place.
 */
export const processStates = [
  'waiting',
  'fenced',
  'running',
  'confirming',
  'undoing',
  'done',
  'residue',
  'failed',
  'discarded',
] as const;
export type ProcessState = (typeof processStates)[number];

/** States in which something is still to be done. */
export const openProcessStates = [
  'waiting',
  'fenced',
  'running',
  'confirming',
  'undoing',
] as const satisfies readonly ProcessState[];

/** What set a process off. `roster`: an import, or a source that names people. */
export const processCauses = [
  'contract',
  'configuration',
  'roster',
  'administrator',
  'operations',
  'end-date',
  'dunning',
  'seats',
  'convergence',
] as const;
export type ProcessCause = (typeof processCauses)[number];

/** How far a process is with one of its people. */
export const processPersonStates = [
  'waiting',
  'fenced',
  'applying',
  'done',
  'failed',
  'undone',
  'skipped',
] as const;
export type ProcessPersonState = (typeof processPersonStates)[number];
