import type { SignalKind, SignalSourceKind, SignalState } from '../../../domain/signal.ts';
import { counted } from '../words.ts';

/** What policies call a signal, as it is said of somebody; and that it is over, where anything says so. */
const names: ReadonlyMap<string, readonly [isSo: string, isOver?: string]> = new Map([
  ['session-revoked', ['Sessions revoked']],
  ['credential-changed', ['Credentials changed']],
  ['device-not-compliant', ['Device not compliant', 'Device compliant']],
  ['assurance-lowered', ['Sign-in proven less well', 'Sign-in proven better']],
  ['account-disabled', ['Account disabled', 'Account enabled']],
]);

/** A policy's name, or the one that an alert gave itself, whatever that is, as words. */
function nameWords(name: string, isOver: boolean): string {
  const words = name.replaceAll('-', ' ');
  const [isSo = words.slice(0, 1).toUpperCase() + words.slice(1), over = `${isSo}, over`] =
    names.get(name) ?? [];
  return isOver ? over : isSo;
}

/** Why nothing comes from who is asked. */
const causes: Readonly<Record<string, string>> = {
  unreachable: 'It can’t be reached.',
  'timed-out': 'It took too long.',
  'tls-failed': 'The connection couldn’t be secured.',
  'not-allowed': 'It is where nobody is asked.',
  refused: 'It broke off, or said too much at once.',
  malformed: 'Its answer can’t be read.',
};

const whatItIs =
  'What sign-in providers, device management and alerts say is wrong with somebody. Policies see what is open; it goes when its source takes it back.';

/** What the pages about risk signals and their sources say. */
export const signalTexts = {
  way: 'Signals',
  name: (name: string | null, kind: SignalKind, isOver: boolean) => {
    if (name === null) return kind === 'verification' ? 'A test of the connection' : 'Nothing about access';
    return nameWords(name, isOver);
  },
  nobody: 'Nobody who is known',
  /** It is not read yet. */
  somebody: 'Somebody',
  row: (person: string, said: string) => `${person}: ${said.slice(0, 1).toLowerCase()}${said.slice(1)}`,
  list: {
    title: {
      open: (count: number, isMore: boolean) =>
        count === 0
          ? 'No signal is open'
          : `${isMore ? 'More than ' : ''}${counted(count, 'signal is', 'signals are')} open`,
      unmatched: (count: number, isMore: boolean) =>
        count === 0
          ? 'Every signal was about somebody known'
          : `${isMore ? 'More than ' : ''}${counted(count, 'signal is', 'signals are')} about nobody who is known`,
      all: () => 'What sources said about people',
    },
    lead: {
      open: whatItIs,
      unmatched:
        'A source spoke of somebody by a name under which nobody is known here. Nothing follows from it.',
      all: whatItIs,
    },
    heading: 'Signals',
    which: 'Which signals',
    ways: { open: 'Open', unmatched: 'Unmatched', all: 'All' },
    sources: 'Sources',
    none: {
      open: 'Nothing is said against anybody',
      unmatched: 'Nothing is unmatched',
      all: 'No source has said anything',
    },
    noneMore: {
      open: 'What a source says is wrong with somebody stands here until it is over.',
      unmatched: 'What a source says about somebody who isn’t known here by that name stands here.',
      all: 'Connect a source to hear of risks within seconds.',
    },
    from: (source: string) => `Said by ${source}`,
    at: (organization: string) => ` at ${organization}`,
    untilTakenBack: 'until it is taken back',
    own: 'It is about you: somebody else closes it.',
    close: 'Close',
  },
  states: {
    received: 'Not read yet',
    open: 'Open',
    closed: 'Closed',
    noted: 'Noted',
    superseded: 'Overtaken by a later one',
    unmatched: 'Unmatched',
  } satisfies Record<SignalState, string>,
  until: 'until',
  over: 'Over since',
  closed: 'Closed',
  closedBy: (name: string) => `by ${name}`,
  closing: {
    title: (person: string, said: string) => `Close what is said about ${person}: ${said.toLowerCase()}`,
    lead: 'It counts no more, and its person gets back what their roles give. If the source says it again, it is open again.',
    facts: {
      person: 'About',
      said: 'Said',
      source: 'By',
      since: 'Since',
      until: 'Until',
      state: 'State',
      reason: 'Why',
    },
    noEnd: 'its source takes it back',
    why: 'Why?',
    hint: 'It stays in the records.',
    act: 'Close the signal',
    refused: 'It is still open',
    own: 'It is about you',
    ownMore: 'Nobody closes what was said about themselves. Ask somebody else who manages access.',
    notOpen: 'There is nothing to close',
    notOpenMore: 'This signal doesn’t count any more, or never did.',
    back: 'Back',
  },
  onPerson: { title: 'Open signals', all: 'All signals' },
  figures: (open: number, unmatched: number) =>
    `${counted(open, 'risk signal is', 'risk signals are')} open.${unmatched === 0 ? '' : ` In the last 24\u00a0h ${counted(unmatched, 'signal', 'signals')} came about nobody who is known.`}`,
} as const;

