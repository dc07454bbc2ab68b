import { counted } from '../words.ts';

/** What the pages about fences say. */
export const fenceTexts = {
  list: {
    title: (count: number, isMore: boolean) =>
      count === 0
        ? 'Nothing waits at a fence'
        : `${isMore ? 'More than ' : ''}${counted(count, 'fence waits', 'fences wait')} for a second person`,
    titleAll: 'Fences, open and decided',
    lead: 'More people at once than the limit: a second person looks first. Sign-in of who would leave is suspended meanwhile.',
    heading: 'Fences',
    open: 'Open',
    all: 'All',
    none: 'No fence is open',
    noneMore: 'When an edit or a feed would change more people at once than the limit, it waits here.',
    which: 'Which fences',
  },
  closed: 'Decided',
  waits: 'at the fence',
  people: (count: number, where: string) =>
    `${counted(count, 'person', 'people')} at ${where} would change at once`,
  customers: (count: number, source: string) =>
    `${counted(count, 'customer', 'customers')} would be reduced or ended by ${source}`,
  over: (released: number, discarded: number) => `${released} let go on, ${discarded} dropped`,
  set: (author: string | null, cause: string) =>
    author === null ? `Set off by ${cause}.` : `${author} set it off by ${cause}.`,
  limit: (limit: number) => `More than ${limit} at once need a second person.`,
  causes: {
    contract: 'a contract',
    configuration: 'an edit of the configuration',
    roster: 'an import, a directory or a feed of people',
    administrator: 'an administrator',
    operations: 'somebody from operations',
    'end-date': 'end dates',
    dunning: 'an unpaid invoice',
    seats: 'fewer seats',
    convergence: 'looking anew at what people hold',
  },
  what: 'What would change',
  nothingLeft: 'Nothing waits here any more.',
  who: 'For whom',
  items: 'shown in the order in which they came',
  whole: 'the customer as a whole',
  leaves: 'leaves, and loses everything',
  gain: 'Gains',
  lose: 'Loses',
  suspended: 'sign-in is suspended meanwhile',
  on: (entitlement: string, resource: string) => `${entitlement} on ${resource}`,
  state: { waiting: 'Waits', released: 'Let go on', discarded: 'Dropped' },
  decision: {
    heading: 'Let it go on?',
    releaseMore: (count: number) =>
      `${counted(count, 'change goes', 'changes go')} on at once. It isn’t asked again.`,
    discard: 'Or drop it',
    discardMore:
      'Nothing of it happens until somebody asks for it anew. Suspended sign-ins are open again. If all of an edit is dropped and nothing newer lies on top of it, the configuration returns to what it was.',
    comment: 'Comment',
    reason: 'Why not?',
    optional: 'optional',
    hint: 'It stays in the records.',
    releaseAct: 'Let it go on',
    releaseOne: 'Let only this go on',
    discardAct: 'Drop it',
    refused: 'That wasn’t decided',
    not: 'Somebody else decides here',
    own: 'You set this off, so a second person decides: somebody else who may release fences.',
    noDuty: 'You may read this. People who release fences decide.',
  },
  about: 'About it',
  facts: {
    by: 'Set off by',
    how: 'How',
    where: 'Where',
    source: 'Source',
    limit: 'Limit',
    opened: 'Since',
    closed: 'Decided',
    waiting: 'Waiting',
    released: 'Let go on',
    discarded: 'Dropped',
  },
  nobody: 'nobody in person',
  after: {
    returns: (revision: number) =>
      `All of the edit is dropped. The configuration returns to revision ${revision}.`,
    dropped: 'It is dropped',
  },
} as const;
