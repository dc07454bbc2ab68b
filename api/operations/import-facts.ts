import type { Executor } from '../../db/client.ts';
import { nameAccounts } from '../../db/queries/account-search.ts';
import { orderReturn } from '../../db/queries/coming-back.ts';
import { lockKnownCustomer, lockKnownPeople, type MissingPerson } from '../../db/queries/import-read.ts';
import {
  beginMemberships,
  type ImportedMembership,
  insertCustomers,
  insertPeople,
  renamePeople,
  renameStaff,
  replaceStaffRoles,
  updateCustomers,
  updateStaff,
} from '../../db/queries/import-write.ts';
import type { LeavingWhy } from '../../db/queries/offboarding.ts';
import type { ProcessWish } from '../../db/queries/process.ts';
import { takeSeats } from '../../db/queries/seats.ts';
import { TenureError } from '../../domain/errors.ts';
import { newId } from '../../domain/ids.ts';
import type { RosterCustomer, RosterProblem } from '../../domain/roster.ts';
import type { PlannedCustomer } from '../../domain/roster-customers.ts';
import { accessFields, type PlannedStaff } from '../../domain/roster-staff.ts';
import type { PlannedPerson, PlannedUser } from '../../domain/roster-users.ts';
import { planRoster, type RosterPlan } from './import-plan.ts';
import { fieldErrorOf, isWeighty } from './import-report.ts';
import {
  beginStories,
  type Import,
  type Made,
  staffWishOf,
  startsAfter,
  storiesFor,
  storiesForLater,
  userWishOf,
} from './import-stories.ts';

const nobody = { customers: [], users: [], staff: [], complete: [] };

/** Writes the customers of a roster, and a process for each whose users it concerns. */
export async function writeCustomers(
  tx: Executor,
  run: Import,
  rows: readonly RosterCustomer[],
): Promise<Made> {
  const plan = await planRoster(tx, run, { ...nobody, customers: rows });
  refuseStale(plan, (row) => row);
  const isNew = ({ id }: PlannedCustomer) => id === null;
  const made = plan.customers.filter(isNew).map((one) => ({ ...one, id: newId('org') }));
  refuseTaken(await insertCustomers(tx, run, made));
  const changed = plan.customers.flatMap(({ id, ...one }) =>
    id !== null && one.change === 'changed' ? [{ ...one, id }] : [],
  );
  await updateCustomers(tx, run, changed);
  const wishes = [...made, ...changed].flatMap((one) => {
    const wish = wishOf(plan, one);
    return wish ? [{ organizationId: one.id, kind: 'role-change' as const, wish }] : [];
  });
  return beginStories(tx, run, wishes);
}

/** Null where nothing of it concerns what users hold. The end of a contract becomes a fact when the process begins. */
function wishOf({ known }: RosterPlan, customer: PlannedCustomer): ProcessWish | null {
  const { key, fields, change, tier, region, contractUntil: until } = customer;
  const isOf = (field: string) =>
    change === 'new' ? field === 'contractUntil' && until !== null : fields.includes(field);
  if (isOf('contractUntil'))
    return {
      what: 'contract',
      terms: { tier, region, seats: known.get(key)?.agreed ?? null, until, state: 'active' },
    };
  if (isOf('tier')) return { what: 'contract' };
  return isOf('region') ? { what: 'region' } : null;
}

/** Writes a page of one customer's users, with the processes that give them what they shall hold. */
export async function writeUsers(tx: Executor, run: Import, page: readonly PlannedUser[]): Promise<Made> {
  const customer = page[0]?.customer ?? '';
  await lockKnownCustomer(tx, customer);
  await lockKnownPeople(
    tx,
    page.map(({ email }) => email),
  );
  // Planned anew under the locks: the page before, or somebody else, may have changed what is there.
  const plan = await planRoster(tx, run, { ...nobody, users: page.map(({ wish }) => wish) });
  refuseStale(plan, (row) => page[row]?.row ?? row);
  const organizationId = plan.known.get(customer)?.id;
  if (organizationId === undefined) throw new RangeError('Users of a customer that there is not.');
  const users = plan.users.map((one) => ({ ...one, personId: one.id ?? newId('person') }));
  const joining = users.filter(isJoining);
  await takeSeats(tx, organizationId, joining.length);
  const made = joining
    .filter(({ id }) => id === null)
    .map((one) => ({ ...customersPerson, ...one, id: one.personId }));
  refuseTaken(await insertPeople(tx, run, organizationId, made));
  await nameAccounts(tx, organizationId, users);
  await bringBack(tx, run, users);
  await renamePeople(
    tx,
    users.filter(({ fields }) => fields.includes('name')).map(({ personId: id, name }) => ({ id, name })),
  );
  // Whoever would decide or do something in Tenure itself is a user, and is given nothing before the fence has looked.
  const weighty = joining.filter((one) => isWeighty(plan, one));
  await beginMemberships(
    tx,
    run,
    organizationId,
    joining.map((one) =>
      weighty.includes(one)
        ? { personId: one.personId, contractRole: null, givenRoles: [] }
        : membershipOf(one),
    ),
  );
  const changed = users.filter((one) => one.change === 'changed' && touchesAccess(one));
  const said = new Map([...weighty, ...changed].map((one) => [one.personId, userWishOf(one)]));
  return beginStories(tx, run, storiesFor(organizationId, { joining, changed, said }));
}