/** What the pages about the sources of risk signals say. */
export const signalSourceTexts = {
  way: 'Signal sources',
  title: (count: number) =>
    count === 0
      ? 'Nobody speaks of risks'
      : `${counted(count, 'source speaks', 'sources speak')} of risks about people`,
  lead: 'Each speaks of the people of its own organization, and of nobody else’s.',
  heading: 'Sources',
  none: 'No source is connected',
  noneMore:
    'A sign-in provider or device management that speaks OpenID Shared Signals, or any system that can send alerts.',
  connect: 'Connect a source',
  refused: 'Nothing was changed',
  kinds: {
    push: 'Sends security events',
    poll: 'Is asked for security events',
    alert: 'Sends alerts',
  } satisfies Record<SignalSourceKind, string>,
  whose: (organization: string, kind: string) => `${organization}. ${kind}.`,
  listens: 'Is listened to',
  answered: 'Answered',
  notAsked: 'Not asked yet',
  troubled: 'Asking it fails',
  cause: (code: string) =>
    causes[code] ??
    (code.startsWith('status-')
      ? `It answered ${code.slice('status-'.length)}.`
      : `What went wrong: ${code.replaceAll('-', ' ')}.`),
  lastAnswer: 'Its last answer came',
  noAnswer: 'It has never answered.',
  sendsTo: 'It sends to',
  isAskedAt: 'It is asked at',
  former: 'Its former secret is good until',
  ended: 'Ended',
  rotate: 'New secret',
  end: 'End',
  form: {
    title: 'Connect who speaks of risks',
    lead: {
      push: 'A transmitter of the OpenID Shared Signals Framework pushes security event tokens to an address that you get next.',
      poll: 'A transmitter that doesn’t push is asked every two seconds where it says.',
      alert: 'A system that speaks no standard posts alerts, signed with a secret that you get next.',
    },
    which: 'How it speaks',
    ways: { push: 'Sends events', poll: 'Is asked', alert: 'Sends alerts' },
    name: 'What do you call it?',
    nameHint: 'Whoever reads signals sees it.',
    organization: 'Of whose people does it speak?',
    organizationHint: 'A key, e.g. northwind or acme. What it says about others is not followed.',
    organizationFault: 'No organization is called so.',
    issuer: 'Issuer',
    issuerHint: 'The iss of what it sends, e.g. https://idp.example.com.',
    audience: 'Audience',
    audienceHint: 'The aud that it was told to send for.',
    jwks: 'Its public keys',
    jwksHint:
      'Left empty, they are read where its /.well-known/ssf-configuration says, and followed when it turns them. Else the address where they stand, or the JSON object itself.',
    jwksFault: 'This is no key set: {"keys": [ … ]}, with a kty in each.',
    url: 'Where is it asked?',
    urlHint: 'The address of its poll endpoint (RFC 8936).',
    authorization: 'With which Authorization header?',
    authorizationHint: 'E.g. Bearer and a token. It is kept sealed, and shown to nobody.',
    optional: 'optional',
    act: 'Connect',
    refused: 'It wasn’t connected',
    back: 'Back',
  },
  made: {
    title: (name: string, hasSecret: boolean) =>
      hasSecret ? `Copy the secret of ${name} now` : `${name} is connected`,
    lead: 'The secret is shown this once. Whoever has it can say what is wrong with your people.',
    leadPush: 'Tell it to push to this address. It is known by its keys.',
    endpoint: 'It sends to',
    secret: 'Secret',
    former: 'The former one ends',
    issuer: 'Issuer',
    audience: 'Audience',
    back: 'I have copied it',
    backPush: 'To the sources',
  },
} as const;
