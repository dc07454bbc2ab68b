import { hindrancesInWords } from '../../domain/account-search.ts';
import { assertNever } from '../../domain/errors.ts';
import { parsePeriod, periodInWords } from '../../domain/period.ts';
import { instantInWords, remaining } from './instants.ts';
import { accessInWords, type Field, fields, headline, nameAndEmail, nameOf, type Page } from './layout.ts';
import type { AccessRequest, GrantCourse, Preview, Stage } from './shapes.ts';
import type { Style } from './terminal.ts';
import { listInWords, neutralise, shorten } from './text.ts';

/** A standing and how it is emphasised. */
export interface Standing {
  text: string;
  style: Style;
}

/** Where a grant is in its course; the end leads. */
export function grantStanding(grant: GrantCourse, nowMs: number): Standing {
  const due = grant.due_at ?? grant.until;
  switch (grant.state) {
    case 'provisioning':
      return { text: 'access is being set up', style: 'yellow' };
    case 'held':
      return { text: due ? `until ${endInWords(due, nowMs)}` : 'held', style: 'green' };
    case 'overdue':
      return {
        text: due ? `due ${instantInWords(due, nowMs)}, NOT confirmed gone` : 'NOT confirmed gone',
        style: 'red',
      };
    case 'ended': {
      const at = grant.ended_at ? ` ${instantInWords(grant.ended_at, nowMs)}` : '';
      return { text: `ended${at}${grant.ended_by ? ` by ${grant.ended_by}` : ''}`, style: 'dim' };
    }
    case 'failed':
      return { text: 'access could not be set up; nothing is left of it', style: 'red' };
    default:
      return assertNever(grant.state);
  }
}

/** Where a request stands, in one line; once granted, where its grant stands. */
export function requestStanding(request: AccessRequest, nowMs: number): Standing {
  switch (request.state) {
    case 'waiting':
      return waitingStanding(request, nowMs);
    case 'approved': {
      const later = request.starts_at && Date.parse(request.starts_at) > nowMs ? request.starts_at : null;
      const next = later ? `access begins ${instantInWords(later, nowMs)}` : 'access is being set up';
      return { text: `approved, ${next}`, style: 'yellow' };
    }
    case 'granted':
      return grantedStanding(request, nowMs);
    case 'denied':
      return { text: `denied${denier(request)}`, style: 'red' };
    case 'lapsed':
      return { text: 'lapsed: nobody decided in time', style: 'red' };
    case 'cancelled':
      return { text: 'cancelled before access began', style: 'dim' };
    case 'refused':
      return { text: refusedText(request.last_error), style: 'red' };
    case 'failed':
      return { text: 'failed: access could not be set up, and nothing is left of it', style: 'red' };
    default:
      return assertNever(request.state);
  }
}

function refusedText(code: string | null | undefined): string {
  const isByPolicy = !code || code === 'policy';
  return isByPolicy ? 'refused by policy when access was to begin' : 'refused when it was to be carried out';
}

function waitingStanding(request: AccessRequest, nowMs: number): Standing {
  const isDecided = request.stages.every((stage) => stage.state !== 'waiting');
  if (isDecided) return { text: 'decided, being carried out', style: 'yellow' };
  return { text: `waiting for ${whoDecides(request)}${lapse(request, nowMs)}`, style: 'yellow' };
}

function grantedStanding(request: AccessRequest, nowMs: number): Standing {
  if (!request.grant) return { text: 'granted', style: 'green' };
  const { text, style } = grantStanding(request.grant, nowMs);
  return { text: request.grant.state === 'held' ? `granted ${text}` : text, style };
}

function endInWords(iso: string, nowMs: number): string {
  return `${instantInWords(iso, nowMs)}, ${remaining(iso, nowMs)} left`;
}

function lapse(request: AccessRequest, nowMs: number): string {
  if (!request.lapses_at) return '';
  return `; lapses ${instantInWords(request.lapses_at, nowMs)}, in ${remaining(request.lapses_at, nowMs)}`;
}

