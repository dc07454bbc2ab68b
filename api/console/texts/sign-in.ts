import type { SignInRefusal } from '../../operations/complete-sign-in.ts';

/** Fact first, then what to do. Which of several faults of a provider it is, its administrators find in the audit. */
const refusals: Record<SignInRefusal, readonly [string, string]> = {
  'no-attempt': [
    'This sign-in can’t be finished here',
    'It was begun in another browser, was used already, or took longer than 10 minutes. Begin again.',
  ],
  'provider-gone': [
    'The sign-in was changed meanwhile',
    'Your organization has just changed how it signs in. Begin again.',
  ],
  'provider-unreachable': [
    'Your organization’s sign-in doesn’t answer',
    'It let you through, but didn’t confirm it to us. Try again in a few minutes.',
  ],
  declined: [
    'You weren’t signed in',
    'Your organization’s sign-in ended without an answer, for example because it was cancelled. Begin again when you like.',
  ],
  'not-genuine': [
    'We couldn’t trust the answer',
    'What came back isn’t what your organization’s sign-in says about you. You aren’t signed in. If it happens again, tell your administrator.',
  ],
  'no-address': [
    'Your address is missing',
    'Your organization’s sign-in didn’t say which address is yours. Your administrator can let it say so.',
  ],
  'unverified-address': [
    'Your address isn’t confirmed',
    'Your organization’s sign-in hasn’t made sure that the address is yours. Confirm it there, then begin again.',
  ],
  'foreign-domain': [
    'This address is of another organization',
    'Only addresses of your organization’s own domains sign in here. Use that one.',
  ],
  unknown: [
    'You have no place here',
    'Your sign-in worked, but nobody has added you here, or your time here has ended. Your administrator can add you.',
  ],
  'other-subject': [
    'This address is somebody else’s account',
    'Another account of your organization’s sign-in uses it here already. Your administrator can tell which.',
  ],
  'other-person': [
    'That wasn’t the same person',
    'To go on, the one who is signed in here must confirm. You’re still signed in as before.',
  ],
  'being-added': [
    'You’re being added',
    'Your organization lets its people in by themselves. Your place is ready in a few seconds: sign in again then.',
  ],
  'no-seat': [
    'No seat is free',
    'Your organization lets its people in by themselves, but all its seats are taken. Your administrator can free one or ask for more.',
  ],
  'at-once': ['You signed in twice at once', 'One of the two was first. Begin again.'],
};

/** Signing in and out, and the trial of a provider. */
export const texts = {
  title: 'Sign in',
  lead: (hasPasskeys: boolean) =>
    `With your organization’s own sign-in${hasPasskeys ? ', or a passkey where it has none' : ''}. Tenure has no password of yours.`,
  notYet: 'You aren’t signed in yet.',
  /** Why an address led nowhere; whether there is such a person is never said. */
  complaints: {
    'no-address': 'Write your work address in full, like sam@northwind.example.',
    'no-provider':
      'No organization here signs people in with this address. Use the address of your work, or open the link in your welcome message.',
    unreachable:
      'Your organization’s sign-in doesn’t answer. Nothing is wrong with your address; try again in a few minutes.',
    elsewhere:
      'This didn’t come from this page. Sign in here; if that doesn’t help, allow cookies for this page.',
    'too-often': 'Many people sign in from where you are. Wait a few seconds, then continue.',
  },
  address: 'Work address',
  go: 'Continue',
  vendor: (name: string) => `I work at ${name}`,
  going: {
    title: (provider: string) => `Going to ${provider}`,
    lead: 'You sign in there, and come back here.',
    link: (provider: string) => `Go on to ${provider}`,
  },
  callback: {
    title: 'Signing in',
    heading: 'One step left',
    lead: 'Your organization has sent you back. Continue to finish signing in.',
  },
  refusals,
  unchanged: 'Nothing has changed.',
  signedIn: {
    title: 'You’re signed in',
    heading: (person: string) => `You’re signed in, ${person}`,
    goOn: 'Go on',
    signOut: 'Sign out',
  },
  signedOut: {
    title: 'You’re signed out',
    lead: 'This browser has nothing of yours any more. Your organization’s own sign-in may still know you.',
  },
  tried: {
    title: (provider: string) => `${provider} works`,
    nobody: 'Nobody was signed in by this.',
    forward: 'It can go live now.',
    stays: 'It stays as it is.',
    unproven: 'This address couldn’t sign in yet.',
    unprovenMore: 'Its domain isn’t proven to be your organization’s.',
    address: 'Address',
    name: 'Name',
    how: 'How',
    level: 'Level',
    groups: 'Groups',
    notSaid: 'not said',
    howNotSaid: 'not said: whatever needs a second factor will ask for a passkey',
    groupsNotSaid:
      'not said: they are too many, or no list of names. Let the provider say only those that are given to Tenure.',
    noGroups: 'none that gives a role',
    gives: (group: string, role: string) => `${group} gives ${role}`,
    back: 'Back to sign-in settings',
  },
  notNow: {
    title: 'Not now',
    heading: 'We can’t sign you in now',
    lead: 'That’s on our side. Your organization’s sign-in is fine.',
    more: 'Try again in a few minutes.',
  },
} as const;
