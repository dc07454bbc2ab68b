import { join } from 'node:path';
import { createMailer, type Mailer } from '../activities/mail/send.ts';
import {
  createFolderTransport,
  createSmtpTransport,
  type MailTransport,
} from '../activities/mail/transport.ts';
import type { Service } from './service.ts';

/**
 * What sends the messages of an installation: by SMTP where that is configured, else as files in its home. Null where there
 * is neither, which a production configuration refuses: the messages wait then.
 */
export function openMailer(service: Service): Mailer | null {
  const { config, ledger, log, keys } = service;
  const transport = openTransport(config);
  if (!transport) {
    log.warn('no TENURE_SMTP_URL and no home: messages wait');
    return null;
  }
  return createMailer({ ledger, log, sealing: keys.sealing, publicUrl: config.publicUrl, transport });
}

function openTransport({ mail, home }: Service['config']): MailTransport | null {
  if (mail.smtpUrl) return createSmtpTransport(mail.smtpUrl, mail.from);
  return home ? createFolderTransport(join(home, 'mail'), mail.from) : null;
}
