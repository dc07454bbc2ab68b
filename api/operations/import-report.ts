import type { Executor } from '../../db/client.ts';
import { fenceOutlooks } from '../../db/queries/fence-outlook.ts';
import { readOtherUsers } from '../../db/queries/import-read.ts';
import { rolesOf } from '../../domain/catalog-tier.ts';
import type { FieldError } from '../../domain/errors.ts';
import type { RosterChange, RosterDuplicate, RosterList, RosterProblem } from '../../domain/roster.ts';
import { impactOfMoves, type RoleMove, type RosterEffect } from '../../domain/roster-effect.ts';
import type { PlannedPerson } from '../../domain/roster-users.ts';
import type { RosterPlan } from './import-plan.ts';

/** One customer or person that an import changes. */
export interface ChangeLine {
  list: RosterList;
  /** Where it stands in the list, counted from 0; null for who is not in it. */
  row: number | null;
  /** The customer's key or the person's address. */
  name: string;
  /** Key of the customer whose user it is. */
  customer: string | null;
  change: Exclude<RosterChange, 'unchanged'> | 'leaving';
  /** Members that differ from what is there. */
  fields: string[];
}

/** How many of a list are what. */
export interface ChangeCount {
  new: number;
  returning: number;
  changed: number;
  unchanged: number;
  leaving: number;
}

/** What an import would do, or has done. */
export interface RosterReport {
  customers: ChangeCount;
  users: ChangeCount;
  staff: ChangeCount;
  /** What is changed, up to `linesAtMost` of it. */
  changes: ChangeLine[];
  /** How many more there are. */
  moreChanges: number;
  /** Rows that say one and the same: they count once. */
  duplicates: RosterDuplicate[];
  effects: RosterEffect[];
  /** Organizations of whose people so many are beyond the limit, and wait for a second person. */
  fences: { organization: string; people: number; limit: number; held: number }[];
  /** Empty: it can be applied. */
  problems: FieldError[];
}

const linesAtMost = 500;

/** Says what a plan comes to. */
export async function reportOf(tx: Executor, plan: RosterPlan): Promise<RosterReport> {
  const lines = changeLines(plan);
  const { users, staff } = plan.leaving;
  const { joining, others, leaving } = await movesOf(tx, plan);
  return {
    customers: countOf(plan.customers, 0),
    users: countOf(plan.users, users.length),
    staff: countOf(plan.staff, staff.length),
    changes: lines.slice(0, linesAtMost),
    moreChanges: Math.max(0, lines.length - linesAtMost),
    duplicates: plan.duplicates,
    effects: impactOfMoves(plan.scene.catalog, [...joining, ...others, ...leaving]).effects,
    fences: await fencesOf(tx, plan, others, leaving),
    problems: plan.problems.map(fieldErrorOf),
  };
}

/** Whether there is anything to do. */
export function isNothing({ customers, users, staff }: RosterReport): boolean {
  return [customers, users, staff].every((one) => one.new + one.returning + one.changed + one.leaving === 0);
}

/** What an import run remembers of itself. */
export function summaryOf({ customers, users, staff }: RosterReport): Record<string, number> {
  return Object.fromEntries(
    Object.entries({ customers, users, staff }).flatMap(([list, counts]) =>
      Object.entries(counts).map(([change, number]) => [`${list}_${change}`, number]),
    ),
  );
}

/** A problem as a body's fields are named outside. */
export function fieldErrorOf({ list, row, field, detail }: RosterProblem): FieldError {
  return { pointer: `/${list}/${row}/${memberOf(field)}`, detail };
}

