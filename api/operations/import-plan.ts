import type { Executor } from '../../db/client.ts';
import { readActiveCatalog } from '../../db/queries/catalog-revision.ts';
import { readAccountNames } from '../../db/queries/account-search.ts';
import { readNow } from '../../db/queries/effective.ts';
import {
  type MissingPerson,
  readKnownCustomers,
  readKnownPeople,
  readMissingStaff,
  readMissingUsers,
  readVendor,
} from '../../db/queries/import-read.ts';
import {
  addressOf,
  type Roster,
  type RosterDuplicate,
  type RosterProblem,
  type RosterScene,
} from '../../domain/roster.ts';
import {
  type KnownCustomer,
  namedAddresses,
  namedKeys,
  type PlannedCustomer,
  planCustomers,
} from '../../domain/roster-customers.ts';
import { type PlannedStaff, planStaff } from '../../domain/roster-staff.ts';
import {
  customersAfter,
  type PlannedUser,
  planUsers,
  type RosterCustomerAfter,
} from '../../domain/roster-users.ts';
import type { PersonPrincipal } from '../principal.ts';

/** For whom something is planned. */
export interface Planner {
  caller: PersonPrincipal;
  /** Keys of the roles whose holders policy asks for approvals. */
  approverRoles?: readonly string[] | undefined;
}

/** Everything that a company's lists come to, beside what the ledger says now. */
export interface RosterPlan {
  scene: RosterScene;
  /** Keys of the roles by which somebody decides or does something in Tenure itself: a fence counts new people who get one. */
  weighty: ReadonlySet<string>;
  vendor: { id: string; key: string };
  known: ReadonlyMap<string, KnownCustomer>;
  /** The customers as they will be, by key. */
  after: ReadonlyMap<string, RosterCustomerAfter>;
  customers: PlannedCustomer[];
  users: PlannedUser[];
  staff: PlannedStaff[];
  leaving: { users: MissingPerson[]; staff: MissingPerson[] };
  duplicates: RosterDuplicate[];
  /** Empty: it can be applied. */
  problems: RosterProblem[];
}

/** Plans without writing anything: a few statements, however long the lists are. */
export async function planRoster(
  tx: Executor,
  { caller, approverRoles = [] }: Planner,
  roster: Roster,
): Promise<RosterPlan> {
  const managers = roster.staff.flatMap(({ manager }) => (manager ? [{ email: manager }] : []));
  const addresses = namedAddresses([...roster.users, ...roster.staff, ...managers]);
  const [{ catalog }, now, vendor, known, people, users, staff] = await Promise.all([
    readActiveCatalog(tx),
    readNow(tx),
    readVendor(tx),
    readKnownCustomers(tx, namedKeys(roster.customers, roster.users)),
    readKnownPeople(tx, addresses),
    roster.complete.includes('users')
      ? readMissingUsers(tx, namedKeys([], roster.users), namedAddresses(roster.users))
      : [],
    roster.complete.includes('staff') ? readMissingStaff(tx, namedAddresses(roster.staff)) : [],
  ]);
  const names = await readAccountNames(
    tx,
    [...people.values()].map(({ id }) => id),
  );
  for (const person of people.values()) {
    const accounts = names.get(person.id);
    if (accounts) person.accounts = accounts;
  }
  const scene = { catalog, now, authorId: caller.personId };
  const customers = planCustomers(scene, roster.customers, known);
  const after = customersAfter(known, customers.customers);
  const ofUsers = planUsers(scene, roster.users, { customers: after, people });
  const ofStaff = planStaff(scene, roster.staff, people);
  const withDuties = catalog.roles.flatMap(({ key, duties }) => (duties.length > 0 ? [key] : []));
  return {
    scene,
    weighty: new Set([...withDuties, ...approverRoles]),
    vendor,
    known,
    after,
    customers: customers.customers,
    users: ofUsers.users,
    staff: ofStaff.staff,
    leaving: { users, staff },
    duplicates: [...customers.duplicates, ...ofUsers.duplicates, ...ofStaff.duplicates],
    problems: [
      ...customers.problems,
      ...ofUsers.problems,
      ...ofStaff.problems,
      ...inBothLists(roster),
      ...wrongAsComplete(roster, staff, caller),
    ],
  };
}

function inBothLists({ users, staff }: Roster): RosterProblem[] {
  const ours = new Set(namedAddresses(staff));
  return users.flatMap(({ email }, row) =>
    ours.has(addressOf(email))
      ? [{ list: 'users' as const, row, field: 'email', detail: 'This address stands among the staff, too.' }]
      : [],
  );
}

/** A list that got lost must not take away everything that it said. */
function wrongAsComplete(
  { users, staff, complete }: Roster,
  leavingStaff: readonly MissingPerson[],
  caller: PersonPrincipal,
): RosterProblem[] {
  const problems: RosterProblem[] = [];
  const problem = (list: 'users' | 'staff', detail: string) =>
    problems.push({ list, row: 0, field: 'email', detail });
  if (complete.includes('users') && users.length === 0)
    problem('users', 'A complete list of users names at least one.');
  if (complete.includes('staff') && staff.length === 0)
    problem('staff', 'A complete list of the staff names at least one.');
  else if (leavingStaff.some(({ id }) => id === caller.personId))
    problem('staff', 'You are not on this list yourself: nobody removes themselves. Add yourself.');
  return problems;
}
