import { assertNever } from '../../domain/errors.ts';
import { instantInWords, remaining } from './instants.ts';
import {
  accessInWords,
  type Cell,
  type Field,
  fields,
  headline,
  nameAndEmail,
  nameOf,
  type Page,
  table,
} from './layout.ts';
import { causeText, grantStanding, periodText, whoDecides } from './request-text.ts';
import type { AccessRequest, Grant, Task } from './shapes.ts';
import { count, shorten } from './text.ts';

/** Everything a person wants to know of one grant, its end first. */
export function grantText(page: Page, grant: Grant): string {
  const { nowMs } = page;
  const standing = grantStanding(grant, nowMs);
  const lines: Field[] = [
    ['Person', nameAndEmail(grant.person)],
    ['Access', accessInWords(grant)],
    ['From', grant.from ? instantInWords(grant.from, nowMs) : null],
    ['Until', grant.until ? instantInWords(grant.until, nowMs) : null],
    ['Ended by', grant.ended_by_person ? nameAndEmail(grant.ended_by_person) : null],
    [
      'Credential',
      grant.credential_shown_at ? `shown ${instantInWords(grant.credential_shown_at, nowMs)}` : null,
    ],
    [
      'Attempts',
      grant.attempts && grant.last_error ? `${grant.attempts}, the last: ${grant.last_error}` : null,
    ],
    ['Origin', grant.request_id ? `request ${grant.request_id}` : grant.origin],
    ['Id', grant.id],
  ];
  return headline(page, accessInWords(grant), standing.text, standing.style) + fields(page, lines);
}

/** Grants that are held, the one that ends first at the top. */
export function heldTable(page: Page, grants: readonly Grant[]): string {
  const byEnd = grants.toSorted((a, b) => endOf(a).localeCompare(endOf(b)));
  return table(
    page,
    ['ENDS', 'LEFT', 'PERSON', 'ACCESS', 'GRANT'],
    byEnd.map((grant) => heldRow(page, grant)),
  );
}

function heldRow({ nowMs }: Page, grant: Grant): Cell[] {
  const end = endOf(grant);
  return [
    end ? instantInWords(end, nowMs) : 'not yet known',
    leftOf(grant, nowMs),
    nameOf(grant.person),
    accessInWords(grant),
    grant.id,
  ];
}

function leftOf(grant: Grant, nowMs: number): Cell {
  const end = endOf(grant);
  switch (grant.state) {
    case 'overdue':
      return { text: 'overdue', style: 'red' };
    case 'held':
      return end ? { text: remaining(end, nowMs), style: 'green' } : 'held';
    case 'provisioning':
      return { text: 'being set up', style: 'yellow' };
    case 'ended':
    case 'failed':
      return { text: grant.state, style: 'dim' };
    default:
      return assertNever(grant.state);
  }
}

function endOf(grant: Grant): string {
  return grant.ended_at ?? grant.due_at ?? grant.until ?? '';
}

/** Grants of a time gone by, as the API orders them: the newest first. */
export function pastTable(page: Page, grants: readonly Grant[]): string {
  const rows = grants.map((grant): Cell[] => [
    endOf(grant) ? instantInWords(endOf(grant), page.nowMs) : 'not yet known',
    grant.from ? instantInWords(grant.from, page.nowMs) : 'never',
    nameOf(grant.person),
    accessInWords(grant),
    endingOf(grant),
    grant.id,
  ]);
  return table(page, ['UNTIL', 'FROM', 'PERSON', 'ACCESS', 'ENDED BY', 'GRANT'], rows);
}

function endingOf(grant: Grant): Cell {
  if (grant.state === 'overdue') return { text: 'overdue', style: 'red' };
  if (grant.state !== 'ended') return grant.state;
  const by = grant.ended_by_person ? `, ${nameOf(grant.ended_by_person)}` : '';
  return `${grant.ended_by ?? 'unknown'}${by}`;
}

/** What only a person can finish, the oldest at the top: it has waited longest. */
export function taskTable(page: Page, tasks: readonly Task[]): string {
  const rows = tasks
    .toSorted((a, b) => a.opened_at.localeCompare(b.opened_at))
    .map((task): Cell[] => [
      instantInWords(task.opened_at, page.nowMs),
      taskKinds[task.kind] ?? task.kind,
      whatAbout(task),
      nameOf(task.owner),
      task.id,
      task.cause ? causeText(task.cause) : '',
      task.grant_id ?? task.process_id ?? '',
    ]);
  return table(page, ['SINCE', 'TASK', 'ABOUT', 'OWNER', 'ID', 'CAUSE', 'OF'], rows);
}

/** Who, and on what; else whose. */
function whatAbout({ person, people, resource, organization }: Task): string {
  if (people && organization) return `${count(people, 'person', 'people')} of ${nameOf(organization)}`;
  const named = [person, resource].flatMap((one) => (one ? [nameOf(one)] : []));
  return named.join(' on ') || (organization ? nameOf(organization) : '');
}

const taskKinds: Record<string, string> = {
  rollback: 'undo what did not begin',
  overdue: 'end what is overdue',
  residue: 'take away what is left',
  handover: 'look after what was handed over',
  onboarding: 'see why an onboarding failed',
  'role-change': 'see why a role change failed',
  seats: 'find seats for everybody',
  contract: 'find out about the contract',
  users: 'add the customer’s first user',
  account: 'decide about an account that was there before',
};

/** Requests that wait, the one that lapses first at the top. */
export function waitingTable(page: Page, requests: readonly AccessRequest[]): string {
  const byLapse = requests.toSorted((a, b) => (a.lapses_at ?? '').localeCompare(b.lapses_at ?? ''));
  const rows = byLapse.map((request): Cell[] => [
    request.lapses_at ? instantInWords(request.lapses_at, page.nowMs) : '',
    request.reference,
    nameOf(request.person),
    `${accessInWords(request)}, ${request.kind === 'extension' ? 'longer by' : 'for'} ${periodText(request.period)}`,
    whoDecides(request),
    shorten(request.justification ?? '', 40),
  ]);
  return table(page, ['LAPSES', 'REQUEST', 'PERSON', 'ACCESS', 'WAITS FOR', 'WHY'], rows);
}
