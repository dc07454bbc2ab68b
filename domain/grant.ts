/**
 * A grant is the fact that a person holds an entitlement during [from, until). Where it came from is its origin;
 * only `request` has a request behind it.
 */
export const grantOrigins = ['request', 'contract', 'role', 'review', 'import'] as const;
export type GrantOrigin = (typeof grantOrigins)[number];

/**
 * What the ledger stores. `overdue` is not stored: it is what `provisioning` or `held` is called once the grant is due
 * and not confirmed gone, so that the list is right even when every process is down.
 */
export const storedGrantStates = ['provisioning', 'held', 'ended', 'failed'] as const;
export type StoredGrantState = (typeof storedGrantStates)[number];

export const grantStates = ['provisioning', 'held', 'overdue', 'ended', 'failed'] as const;
export type GrantState = (typeof grantStates)[number];

export const endings = [
  'time',
  'return',
  'revocation',
  'cancellation',
  'offboarding',
  'rollback',
  'engine',
  'role-change',
  'suspension',
] as const;
/**
 * What ended a grant. `engine`: its workflow was cancelled in Temporal, which is written down and is final. `role-change`:
 * what the person shall hold by roles, tier or region has changed. `suspension`: nothing is held while suspended.
 */
export type Ending = (typeof endings)[number];

/**
 * Why the end of standing access moved. `contract`: an event of the customer's contract; `review`: a line of a review;
 * `shortening`: it came nearer, for which no reason is needed.
 */
export const renewalCauses = ['contract', 'review', 'shortening'] as const;
export type RenewalCause = (typeof renewalCauses)[number];
