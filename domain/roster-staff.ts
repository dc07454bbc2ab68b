import { roleRefusals } from './role-refusal.ts';
import {
  addressOf,
  type RosterDuplicate,
  type RosterProblem,
  type RosterScene,
  type RosterStaff,
  sameMembers,
  type StaffEmployment,
} from './roster.ts';
import { differsInAccount, type KnownPerson, namesTwice, type PlannedPerson } from './roster-users.ts';

export interface PlannedStaff extends PlannedPerson {
  /** All rows of this person as one. */
  wish: RosterStaff;
  title: string | null;
  department: string | null;
  manager: string | null;
  region: string | null;
  employment: StaffEmployment;
  startsAt: string | null;
  endsAt: string | null;
  roles: string[];
}

export interface StaffPlan {
  staff: PlannedStaff[];
  duplicates: RosterDuplicate[];
  problems: RosterProblem[];
}

/** What a list of the vendor's own people comes to, beside who is there. */
export function planStaff(
  scene: RosterScene,
  rows: readonly RosterStaff[],
  people: ReadonlyMap<string, KnownPerson>,
): StaffPlan {
  const plan: StaffPlan = { staff: [], duplicates: [], problems: [] };
  const merged = mergeStaff(rows, plan);
  const listed = new Set(merged.map(({ wish }) => wish.email));
  for (const { row, wish } of merged) {
    const problem = (field: string, detail: string) =>
      plan.problems.push({ list: 'staff', row, field, detail });
    const person = people.get(wish.email);
    if (person && !person.isVendor) {
      problem('email', `Somebody of ${person.organizationName} has this address. Use another one.`);
      continue;
    }
    const planned = planPerson({ row, wish }, person, scene.authorId);
    for (const one of roleRefusals(
      scene.catalog,
      null,
      { roles: planned.roles, contractRole: null },
      scene.now,
    ))
      problem(one.index === null ? one.field : `roles/${one.index}`, one.detail);
    const { manager } = wish;
    if (manager && !listed.has(manager) && !people.get(manager)?.isVendor)
      problem('manager', `There is nobody here with the address ${manager}.`);
    for (const role of dutiesGiven(scene, planned, person)) {
      const detail = `The role ${role} allows something in Tenure itself: an import does not give it. Give it by hand (tenure staff change).`;
      problem(`roles/${planned.roles.indexOf(role)}`, detail);
    }
    if (person?.id === scene.authorId)
      for (const field of planned.fields.filter((one) => !ownFields.includes(one))) problem(field, ownField);
    plan.staff.push(planned);
  }
  plan.problems.push(...namesTwice('staff', plan.staff));
  return plan;
}

/** What an author may import of themselves: on everything else access depends, or who decides about it. */
const ownFields: readonly string[] = ['name', 'title'];
const ownField = 'Nobody gives access to themselves. Have somebody else import this of you.';

/**
 * Roles with duties that a person would get. Who may change access, or release what a fence holds, is decided for one person
 * at a time, and not by a line among thousands.
 */
function dutiesGiven(
  { catalog }: RosterScene,
  { roles }: PlannedStaff,
  person: KnownPerson | undefined,
): string[] {
  const had = person && !person.hasLeft ? person.roles : [];
  const withDuties = new Set(catalog.roles.flatMap((one) => (one.duties.length > 0 ? [one.key] : [])));
  return roles.filter((role) => withDuties.has(role) && !had.includes(role));
}

interface MergedStaff {
  row: number;
  wish: RosterStaff;
}

/** Rows of one person must say the same, but for their roles, which are added up. */
function mergeStaff(rows: readonly RosterStaff[], plan: StaffPlan): MergedStaff[] {
  const byEmail = new Map<string, MergedStaff>();
  const duplicates = new Map<string, RosterDuplicate>();
  for (const [row, said] of rows.entries()) {
    const email = addressOf(said.email);
    const manager = said.manager ? addressOf(said.manager) : said.manager;
    const wish = { ...said, email, manager };
    const first = byEmail.get(email);
    if (!first) {
      byEmail.set(email, { row, wish });
      continue;
    }
    const twice = duplicates.get(email) ?? { list: 'staff', name: email, rows: [first.row] };
    twice.rows.push(row);
    duplicates.set(email, twice);
    const differing = (
      ['title', 'department', 'manager', 'region', 'employment', 'startsAt', 'endsAt', 'account'] as const
    ).find((field) => first.wish[field] !== wish[field]);
    if (differing)
      plan.problems.push({
        list: 'staff',
        row,
        field: differing,
        detail: 'This address stands here twice, and not the same.',
      });
    const roles = [...new Set([...(first.wish.roles ?? []), ...(wish.roles ?? [])])];
    if (first.wish.roles || wish.roles) first.wish = { ...first.wish, roles };
  }
  plan.duplicates.push(...duplicates.values());
  return [...byEmail.values()];
}

function planPerson(
  { row, wish }: MergedStaff,
  person: KnownPerson | undefined,
  authorId: string,
): PlannedStaff {
  const said = <T>(value: T | undefined, known: T | undefined, none: T): T =>
    value === undefined ? (known ?? none) : value;
  const employment = wish.employment ?? employmentOf(person?.employment) ?? 'employee';
  const planned = {
    row,
    wish,
    id: person?.id ?? null,
    email: wish.email,
    name: wish.name,
    title: said(wish.title, person?.title, null),
    department: said(wish.department, person?.department, null),
    manager: said(wish.manager, person?.manager, null),
    region: said(wish.region, person?.region, null),
    employment,
    account: wish.account ?? person?.accounts?.account ?? null,
    startsAt: said(wish.startsAt, person?.startsAt, null),
    endsAt: said(wish.endsAt, person?.endsAt, null),
    roles: [...new Set(wish.roles ?? (person?.hasLeft ? [] : person?.roles) ?? [])],
  };
  const before = person && !person.hasLeft && !person.isSuspended ? person.roles : [];
  const after = person?.isSuspended && !person.hasLeft ? [] : planned.roles;
  if (!person) return { ...planned, before, after, change: 'new', fields: [] };
  const fields: string[] = (
    ['name', 'title', 'department', 'manager', 'region', 'employment', 'startsAt', 'endsAt'] as const
  ).filter((field) => planned[field] !== person[field]);
  if (!sameMembers(planned.roles, person.hasLeft ? [] : person.roles)) fields.push('roles');
  // What was left alone of the author's is looked at when somebody else imports.
  const isOwn = person.id === authorId && (wish.account ?? null) === null;
  if (!isOwn && differsInAccount(wish, person)) fields.push('account');
  const change = person.hasLeft ? 'returning' : fields.length > 0 ? 'changed' : 'unchanged';
  return { ...planned, before, after, change, fields };
}

function employmentOf(text: string | undefined): StaffEmployment | null {
  return text === 'employee' || text === 'contractor' || text === 'service' ? text : null;
}

/** Fields on which access depends: a person of whom none of these changed needs no process. */
export const accessFields: readonly string[] = [
  'roles',
  'contractRole',
  'department',
  'region',
  'employment',
  'startsAt',
  'endsAt',
  'account',
];
