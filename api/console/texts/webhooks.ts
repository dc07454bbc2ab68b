import type { DeliveryError, DeliveryState, WebhookState } from '../../../domain/webhook.ts';
import { counted } from '../words.ts';

const errors: Record<DeliveryError, string> = {
  refused: 'it was refused',
  rejected: 'the receiver calls it wrong',
  redirected: 'a redirect was answered, which isn’t followed',
  gone: 'it was answered that nobody is there any more',
  unreachable: 'nobody answers',
  'timed-out': 'no answer came in time',
  'tls-failed': 'the connection couldn’t be secured',
  'not-allowed': 'the address leads where nothing may be sent',
  'not-wanted': 'its receiver wants nothing',
  'internal-error': 'a fault of ours',
};

/** What the pages say of where events are sent. */
export const webhookTexts = {
  title: (live: number, all: number) => {
    if (live === 0) return 'Events are sent nowhere';
    const whole = counted(all, 'address', 'addresses');
    return `Events are sent to ${live === all ? whole : `${live} of ${whole}`}`;
  },
  lead: 'They are added and removed, and their secrets changed, with the command tenure webhook or the API.',
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
  about: 'What it is sent',
  states: {
    live: 'Live',
    paused: 'Paused: what happens meanwhile waits',
    disabled: 'Stopped by itself',
  } satisfies Record<WebhookState, string>,
  facts: {
    state: 'State',
    failing: 'Takes nothing since',
    address: 'Address',
    organization: 'Whose events',
    events: 'Events',
    stream: 'Told to',
    asked: 'Its receiver',
    former: 'Former secret until',
    made: 'Made by',
  },
  allEvents: 'All that happen',
  securityEvents: (audience: string) => `${audience}, whenever somebody’s access ends (SSF)`,
  asked: {
    paused: 'has asked for a pause, and only it can end that',
    disabled: 'wants nothing, and only it can change that',
  },
  doing: 'What can be done',
  test: 'Send a test',
  testMore: 'An event of no meaning is sent, whichever are chosen.',
  pause: 'Pause',
  pauseMore: 'Nothing is lost: what happens meanwhile waits.',
  resumeMore: 'What has waited is sent at once.',
  resendAll: 'Send all again',
  resendMore: (dead: number) =>
    `${counted(dead, 'event was', 'events were')} given up. What is sent again keeps its id and has all its tries anew.`,
  deliveries: 'Deliveries',
  which: 'Which deliveries',
  ways: { all: 'All', dead: 'Not taken', pending: 'Waiting' },
  noDeliveries: {
    all: 'Nothing was sent yet',
    dead: 'Nothing was given up',
    pending: 'Nothing waits',
  },
  noDeliveriesMore: 'What was sent in the last 30 days stands here.',
  delivery: {
    pending: (tries: number) => (tries === 0 ? 'Waits.' : `Tried ${counted(tries, 'time', 'times')}.`),
    delivered: () => 'Taken.',
    dead: (tries: number) => `Given up after ${counted(tries, 'try', 'tries')}.`,
  } satisfies Record<DeliveryState, (tries: number) => string>,
  answered: (status: number | null, error: DeliveryError | null) => {
    if (error === null) return status === null ? '' : `Answered ${status}.`;
    const why = `${errors[error].charAt(0).toUpperCase()}${errors[error].slice(1)}`;
    return status === null ? `${why}.` : `${why} (${status}).`;
  },
  next: 'Tried next',
} as const;
