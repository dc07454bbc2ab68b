import { chmod, mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTransport, type SendMailOptions } from 'nodemailer';
import { isMailAddress } from '../../domain/mail-address.ts';
import { MailError, type MailProblem } from './errors.ts';
import { oneLine } from './plain.ts';

/** A message as it leaves. */
export interface OutgoingMail {
  /** The mail's id: it names the message (`Message-ID`), so that a second copy is known to be one. */
  id: string;
  kind: string;
  to: { name: string; address: string };
  subject: string;
  text: string;
  html: string;
}

/** What messages leave by. */
export interface MailTransport {
  /**
   * Resolves when the message was taken over. It may have been, too, when this fails.
   * @throws MailError
   */
  send(mail: OutgoingMail, signal: AbortSignal): Promise<void>;
  /** Gives up what is under way. */
  close(): void;
}

/** A sender as in a message's From line. */
export interface Sender {
  name: string;
  address: string;
}

/** How long a server may take, in milliseconds, to connect, to greet and between two words of its own. */
const patience = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 30_000 };
/** As many as one server likes of one client. */
const maxConnections = 4;
const loopback = /^(localhost|127(\.\d+){3}|\[?::1\]?)$/i;

/**
 * Sends by SMTP (RFC 5321). `smtps://` is TLS from the first byte; `smtp://` must turn to TLS (STARTTLS) before anything is
 * said. The certificate is checked. Only a server on this very machine may do without.
 * @param address `smtp://` or `smtps://`, with user and password if the server wants them
 */
export function createSmtpTransport(address: string, from: Sender): MailTransport {
  const url = new URL(address);
  const isSecure = url.protocol === 'smtps:';
  const isLocal = loopback.test(url.hostname);
  const { username, password } = url;
  const pool = createTransport({
    ...patience,
    pool: true,
    host: url.hostname.replaceAll(/^\[|\]$/g, ''),
    port: Number(url.port) || (isSecure ? 465 : 587),
    secure: isSecure,
    requireTLS: !isSecure && !isLocal,
    tls: { rejectUnauthorized: !isLocal, minVersion: 'TLSv1.2' },
    ...(username === ''
      ? {}
      : { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
    maxConnections,
    // Every try is counted, delayed and recorded by us.
    maxRequeues: 0,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send(mail, signal) {
      const message = messageOf(mail, from);
      try {
        await pool.sendMail({ ...message, signal });
      } catch (error) {
        throw new MailError(problemOf(error));
      }
    },
    close: () => pool.close({ force: true }),
  };
}

/**
 * Writes messages into a folder instead, each a file as it would be sent: for an installation that tries things out. Only
 * this user may read them, because welcomes carry their links.
 */
export function createFolderTransport(folder: string, from: Sender): MailTransport {
  const composer = createTransport({
    streamTransport: true,
    buffer: true,
    newline: 'unix',
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send(mail) {
      const composed = await composer.sendMail({
        ...messageOf(mail, from),
        text: { raw: asItIs(mail.text) },
      });
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await chmod(folder, 0o700);
      const instant = new Date().toISOString().replaceAll(':', '-');
      const file = join(folder, `${instant}-${mail.kind}-${mail.id}.eml`);
      // Whoever watches the folder never finds half a message.
      await writeFile(`${file}.part`, composed.message, { mode: 0o600 });
      await rename(`${file}.part`, file);
    },
    close: () => composer.close(),
  };
}

/** A part whose lines are not folded (8bit, RFC 6152): an editor or a search shows the link of a file whole. */
function asItIs(text: string): string {
  return `Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n${text}`;
}

/** @throws MailError `address-refused` when the address is not one. */
function messageOf({ id, to, subject, text, html }: OutgoingMail, from: Sender): SendMailOptions {
  if (!isMailAddress(to.address)) throw new MailError('address-refused');
  return {
    from,
    to: { name: oneLine(to.name), address: to.address },
    envelope: { from: from.address, to: [to.address] },
    messageId: `<${id}@${from.address.split('@').at(-1) ?? 'localhost'}>`,
    subject,
    text,
    html,
    // RFC 3834: nobody's absence note answers, and Exchange is told so in its own words.
    headers: {
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
      'Content-Language': 'en',
    },
  };
}

const byCode: Record<string, MailProblem> = {
  ECONNECTION: 'unreachable',
  ESOCKET: 'unreachable',
  EDNS: 'unreachable',
  EPROXY: 'unreachable',
  EPROTOCOL: 'unreachable',
  ESTREAM: 'unreachable',
  ETIMEDOUT: 'timed-out',
  EABORT: 'timed-out',
};

/** What the library's error means. The server's own words, which repeat addresses, go no further than this. */
function problemOf(error: unknown): MailProblem {
  if (error instanceof MailError) return error.code;
  if (!(error instanceof Error)) return 'internal-error';
  const { code, command, responseCode } = detailsOf(error);
  if (code === 'EAUTH' || code === 'ENOAUTH') return 'sign-in-failed';
  if (code === 'ETLS' || code === 'EREQUIRETLS' || isCertificateFault(error)) return 'tls-failed';
  // 503 says that the conversation went wrong, not the message.
  const isRefusal = responseCode !== undefined && responseCode >= 500 && responseCode !== 503;
  if (isRefusal && command.startsWith('RCPT')) return 'address-refused';
  if (isRefusal && command.startsWith('MAIL')) return 'sender-refused';
  if (isRefusal && command.startsWith('DATA')) return 'refused';
  if (responseCode !== undefined && responseCode >= 400) return 'refused-for-now';
  return byCode[code] ?? 'internal-error';
}

function detailsOf(error: Error): { code: string; command: string; responseCode: number | undefined } {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const command = 'command' in error && typeof error.command === 'string' ? error.command.toUpperCase() : '';
  const responseCode =
    'responseCode' in error && typeof error.responseCode === 'number' ? error.responseCode : undefined;
  return { code, command, responseCode };
}

function isCertificateFault(error: Error): boolean {
  const original =
    'originalCode' in error && typeof error.originalCode === 'string' ? error.originalCode : '';
  return /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS|ERR_SSL/.test(original);
}
