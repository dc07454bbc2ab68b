import { assertNever } from '../../domain/errors.ts';
import type { ProcessKind } from '../../domain/process.ts';
import { instantInWords, remaining } from './instants.ts';
import { type Cell, fields, headline, nameAndEmail, nameOf, type Page, table } from './layout.ts';
import type { Process, ProcessPerson } from './people-shapes.ts';
import { causeText, type Standing } from './request-text.ts';
import { count } from './text.ts';

const kinds: Record<ProcessKind, string> = {
  onboarding: 'onboarding',
  'role-change': 'role change',
  offboarding: 'offboarding',
};

/** What set a process off, as people say it. */
const causes: Record<string, string> = {
  contract: 'the contract',
  configuration: 'a change of the catalog',
  roster: 'an import',
  administrator: 'the customer’s administrator',
  operations: 'operations',
  'end-date': 'an end that was set',
  dunning: 'failed payments',
  seats: 'more users than seats',
  convergence: 'a difference that was found',
};

/** `onboarding of Umbra`, `offboarding of Jonas`. */
export function processInWords({
  kind,
  organization,
  person,
}: Pick<Process, 'kind' | 'organization' | 'person'>): string {
  return `${kinds[kind]} of ${nameOf(person ?? organization)}`;
}

/** Where a process stands, in one line. */
export function processStanding(process: Process, nowMs: number): Standing {
  switch (process.state) {
    case 'waiting': {
      // What is held is cut by whoever accepted it, and does not wait for the process.
      if (process.kind === 'offboarding' && process.progress.applying > 0)
        return { text: 'access is being cut', style: 'yellow' };
      const isLater = Date.parse(process.due_at) > nowMs;
      const when = `begins ${instantInWords(process.due_at, nowMs)}, in ${remaining(process.due_at, nowMs)}`;
      return { text: isLater ? when : 'about to begin', style: 'yellow' };
    }
    case 'fenced':
      return { text: `${held(process)} for a second person${doneSoFar(process)}`, style: 'yellow' };
    case 'running':
      return { text: `at work: ${peopleDone(process)}`, style: 'yellow' };
    case 'confirming':
      return { text: 'done; waiting until everybody has confirmed', style: 'green' };
    case 'undoing':
      return { text: 'failed; what was done is being taken back', style: 'red' };
    case 'done':
      return { text: `done${settled(process, nowMs)}`, style: 'green' };
    case 'residue':
      return { text: `over; something is left${settled(process, nowMs)}`, style: 'red' };
    case 'failed':
      return { text: `failed, and taken back${settled(process, nowMs)}`, style: 'red' };
    case 'discarded':
      return { text: process.replaced_by ? 'replaced by a newer one' : 'discarded', style: 'dim' };
    default:
      return assertNever(process.state);
  }
}

function settled({ settled_at: at }: Process, nowMs: number): string {
  return at ? ` ${instantInWords(at, nowMs)}` : '';
}

function held({ progress: { fenced } }: Process): string {
  return fenced > 0 ? count(fenced, 'person waits', 'people wait') : 'waits';
}

function doneSoFar({ progress: { done, total } }: Process): string {
  return done > 0 ? `; ${done} of ${total} done` : '';
}

function peopleDone({ progress: { done, total, failed, fenced } }: Process): string {
  if (total === 0) return 'finding out whom it is about';
  const more = [
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(fenced > 0 ? [`${fenced} wait for a second person`] : []),
  ];
  return [`${done} of ${count(total, 'person', 'people')}`, ...more].join(', ');
}

const barWidth = 24;

/** `[########----------------] 120 of 360 people`: a line that is drawn again and again. */
export function progressLine(process: Process, nowMs: number): string {
  const { done, failed, undone, total } = process.progress;
  const { text } = processStanding(process, nowMs);
  if (process.state !== 'running' || total === 0) return `${processInWords(process)}  ${text}`;
  const full = Math.floor((barWidth * Math.min(done + failed + undone, total)) / total);
  return `[${'#'.repeat(full)}${'-'.repeat(barWidth - full)}] ${peopleDone(process)}  ${processInWords(process)}`;
}

/** Processes, as the API orders them: the newest first. */
export function processTable(page: Page, processes: readonly Process[]): string {
  const rows = processes.map((one): Cell[] => {
    const { text, style } = processStanding(one, page.nowMs);
    return [
      instantInWords(one.created_at, page.nowMs),
      processInWords(one),
      { text, style },
      one.id,
      causeOf(one),
    ];
  });
  return table(page, ['SINCE', 'PROCESS', 'STANDS', 'ID', 'SET OFF BY'], rows);
}

function causeOf({ cause, source, requested_by: by }: Process): string {
  const what = causes[cause] ?? cause;
  if (source) return `${what} (${source})`;
  return by ? `${nameOf(by)}${cause === 'operations' || cause === 'administrator' ? '' : `, ${what}`}` : what;
}

/** People of a process, each with how far it is with them. */
export function processPeopleTable(page: Page, people: readonly ProcessPerson[]): string {
  const rows = people.map(({ person, state, last_error: cause, tried_at: triedAt }): Cell[] => [
    nameAndEmail(person),
    state,
    triedAt ? instantInWords(triedAt, page.nowMs) : '',
    cause ? causeText(cause) : '',
  ]);
  return table(page, ['PERSON', 'STANDS', 'TRIED', 'TROUBLE'], rows);
}

/** Everything a person wants to know of one process. */
export function processText(page: Page, process: Process): string {
  const { nowMs } = page;
  const standing = processStanding(process, nowMs);
  const when = (iso: string | null | undefined) => (iso ? instantInWords(iso, nowMs) : null);
  const { progress, tasks } = process;
  return (
    headline(page, processInWords(process), standing.text, standing.style) +
    fields(page, [
      ['Person', process.person ? nameAndEmail(process.person) : null],
      ['Organization', nameOf(process.organization)],
      ['Set off by', causeOf(process)],
      ['Why', process.reason ?? null],
      ['People', progress.total > 0 ? progressInWords(progress) : null],
      ['Trouble', process.last_error ? causeText(process.last_error) : null],
      ['Tasks', tasks.length > 0 ? tasks.join(', ') : null],
      ['Asked', when(process.created_at)],
      ['Began', when(process.started_at)],
      ['Catalog', process.catalog_revision ? `revision ${process.catalog_revision}` : null],
      ['Instead', process.replaced_by ?? null],
      ['Id', process.id],
    ])
  );
}

function progressInWords({
  total,
  waiting,
  fenced,
  applying,
  done,
  failed,
  undone,
}: Process['progress']): string {
  const parts: [number, string][] = [
    [done, 'done'],
    [applying, 'at work'],
    [waiting, 'to come'],
    [fenced, 'waiting for a second person'],
    [failed, 'failed'],
    [undone, 'taken back'],
  ];
  const said = parts.flatMap(([number, word]) => (number > 0 ? [`${number} ${word}`] : []));
  return `${total}: ${said.join(', ')}`;
}
