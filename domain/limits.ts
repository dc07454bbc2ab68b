/**
 * How many ends each of our processes has under way on one target at once, and how many connections it keeps for them. A
 * target that hangs leaves room for the others.
 */
export const endsPerTarget = 8;

/** The product's own time limits, in milliseconds. What an access may last is policy, not here. */
export const limits = {
  /** A request nobody decided on is over after this long: DESIGN.md's PT2H. */
  silenceMs: 2 * 60 * 60_000,
  /** Timers aim this far past an end, so that the ledger's clock has passed it when they fire. */
  timerMarginMs: 50,
  /** The reaper leaves a due grant to its workflow for this long. */
  reaperGraceMs: 1_000,
  /** A grant that is due and not gone for this long raises an alert and a task with an owner. */
  overdueAlertMs: 10_000,
  /** What an offboarding has tried to take away for this long is listed as its residue, with an owner. It is tried on. */
  residueAfterMs: 60_000,
  /** How long provisioning is tried before it is rolled back. */
  provisionForMs: 15 * 60_000,
  /** How far ahead a request may ask to begin. */
  startAheadMs: 90 * 24 * 60 * 60_000,
  /** A customer's workflow with nothing planned closes after so long without an event. */
  customerIdleMs: 24 * 60 * 60_000,
  /** A customer whose contract names nobody is given its first user within this long, or somebody is told. */
  firstUserMs: 60 * 60_000,
  /** How long an Idempotency-Key is remembered. */
  idempotencyMs: 24 * 60 * 60_000,
  /** Who went to their identity provider is back within this long. */
  signInMs: 10 * 60_000,
  /** A token that says that a grant is held says so for so long at most. */
  grantTokenMs: 5 * 60_000,
  /** Whoever is asked for a passkey answers within this long. */
  passkeyMs: 5 * 60_000,
  /** Whoever has confirmed a welcome may make a passkey with that browser for this long. */
  passkeyTicketMs: 10 * 60_000,
  /** Who changes how they sign in has shown who they are no longer ago than this. */
  freshMs: 10 * 60_000,
  /** A session ends after so long in any case, and after so long without a call. */
  sessionMs: 12 * 60 * 60_000,
  sessionIdleMs: 60 * 60_000,
  /** A session's token is replaced this often; the one before serves what was under way for so long. */
  sessionRotationMs: 60 * 60_000,
  sessionGraceMs: 60_000,
  /** How exact the moment is at which a session was last used. */
  sessionSeenMs: 60_000,
} as const;
