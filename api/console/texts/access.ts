import { oneOf } from '../words.ts';

/** What is said of any access, wherever it stands. */
export const accessTexts = {
  columns: {
    when: 'When',
    who: 'Who',
    whoAndWhat: 'Who and what',
    what: 'What',
    way: 'Which way',
    approved: 'Approved by',
  },
  until: 'until',
  since: 'since',
  to: 'to',
  late: 'past its end',
  whose: (organization: string) => `${organization}’s data`,
  asked: 'Asked for',
  emergency: 'Emergency, reported',
  byNobody: 'Nobody: policy allows it',
  byRole: 'Nobody: it comes with the role',
  byContract: 'Nobody: it comes with the contract',
  imported: 'Nobody: it was there before, and was taken over',
  at: (person: string, organization: string) => `${person} at ${organization}`,
  role: ([held = '', ...included]: readonly string[]): string =>
    included.length === 0
      ? `Role ${held}`
      : `Role ${held}, which includes ${included.join(', which includes ')}`,
  roleGives: (roles: readonly string[], entitlements: readonly string[]) =>
    `${accessTexts.role(roles)}${roles.length > 1 ? ',' : ''} gives ${oneOf(entitlements, 'and')}.`,
  shown: (count: number) => `${count} shown.`,
  more: 'Show more',
  end: 'End it now',
} as const;

/** A key as it is said: `support-lead` is `support lead`. */
export function keyWords(key: string): string {
  return key.replaceAll('-', ' ');
}
