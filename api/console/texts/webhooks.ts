import { counted } from '../words.ts';

/** What the pages say of where events are sent. */
export const webhookTexts = {
  title: (count: number) =>
    count === 0 ? 'Events are sent nowhere' : `Events are sent to ${counted(count, 'address', 'addresses')}`,
  lead: 'What is sent there, made or removed stands in the command line and the API: tenure webhook.',
  list: 'Webhooks',
  none: 'No webhook',
  noneMore: 'tenure webhook add has events sent to an address.',
  refused: 'Nothing was changed',
  caption: { made: 'since made', failing: 'takes nothing' },
  act: { resend: 'Send again', resume: 'Go on' },
  row: (name: string, state: string, dead: number) => {
    if (state === 'disabled') return `Nothing is sent to ${name} any more`;
    if (dead > 0) return `${name} didn’t take ${counted(dead, 'event', 'events')}`;
    return state === 'paused' ? `${name} is paused` : `${name} takes everything`;
  },
  why: (disabledFor: string | null) => {
    if (disabledFor === 'gone') return 'It answered that it is gone.';
    return disabledFor === 'failing' ? 'It took nothing for five days.' : '';
  },
  more: (organization: string, pending: number) =>
    `${organization}. ${pending === 0 ? 'Nothing waits.' : `${counted(pending, 'event waits', 'events wait')}.`}`,
} as const;
