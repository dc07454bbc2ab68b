import { rolesOf } from './catalog-tier.ts';
import { roleRefusals } from './role-refusal.ts';
import {
  addressOf,
  type RosterChange,
  type RosterDuplicate,
  type RosterProblem,
  type RosterScene,
  type RosterUser,
  sameMembers,
} from './roster.ts';
import { refusedSeat } from './seats.ts';
import type { KnownCustomer, PlannedCustomer } from './roster-customers.ts';

/** A person who has one of the addresses already. Instants are ISO 8601 UTC with milliseconds. */
export interface KnownPerson {
  id: string;
  /** In small letters. */
  email: string;
  name: string;
  organizationId: string;
  organizationName: string;
  isVendor: boolean;
  hasLeft: boolean;
  isSuspended: boolean;
  title: string | null;
  department: string | null;
  manager: string | null;
  region: string | null;
  employment: string;
  startsAt: string | null;
  endsAt: string | null;
  /** Of a customer's user now; null for everybody else. */
  membership: { contractRole: string | null; givenRoles: string[] } | null;
  /** Keys of the roles that they have now. */
  roles: string[];
  /** The name of their accounts in targets that know no addresses, as an import said it; and whether one was left alone. */
  accounts?: { account: string | null; isLeftAlone: boolean };
}

/** A customer as it will be when the list of customers is in force. */
export interface RosterCustomerAfter {
  id: string | null;
  key: string;
  name: string;
  tier: string | null;
  isClosed: boolean;
  isRestricted: boolean;
  used: number;
  agreed: number | null;
  /** The tier that it has until then; null where it is new. */
  formerTier: string | null;
}

/** What becomes of one person of a list. */
export interface PlannedPerson {
  row: number;
  /** Null: they are to be added. */
  id: string | null;
  email: string;
  name: string;
  change: RosterChange;
  /** Members that differ from what is there. */
  fields: string[];
  /** The name of their accounts; null: none is said. */
  account: string | null;
  /** Keys of the roles that count for them before and after. */
  before: string[];
  after: string[];
}

export interface PlannedUser extends PlannedPerson {
  /** All rows of this person as one. */
  wish: RosterUser;
  customer: string;
  contractRole: string | null;
  roles: string[];
}

export interface UserPlan {
  users: PlannedUser[];
  duplicates: RosterDuplicate[];
  problems: RosterProblem[];
}

/** The customers of a list as they will be, and those that are there already, by key. */
export function customersAfter(
  known: ReadonlyMap<string, KnownCustomer>,
  planned: readonly PlannedCustomer[],
): Map<string, RosterCustomerAfter> {
  const unused = { isClosed: false, isRestricted: false, used: 0, agreed: null };
  const after = new Map<string, RosterCustomerAfter>(
    [...known].map(([key, one]) => [key, { ...one, formerTier: one.tier }]),
  );
  for (const { id, key, name, tier } of planned) {
    const before = after.get(key) ?? { ...unused, formerTier: null };
    after.set(key, { ...before, id, key, name, tier });
  }
  return after;
}

/** What a list of customers' users comes to, beside who is there. */
export function planUsers(
  scene: RosterScene,
  rows: readonly RosterUser[],
  there: { customers: ReadonlyMap<string, RosterCustomerAfter>; people: ReadonlyMap<string, KnownPerson> },
): UserPlan {
  const plan: UserPlan = { users: [], duplicates: [], problems: [] };
  const merged = mergeUsers(rows, plan);
  for (const { row, wish } of merged) {
    const problem = (field: string, detail: string) =>
      plan.problems.push({ list: 'users', row, field, detail });
    const customer = there.customers.get(wish.customer);
    if (!customer) {
      problem(
        'customer',
        `There is no customer ${wish.customer}: add it to the customers, or correct the key.`,
      );
      continue;
    }
    if (customer.isClosed) {
      problem('customer', `${customer.name} has left, or is leaving.`);
      continue;
    }
    const person = there.people.get(addressOf(wish.email));
    if (person && person.organizationId !== customer.id) {
      problem('email', `Somebody of ${person.organizationName} has this address. Use another one.`);
      continue;
    }
    const planned = planUser(scene, { row, wish }, { customer, person });
    for (const one of roleRefusals(scene.catalog, customer, planned, scene.now))
      problem(one.index === null ? one.field : `roles/${one.index}`, one.detail);
    plan.users.push(planned);
  }
  plan.problems.push(...namesTwice('users', plan.users));
  plan.problems.push(...seatProblems(scene, plan.users, there.customers));
  return plan;
}

interface MergedUser {
  row: number;
  wish: RosterUser;
}

