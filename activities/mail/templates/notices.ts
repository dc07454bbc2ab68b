import type { Letter } from '../letter.ts';
import { asTime } from '../plain.ts';

/** Whom and what a notice is about. All names are fit for a message already. */
export interface NoticeWords {
  vendor: string;
  /** The customer, or the vendor itself in what concerns its own people. */
  organization: string;
  /** What somebody who asks can name. */
  reference: string;
}

/** The same with the page that it leads to. */
export interface PageWords extends NoticeWords {
  page: string;
}

type DunningStep = 'restricted' | 'suspended' | 'offboarded';

/** What follows when an invoice stays unpaid, and when (ISO 8601 UTC). */
export interface DunningAhead {
  next: DunningStep | null;
  at: string | null;
}

const whatFollows: Record<DunningStep, string> = {
  restricted: 'access is restricted to what the contract leaves in that case',
  suspended: 'all access is suspended',
  offboarded: 'all access ends for good',
};

function ahead({ next, at }: DunningAhead): string[] {
  return next && at ? [`Unless it is paid before, ${whatFollows[next]} on ${asTime(at)}.`] : [];
}

/** To a customer's administrators: an invoice was not paid. */
export function paymentFailed(words: NoticeWords, data: DunningAhead): Letter {
  const { vendor, organization } = words;
  return {
    subject: `${organization}: a payment for ${vendor} failed`,
    headline: 'A payment failed',
    paragraphs: [
      `The last payment of ${organization} for ${vendor} did not go through. Nobody’s access has changed.`,
      ...ahead(data),
      'Paying it undoes this by itself. Your usual billing page or contact has the details; we send no payment links by mail.',
    ],
    footer: toAdministrators(words),
  };
}

/** To the same: access is restricted now. */
export function restricted(words: NoticeWords, data: DunningAhead): Letter {
  const { vendor, organization } = words;
  return {
    subject: `${organization}: access to ${vendor} is restricted`,
    headline: 'Access is restricted',
    paragraphs: [
      `An invoice of ${organization} for ${vendor} is still open, so its users hold less than before.`,
      ...ahead(data),
      'Everything comes back by itself when it is paid.',
    ],
    footer: toAdministrators(words),
  };
}

/** To the same: access is suspended now. */
export function suspended(words: NoticeWords, data: DunningAhead): Letter {
  const { vendor, organization } = words;
  return {
    subject: `${organization}: access to ${vendor} is suspended`,
    headline: 'Access is suspended',
    paragraphs: [
      `An invoice of ${organization} for ${vendor} is still open, so nobody at ${organization} has access now.`,
      ...ahead(data),
      'Everything comes back by itself when it is paid.',
    ],
    footer: toAdministrators(words),
  };
}

/** To the same: more users than seats, and until when that is let be (ISO 8601 UTC). */
export function seatsOverLimit(
  words: PageWords,
  data: { seats: number; used: number; until: string; isLast: boolean },
): Letter {
  const { vendor, organization } = words;
  const over = data.used - data.seats;
  const people = over === 1 ? 'one user loses' : `${over} users lose`;
  const seats = data.seats === 1 ? '1 seat' : `${data.seats} seats`;
  const users = data.used === 1 ? '1 user' : `${data.used} users`;
  return {
    subject: data.isLast
      ? `${organization}: ${people} access to ${vendor} on ${asTime(data.until)}`
      : `${organization} has more users of ${vendor} than seats`,
    headline: `${users}, ${seats}`,
    paragraphs: [
      `Since its plan changed, ${organization} has ${seats} and ${users}. Everybody keeps their access until ${asTime(data.until)}.`,
      `Remove whoever no longer needs it, or have seats added. Otherwise ${people} their access then${data.isLast ? ': whoever never confirmed the invitation, then whoever was added last' : ''}.`,
    ],
    action: { label: 'See your users', url: words.page },
    footer: toAdministrators(words),
  };
}

/** To whoever owns a customer's onboarding. */
export function onboardingFailed(words: PageWords, data: { cause: string }): Letter {
  const { organization } = words;
  return {
    subject: `Onboarding of ${organization} failed and was taken back`,
    headline: `${organization} is not onboarded`,
    paragraphs: [
      `The onboarding of ${organization} could not be completed (${data.cause}). What it had done was taken back; what could not be is listed as a task of yours.`,
      'It doesn’t start again by itself.',
    ],
    action: { label: 'See what happened', url: words.page },
    footer: toStaff(words),
  };
}

/** To those who may release what waits behind a fence. */
export function fenceWaits(words: PageWords, data: { waiting: number }): Letter {
  const changes = data.waiting === 1 ? 'One change waits' : `${data.waiting} changes wait`;
  return {
    subject: `${changes} for a second person`,
    headline: `${changes} for a second person`,
    paragraphs: [
      `More changed at once at ${words.organization} than the fence lets through. What is beyond it waits until somebody other than its author releases or discards it, singly or as a whole.`,
      'Read the difference before you decide. Nobody has lost anything for good meanwhile.',
    ],
    action: { label: 'Read the difference', url: words.page },
    after: ['The link opens a page. Opening it decides nothing.'],
    footer: toStaff(words),
  };
}

/** To whoever has to find an owner. */
export function handover(words: PageWords, data: { formerOwner: string; what: string | null }): Letter {
  const what = data.what ?? 'something that nobody else owns';
  return {
    subject: `${what} needs an owner`,
    headline: `${what} needs an owner`,
    paragraphs: [
      `${data.formerOwner} has left and owned it. Name somebody else, then close the task.`,
      'Until then nobody answers for it.',
    ],
    action: { label: 'Open the task', url: words.page },
    footer: toStaff(words),
  };
}

function toAdministrators({ vendor, organization, reference }: NoticeWords): string[] {
  return [
    `Sent by ${vendor} to the administrators of ${organization}. Reference: ${reference}.`,
    'Nobody will ask you for a password by mail.',
  ];
}

function toStaff({ vendor, reference }: NoticeWords): string[] {
  return [`Sent by Tenure at ${vendor}. Reference: ${reference}.`];
}
