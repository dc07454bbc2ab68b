import { oneOf } from '../words.ts';

/** The form to ask for access, what it will take, and the forms beside it. */
export const texts = {
  lead: 'You see what it takes before you send it.',
  notSent: 'Your request wasn’t sent',
  resource: 'What do you need to reach?',
  resourceHint: 'Type a customer or a system',
  customer: 'Whose data?',
  entitlement: 'What will you do there?',
  upTo: (period: string) => `Up to ${period}.`,
  period: 'For how long?',
  periodHint: 'Counted from when access begins, not from now.',
  ticket: 'Ticket',
  why: 'Why?',
  aboutData: (classification: string, region: string) => `${classification} data, ${region}.`,
  ownedBy: (owner: string) => `Owned by ${owner}.`,
  readBy: (names: readonly string[]) => `${oneOf(names, 'and')} will read this sentence.`,
  readByNobody: 'It stays in the records.',
  needs: 'You will need',
  needsUnknown: 'Choose what you need to reach and what for. Then it stands here.',
  refused: 'Policy refuses this',
  noPolicy: 'No policy allows it.',
  needsNothing: 'Nothing more is needed',
  needOf: (names: readonly string[], text: string) => `${oneOf(names)}. ${text}`,
  because: (titles: readonly string[]) => `Why: ${titles.map((title) => `“${title}”`).join(', ')}`,
  need: { mfa: 'Your passkey', fresh: 'Your passkey, now', ticket: 'A ticket', approval: 'An approval' },
  atMost: (period: string, longest: string) => `${period}, of at most ${longest}`,
  endsByItself: 'ends by itself',
  begins: 'begins',
} as const;

/** Asking for a later end, and ending somebody's access. */
export const smallForms = {
  notSent: 'That wasn’t sent',
  moreTime: (thing: string) => `Ask for more time: ${thing}`,
  ends: 'It ends',
  holds: 'That holds until a later end is approved.',
  longer: 'How much longer?',
  inAll: (longest: string) => `At most ${longest} in all.`,
  whyLonger: 'Why does it take longer?',
  back: 'Back',
  endOf: (person: string) => `End ${person}’s access now`,
  sessionsEnd: (thing: string) => `${thing}. Open sessions end with it.`,
  why: 'Why?',
  readBy: (person: string) => `${person} reads it, and it stays in the records.`,
} as const;
