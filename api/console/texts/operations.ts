import { counted, spanWords } from '../words.ts';
import { causeWords } from './causes.ts';

const nb = '\u00a0';

/** What the page about what needs a hand says, and that about mails. */
export const operationsTexts = {
  way: 'Operations',
  title: (count: number, late: number, oldest: string) => {
    if (count === 0) return 'Nothing needs a hand';
    const first = count === 1 ? 'One thing needs a hand' : `${count}${nb}things need a hand`;
    if (late > 0)
      return `${first}. ${late === 1 ? 'One access is' : `${late}${nb}accesses are`} past ${late === 1 ? 'its' : 'their'} end`;
    return `${first}. The oldest waits ${oldest}`;
  },
  lead: (ended: number, begun: number) =>
    `Everything else ran by itself: in the last 24${nb}h ${counted(begun, 'access', 'accesses')} began on request, and ${counted(ended, 'access', 'accesses')} ended.`,
  says: (count: number) => (count === 0 ? 'Nothing needs a hand.' : `${count} need a hand.`),
  stuck: 'Needs a hand',
  worst: 'worst first',
  nothing: 'Nothing is stuck',
  nothingMore: 'What needs a person stands here, worst first, with what to do about it.',
  more: (count: number, what: string) => `and ${count} more ${what}`,
  what: {
    overdue: 'past their end',
    tasks: 'tasks',
    fences: 'at fences',
    events: 'events',
    stuck: 'processes',
    mails: 'mails',
    webhooks: 'webhooks',
  },
  all: 'All lists',
  lists: {
    overdue: 'Past their end',
    fences: 'Fences',
    tasks: 'Tasks',
    processes: 'Processes',
    events: 'Events',
    sources: 'Event sources',
    mails: 'Mails',
    webhooks: 'Webhooks',
    signals: 'Signals',
    signalSources: 'Signal sources',
    reviews: 'Reviews',
  },
  caption: {
    overdue: 'past its end',
    stuck: 'stuck',
    mail: 'not sent',
    due: 'until it lapses',
    lapsed: 'lapsed',
  },
  act: {
    open: 'See what happened',
    decide: 'Read and decide',
    process: 'Open process',
    mail: 'Send again',
    review: 'Keep or let end',
  },
  overdue: (person: string, thing: string) => `${person} still holds ${thing}`,
  overdueMore: (tries: number, cause: string | null) =>
    `${tries === 0 ? 'Nobody has tried to end it yet.' : `Tried ${counted(tries, 'time', 'times')}.`} ${causeWords(cause)} It is tried until it is gone.`,
  ended: 'ended',
  began: 'began',
  stuckTitle: (kind: string, whom: string) => `${kind} of ${whom} doesn’t get on`,
  stuckMore: (done: number, total: number, cause: string | null) =>
    `${done} of ${counted(total, 'person', 'people')} done. ${causeWords(cause)} It is tried again by itself.`,
  mail: (name: string) => `A mail to ${name} couldn’t be sent`,
  mailMore: (kind: string, tries: number, cause: string | null) =>
    `${kind}. Tried ${counted(tries, 'time', 'times')}. ${causeWords(cause)}`,
  review: (name: string, role: string) => `${name} keeps ${role} only if somebody says so`,
  reviewLapsed: (name: string, role: string) => `${name}’s ${role} has lapsed`,
  reviewMore: (organization: string) => `${organization}. What nobody keeps ends by itself.`,
  figures: {
    title: 'In figures',
    overdue: 'Past their end',
    overdueMore: (ms: number | null) =>
      ms === null ? 'each ended in time' : `the longest for ${spanWords(ms)}`,
    lateness: 'Lateness of ends, p99',
    latenessMore: (count: number, worst: number | null) =>
      count === 0 ? 'nothing ended in 24 h' : `worst ${ms(worst)}, of ${count} in 24 h`,
    provision: 'Time to set up, p95',
    provisionMore: (count: number) => (count === 0 ? 'nothing was set up in 24 h' : `of ${count} in 24 h`),
    fenced: 'At fences',
    fencedMore: (fences: number) =>
      fences === 0 ? 'no fence is closed' : `changes behind ${counted(fences, 'fence', 'fences')}`,
    events: 'Events that wait',
    lastEvent: 'last event',
    noEvent: 'none has come yet',
    tasks: 'Open tasks',
    tasksMore: (own: number) => (own === 0 ? 'none of them yours' : `${own} of them yours`),
  },
  ms,
  fresh: {
    title: 'What answers',
    aside: 'asked just now',
    parts: { ledger: 'Ledger', engine: 'Engine', worker: 'Worker', reaper: 'Reaper' },
    up: 'answers',
    down: {
      ledger: 'Doesn’t answer. Nothing is accepted until it does.',
      engine: 'Doesn’t answer. Requests are accepted; work starts when it is back.',
      worker: 'Not seen for 10 s. Requests are accepted; work starts when it is back.',
      reaper: 'Not seen for 10 s. Ends are left to the engine alone.',
    },
  },
  overduePage: {
    title: (count: number, isMore: boolean) =>
      count === 0
        ? 'Every access ended in time'
        : `${isMore ? 'More than ' : ''}${counted(count, 'access is', 'accesses are')} past ${count === 1 && !isMore ? 'its' : 'their'} end`,
    lead: 'They are tried until they are gone. Nobody has to start that.',
    list: 'Past their end',
    none: 'Nothing is past its end',
    noneMore: 'What doesn’t end in time stands here, with what its system says.',
  },
  mails: {
    title: (count: number, isMore: boolean) =>
      count === 0
        ? 'Every mail went out'
        : `${isMore ? 'More than ' : ''}${counted(count, 'mail', 'mails')} couldn’t be sent`,
    lead: 'To whom and why. What a mail says is told to its reader alone.',
    list: 'Not sent',
    none: 'Nothing couldn’t be sent',
    noneMore: 'A mail server that is away for a while is tried again by itself.',
    refused: 'It wasn’t sent again',
  },
  kinds: (kind: string) => kind.slice(0, 1).toUpperCase() + kind.slice(1).replaceAll('-', ' '),
  waits: (ms: number) => compactSpan(ms),
} as const;

/** Milliseconds as they are measured: `0.9 s`, `240 ms`, `13 min`. */
function ms(value: number | null): string {
  if (value === null) return '–';
  if (value < 1_000) return `${Math.round(value)}${nb}ms`;
  return value < 60_000 ? `${(value / 1_000).toFixed(value < 10_000 ? 1 : 0)}${nb}s` : spanWords(value);
}

/** A span in as few signs as stand in a narrow column: `13 min`, `1 h 05`, `3 days`. */
function compactSpan(value: number): string {
  const minutes = Math.floor(Math.abs(value) / 60_000);
  if (minutes < 1) return `${Math.max(1, Math.floor(Math.abs(value) / 1_000))}${nb}s`;
  if (minutes < 60) return `${minutes}${nb}min`;
  if (minutes >= 48 * 60) return `${Math.floor(minutes / (24 * 60))}${nb}days`;
  return `${Math.floor(minutes / 60)}${nb}h${nb}${String(minutes % 60).padStart(2, '0')}`;
}
