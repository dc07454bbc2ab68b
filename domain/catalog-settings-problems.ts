import type { Catalog, CatalogPath, CatalogProblem } from './catalog.ts';
import { names, problem, repeated } from './catalog-problem.ts';
import { dunningStates } from './catalog-settings.ts';
import { dunningAfterMs } from './dunning.ts';
import { periodMs } from './period.ts';

/** What is wrong with a catalog's settings. `people` are e-mail addresses in lower case; undefined: not checked. */
export function settingsProblems(
  { settings, roles }: Catalog,
  people: ReadonlySet<string> | undefined,
): CatalogProblem[] {
  const { welcome, dunning, restrictedRoles, handover } = settings;
  const known = new Set(roles.map((one) => one.key));
  const problems = [
    ...reminderProblems(welcome.reminders, welcome.expires),
    ...dunningProblems(dunning),
    ...names(['settings', 'restricted_roles'], restrictedRoles, known, 'role'),
  ];
  if (handover !== null && people?.has(handover.toLowerCase()) === false)
    problems.push(problem(['settings', 'handover'], `Nobody has the address ${handover}.`));
  return problems;
}

function reminderProblems(reminders: readonly string[], expires: string): CatalogProblem[] {
  const path = ['settings', 'welcome', 'reminders'];
  const ends = periodMs(expires) ?? Number.POSITIVE_INFINITY;
  return [
    ...growing(path, reminders.map(periodMs), [], 'A reminder comes later than the one before it.'),
    ...reminders.flatMap((one, at) =>
      (periodMs(one) ?? 0) < ends ? [] : [problem([...path, at], 'By then the link has expired.')],
    ),
  ];
}

function dunningProblems(steps: Catalog['settings']['dunning']): CatalogProblem[] {
  const path = ['settings', 'dunning'];
  const places = steps.map((one) => dunningStates.indexOf(one.state));
  const order = `The order is ${dunningStates.join(', ')}.`;
  return [
    ...repeated(
      path,
      steps.map((one) => one.state),
      'state',
      ['state'],
    ),
    ...places.flatMap((place, at) =>
      at > 0 && place < (places[at - 1] ?? 0) ? [problem([...path, at, 'state'], order)] : [],
    ),
    ...growing(
      path,
      steps.map((one) => dunningAfterMs(one.after)),
      ['after'],
      'A step comes later than the one before it.',
    ),
  ];
}

/** The places where a list of lengths does not grow. */
function growing(
  path: CatalogPath,
  lengths: readonly (number | null)[],
  field: CatalogPath,
  detail: string,
): CatalogProblem[] {
  return lengths.flatMap((length, at) =>
    at > 0 && (length ?? 0) <= (lengths[at - 1] ?? 0) ? [problem([...path, at, ...field], detail)] : [],
  );
}