function denier(request: AccessRequest): string {
  const denial = request.stages
    .flatMap((stage) => stage.decisions ?? [])
    .find((each) => each.decision === 'deny');
  if (!denial) return '';
  return ` by ${nameOf(denial.person)}${denial.comment ? `: ${denial.comment}` : ''}`;
}

/** Who must still decide: `Priya or Marek, and Anna or Tom`. */
export function whoDecides(request: AccessRequest): string {
  const open = request.stages
    .filter((stage) => stage.state === 'waiting')
    .map((stage) => stageDeciders(stage, request));
  return open.length ? open.join(', and ') : 'nobody';
}

function stageDeciders(stage: Stage, request: AccessRequest): string {
  const decided = new Set((stage.decisions ?? []).map((decision) => decision.person.id));
  const missing = Math.max(1, stage.needed - decided.size);
  const people = (stage.people ?? []).filter((person) => !decided.has(person.id)).map(nameOf);
  if (people.length === 0) return stageTitle(stage, request, missing);
  if (missing === 1) return listInWords(people, 'or');
  return missing >= people.length
    ? listInWords(people, 'and')
    : `${missing} of ${listInWords(people, 'and')}`;
}

/**
 * Policy names a stage by role and side, `support-lead of vendor`; people read `a support lead of Northwind Cloud`. A stage
 * of another name is left as it is.
 */
function stageTitle({ name, needed }: Stage, request: AccessRequest, count = needed): string {
  const [, key, side] = /^(.+) of (vendor|customer)$/.exec(name) ?? [];
  if (key === undefined) return count > 1 ? `${count} of ${name}` : name;
  const { organization, holder_organization: holder } = request;
  // Only whose person holds the access is named; a customer's own is not the vendor.
  const vendor = holder && holder.id !== organization?.id ? nameOf(holder) : 'the vendor';
  const whose = side === 'vendor' ? vendor : organization ? nameOf(organization) : 'the customer';
  const role = key.replaceAll('-', ' ');
  const article = /^[aeiou]/i.test(role) ? 'an' : 'a';
  return count > 1 ? `${count} ${role}s of ${whose}` : `${article} ${role} of ${whose}`;
}

/** Everything a person wants to know of a request, the standing first. */
export function requestText(page: Page, request: AccessRequest): string {
  const { nowMs } = page;
  const standing = requestStanding(request, nowMs);
  const asked = `${instantInWords(request.asked_at, nowMs)}, for ${periodText(request.period)}`;
  const by =
    request.requested_by && request.requested_by.id !== request.person.id
      ? ` by ${nameOf(request.requested_by)}`
      : '';
  const lines: Field[] = [
    ['Person', nameAndEmail(request.person)],
    [request.kind === 'extension' ? 'Extends' : 'Access', accessInWords(request)],
    ['Why', request.justification ?? null],
    ['Ticket', request.ticket ?? null],
    ['Asked', `${asked}${by}`],
    ['Begins', request.starts_at ? instantInWords(request.starts_at, nowMs) : null],
    ...request.stages.map((stage): Field => ['Decides', stageText(stage, request, nowMs)]),
    ...policyLines(request.policy_version, request.policies),
    ['Reported', reportedText(request.reported)],
    ['Trouble', troubleText(request)],
    ['Grant', request.grant ? `${request.grant.id}, ${request.grant.state}` : null],
    ['Id', request.id],
  ];
  return headline(page, request.reference, standing.text, standing.style) + fields(page, lines);
}

function stageText(stage: Stage, request: AccessRequest, nowMs: number): string {
  const decisions = (stage.decisions ?? []).map((each) => {
    const word = each.decision === 'approve' ? 'approved' : 'denied';
    const comment = each.comment ? `: "${each.comment}"` : '';
    return `${nameOf(each.person)} ${word} ${instantInWords(each.decided_at, nowMs)}${comment}`;
  });
  const open = stage.state === 'waiting' ? [`waits for ${stageDeciders(stage, request)}`] : [];
  return `${stageTitle(stage, request)}: ${[...decisions, ...open].join('; ') || stage.state}`;
}

/** Enough of a hash to tell versions apart; `--json` has all of it. */
const policyVersionLength = 20;

