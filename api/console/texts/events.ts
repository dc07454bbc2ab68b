import type { MappingProblemCode } from '../../../domain/contract-fact.ts';
import type { InboundEventState } from '../../../domain/inbound-event.ts';
import { counted } from '../words.ts';

interface Problem {
  code: string;
  field: string;
  value?: string | undefined;
}

const problems: Record<MappingProblemCode, (problem: Problem) => string> = {
  malformed: () => 'It isn’t what this source sends',
  missing: () => 'It is missing',
  'time-in-future': () => 'It lies in the future',
  'unknown-account': () => 'That account is none of ours',
  'unknown-price': ({ value = '' }) => `The price ${value} belongs to no tier`,
  'unknown-value': ({ value = '' }) => `The mapping doesn’t know the word ${value}`,
  'several-tiers': () => 'It buys several tiers at once',
  'unknown-customer': ({ value = '' }) => `Nobody has said yet whose ${value} is`,
  'internal-error': () => 'A fault of ours: it couldn’t be read',
};

/** What the pages about events and their sources say. */
export const eventTexts = {
  problem: (problem: Problem): string => {
    const known = Object.entries(problems).find(([code]) => code === problem.code);
    return known ? known[1](problem) : problem.code;
  },
  list: {
    title: (count: number, isMore: boolean) =>
      count === 0
        ? 'Every event was read'
        : `${isMore ? 'More than ' : ''}${counted(count, 'event waits', 'events wait')} for a person`,
    titleAll: 'Events that were delivered',
    lead: 'What billing, CRM and other systems said. An event that cannot be read waits until the mapping is corrected; nothing is lost.',
    heading: 'Events',
    open: 'Waiting',
    all: 'All',
    which: 'Which events',
    none: 'Nothing waits',
    noneMore: 'An event with a word that the mapping doesn’t know stands here, with the field.',
  },
  states: {
    received: 'Not read yet',
    mapped: 'Read',
    ignored: 'Says nothing here',
    waiting: 'Unmapped',
    conflicting: 'Conflicting',
    discarded: 'Off the list',
  } satisfies Record<InboundEventState, string>,
  from: (source: string) => `Event from ${source}`,
  conflict: 'It came again under the same id with other words. The first one counts; this one is never read.',
  row: (source: string, problem: string) => `${source}: ${problem}`,
  open: 'Correct and replay',
  look: 'Look',
  title: {
    received: (source: string) => `An event from ${source} is about to be read`,
    mapped: (source: string) => `This event from ${source} was read`,
    ignored: (source: string) => `This event from ${source} says nothing about a contract`,
    waiting: (source: string, count: number) =>
      `${counted(count, 'word', 'words')} of this event from ${source} can’t be read`,
    conflicting: (source: string) => `This event from ${source} contradicts one with the same id`,
    discarded: (source: string) => `This event from ${source} is off the list`,
  },
  facts: {
    source: 'Source',
    id: 'Its own id',
    state: 'State',
    received: 'Received',
    read: 'Read',
    customer: 'Customer',
    ignored: 'Why not',
    conflicts: 'The first one',
  },
  wrong: 'What is wrong',
  field: 'In',
  body: 'What it says, as it came',
  delivery: 'The whole delivery, as it was signed',
  showBody: 'Show the body',
  mend: 'Correct the mapping',
  mendMore: (source: string) => `The mapping of ${source} says what its words mean here.`,
  replay: 'Replay',
  replayMore: 'It is read again under the mapping of now.',
  replayRefused: 'It wasn’t replayed',
  discard: 'Take it off the list',
  discardMore: 'What of it could be read before holds; the rest is dropped.',
  reason: 'Why?',
  reasonHint: 'It stays in the records.',
  discardRefused: 'It is still on the list',
  sources: {
    title: (count: number) =>
      count === 0 ? 'No system sends events' : `${counted(count, 'system', 'systems')} may send events`,
    lead: 'What each one’s words mean here, and with which secrets it signs.',
    heading: 'Event sources',
    none: 'No source is known',
    noneMore: 'A source is made by the API: PUT /v1/event-sources/{key}.',
    open: 'Open',
    schemes: { stripe: 'Stripe-Signature', hubspot: 'X-HubSpot-Signature-v3', standard: 'Standard Webhooks' },
    secrets: (count: number) => counted(count, 'secret is valid', 'secrets are valid'),
    changed: 'changed',
  },
  source: {
    title: (name: string) => `What ${name}’s words mean here`,
    lead: (scheme: string) => `It signs by ${scheme}.`,
    mapping: 'Mapping',
    mappingLabel: 'Mapping, as JSON',
    mappingHint:
      'What is saved counts for what is read from then on. What waits is read again when you replay it.',
    mappingFault: 'This is no JSON object.',
    save: 'Save mapping',
    refused: 'That wasn’t saved',
    replayAll: 'Replay all that waits',
    where: 'Where it delivers',
    url: 'Address',
    key: 'Key',
    changed: 'Changed',
    apiKey: 'Its own API',
    apiKeySet: 'a key is set',
    apiKeyNone: 'no key is set',
    secrets: 'Signing secrets',
    secretsMore:
      'Two are valid at most. With a new one the present one ends a day later; tell the other side by then.',
    since: 'since',
    ends: 'ends',
    current: 'valid, no end is set',
    rotate: 'Make a new secret',
    shown: (name: string) => `${name}’s new secret, shown this once`,
    shownLead: 'Put it into the other system now. It can’t be shown again; another one can be made.',
    shownFormer: 'The former one ends',
    back: 'To the source',
    secret: 'Secret',
  },
} as const;
