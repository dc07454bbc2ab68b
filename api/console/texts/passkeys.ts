import { periodWords } from '../words.ts';

/** What is asked for or decided on, as far as it is said before it is signed. */
interface Thing {
  resource: { name: string | null; key: string | null };
  entitlement: { name: string | null; key: string | null };
  organization: { name: string | null };
  period: string;
  ticket?: string | null | undefined;
}

function thingWords({ resource, entitlement, organization }: Omit<Thing, 'period'>): string {
  const where = resource.name ?? resource.key ?? '';
  const whose = organization.name && !where.includes(organization.name) ? ` for ${organization.name}` : '';
  return `${(entitlement.name ?? entitlement.key ?? '').toLowerCase()} on ${where}${whose}`;
}

function wholeWords(thing: Thing): string {
  const ticket = thing.ticket ? `, ${thing.ticket}` : '';
  return `${thingWords(thing)}, ${periodWords(thing.period)}${ticket}`;
}

/** What the pages about passkeys say, and what is read before something is signed. */
export const texts = {
  signs: {
    session: 'that it’s you',
    ask: wholeWords,
    extend: (thing: Thing) => `more time: ${wholeWords(thing)}`,
    more: (thing: Thing) => `more time: ${thingWords(thing)}`,
    credential: (thing: Thing) => `the credential of ${thingWords(thing)}`,
    decide: {
      approve: (person: string, thing: Thing) => `approve for ${person}: ${wholeWords(thing)}`,
      deny: (person: string, thing: Thing) => `deny ${person}: ${wholeWords(thing)}`,
    },
  },
  approvalNeeds: {
    mfa: 'Whoever approves this shows a second factor, as whoever asked did.',
    fresh: 'Whoever approves this has just shown that it’s them. Show it once more.',
  },
  signedElse: 'What you signed isn’t this, or you signed it too long ago. Sign it once more.',
  youSign: (words: string) => `You sign: ${words}`,
  title: (count: number) =>
    count === 0
      ? 'You have no passkeys yet'
      : count === 1
        ? 'You have one passkey'
        : `You have ${count} passkeys`,
  lead: 'A passkey is a key in your device or password manager. Your face, finger or PIN opens it; it never leaves.',
  account: 'Your account',
  mine: 'Your passkeys',
  none: 'No passkey yet',
  noneMore: 'With one you confirm what needs a second factor, in one touch.',
  lastUsed: 'last used',
  neverUsed: 'not used yet',
  byWelcome: 'made with your welcome',
  bySelf: 'made',
  synced: 'copied between your devices',
  bound: 'stays in one device',
  remove: 'Remove',
  notRemoved: 'Nothing was removed',
  notRenamed: 'It keeps its name',
  rename: 'Rename',
  newName: 'New name',
  keepName: 'Call it so',
  removeNeeds: 'Show once more that it’s you, then remove it. An administrator can remove it, too.',
  add: 'Add a passkey',
  addLead: 'Your browser asks where to keep it. You get a mail that one was added. You can have ten.',
  nameLabel: 'What do you call it?',
  nameHint: 'So that you know it again. For example where it is: my phone, the key on my ring.',
  confirmFirst: 'First show once more that it’s you',
  confirmWhy: 'Nobody who finds this browser open shall get a key of their own. It counts for 10 minutes.',
  full: 'Ten passkeys are enough',
  fullMore: 'Remove one that you don’t use, then add another.',
  unavailable: 'There are no passkeys at this address',
  unavailableMore:
    'Passkeys belong to a name and need TLS. This installation is reached by an address, or without TLS; open it by its name.',
  noScript:
    'Passkeys need a newer browser that runs our scripts. Allow them, or use another device, then load this page again.',
  failed: 'No passkey was used. Nothing has changed; try once more when you like.',
  withPasskey: 'Continue with passkey',
  signInWith: 'Sign in with a passkey',
  signInAnew: (provider: string) => `Sign in again at ${provider}`,
  approveWith: 'Approve with passkey',
  stepUp: {
    fact: { mfa: 'This needs a second factor', fresh: 'This needs you just now' },
    why: { mfa: 'Your session has none.', fresh: 'You signed in too long ago for it.' },
    ask: 'Your passkey is asked when you send.',
    approve: 'Your passkey is asked when you approve.',
    show: 'Your passkey is asked when you have it shown.',
    noKey: 'You have no passkey here yet.',
    addOne: 'Add a passkey',
    nothing:
      'Your session didn’t come by an identity provider, and you have no passkey. Ask your administrator to invite you again.',
  },
  welcome: {
    title: (person: string) => `You’re confirmed, ${person}. One step is left`,
    lead: 'Make a passkey. It signs you in from now on: no password, nothing to remember.',
    make: 'Make a passkey',
    offer: 'For the next 10 minutes this browser can make it. Later you need a new invitation.',
    done: 'The link has done its work and opens nothing any more; you don’t need it again.',
    provider: (organization: string) => `${organization} has its own sign-in. Use that from now on.`,
    signIn: 'Sign in',
  },
} as const;
