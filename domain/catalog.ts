import type { CatalogSettings } from './catalog-settings.ts';
import type { ConsentRule } from './consent.ts';

/**
 * The catalog as configuration: what access can be held on and who may hold it, as a whole and by key. It is data that a
 * company edits; a catalog may be wrong in many ways, and `catalogProblems` says in which.
 */
export interface Catalog {
  resources: CatalogResource[];
  roles: CatalogRole[];
  tiers: CatalogTier[];
  customerTypes: CustomerType[];
  overrides: CatalogOverride[];
  settings: CatalogSettings;
}

/** Anything that JSON can say. */
export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

/** How much harm a resource's data can do in wrong hands. Policy knows these four and no other. */
export const classifications = ['public', 'internal', 'confidential', 'restricted'] as const;
export type Classification = (typeof classifications)[number];

/**
 * What a role allows in Tenure itself: `read-records` (all records of the holder's reach), `end-any-access` (security),
 * `administer-customer` (a customer's own administrators), `manage-access` (adds, changes and removes customers' users and
 * the roles of the vendor's people, and edits this catalog), `release-fences` (lets through or discards what a fence holds,
 * unless it is their own).
 */
export const duties = [
  'read-records',
  'end-any-access',
  'administer-customer',
  'manage-access',
  'release-fences',
] as const;
export type Duty = (typeof duties)[number];

/** Something access is held on. */
export interface CatalogResource {
  key: string;
  name: string;
  /** What it is, in policy's eyes: `database`, `application`, … */
  kind: string;
  /** Key of the organization whose data it holds; the vendor's where customers share it. */
  organization: string;
  /** E-mail address of the person who answers for it. */
  owner: string;
  region: string;
  classification: Classification;
  /** Kind of the connector that observes and applies changes: `postgres`, `webhook`, … */
  connector: string;
  /** Key of the target system it is in. Where that is and how to sign in is no part of the catalog. */
  target: string;
  /** Several customers' data lie in it: access is then always held for one customer. */
  shared: boolean;
  /** What the connector needs beside the target's address; its own schema checks it. Never a secret. */
  settings: Record<string, Json>;
  entitlements: CatalogEntitlement[];
  usualAccess: UsualAccess[];
}

/** One permission on one resource. */
export interface CatalogEntitlement {
  key: string;
  name: string;
}

/** Who usually holds an entitlement, and for how long at a time: what is unlike it deserves a look. */
export interface UsualAccess {
  entitlement: string;
  roles: string[];
  /** ISO 8601 period. */
  period: string;
}

/** A named set of entitlements. */
export interface CatalogRole {
  key: string;
  name: string;
  duties: Duty[];
  /** Keys of roles whose entitlements it gives too. */
  includes: string[];
  /** Keys of roles that nobody may hold beside it, by inclusion neither. One of the two naming the other is enough. */
  conflictsWith: string[];
  /** What it gives by itself, each as `resource:entitlement`. */
  entitlements: string[];
}

/** A customer's plan. */
export interface CatalogTier {
  key: string;
  name: string;
  /** null: as many as they like. */
  seats: number | null;
  /** Keys of the roles that the customer's users may hold. */
  allowedRoles: string[];
  /** What a user gets who is in a contract as, say, `member`: role keys by contract role. */
  defaultRoles: Record<string, string[]>;
  features: Record<string, boolean>;
}

/** A template for new customers. */
export interface CustomerType {
  key: string;
  name: string;
  /** The tier's key. */
  tier: string;
  /** null: the contract says it. */
  region: string | null;
  /** Where its own people must agree before the vendor's reach its data; of which data, and how. */
  consent: ConsentRule[];
  /** Keys of the roles that the customer's first users get. */
  firstRoles: string[];
  /** How long access is granted where the contract names no end: an ISO 8601 period. */
  grantedPeriod: string;
}

/** A one-off exception for one customer. It ends by itself: after `until` the tier alone holds. */
export interface CatalogOverride {
  /** The customer's key. */
  customer: string;
  what: Exception;
  reason: string;
  /** E-mail address of the person who allowed it. */
  approver: string;
  /** ISO 8601 UTC with milliseconds. Never empty in a catalog without problems. */
  until: string;
}

/** What an override says instead of the tier; `role` allows one role more. `consent` counts instead of what the customer agreed on. */
export type Exception =
  | { kind: 'seats'; seats: number | null }
  | { kind: 'feature'; feature: string; enabled: boolean }
  | { kind: 'role'; role: string }
  | { kind: 'consent'; rules: ConsentRule[] };

/** The parts of a catalog by their outside names: in the JSON, in the names of the files and first in every path. */
export const catalogSections = [
  'resources',
  'roles',
  'tiers',
  'customer_types',
  'overrides',
  'settings',
] as const;
export type CatalogSection = (typeof catalogSections)[number];
/** All but the settings are lists. */
export type CatalogList = Exclude<CatalogSection, 'settings'>;

/** Where something stands in a catalog's outside form, e.g. `['roles', 3, 'includes', 0]`. */
export type CatalogPath = readonly (string | number)[];

/** One thing that is wrong, in a sentence. */
export interface CatalogProblem {
  path: CatalogPath;
  detail: string;
}

/** One permission as roles name it. Keys have no colon. */
export function entitlementName(resource: string, entitlement: string): string {
  return `${resource}:${entitlement}`;
}

/** What tells an override from the others: whom it is for and what it changes, e.g. `globex/feature/sso`. */
export function overrideKey({ customer, what }: CatalogOverride): string {
  if (what.kind === 'feature') return `${customer}/feature/${what.feature}`;
  return what.kind === 'role' ? `${customer}/role/${what.role}` : `${customer}/${what.kind}`;
}

/** The order of lists in which only membership counts: the same on every machine and in every language. */
export function inOrder(texts: Iterable<string>): string[] {
  return [...texts].sort(compareText);
}

/** By code units, as `<` does, not as a language would. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
