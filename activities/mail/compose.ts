import type { MailCase } from '../../db/queries/mail.ts';
import { assertNever } from '../../domain/errors.ts';
import { mailShape } from '../../domain/mail.schema.ts';
import { MailError } from './errors.ts';
import { type Letter, render } from './letter.ts';
import { asName, asTime } from './plain.ts';
import {
  fenceWaits,
  handover,
  onboardingFailed,
  paymentFailed,
  restricted,
  seatsOverLimit,
  suspended,
} from './templates/notices.ts';
import { welcome, type WelcomeWords, welcomeReminder } from './templates/welcome.ts';
import type { OutgoingMail } from './transport.ts';

/**
 * Makes a message of a case. `link`: of a welcome, null in any other.
 * @throws MailError `recipient-gone` when it is for somebody who left, `misconfigured` when its data are not its kind's
 */
export function compose(found: MailCase, link: string | null): OutgoingMail {
  if (found.to.isGone) throw new MailError('recipient-gone');
  const { id, kind } = found;
  const to = { name: found.to.name, address: found.to.email };
  return { id, kind, to, ...render(letterOf(found, link)) };
}

function letterOf(found: MailCase, link: string | null): Letter {
  const parsed = mailShape.safeParse({ kind: found.kind, data: found.data });
  if (!parsed.success) throw new MailError('misconfigured');
  const mail = parsed.data;
  const vendor = asName(found.vendor);
  const organization = asName(found.organization);
  const words = { vendor, organization, reference: found.processId ?? found.id };
  switch (mail.kind) {
    case 'welcome':
      return welcome(welcomeWords(found, link));
    case 'welcome-reminder':
      return welcomeReminder(welcomeWords(found, link));
    case 'payment-failed':
      return paymentFailed(words, mail.data);
    case 'restricted':
      return restricted(words, mail.data);
    case 'suspended':
      return suspended(words, mail.data);
    case 'seats-over-limit':
      return seatsOverLimit(words, mail.data);
    case 'onboarding-failed':
      return onboardingFailed(words, mail.data);
    case 'fence-waits':
      return fenceWaits({ ...words, reference: mail.data.fenceId }, mail.data);
    case 'handover':
      return handover(
        { ...words, reference: mail.data.taskId },
        { formerOwner: asName(found.formerOwner ?? ''), what: found.resource && asName(found.resource) },
      );
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
