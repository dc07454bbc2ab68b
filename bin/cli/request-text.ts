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
      return { text: 'refused by policy when access was to begin', style: 'red' };
    case 'failed':
      return { text: 'failed: access could not be set up, and nothing is left of it', style: 'red' };
    default:
      return assertNever(request.state);
  }
}

function waitingStanding(request: AccessRequest, nowMs: number): Standing {
  const isDecided = request.stages.every((stage) => stage.state !== 'waiting');
  if (isDecided) return { text: 'decided, being carried out', style: 'yellow' };
  return { text: `waiting for ${whoDecides(request.stages)}${lapse(request, nowMs)}`, style: 'yellow' };
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
export function whoDecides(stages: readonly Stage[]): string {
  const open = stages.filter((stage) => stage.state === 'waiting').map(stageDeciders);
  return open.length ? open.join(', and ') : 'nobody';
}

function stageDeciders(stage: Stage): string {
  const decided = new Set((stage.decisions ?? []).map((decision) => decision.person.id));
  const missing = Math.max(1, stage.needed - decided.size);
  const people = (stage.people ?? []).filter((person) => !decided.has(person.id)).map(nameOf);
  if (people.length === 0) return missing > 1 ? `${missing} of ${stage.name}` : stage.name;
  if (missing === 1) return listInWords(people, 'or');
  return missing >= people.length
    ? listInWords(people, 'and')
    : `${missing} of ${listInWords(people, 'and')}`;
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
    ...request.stages.map((stage): Field => ['Decides', stageText(stage, nowMs)]),
    ['Policy', policyText(request.policy_version, request.policies)],
    ['Grant', request.grant ? `${request.grant.id}, ${request.grant.state}` : null],
    ['Id', request.id],
  ];
  return headline(page, request.reference, standing.text, standing.style) + fields(page, lines);
}

function stageText(stage: Stage, nowMs: number): string {
  const decisions = (stage.decisions ?? []).map((each) => {
    const word = each.decision === 'approve' ? 'approved' : 'denied';
    const comment = each.comment ? `: "${each.comment}"` : '';
    return `${nameOf(each.person)} ${word} ${instantInWords(each.decided_at, nowMs)}${comment}`;
  });
  const open = stage.state === 'waiting' ? [`waits for ${stageDeciders(stage)}`] : [];
  return `${stage.name}: ${[...decisions, ...open].join('; ') || stage.state}`;
}

/** Enough of a hash to tell versions apart; `--json` has all of it. */
const policyVersionLength = 20;

type Policies = AccessRequest['policies'];

function policyText(version: string | number | null | undefined, policies: Policies): string | null {
  const titles = (policies ?? []).map((policy) =>
    policy.title ? `${policy.title} (${policy.id})` : policy.id,
  );
  const named =
    version === null || version === undefined
      ? ''
      : `version ${shorten(String(version), policyVersionLength)}`;
  return [named, ...titles].filter(Boolean).join(', ') || null;
}

/** A period of the API for people; as it came when it is none. */
export function periodText(iso: string): string {
  const ms = parsePeriod(iso);
  return ms === null ? iso : periodInWords(ms);
}

/** What policy will want of a wish that was not asked yet, and the longest period. */
export function previewText(page: Page, wish: { what: string; periodMs: number }, preview: Preview): string {
  const longestMs = preview.longest ? parsePeriod(preview.longest) : null;
  const standing = previewStanding(preview);
  const isTooLong = longestMs !== null && wish.periodMs > longestMs;
  const lines: Field[] = [
    ...preview.needs.map(({ kind, text, people }): Field => {
      const names = people?.length ? ` (${listInWords(people.map(nameOf), 'or')})` : '';
      return [needLabels[kind], `${text}${names}`];
    }),
    [
      'Longest',
      longestMs === null
        ? null
        : `${periodInWords(longestMs)}${isTooLong ? ', shorter than what you ask' : ''}`,
    ],
    ['Policy', policyText(preview.policy_version, preview.policies)],
  ];
  const what = `${neutralise(wish.what)}, for ${periodInWords(wish.periodMs)}`;
  return (
    headline(
      page,
      what,
      isTooLong ? 'too long: will be refused' : standing.text,
      isTooLong ? 'red' : standing.style,
    ) + fields(page, lines)
  );
}

const needLabels = { mfa: 'Sign-in', ticket: 'Ticket', approval: 'Approval' } as const;

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