type Policies = AccessRequest['policies'];

/** A line for each policy that decided, and the version they were read from. */
function policyLines(version: string | number | null | undefined, policies: Policies): Field[] {
  const named = (policies ?? []).map(({ id, title }): Field => ['Policy', title ? `${title} (${id})` : id]);
  const short =
    version === null || version === undefined ? null : shorten(String(version), policyVersionLength);
  return [...named, ['Version', short]];
}

function reportedText(reported: boolean | null | undefined): string | null {
  return reported ? 'security and the customer find it marked in their records' : null;
}

/** What a closed code of the API says to people; another code stands for itself. */
const troubles: Record<string, string> = {
  ...hindrancesInWords,
  'target-unreachable': 'the target system does not answer',
  'target-refused': 'the target system refuses it',
  'target-error': 'the target system reports an error',
  'not-confirmed': 'the target system took it, and does not show it',
  misconfigured: 'the target system or its settings are not made ready for it',
  'ledger-unavailable': 'the ledger did not answer',
  policy: 'policy does not allow any more what was approved',
  'grant-ended': 'the access that was to last longer has ended',
  'person-ended': 'the person leaves before it would begin',
  'conflicting-roles': 'two of the roles may not be held at once',
  'no-seat-left': 'all seats are used',
  'contract-lapsed': 'its end has passed, and nobody has said a word about it',
  'names-nobody': 'its contract names nobody',
  'email-taken': 'somebody else has this address',
  'unknown-tier': 'the catalog has no such tier',
  'owner-left': 'whoever owned it has left',
  surplus: 'it holds more than its roles give',
};

/** Closed code of what went wrong, as people say it, with the code for who looks it up. */
export function causeText(code: string): string {
  const said = troubles[code];
  return said ? `${said} (${code})` : code;
}

function troubleText({ state, last_error: code }: AccessRequest): string | null {
  if (!code) return null;
  return state === 'approved' ? `${causeText(code)}; it is tried again` : causeText(code);
}

/** A period of the API for people; as it came when it is none. */
export function periodText(iso: string): string {
  const ms = parsePeriod(iso);
  return ms === null ? iso : periodInWords(ms);
}

/** Whether the API will refuse the period. */
export function isTooLong({ longest }: Preview, periodMs: number): boolean {
  const longestMs = longest ? parsePeriod(longest) : null;
  return longestMs !== null && periodMs > longestMs;
}

/** What policy will want of a wish that was not asked yet, and the longest period. */
export function previewText(page: Page, wish: { what: string; periodMs: number }, preview: Preview): string {
  const longestMs = preview.longest ? parsePeriod(preview.longest) : null;
  const standing = previewStanding(preview);
  const tooLong = isTooLong(preview, wish.periodMs);
  const lines: Field[] = [
    ...preview.needs.map(({ kind, text, people }): Field => {
      const names = people?.length ? ` (${listInWords(people.map(nameOf), 'or')})` : '';
      return [needLabels[kind], `${text}${names}`];
    }),
    [
      'Longest',
      longestMs === null
        ? null
        : `${periodInWords(longestMs)}${tooLong ? ', shorter than what you ask' : ''}`,
    ],
    ...policyLines(preview.policy_version, preview.policies),
    ['Reported', reportedText(preview.reported)],
  ];
  const what = `${neutralise(wish.what)}, for ${periodInWords(wish.periodMs)}`;
  return (
    headline(
      page,
      what,
      tooLong ? 'too long: will be refused' : standing.text,
      tooLong ? 'red' : standing.style,
    ) + fields(page, lines)
  );
}

const needLabels = {
  mfa: 'Sign-in',
  fresh: 'Fresh sign-in',
  ticket: 'Ticket',
  approval: 'Approval',
} as const;

function previewStanding(preview: Preview): Standing {
  switch (preview.outcome) {
    case 'refused':
      return { text: 'refused by policy', style: 'red' };
    case 'automatic':
      return { text: 'no approval needed', style: 'green' };
    case 'needs_approval':
      return { text: 'needs approval', style: 'yellow' };
    default:
      return assertNever(preview.outcome);
  }
}
