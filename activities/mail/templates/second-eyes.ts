import type { Letter } from '../letter.ts';
import { asTime } from '../plain.ts';
import type { NoticeWords } from './notices.ts';

/** To a customer's other administrators and security: the vendor's people made somebody one of them. `from`: ISO 8601 UTC. */
export function administratorAdded(
  words: NoticeWords & { page: string },
  { from }: { from: string },
): Letter {
  const { organization, vendor, page } = words;
  return {
    subject: `${organization} has a new administrator, added by ${vendor}`,
    headline: `${vendor} added an administrator of ${organization}`,
    paragraphs: [
      `From ${asTime(from)} they may approve ${vendor}’s access to your data, as you do. Until then only you may.`,
      'Do you know them? Then there is nothing to do.',
      `If you don’t, remove them before then, and ask ${vendor} who added them and why.`,
    ],
    action: { label: 'See who they are', url: page },
    footer: [
      `You get this because you look after the access of ${organization} at ${vendor}. It is sent whatever messages you have chosen.`,
    ],
  };
}

/** To a customer's administrators: an exception counts instead of what was agreed on. `until`: ISO 8601 UTC. */
export function consentOverride(words: NoticeWords & { page: string }, { until }: { until: string }): Letter {
  const { organization, vendor, page } = words;
  return {
    subject: `${vendor} changed which access to ${organization} you approve`,
    headline: 'Which access you approve was changed',
    paragraphs: [
      `Until ${asTime(until)} an exception of ${vendor} counts instead of what was agreed on. Two of its people stand behind it.`,
      'What you ask for beyond that yourself still counts. You can ask for more at any time, and it counts at once.',
    ],
    action: { label: 'Read the rules', url: page },
    footer: [
      `You get this because you look after the access of ${organization} at ${vendor}. It is sent whatever messages you have chosen.`,
    ],
  };
}

/** To the vendor's administrators: somebody on the machine had one of them let in anew. */
export function signInRecovered(words: NoticeWords & { page: string }): Letter {
  const { vendor, page } = words;
  return {
    subject: `An administrator of ${vendor} was let in anew from the machine`,
    headline: 'An administrator was let in anew from the machine',
    paragraphs: [
      'Somebody who may read this installation’s key made a link that signs an administrator in. Who and why is in the records.',
      'If nobody of you did that, end that person’s sessions, suspend them, and look who can reach the machine.',
    ],
    action: { label: 'See the records', url: page },
    footer: [
      `You get this because you manage access at ${vendor}. It is sent whatever messages you have chosen.`,
    ],
  };
}

/** To everybody else who manages access: one who does had no way to sign in, and somebody had a new one sent. */
export function colleagueInvited(words: NoticeWords & { page: string }): Letter {
  const { vendor, page } = words;
  return {
    subject: `Somebody who manages access at ${vendor} was sent a new way to sign in`,
    headline: 'Somebody who manages access was sent a new way to sign in',
    paragraphs: [
      'They had none any more, and one of you asked for it. The link went to their own address; with it they make a passkey. Who asked and why is on their page.',
      'If they know nothing of it, or the address is not in their hands, offboard them at once.',
    ],
    action: { label: 'See who it is', url: page },
    footer: [
      `You get this because you manage access at ${vendor}. It is sent whatever messages you have chosen.`,
    ],
  };
}
