import type { ConsentNeed } from './consent.ts';

/** What a policy decision is about and what it answers. The deciding itself stands in the policy room. */

export interface PolicyPerson {
  id: string;
  /** Keys of the roles held now, e.g. `support-engineer`. */
  roles: string[];
  /** The organization the person belongs to. */
  organization: { id: string; kind: 'vendor' | 'customer' };
  /** `employee`, `contractor`, … */
  employment: string;
  department: string | null;
  region: string | null;
  suspended: boolean;
}

export interface PolicyResource {
  id: string;
  key: string;
  kind: string;
  region: string;
  classification: string;
}

/** The organization whose data the access reaches. */
export interface PolicyOrganization {
  id: string;
  key: string;
  kind: 'vendor' | 'customer';
  /** The tier's key, or null for the vendor. */
  tier: string | null;
  /** The customer wants its own administrators to approve vendor access, to some of its data at least. */
  approvesVendorAccess: boolean;
  /** Of which data, in what time, and what of emergencies; then this alone counts. Left out: of all, as is usual. */
  consent?: readonly ConsentNeed[];
  suspended: boolean;
}

/** How the person signed in (RFC 8176 `amr` values) and what other systems signalled about them. */
export interface Assurance {
  amr: string[];
  /** Open risk signals by name; filled by later intakes. */
  signals: string[];
  /**
   * How long ago they have shown who they are, in milliseconds. Left out where nobody is asked any more: what was fresh when it
   * was asked for need not be when it begins.
   */
  ageMs?: number;
}

/** What policy may want brought: a second factor, a sign-in of just now, a ticket. */
export const needKinds = ['mfa', 'fresh', 'ticket'] as const;
export type NeedKind = (typeof needKinds)[number];

export interface PolicyQuestion {
  person: PolicyPerson;
  resource: PolicyResource;
  organization: PolicyOrganization;
  /** The entitlement's key: `read`, `write`, `operate`, `administer`. */
  entitlement: string;
  assurance: Assurance;
  hasTicket: boolean;
  /** ISO 8601 UTC. */
  now: string;
}

/** One approval that must be given: `needed` people who hold the role in that organization. */
export interface StageNeed {
  name: string;
  roleKey: string;
  /** Whose people decide: the vendor's, or those of the organization whose data is reached. */
  of: 'vendor' | 'customer';
  needed: number;
  /** In words, for people, taken from the policy. */
  text: string;
  /** How long they have, in milliseconds; where it is left out, as long as any request waits. */
  withinMs?: number;
}

export interface PolicyVerdict {
  outcome: 'refused' | 'automatic' | 'needs_approval';
  stages: StageNeed[];
  /** What must be brought, with the policy's words, whether or not it has been brought already. */
  needs: { kind: NeedKind; text: string }[];
  /** Of `needs`, what is missing in this question. */
  missing: NeedKind[];
  /** Of the need `fresh`: how long ago they may have shown who they are, in milliseconds; null where it is not asked. */
  freshMs: number | null;
  /** The strictest of the permits' longest periods (ISO 8601); null when refused. */
  longest: string | null;
  /** The access must be reported to the customer and security afterwards. */
  reported: boolean;
  policyVersion: string;
  /** The policies that decided, as id and title. */
  policies: { id: string; title: string }[];
}

/** The policy room's one question, as the others are handed it. */
export type Decide = (question: PolicyQuestion) => PolicyVerdict;

/**
 * May this person hold this entitlement as standing access, because of a role? Nobody brings or approves anything: it is
 * allowed or not, and asked again whenever roles, tier, region or policies change.
 */
export interface HoldQuestion {
  /** `region` is the one that counts for holding: the customer's for a customer's user, the person's own for the vendor's. */
  person: PolicyPerson;
  resource: PolicyResource;
  /** Whose data it is; on a shared resource the customer for which it is held. */
  organization: PolicyOrganization;
  /** The entitlement's key: any that the resource has. */
  entitlement: string;
  /** Open risk signals about the person by name. */
  signals: string[];
  /** ISO 8601 UTC. */
  now: string;
}

export interface HoldVerdict {
  allowed: boolean;
  policyVersion: string;
  /** The policies that decided, as id and title; none where no policy allows it. */
  policies: { id: string; title: string }[];
}

/** The answers to many such questions, in their order. Those that differ in nothing a policy can see are asked once. */
export type MayHoldMany = (questions: readonly HoldQuestion[]) => HoldVerdict[];

/**
 * May this person use now what they hold? Asked by an application each time; the live grant is looked up before, and is no part of it.
 */
export interface UseQuestion extends HoldQuestion {
  /** How the grant came about. */
  origin: string;
  /** How the person signed in to the application (RFC 8176), and from which address; left out where it does not say. */
  amr?: readonly string[];
  ip?: string;
}

/** What the policies look at when something is used. Where they look at neither, an answer holds until one of the facts changes. */
export interface UseSight {
  /** What the application says of this one call: how the person signed in, from where. */
  readsCall: boolean;
  readsTime: boolean;
}

/** How closely policies look. Whom they cannot tell apart, whoever has many questions need ask about once. */
export interface Sight {
  /** A policy speaks of one person by their id. */
  namesPeople: boolean;
  /** Whether a policy may treat an organization of this id or key otherwise than one of any other. */
  tells: (name: string) => boolean;
}
