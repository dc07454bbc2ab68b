/**
 * Work that only a person can finish. `rollback`: a rollback that failed. `overdue`: an end that is not confirmed.
 * `residue`: something that an offboarding could not take away. `handover`: something that a leaver owned and that needs an
 * owner. `onboarding` and `role-change`: one that failed and was taken back. `seats`: more users than seats. `contract`: one
 * whose end has passed without anybody saying a word; what its users held has ended with it. `account`: one that an import
 * found in a target, and that holds what no role gives, or could not be taken over. `users`: a customer whose contract names nobody,
 * and which nobody has given a user.
 */
export const taskKinds = [
  'rollback',
  'overdue',
  'residue',
  'handover',
  'onboarding',
  'role-change',
  'seats',
  'contract',
  'account',
  'users',
] as const;
export type TaskKind = (typeof taskKinds)[number];

/** Those that a person closes; the others close when what they are about settles. */
export const tasksClosedByPeople = [
  'residue',
  'handover',
  'onboarding',
  'role-change',
  'seats',
  'contract',
  'account',
  'users',
] as const satisfies readonly TaskKind[];

/** Those that are about something else than what their process was to do: it is done although they are open. */
export const tasksBeside = [
  'handover',
  'contract',
  'account',
  'users',
] as const satisfies readonly TaskKind[];
