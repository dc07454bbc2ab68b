import { counted } from '../words.ts';

/** What the pages say of where events are sent. */
export const webhookTexts = {
  title: (live: number, all: number) => {
    if (live === 0) return 'Events are sent nowhere';
    const whole = counted(all, 'address', 'addresses');
    return `Events are sent to ${live === all ? whole : `${live} of ${whole}`}`;
  },
  lead: 'They are added, tested and removed with the command tenure webhook or the API, which also list each delivery.',
  list: 'Webhooks',
  none: 'No webhook',
  noneMore: 'tenure webhook add has events sent to an address.',
  refused: 'Nothing was changed',
  caption: { made: 'since made', failing: 'takes nothing' },
  act: { resend: 'Send again', resume: 'Go on' },
  row: {
    stopped: (name: string) => `Nothing is sent to ${name} any more`,
    dead: (name: string, dead: number) => `${name} didn’t take ${counted(dead, 'event', 'events')}`,
    failing: (name: string) => `${name} takes nothing, and is tried again`,
    paused: (name: string) => `${name} is paused`,
    well: (name: string) => `${name} takes everything`,
  },
  why: (disabledFor: string | null) => {
    if (disabledFor === 'gone') return 'It answered that it is gone.';
    return disabledFor === 'failing' ? 'It took nothing for five days.' : '';
  },
  more: (organization: string, pending: number) =>
    `${organization}. ${pending === 0 ? 'Nothing waits.' : `${counted(pending, 'event waits', 'events wait')}.`}`,
} as const;
