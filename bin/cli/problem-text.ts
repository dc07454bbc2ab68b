import { parsePeriod, periodInWords } from '../../domain/period.ts';
import type { Problem } from './errors.ts';
import type { Page } from './layout.ts';
import { paint } from './terminal.ts';
import { neutralise } from './text.ts';

/** Where a member of the body was typed. */
const typedAs: Record<string, string> = {
  resource: '<resource>',
  entitlement: '<entitlement>',
  period: '--for',
  justification: '--why',
  reason: '--why',
  ticket: '--ticket',
  customer: '--customer',
  person: '--person',
  starts_at: '--at',
  at: '--at',
  from: '--from',
  to: '--to',
  comment: '--comment',
  stage: '--stage',
  email: '<email>',
  name: '--name',
  roles: '--role',
  contract_role: '--contract-role',
  department: '--department',
  region: '--region',
  items: '--item',
};

/** What to do next, where the problem's own sentences cannot know about this command line. */
const hints: Record<string, string> = {
  unauthenticated:
    'Set TENURE_TOKEN, or on a local installation add --as <email>. Tokens are short-lived: yours may have expired.',
  'step-up-required':
    'Sign in with a second factor; a local trial token has one unless --amr says otherwise.',
  'stale-revision':
    'Nothing was overwritten. Export the newest into another folder, bring your change there, and plan again; `config log` says who changed what.',
  'credential-already-shown': 'Add --replace for a new one. That ends the sessions opened with the old one.',
};

/** A problem for people: title and detail, each field by the name it was typed under, and what to do. */
export function problemText({ terminal }: Page, problem: Problem): string {
  const longestMs = problem.longest ? parsePeriod(problem.longest) : null;
  const inWords = (text: string): string =>
    longestMs === null ? text : text.replaceAll(problem.longest ?? '', periodInWords(longestMs));
  const lines = [paint(terminal, 'red', neutralise(problem.title))];
  if (problem.detail && saysMore(problem.detail, problem)) lines.push(neutralise(inWords(problem.detail)));
  for (const { pointer, detail } of problem.errors)
    lines.push(`  ${neutralise(inWords(`${typedName(pointer)}: ${detail}`))}`);
  for (const { id, title } of problem.policies) lines.push(`  Policy: ${neutralise(`${title} (${id})`)}`);
  if (longestMs !== null && !lines.some((line) => line.includes(periodInWords(longestMs))))
    lines.push(`The longest allowed is ${periodInWords(longestMs)}.`);
  const hint = problem.code ? hints[problem.code] : undefined;
  if (hint) lines.push(hint);
  if (problem.retryAfter && /^\d{1,6}$/.test(problem.retryAfter))
    lines.push(`Again in ${problem.retryAfter} s.`);
  return `${lines.join('\n')}\n`;
}

/** A detail that only repeats the title, or what is said of a field, is not worth its line. */
function saysMore(detail: string, { title, errors }: Problem): boolean {
  return ![title, `${title}.`, ...errors.map((error) => error.detail)].includes(detail);
}

function typedName(pointer: string): string {
  const name = pointer.replace(/^#?\//, '');
  return typedAs[name] ?? typedAs[name.replace(/\/\d+$/, '')] ?? pointer;
}
