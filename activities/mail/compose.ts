import type { MailCase } from '../../db/queries/mail.ts';
import type { NoticeItems } from '../../db/queries/notice.ts';
import { assertNever } from '../../domain/errors.ts';
import { type Mail, mailShape } from '../../domain/mail.schema.ts';
import { isNoticeKind, type NoticeKind, topicOf } from '../../domain/notice.ts';
import { MailError } from './errors.ts';
import { type Letter, render } from './letter.ts';
import { asName, asTime } from './plain.ts';
import {
  accessBegun,
  accessEnded,
  accessOverdue,
  type AccessWords,
  endsSoon,
  requestDecided,
  requestWaits,
  reviewsDue,
} from './templates/access.ts';
import { emergencyAccess } from './templates/emergency.ts';
import { webhookStopped } from './templates/webhook.ts';
import {
  fenceWaits,
  handover,
  onboardingFailed,
  paymentFailed,
  restricted,
  seatsOverLimit,
  suspended,
} from './templates/notices.ts';
import { passkeyEnrolled } from './templates/passkey.ts';
import {
  administratorAdded,
  colleagueInvited,
  consentOverride,
  signInRecovered,
} from './templates/second-eyes.ts';
import { welcome, type WelcomeWords, welcomeReminder } from './templates/welcome.ts';
import type { OutgoingMail } from './transport.ts';

/** What a message needs beside its case. */
export interface MailSources {
  /** Where links lead, without a slash at the end. */
  publicUrl: string;
  /** The link of a welcome, null in any other. */
  welcome: string | null;
  /** What it tells of, if it was made of notices. */
  about: NoticeItems | null;
}

/**
 * Makes a message of a case.
 * @throws MailError `recipient-gone` when it is for somebody who left, `misconfigured` when its data are not its kind's
 */
export function compose(found: MailCase, sources: MailSources): OutgoingMail {
  if (found.to.isGone) throw new MailError('recipient-gone');
  const { id, kind } = found;
  const to = { name: found.to.name, address: found.to.email };
  const choose = topicOf(kind) === null ? {} : { choose: `${sources.publicUrl}/account#mails` };
  return { id, kind, to, ...render({ ...letterOf(found, sources), ...choose }) };
}

function letterOf(found: MailCase, sources: MailSources): Letter {
  const parsed = mailShape.safeParse({ kind: found.kind, data: found.data });
  if (!parsed.success) throw new MailError('misconfigured');
  const mail = parsed.data;
  const vendor = asName(found.vendor);
  const organization = asName(found.organization);
  if (isNoticeMail(mail)) return accessLetterOf(mail, found, sources);
  const words = { vendor, organization, reference: found.processId ?? found.id };
  const { publicUrl } = sources;
  switch (mail.kind) {
    case 'welcome':
      return welcome(welcomeWords(found, sources.welcome));
    case 'welcome-reminder':
      return welcomeReminder(welcomeWords(found, sources.welcome));
    case 'passkey-enrolled':
      return passkeyEnrolled({ ...words, publicUrl }, mail.data);
    case 'administrator-added':
      return administratorAdded({ ...words, page: `${publicUrl}/admin` }, mail.data);
    case 'consent-override':
      return consentOverride({ ...words, page: `${publicUrl}/admin/access/rules` }, mail.data);
    case 'sign-in-recovered':
      return signInRecovered({ ...words, page: `${publicUrl}/audit` });
    case 'colleague-invited':
      return colleagueInvited({ ...words, page: `${publicUrl}/people/${mail.data.personId}` });
    case 'payment-failed':
      return paymentFailed(words, mail.data);
    case 'restricted':
      return restricted(words, mail.data);
    case 'suspended':
      return suspended(words, mail.data);
    case 'seats-over-limit':
      return seatsOverLimit({ ...words, page: `${publicUrl}/admin` }, mail.data);
    case 'onboarding-failed':
      return onboardingFailed({ ...words, page: `${publicUrl}/operations` }, mail.data);
    case 'fence-waits':
      return fenceWaits(
        {
          ...words,
          reference: mail.data.fenceId,
          page: `${publicUrl}/operations/fences/${mail.data.fenceId}`,
        },
        mail.data,
      );
    case 'handover':
      return handover(
        { ...words, reference: mail.data.taskId, page: `${publicUrl}/operations/tasks/${mail.data.taskId}` },
        { formerOwner: asName(found.formerOwner ?? ''), what: found.resource && asName(found.resource) },
      );
    default:
      return assertNever(mail);
  }
}

type NoticeMail = Extract<Mail, { kind: NoticeKind }>;

function isNoticeMail(mail: Mail): mail is NoticeMail {
  return isNoticeKind(mail.kind);
}

/** A message that tells of notices. */
function accessLetterOf(mail: NoticeMail, found: MailCase, { publicUrl, about }: MailSources): Letter {
  if (about === null) throw new MailError('misconfigured');
  const words: AccessWords = {
    vendor: asName(found.vendor),
    about,
    publicUrl,
    isCustomers: found.isCustomers,
  };
  switch (mail.kind) {
    case 'request-waits':
      return requestWaits(words, false);
    case 'request-still-waits':
      return requestWaits(words, true);
    case 'request-decided':
      return requestDecided(words);
    case 'access-begun':
      return accessBegun(words);
    case 'ends-soon':
      return endsSoon(words);
    case 'access-ended':
      return accessEnded(words);
    case 'access-overdue':
      return accessOverdue(words);
    case 'reviews-due':
      return reviewsDue(words);
    case 'emergency-access':
      return emergencyAccess(words, mail.data);
    case 'webhook-stopped':
      return webhookStopped(words);
    default:
      return assertNever(mail);
  }
}

function welcomeWords(found: MailCase, link: string | null): WelcomeWords {
  if (link === null || !found.welcome) throw new MailError('misconfigured');
  return {
    name: asName(found.to.name),
    vendor: asName(found.vendor),
    organization: asName(found.organization),
    invitedBy: found.invitedBy && asName(found.invitedBy),
    url: link,
    expires: asTime(found.welcome.expiresAt),
  };
}
