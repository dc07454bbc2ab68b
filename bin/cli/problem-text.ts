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
};

/** What to do next, where the problem's own sentences cannot know about this command line. */
const hints: Record<string, string> = {
  unauthenticated:
    'Set TENURE_TOKEN, or on a local installation add --as <email>. Tokens are short-lived: yours may have expired.',
  'step-up-required':
    'Sign in with a second factor; a local trial token has one unless --amr says otherwise.',
  'credential-already-shown': 'Add --replace for a new one. That ends the sessions opened with the old one.',
};

/** A problem for people: title and detail, each field by the name it was typed under, and what to do. */
export function problemText({ terminal }: Page, problem: Problem): string {
  const lines = [paint(terminal, 'red', neutralise(problem.title))];
  if (problem.detail && problem.detail !== problem.title) lines.push(neutralise(problem.detail));
  for (const { pointer, detail } of problem.errors)
    lines.push(`  ${neutralise(`${typedName(pointer)}: ${detail}`)}`);
  for (const { id, title } of problem.policies) lines.push(`  Policy: ${neutralise(`${title} (${id})`)}`);
  const longestMs = problem.longest ? parsePeriod(problem.longest) : null;
  if (longestMs !== null) lines.push(`The longest allowed is ${periodInWords(longestMs)}.`);
  const hint = problem.code ? hints[problem.code] : undefined;
  if (hint) lines.push(hint);
  if (problem.retryAfter && /^\d{1,6}$/.test(problem.retryAfter))
    lines.push(`Again in ${problem.retryAfter} s.`);
  return `${lines.join('\n')}\n`;
}

function typedName(pointer: string): string {
  return typedAs[pointer.replace(/^#?\//, '')] ?? pointer;
}