function memberOf(field: string): string {
  return field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function countOf(rows: readonly { change: RosterChange }[], leaving: number): ChangeCount {
  const count = { new: 0, returning: 0, changed: 0, unchanged: 0, leaving };
  for (const { change } of rows) count[change] += 1;
  return count;
}

function changeLines({ customers, users, staff, leaving }: RosterPlan): ChangeLine[] {
  const line = (
    list: RosterList,
    name: string,
    customer: string | null,
    { row, change, fields }: Pick<PlannedPerson, 'row' | 'change' | 'fields'>,
  ): ChangeLine[] =>
    change === 'unchanged' ? [] : [{ list, row, name, customer, change, fields: fields.map(memberOf) }];
  const gone = { row: null, change: 'leaving' as const, fields: [] };
  return [
    ...customers.flatMap((one) => line('customers', one.key, null, one)),
    ...leaving.staff.map(({ email: name }) => ({ list: 'staff' as const, name, customer: null, ...gone })),
    ...leaving.users.map(({ email: name, organization: customer }) => ({
      list: 'users' as const,
      name,
      customer,
      ...gone,
    })),
    ...staff.flatMap((one) => line('staff', one.email, null, one)),
    ...users.flatMap((one) => line('users', one.email, one.customer, one)),
  ];
}

interface Moves {
  /** New people: a fence counts of them only who gets to decide or to do something in Tenure itself. */
  joining: RoleMove[];
  others: RoleMove[];
  leaving: RoleMove[];
}

async function movesOf(tx: Executor, plan: RosterPlan): Promise<Moves> {
  const moves: Moves = { joining: [], others: await othersOf(tx, plan), leaving: [] };
  const move = (organization: string, { change, before, after }: PlannedPerson) => {
    const isJoining = change === 'new' || change === 'returning';
    moves[isJoining ? 'joining' : 'others'].push({ organization, people: 1, before, after });
  };
  for (const one of plan.users) move(one.customer, one);
  for (const one of plan.staff) move(plan.vendor.key, one);
  for (const { organization, roles, membership } of [...plan.leaving.users, ...plan.leaving.staff]) {
    const before = membership ? rolesUnder(plan, organization, membership, 'formerTier') : roles;
    moves.leaving.push({ organization, people: 1, before, after: [] });
  }
  return moves;
}

/** The roles that count for a customer's user, under the tier that it has or will have. */
function rolesUnder(
  { scene: { catalog, now }, after }: RosterPlan,
  key: string,
  { contractRole, givenRoles: roles }: { contractRole: string | null; givenRoles: readonly string[] },
  which: 'formerTier' | 'tier',
): string[] {
  const customer = after.get(key);
  const tier = customer?.[which] ?? '';
  const restricted = customer?.isRestricted ?? false;
  return rolesOf(catalog, { roles, customer: { key, tier, contractRole, restricted } }, now);
}

/** Users whom no list names, of customers whose tier changes. */
async function othersOf(tx: Executor, plan: RosterPlan): Promise<RoleMove[]> {
  const moved = plan.customers.filter(({ id, fields }) => id !== null && fields.includes('tier'));
  const addresses = [...plan.users, ...plan.leaving.users].map(({ email }) => email.toLowerCase());
  const groups = await readOtherUsers(
    tx,
    moved.map(({ key }) => key),
    addresses,
  );
  return groups.map(({ customer: organization, people, ...group }) => ({
    organization,
    people,
    before: rolesUnder(plan, organization, group, 'formerTier'),
    after: rolesUnder(plan, organization, group, 'tier'),
  }));
}

async function fencesOf(
  tx: Executor,
  plan: RosterPlan,
  others: readonly RoleMove[],
  leaving: readonly RoleMove[],
): Promise<RosterReport['fences']> {
  const touched = countedPeople(plan, others, leaving);
  const ids = new Map([...touched.keys()].map((key) => [key, idOf(plan, key)]));
  const subjects = [...touched].map(([key, people]) => [ids.get(key) ?? key, people] as const);
  const outlooks = await fenceOutlooks(tx, new Map(subjects));
  return [...touched].toSorted(byKey).flatMap(([organization, people]) => {
    const { waiting: held, limit } = outlooks.get(ids.get(organization) ?? organization) ?? nobodyWaits;
    return held > 0 ? [{ organization, people, limit, held }] : [];
  });
}

const nobodyWaits = { waiting: 0, limit: 0 };

function byKey([one]: [string, number], [other]: [string, number]): number {
  return one < other ? -1 : 1;
}

function idOf({ vendor, known }: RosterPlan, key: string): string | undefined {
  return key === vendor.key ? vendor.id : known.get(key)?.id;
}

/** How many people of each organization, by its key, a fence would count. */
function countedPeople(
  plan: RosterPlan,
  others: readonly RoleMove[],
  leaving: readonly RoleMove[],
): Map<string, number> {
  const { scene, vendor, users, staff } = plan;
  const { touched } = impactOfMoves(
    scene.catalog,
    others.filter(({ organization }) => organization !== vendor.key),
  );
  const add = (key: string) => touched.set(key, (touched.get(key) ?? 0) + 1);
  // The vendor's people count by their roles, whatever these give, and by a time that is cut short.
  for (const { change, fields } of staff)
    if (change === 'changed' && (fields.includes('roles') || fields.includes('endsAt'))) add(vendor.key);
  const isJoining = ({ change }: PlannedPerson) => change === 'new' || change === 'returning';
  for (const one of users) if (isJoining(one) && isWeighty(plan, one)) add(one.customer);
  for (const one of staff) if (isJoining(one) && isWeighty(plan, one)) add(vendor.key);
  for (const { organization } of leaving) add(organization);
  return touched;
}

/** Whether somebody would decide or do something in Tenure itself: then a fence counts them, though they are new. */
export function isWeighty(
  { weighty }: Pick<RosterPlan, 'weighty'>,
  { after }: Pick<PlannedPerson, 'after'>,
): boolean {
  return after.some((role) => weighty.has(role));
}