/** What a customer's user has nothing of. */
const customersPerson = {
  title: null,
  department: null,
  region: null,
  employment: 'customer',
  startsAt: null,
  endsAt: null,
};

/** Writes a page of the vendor's people, with the processes that give them what they shall hold. */
export async function writeStaff(tx: Executor, run: Import, page: readonly PlannedStaff[]): Promise<Made> {
  await lockKnownPeople(
    tx,
    page.map(({ email }) => email),
  );
  const plan = await planRoster(tx, run, {
    ...nobody,
    // Who manages whom is written when everybody is there.
    staff: page.map(({ wish }) => ({ ...wish, manager: undefined })),
  });
  refuseStale(plan, (row) => page[row]?.row ?? row);
  const organizationId = plan.vendor.id;
  const staff = plan.staff.map((one) => ({ ...one, personId: one.id ?? newId('person') }));
  const made = staff.filter(({ id }) => id === null).map((one) => ({ ...one, id: one.personId }));
  refuseTaken(await insertPeople(tx, run, organizationId, made));
  await nameAccounts(tx, organizationId, staff);
  await bringBack(tx, run, staff);
  const joining = staff.filter(isJoining);
  const withIds = (people: readonly (typeof staff)[number][]) =>
    people.map((one) => ({ ...one, id: one.personId }));
  await updateStaff(tx, withIds(joining.filter(({ id }) => id !== null)));
  await renameStaff(tx, withIds(staff.filter(({ change }) => change === 'changed')));
  const changed = staff.filter((one) => one.change === 'changed' && touchesAccess(one));
  const weighty = joining.filter((one) => isWeighty(plan, one));
  await replaceStaffRoles(
    tx,
    run,
    organizationId,
    joining.filter((one) => !weighty.includes(one)),
  );
  const { now } = plan.scene;
  const said = new Map([...weighty, ...changed].map((one) => [one.personId, staffWishOf(one)]));
  return beginStories(tx, run, [
    ...storiesFor(organizationId, {
      joining: joining.filter((one) => !startsAfter(now, one)),
      changed,
      said,
    }),
    ...storiesForLater(organizationId, now, { joining, changed, weighty }),
  ]);
}

/**
 * Has people leave whom a complete list does not name: a process for each, so that each has its own story. Whom the fence does
 * not hold leaves when it begins.
 */
export async function offboardMissing(
  tx: Executor,
  run: Import,
  people: readonly MissingPerson[],
  why: LeavingWhy,
): Promise<Made> {
  return beginStories(
    tx,
    run,
    people.map(({ id, organizationId }) => ({
      organizationId,
      kind: 'offboarding' as const,
      personId: id,
      wish: { why },
      people: [id],
    })),
  );
}

function isJoining({ change }: PlannedPerson): boolean {
  return change === 'new' || change === 'returning';
}

function touchesAccess({ fields }: PlannedPerson): boolean {
  return fields.some((field) => accessFields.includes(field));
}

function membershipOf({
  personId,
  contractRole,
  roles,
}: PlannedUser & { personId: string }): ImportedMembership {
  return { personId, contractRole, givenRoles: roles };
}

async function bringBack(
  tx: Executor,
  { actor, reason }: Import,
  people: readonly (PlannedPerson & { personId: string })[],
): Promise<void> {
  const personIds = people.filter(({ change }) => change === 'returning').map(({ personId }) => personId);
  if (personIds.length > 0) await orderReturn(tx, { personIds, actor, reason, roles: 'none' });
}

/** What was right a moment ago is not any more: nothing of this page is written. `rowOf` says where a row stands in its list. */
function refuseStale({ problems }: RosterPlan, rowOf: (row: number) => number): void {
  if (problems.length === 0) return;
  const errors = problems.map((one: RosterProblem) => fieldErrorOf({ ...one, row: rowOf(one.row) }));
  throw new TenureError('stale-revision', 'Something was changed meanwhile. Import again to go on.', errors);
}

function refuseTaken(taken: readonly string[]): void {
  if (taken.length === 0) return;
  throw new TenureError('stale-revision', 'Somebody was added meanwhile. Import again to go on.');
}