/** Rows of one person count as the first of them, with the roles of all. */
function mergeUsers(rows: readonly RosterUser[], plan: UserPlan): MergedUser[] {
  const byEmail = new Map<string, MergedUser>();
  const duplicates = new Map<string, RosterDuplicate>();
  for (const [row, wish] of rows.entries()) {
    const email = addressOf(wish.email);
    const first = byEmail.get(email);
    if (!first) {
      byEmail.set(email, { row, wish: { ...wish, email } });
      continue;
    }
    const twice = duplicates.get(email) ?? { list: 'users', name: email, rows: [first.row] };
    twice.rows.push(row);
    duplicates.set(email, twice);
    const field =
      (['customer', 'account'] as const).find((one) => first.wish[one] !== wish[one]) ?? 'contractRole';
    if (first.wish[field] !== wish[field])
      plan.problems.push({
        list: 'users',
        row,
        field,
        detail: 'This address stands here twice, and not the same.',
      });
    const roles = [...new Set([...(first.wish.roles ?? []), ...(wish.roles ?? [])])];
    if (first.wish.roles || wish.roles) first.wish = { ...first.wish, roles };
  }
  plan.duplicates.push(...duplicates.values());
  return [...byEmail.values()];
}

function planUser(
  { catalog, now }: RosterScene,
  { row, wish }: MergedUser,
  { customer, person }: { customer: RosterCustomerAfter; person: KnownPerson | undefined },
): PlannedUser {
  const membership = person?.membership ?? null;
  const contractRole =
    wish.contractRole === undefined ? (membership?.contractRole ?? null) : wish.contractRole;
  const roles = [...new Set(wish.roles ?? membership?.givenRoles ?? [])];
  const place = { key: customer.key, restricted: customer.isRestricted };
  const planned = {
    row,
    wish,
    id: person?.id ?? null,
    customer: customer.key,
    email: wish.email,
    name: wish.name,
    contractRole,
    roles,
    account: wish.account ?? person?.accounts?.account ?? null,
    before:
      membership && customer.formerTier !== null && !person?.isSuspended
        ? rolesOf(
            catalog,
            {
              roles: membership.givenRoles,
              customer: { ...place, tier: customer.formerTier, contractRole: membership.contractRole },
            },
            now,
          )
        : [],
    after:
      person?.isSuspended && !person.hasLeft
        ? []
        : rolesOf(catalog, { roles, customer: { ...place, tier: customer.tier ?? '', contractRole } }, now),
  };
  if (!person) return { ...planned, change: 'new', fields: [] };
  const fields = [
    ...(person.name === wish.name ? [] : ['name']),
    ...(membership && membership.contractRole === contractRole ? [] : ['contractRole']),
    ...(membership && sameMembers(membership.givenRoles, roles) ? [] : ['roles']),
    ...(differsInAccount(wish, person) ? ['account'] : []),
  ];
  if (!membership) return { ...planned, change: person.hasLeft ? 'returning' : 'new', fields };
  return { ...planned, change: fields.length > 0 ? 'changed' : 'unchanged', fields };
}

/** Another name than was said before; or an account of theirs was left alone, and is looked at once more. */
export function differsInAccount(
  { account = null }: { account?: string | null | undefined },
  { accounts }: KnownPerson,
): boolean {
  return (account !== null && account !== accounts?.account) || accounts?.isLeftAlone === true;
}

/** A name that two people are said to have is nobody's. */
export function namesTwice(
  list: 'users' | 'staff',
  people: readonly Pick<PlannedPerson, 'row' | 'account'>[],
): RosterProblem[] {
  const seen = new Set<string>();
  return people.flatMap(({ row, account }) => {
    if (account === null) return [];
    const detail = `The account ${account} stands here for somebody else, too.`;
    const isTwice = seen.has(account);
    seen.add(account);
    return isTwice ? [{ list, row, field: 'account', detail }] : [];
  });
}

/** Whoever takes a seat beyond the last one stands where the list has to be cut. */
function seatProblems(
  { catalog, now }: RosterScene,
  users: readonly PlannedUser[],
  customers: ReadonlyMap<string, RosterCustomerAfter>,
): RosterProblem[] {
  const adding = new Map<string, PlannedUser[]>();
  for (const user of users)
    if (user.change === 'new' || user.change === 'returning')
      adding.set(user.customer, [...(adding.get(user.customer) ?? []), user]);
  return [...adding].flatMap(([key, added]): RosterProblem[] => {
    const customer = customers.get(key);
    if (!customer) return [];
    const { used, agreed, tier } = customer;
    const seated = { key, tier: tier ?? '', agreed };
    const detail = refusedSeat(catalog, { customer: seated, used, wanted: added.length }, now);
    if (detail === null) return [];
    const left = added.findIndex(
      (_, at) => refusedSeat(catalog, { customer: seated, used, wanted: at + 1 }, now) !== null,
    );
    return [
      { list: 'users', row: added[left]?.row ?? 0, field: 'customer', detail: `${customer.name}: ${detail}` },
    ];
  });
}
