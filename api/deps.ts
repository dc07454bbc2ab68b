import type { AccessTokenClaims } from '../crypto/access-token.ts';
import type { SealingKeys } from '../crypto/keys.ts';
import type { Ledger } from '../db/client.ts';
import type { OutboxLine } from '../db/outbox.ts';
import type { CheckConnection } from '../db/queries/catalog-write.ts';
import type { Decide, HoldVerdict, MayHoldMany, Sight, UseQuestion, UseSight } from '../domain/policy.ts';
import type { ReadAddress } from '../domain/key-set.ts';
import type { Reachable } from '../domain/webhook.ts';
import type { Pace } from './authzen/follower.ts';
import type { Patience } from './guards/deadline.ts';
import type { RateLimit } from './guards/rate-limit.ts';
import type { LiveSettings } from './live/room.ts';

/** Tells the engine or a target about something that was committed. The relay tells again whatever this does not reach. */
export interface Starter {
  /** Tries at once and returns at once; it neither throws nor is waited for. */
  hurry(line: OutboxLine): void;
}

/** Something unexpected went wrong. Carries no parameters, names or secrets. */
export interface Fault {
  route: string;
  /** The error's class. */
  name: string;
  /** SQLSTATE when it came from the ledger. */
  sqlState: string | null;
  /** Where it happened, without the message, which may repeat what was sent. */
  stack: string;
}

/** Everything the API is given. It reads no environment and opens nothing itself. */
export interface ApiDeps {
  /** Connected as the application's role, which row-level security binds. */
  ledger: Ledger;
  decide: Decide;
  /** What may be held by roles, and how closely policies look at whom. */
  holding: { mayHoldMany: MayHoldMany; sight: Sight };
  /** Whether what is held may be used now, and what of a call the policies look at. */
  using: { mayUse: (question: UseQuestion) => HoldVerdict; useSight: UseSight };
  /** Keys of the roles whose holders policy asks for approvals; none unless given. */
  approverRoles?: readonly string[];
  /** What is wrong with how a catalog connects a resource; connectors are not of this room. */
  checkConnection: CheckConnection;
  starter: Starter;
  /** What a bearer token says, or null when it is not one of ours, not for us, or over. */
  verifyToken(token: string): Promise<AccessTokenClaims | null>;
  /** What a grant's password is sealed with. */
  sealing: SealingKeys;
  probes: {
    /** True when Temporal answers; it must give up by itself within a second. */
    engine(): Promise<boolean>;
  };
  /** Where the API is reached, e.g. `http://localhost:3000`. */
  publicUrl: string;
  /** The W3C trace context of the current request, carried into the outbox. */
  trace?: () => string | null;
  /**
   * A local installation: a provider of this machine may do without TLS, and the example's mail domains count as proven. Never
   * unless given.
   */
  isLocal?: boolean;
  /** Where events may be sent to; `outside` unless given. */
  webhooksReach?: Reachable;
  /** Reads documents at addresses that others named, within a few seconds; as guarded as what is sent there. */
  readAddress: ReadAddress;
  /** The TXT records of a domain, each in its parts; the system's resolver unless given. */
  resolveTxt?: (domain: string) => Promise<string[][]>;
  /** How often one address may begin to sign in; sixty at once and two a second unless given. */
  attemptLimit?: RateLimit;
  /** What one caller may ask; a thousand at once and a hundred a second unless given. */
  rateLimit?: RateLimit;
  /** What one directory may ask; two hundred at once and fifty a second unless given. */
  directoryLimit?: RateLimit;
  /** What one application may ask; twenty thousand at once and ten thousand a second unless given. */
  serviceLimit?: RateLimit;
  /** How what applications are answered from is kept up to date; as api/authzen/follower.ts says unless given. */
  following?: Pace;
  /** How long a caller waits at most; ten seconds, a minute for a whole report, unless given. */
  patience?: Patience;
  /** How changes are followed for those who look at a page; as api/live/room.ts says unless given. */
  live?: LiveSettings;
  /** Aborted when the process stops: answers that would go on for ever end then. */
  stopping?: AbortSignal;
  onFault?: (fault: Fault) => void;
}
