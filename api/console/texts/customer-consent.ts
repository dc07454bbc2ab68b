import type { Classification } from '../../../domain/catalog.ts';
import type { Emergency } from '../../../domain/consent.ts';

/** What the vendor's people read about what a customer approves of their access. */
export const texts = {
  title: (customer: string, isAsked: boolean) =>
    isAsked ? `${customer} approves what we reach of it` : `We reach ${customer} without asking it`,
  inForce: 'In force',
  columns: { data: 'Data', approval: 'Needs its approval', emergency: 'In an emergency' },
  notNeeded: 'No',
  needed: (within: string) => `Yes, within ${within}`,
  inEmergency: { report: 'At once, and it is told', refuse: 'Not without it' } satisfies Record<
    Emergency,
    string
  >,
  data: {
    public: 'Public',
    internal: 'Internal',
    confidential: 'Confidential',
    restricted: 'Restricted',
  } satisfies Record<Classification, string>,
  exception: 'The exception from what was agreed on',
  says: 'What it says',
  saysNothing: 'It is asked for nothing',
  rule: (data: readonly string[], within: string, emergency: Emergency) =>
    `${data.join(' and ')}: within ${within}, ${emergency === 'refuse' ? 'in an emergency too' : 'emergencies are told'}`,
  author: 'Asked for by',
  why: 'Why',
  until: 'Until',
  counts: 'Whether it counts',
  confirmed: (name: string) => `${name} confirmed it`,
  waits: 'Not yet: until a second person confirms it, it can only ask for more than was agreed on.',
  confirmTitle: 'Confirm it as a second person',
  confirmLead: (customer: string) =>
    `From then on it counts instead of what was agreed on. ${customer}’s administrators get a message, and their activity names you.`,
  whoMay: 'Somebody who manages access and did not write it confirms it:',
  notYou: 'You wrote it, so somebody else who manages access confirms it:',
  nobodyMay: 'Nobody does at present. Give somebody a role that manages access first.',
  reason: 'How you know that the customer wants it',
  reasonHint: 'It stays in the records, and the customer reads it.',
  act: 'Confirm it',
  refused: 'It was not confirmed',
};
