import type { Executor } from '../../db/client.ts';
import type { OutboxLine } from '../../db/outbox.ts';
import { overtakeWishes, type RosterWish } from '../../db/queries/import-wish.ts';
import { type ImportedBy, writeProcessPeople } from '../../db/queries/import-write.ts';
import { createProcesses, type NewProcess } from '../../db/queries/process.ts';
import type { PlannedStaff } from '../../domain/roster-staff.ts';
import type { PlannedUser } from '../../domain/roster-users.ts';
import type { Planner } from './import-plan.ts';

/** One import, as it is carried out. */
export interface Import extends ImportedBy, Planner {
  /** W3C trace context of what caused it. */
  traceparent: string | null;
}

/** What a page has set off. */
export interface Made {
  processes: string[];
  lines: OutboxLine[];
}

/** What a list says of a customer's user. */
export function userWishOf({ contractRole, roles }: PlannedUser): RosterWish {
  return { contractRole, givenRoles: roles };
}

/** What a list says of one of the vendor's people. */
export function staffWishOf(one: PlannedStaff): RosterWish {
  const { department, region, employment, startsAt, endsAt, roles } = one;
  return { department, region, employment, startsAt, endsAt, roles };
}

/** One process that an import sets off. */
export type ImportStory = Pick<NewProcess, 'kind' | 'organizationId' | 'wish' | 'dueAt'> & {
  personId?: string;
  people?: string[];
  /** What the lists say of them and is no fact before it has passed the fence. */
  said?: ReadonlyMap<string, RosterWish>;
};

/** New people are not written to: they have been here all along. Those of whom something waits for the fence are by themselves. */
export function storiesFor(
  organizationId: string,
  {
    joining,
    changed,
    said,
  }: Record<'joining' | 'changed', readonly { personId: string }[]> & Pick<Required<ImportStory>, 'said'>,
): ImportStory[] {
  const idsOf = (people: readonly { personId: string }[]) => people.map(({ personId }) => personId);
  const [kind, people] = ['onboarding' as const, 'affected' as const];
  return [
    {
      kind,
      organizationId,
      wish: { welcome: false, people },
      people: idsOf(joining.filter(({ personId }) => !said.has(personId))),
    },
    {
      kind,
      organizationId,
      wish: { welcome: false, people, counts: true as const },
      people: idsOf(joining.filter(({ personId }) => said.has(personId))),
      said,
    },
    {
      kind: 'role-change' as const,
      organizationId,
      wish: { what: 'roles' as const, people },
      people: idsOf(changed),
      said,
    },
  ].filter(({ people }) => people.length > 0);
}

/** Writes the processes, whom they are about, and what is said of these. */
export async function beginStories(tx: Executor, run: Import, wishes: readonly ImportStory[]): Promise<Made> {
  const { caller, actor, reason, traceparent } = run;
  const made = await createProcesses(
    tx,
    wishes.map(({ people: _people, said: _said, ...wish }) => ({
      ...wish,
      cause: 'roster',
      requestedBy: caller.personId,
      reason,
      actor,
      traceparent,
    })),
  );
  const about = made.flatMap(({ id: processId }, at) => {
    const { organizationId = '', people = [], said } = wishes[at] ?? {};
    return people.map((personId) => ({
      processId,
      personId,
      organizationId,
      wish: said?.get(personId) ?? null,
    }));
  });
  // What an earlier import said of them and is no fact yet is overtaken.
  await overtakeWishes(
    tx,
    about.map(({ personId }) => personId),
  );
  await writeProcessPeople(tx, about);
  return { processes: made.map(({ id }) => id), lines: made.map(({ line }) => line) };
}

/** Whether somebody is here only later. */
export function startsAfter(now: string, { startsAt }: PlannedStaff): boolean {
  return startsAt !== null && Date.parse(startsAt) > Date.parse(now);
}

/** Nobody holds anything before they start: a process for those of each such instant, which begins then. */
export function storiesForLater(
  organizationId: string,
  now: string,
  {
    joining,
    changed,
    weighty,
  }: Record<'joining' | 'changed' | 'weighty', readonly (PlannedStaff & { personId: string })[]>,
): ImportStory[] {
  const said = new Map(weighty.map((one) => [one.personId, staffWishOf(one)]));
  const moved = changed.filter(({ fields }) => fields.includes('startsAt'));
  const later = [...joining, ...moved].filter((one) => startsAfter(now, one));
  return [...new Set(later.map(({ startsAt }) => startsAt ?? ''))].flatMap((start) => {
    const then = (people: typeof moved) => people.filter(({ startsAt }) => startsAt === start);
    const people = { joining: then([...joining]), changed: then(moved), said };
    const wishes = storiesFor(organizationId, people);
    return wishes.map((wish) => ({ ...wish, dueAt: new Date(start) }));
  });
}
