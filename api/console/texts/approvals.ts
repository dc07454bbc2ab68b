import { counted } from '../words.ts';

/** What waits for somebody's decision, with all that a good one needs. */
export const texts = {
  title: (waiting: number) => `${counted(waiting, 'request waits', 'requests wait')} for you`,
  says: (waiting: number) => (waiting === 0 ? 'Nobody waits for you.' : `${texts.title(waiting)}.`),
  more: (more: number) => `And ${more}\u00a0more, which lapse later.`,
  nextLapses: (span: string) => `The next one lapses in ${span}.`,
  asksFor: (person: string, thing: string, period: string) => `${person} asks for ${thing}, for ${period}`,
  asksForMore: (person: string, thing: string, period: string) =>
    `${person} asks for more time on ${thing}, for ${period}`,
  lapses: 'lapses',
  inSpan: (span: string) => `, in ${span}`,
  notSaved: 'Your decision wasn’t saved',
  changed: 'It has changed since you read it. Read it again and decide.',
  asked: ', asked',
  begins: 'begins',
  periodAsked: (period: string) => `${period} asked`,
  periodAllowed: (period: string) => `${period} allowed`,
  comment: 'Comment',
  commentAside: (person: string) => `needed to deny; ${person} reads it`,
  exactly: 'You decide on exactly this. If it changes, your decision is void.',
  notYours: 'This isn’t yours to decide now',
  othersMust: (names: readonly string[]) => `${names.join(' and ')} must.`,
  noLonger: 'It no longer waits for anybody.',
  facts: {
    who: 'Who',
    may: 'May',
    data: 'Data',
    ticket: 'Ticket',
    usual: 'Usual?',
    differs: 'Differs',
    policy: 'Policy',
    besides: 'Besides you',
  },
  dataOf: (classification: string, region: string, customer: string) =>
    `${classification}, ${region}, of ${customer}`,
  noTicket: 'none',
  besides: (count: number) => `${count} more must agree. Nothing opens before.`,
  neverHeld: (person: string) => `No. ${person} has not held this in 90 days.`,
  usual({
    person,
    times,
    each,
    late,
  }: {
    person: string;
    times: number;
    each: string | null;
    late: number;
  }): string {
    const lasting = each === null ? '' : `, about ${each} each`;
    const ended = late === 0 ? ', always gone in time' : `, ${late} of them gone late`;
    return `Yes. ${person} held this ${counted(times, 'time', 'times')} in 90 days${lasting}${ended}.`;
  },
  firstTime: 'The first time in 90 days',
  twice: 'Twice as long as usual',
  timesAsLong: (times: number) => `${times} times as long as usual`,
} as const;
