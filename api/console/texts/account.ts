import type { NoticeChoice, NoticeTopic } from '../../../domain/notice.ts';
import { counted } from '../words.ts';

/** What the account page says. */
export const account = {
  title: (places: number) =>
    places === 1 ? 'Only one browser is signed in as you' : `${places} browsers are signed in as you`,
  titleHere: 'Only this browser is signed in as you',
  titleMany: 'Many browsers are signed in as you',
  /** Shown to whoever came with a token, as scripts do. */
  titleNone: 'No browser is signed in as you',
  lead: (name: string, standing: string) => `${name}, ${standing}`,
  crumb: 'Your account',
  notDone: 'That wasn’t done',
  saved: 'Saved',
  savedMore: 'It holds for what hasn’t been sent yet, too.',
  endedFact: (count: number) =>
    count === 0 ? 'There was nothing else to end' : `${counted(count, 'session has', 'sessions have')} ended`,
  endedMore: 'Whoever has a page open there finds it closed at their next step.',
  sessions: 'Where you’re signed in',
  none: 'No browser is signed in',
  noneMore: 'You came with a token, which ends by itself.',
  untilUnused: 'ends if unused',
  here: 'this one',
  by: (method: 'oidc' | 'passkey', provider: string | null) =>
    method === 'passkey'
      ? 'with a passkey'
      : provider
        ? `through ${provider}`
        : 'through your identity provider',
  since: 'Signed in ',
  used: ', last used ',
  end: 'End it',
  about: (browser: string, at: string) => `: ${browser}, signed in ${at}`,
  endOthers: 'End all others',
  more: 'Show more',
  first: 'Back to the first',
  who: 'Who you are here',
  name: 'Name',
  email: 'E-mail',
  organization: 'Works at',
  roles: 'Roles',
  noRoles: 'None',
  whoMore: 'Others change these; nobody changes them for themselves.',
  passkeys: 'Passkeys',
  passkeysMore: 'Sign in without a password, and confirm what asks for more.',
  passkeysLink: 'See your passkeys',
  mails: 'Mails you get',
  mailsMore:
    'What is about security, an invitation or your contract is always sent: a new passkey, emergency access, access that is past its end.',
  save: 'Save',
  topics: {
    requests: ['Requests that wait for you', 'Somebody asks what you may decide'],
    reminders: ['Reminders', 'Half of the time is over; reviews are due'],
    decisions: ['Decisions on your requests', 'Approved, denied, lapsed or failed'],
    begun: ['Your access begins', 'With its end'],
    'ends-soon': ['Your access ends soon', 'Ten minutes or a tenth before its end'],
    ended: ['Your access has ended', 'And what ended it'],
    operations: ['Work for operations', 'Fences, failed onboardings, handovers, webhooks that stopped'],
  } satisfies Record<NoticeTopic, readonly [string, string]>,
  choices: { 'at-once': 'At once', hourly: 'Hourly', off: 'Never' } satisfies Record<NoticeChoice, string>,
} as const;
