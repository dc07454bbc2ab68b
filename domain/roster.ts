import type { Catalog } from './catalog.ts';

/**
 * What a company's own lists say of its customers, their users and its staff, e.g. when Tenure is introduced and all of
 * them are there already. A member that is absent is not spoken about. Instants are ISO 8601 UTC with milliseconds.
 */
export interface Roster {
  customers: readonly RosterCustomer[];
  users: readonly RosterUser[];
  staff: readonly RosterStaff[];
  /** Lists that name everybody there is: who is not in them leaves. Of `users`: of the customers that the list names. */
  complete: readonly CompleteList[];
}

export const completeLists = ['users', 'staff'] as const;
export type CompleteList = (typeof completeLists)[number];

export interface RosterCustomer {
  key: string;
  name: string;
  /** Null or absent: as its customer type says, or as it is. So is the region. */
  tier?: string | null | undefined;
  region?: string | null | undefined;
  customerType?: string | null | undefined;
  /** Null: it names no end. */
  contractUntil?: string | null | undefined;
}

export interface RosterUser {
  /** The customer's key. */
  customer: string;
  email: string;
  name: string;
  /** The contract's own word; null: only the given roles count. */
  contractRole?: string | null | undefined;
  roles?: readonly string[] | undefined;
  /** The name that the person's accounts have in targets that know no addresses. */
  account?: string | null | undefined;
}

export const staffEmployments = ['employee', 'contractor', 'service'] as const;
export type StaffEmployment = (typeof staffEmployments)[number];

export interface RosterStaff {
  email: string;
  name: string;
  title?: string | null | undefined;
  department?: string | null | undefined;
  /** E-mail address. */
  manager?: string | null | undefined;
  region?: string | null | undefined;
  employment?: StaffEmployment | undefined;
  startsAt?: string | null | undefined;
  endsAt?: string | null | undefined;
  roles?: readonly string[] | undefined;
  account?: string | null | undefined;
}

export type RosterList = 'customers' | 'users' | 'staff';

/** One thing that is wrong, and where: rows are counted from 0, the field is a member's name. */
export interface RosterProblem {
  list: RosterList;
  row: number;
  field: string;
  detail: string;
}

/** Rows that say one and the same person or customer: they count as the first of them. */
export interface RosterDuplicate {
  list: RosterList;
  /** The address or key. */
  name: string;
  rows: number[];
}

/** What happens to one customer or person. */
export type RosterChange = 'new' | 'returning' | 'changed' | 'unchanged';

/** What everything depends on that is planned for a roster. */
export interface RosterScene {
  catalog: Catalog;
  /** The ledger's clock, ISO 8601 UTC. */
  now: string;
  /** Id of the person who imports: nobody gives access to themselves. */
  authorId: string;
}

/** Addresses are compared without regard to case and to spaces around them. */
export function addressOf(email: string): string {
  return email.trim().toLowerCase();
}

/** Whether two lists have the same members. */
export function sameMembers(one: readonly string[], other: readonly string[]): boolean {
  const [a, b] = [new Set(one), new Set(other)];
  return a.size === b.size && [...a].every((member) => b.has(member));
}
