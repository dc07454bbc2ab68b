import { z } from 'zod';
import type { ImportFiles } from './import-files.ts';
import { effectInWords } from '../../domain/catalog-effect.ts';
import { type Field, fields, headline, type Page } from './layout.ts';
import { count, listInWords, neutralise, wrap } from './text.ts';

const counts = z.object({
  new: z.number(),
  returning: z.number(),
  changed: z.number(),
  unchanged: z.number(),
  leaving: z.number(),
});
const list = z.enum(['customers', 'users', 'staff']);

export const importReportShape = z.object({
  customers: counts,
  users: counts,
  staff: counts,
  duplicates: z.array(z.object({ list, name: z.string(), rows: z.array(z.number()) })),
  effects: z.array(
    z.object({
      kind: z.enum(['gain', 'lose']),
      resource: z.string(),
      entitlement: z.string(),
      people: z.number(),
    }),
  ),
  fences: z.array(
    z.object({ organization: z.string(), people: z.number(), limit: z.number(), held: z.number() }),
  ),
  problems: z.array(z.object({ pointer: z.string(), detail: z.string() })),
  /** Where to hear of accounts that there are already. */
  search: z.string().nullish(),
});
type Report = z.infer<typeof importReportShape>;

export const appliedImportShape = z.object({ id: z.string().nullable(), processes: z.array(z.string()) });

/** Lines of each kind that are told; the rest is counted. */
const linesAtMost = 20;

/** What an import would do, in words; what is wrong stands elsewhere. */
export function importText(page: Page, report: Report, files: ImportFiles): string {
  const problems = report.problems.length;
  const standing =
    problems > 0
      ? `${count(problems, 'thing is', 'things are')} wrong: nothing can be imported`
      : whatHappens(report);
  return (
    headline(page, 'Import', standing, problems > 0 ? 'red' : 'bold') +
    fields(page, [
      ['Customers', countsInWords(report.customers)],
      ['Users', countsInWords(report.users)],
      ['Staff', countsInWords(report.staff)],
      ...duplicateFields(report, files),
    ]) +
    effectText(page, report) +
    fenceText(page, report)
  );
}

function whatHappens({ customers, users, staff }: Report): string {
  const sum = (of: keyof Report['users']) => customers[of] + users[of] + staff[of];
  const words: [keyof Report['users'], string][] = [
    ['new', 'new'],
    ['returning', 'coming back'],
    ['changed', 'changed'],
  ];
  const said = words.flatMap(([of, word]) => (sum(of) > 0 ? [`${sum(of)} ${word}`] : []));
  const leaving = sum('leaving');
  if (said.length + leaving === 0) return 'everything is so already: nothing would change';
  const leave = leaving > 0 ? count(leaving, 'person leaves', 'people leave') : 'nobody leaves';
  return [said.join(', '), leave].filter(Boolean).join('; ');
}

/** Null where a list was not given. */
function countsInWords(counted: Report['users']): string | null {
  const words: [keyof Report['users'], string][] = [
    ['new', 'new'],
    ['returning', 'coming back'],
    ['changed', 'changed'],
    ['unchanged', 'as they are'],
    ['leaving', 'leaving'],
  ];
  const said = words.flatMap(([of, word]) => (counted[of] > 0 ? [`${counted[of]} ${word}`] : []));
  return said.join(', ') || null;
}

function duplicateFields({ duplicates }: Report, files: ImportFiles): Field[] {
  const more = duplicates.length - linesAtMost;
  return [
    ...duplicates.slice(0, linesAtMost).map(({ list: of, name, rows }): Field => {
      const places = rows.map((row) => files.placeOf(of, row, '')).map(({ line }) => String(line));
      return ['Counted once', `${name}, ${of}.csv lines ${listInWords(places, 'and')}`];
    }),
    ['', more > 0 ? `and ${more} more that stand there more than once` : null],
  ];
}

function effectText(page: Page, { effects, problems }: Report): string {
  if (problems.length > 0 || effects.length === 0) return '';
  const shown = effects.slice(0, linesAtMost).map((one) => `  ${neutralise(effectInWords(one))}\n`);
  const more = effects.length - shown.length;
  const adopted = effects.some(({ kind }) => kind === 'gain')
    ? paragraph(
        page,
        'Accounts that people have already are taken over as they are, and what they hold beside their roles stays. Nobody is written to.',
      )
    : '';
  return `By their roles, as far as policy lets them:\n${shown.join('')}${more > 0 ? `  and ${more} more\n` : ''}${adopted}`;
}

function fenceText(page: Page, { fences }: Report): string {
  return fences
    .slice(0, linesAtMost)
    .map(({ organization, people, limit, held }) =>
      paragraph(
        page,
        `The fence would hold ${held} of ${count(people, 'person', 'people')} of ${neutralise(organization)} whose access changes, because ${limit} may change at once: another person lets them go on (fences).`,
      ),
    )
    .join('');
}

function paragraph({ terminal }: Page, text: string): string {
  return wrap(text, terminal.columns() ?? 100)
    .map((line) => `${line}\n`)
    .join('');
}
