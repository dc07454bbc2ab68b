import { counted } from '../words.ts';

/** What the pages of all requests and of all places say. */
export const requestListTexts = {
  title: (count: number, isMore: boolean, isNarrowed: boolean) => {
    if (count === 0) return isNarrowed ? 'No request is found' : 'Nobody has asked for anything yet';
    if (!isNarrowed) return isMore ? `The newest ${count} requests` : counted(count, 'request', 'requests');
    return `${isMore ? 'More than ' : ''}${counted(count, 'request is', 'requests are')} found`;
  },
  waiting: (count: number, isMore: boolean) =>
    count === 0
      ? 'No request waits for a decision'
      : `${isMore ? 'More than ' : ''}${counted(count, 'request waits', 'requests wait')} for a decision`,
  lead: 'Those that you may see, the newest first.',
  list: 'Requests',
  all: 'Show all requests',
  none: 'Nothing is found',
  noneMore: 'Requests of others are shown to who could decide them, and to who reads all records.',
  states: {
    waiting: 'Waiting',
    approved: 'Approved',
    granted: 'Granted',
    denied: 'Denied',
    lapsed: 'Lapsed',
    cancelled: 'Withdrawn',
    refused: 'Refused',
    failed: 'Failed',
  },
  find: {
    state: 'State',
    any: 'Any',
    person: 'Person',
    customer: 'Customer',
    resource: 'Resource',
    act: 'Find',
  },
  line: (person: string, thing: string, period: string) => `${person}: ${thing}, for ${period}`,
  more: {
    title: 'More',
    lead: (name: string) => `Signed in as ${name}.`,
    places: 'Places',
    account: 'Your account',
    you: 'What you hold',
  },
} as const;
