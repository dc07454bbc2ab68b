import type { Letter } from '../letter.ts';

/** What a welcome says. All names are fit for a message already. */
export interface WelcomeWords {
  /** Who gets it. */
  name: string;
  /** Whose product it is. */
  vendor: string;
  /** Where the person works, or is invited to. */
  organization: string;
  /** Who invited them; null when the contract did. */
  invitedBy: string | null;
  url: string;
  /** For people. */
  expires: string;
}

/** The first message: who invites whom to what, what the link does and when it ends. */
export function welcome(words: WelcomeWords): Letter {
  const { name, vendor, organization, url, expires } = words;
  const why = whyOf(words);
  const what = organization === vendor ? vendor : `${vendor} for ${organization}`;
  return {
    subject: `Confirm your access to ${what}`,
    headline: `${name}, confirm that you’re there`,
    paragraphs: [
      why,
      'The link opens a page that shows this once more and asks you to confirm. Opening it changes nothing; confirming does, once.',
    ],
    action: { label: 'Open the page', url },
    after: [
      `The link is yours alone, works until ${expires} and not after. Don’t forward it.`,
      'Nobody will ask you for a password by mail, and the page asks for none.',
    ],
    footer: footerOf(words),
  };
}

/** A colleague is there already, and has no way in any more. */
function whyOf({ vendor, organization, invitedBy }: WelcomeWords): string {
  if (organization === vendor)
    return `You have no way to sign in at ${vendor}${invitedBy ? `, and ${invitedBy} has sent you one` : ''}. Once you have confirmed, you make a passkey; what you hold stays as it is.`;
  return invitedBy
    ? `${invitedBy} has named you as a user of ${vendor} at ${organization}.`
    : `${organization} uses ${vendor}, and you are named as one of its users.`;
}

/** Sent again while it is not confirmed: the same link. */
export function welcomeReminder(words: WelcomeWords): Letter {
  const { name, vendor, organization, url, expires } = words;
  return {
    subject: `Reminder: confirm your access to ${vendor} for ${organization}`,
    headline: `${name}, your confirmation is still missing`,
    paragraphs: [
      `You are named as a user of ${vendor} at ${organization}, and haven’t confirmed yet that you’re there.`,
    ],
    action: { label: 'Open the page', url },
    after: [
      `It is the same link as before. It works until ${expires} and not after.`,
      'Nobody will ask you for a password by mail, and the page asks for none.',
    ],
    footer: footerOf(words),
  };
}

function footerOf({ vendor, organization }: WelcomeWords): string[] {
  return [
    `Sent by ${vendor} because this address is on ${organization}’s list of users. If you don’t know why, do nothing: without you nothing happens.`,
  ];
}
