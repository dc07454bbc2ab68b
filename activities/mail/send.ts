import type { Logger } from 'pino';
import { SealingError, unseal } from '../../crypto/sealing.ts';
import type { SealingKeys } from '../../crypto/keys.ts';
import type { Ledger } from '../../db/client.ts';
import {
  type ClaimedMail,
  claimMails,
  type MailCase,
  noteMailDelayed,
  noteMailSent,
  noteMailUnsent,
  readMailCase,
} from '../../db/queries/mail.ts';
import { type NoticeItems, readNoticeItems } from '../../db/queries/notice.ts';
import { welcomeContext } from '../../db/queries/welcome.ts';
import { isNoticeKind, topicOf } from '../../domain/notice.ts';
import { MailError, type MailProblem } from './errors.ts';
import { compose } from './compose.ts';
import type { MailTransport } from './transport.ts';

/** What sending works with; bin/ puts it together. */
export interface MailerDeps {
  /** Opened as the system role. */
  ledger: Ledger;
  sealing: SealingKeys;
  transport: MailTransport;
  /** Where links lead, e.g. `https://tenure.example.com`. */
  publicUrl: string;
  /** Ids and closed codes only. */
  log: Logger;
  /** Other limits than the product's, for tests. */
  limits?: Partial<typeof mailLimits>;
}

/** Limits of sending, in milliseconds but for `atOnce`. */
export const mailLimits = {
  /** Messages under way at once, so that one server that hangs keeps few of us waiting. */
  atOnce: 4,
  /** How long one try may take altogether: a server that trickles is given up too. */
  tryMs: 60_000,
  /** How long a message is left to whoever took it; longer than a try. */
  leaseMs: 120_000,
  /** The pause after a first failure; it doubles with each further one, up to the longest. */
  firstPauseMs: 2_000,
  longestPauseMs: 60 * 60_000,
  /** A message that fails after this long is given up: nobody needs it any more. */
  giveUpAfterMs: 3 * 24 * 60 * 60_000,
};

/** Sends what the outbox has, at least once each. */
export interface Mailer {
  /** Begins to send what is due, as many as there is room for; waits for none of them. Returns how many were begun. */
  send(): Promise<number>;
  /** Waits for those that are under way. */
  settled(): Promise<void>;
  /** Gives up what is under way: it is sent again later. */
  close(): void;
}

/** Makes a mailer; several may run at once, each takes other messages. */
export function createMailer(deps: MailerDeps): Mailer {
  const { db } = deps.ledger;
  const limits = { ...mailLimits, ...deps.limits };
  const underWay = new Map<number, Promise<void>>();
  const closing = new AbortController();
  const publicUrl = deps.publicUrl.replace(/\/+$/, '');

  async function deliver(claimed: ClaimedMail): Promise<void> {
    const found = await readMailCase(db, claimed.mailId, limits.giveUpAfterMs);
    // Sent by another try whose note about it was late.
    if (!found?.isQueued) return noteMailSent(db, claimed);
    try {
      if (found.unwanted.includes(topicOf(found.kind) ?? '')) throw new MailError('unwanted');
      const about = await itemsOf(found);
      const mail = compose(found, { publicUrl, welcome: linkOf(found), about });
      await deps.transport.send(mail, AbortSignal.any([closing.signal, AbortSignal.timeout(limits.tryMs)]));
    } catch (error) {
      return noteFailure(claimed, found, error);
    }
    await noteMailSent(db, claimed);
    deps.log.info({ mail: found.id, kind: found.kind, tries: claimed.tries }, 'mail sent');
  }

  async function noteFailure(claimed: ClaimedMail, found: MailCase, error: unknown): Promise<void> {
    const code = codeOf(error);
    const about = { mail: found.id, kind: found.kind, tries: claimed.tries, code };
    if (error instanceof MailError && error.isHarmless) {
      await noteMailUnsent(db, claimed, 'dropped', code);
      return deps.log.info(about, 'mail dropped');
    }
    if (found.isOld || (error instanceof MailError && error.isFinal)) {
      await noteMailUnsent(db, claimed, 'failed', code);
      return deps.log.warn(about, 'mail given up');
    }
    const pauseMs = Math.min(limits.firstPauseMs * 2 ** (claimed.tries - 1), limits.longestPauseMs);
    await noteMailDelayed(db, claimed, code, pauseMs);
    deps.log.warn({ ...about, pauseMs }, 'mail not sent, trying again');
  }

  /** What a message tells of that was made of notices; null in any other. @throws MailError when none of it is so any more. */
  async function itemsOf({ id, kind }: MailCase): Promise<NoticeItems | null> {
    if (!isNoticeKind(kind)) return null;
    const items = await readNoticeItems(db, id);
    if (items.count === 0) throw new MailError('no-longer-valid');
    return items;
  }

  /** The link of a welcome, null in any other message. @throws MailError when the welcome no longer stands. */
  function linkOf({ welcome }: MailCase): string | null {
    if (!welcome) return null;
    if (!welcome.isOpen || welcome.sealedToken === null) throw new MailError('no-longer-valid');
    const token = unseal(deps.sealing, welcome.sealedToken, welcomeContext(welcome.id));
    return `${publicUrl}/welcome/${token}`;
  }

  async function deliverAndForget(claimed: ClaimedMail): Promise<void> {
    try {
      await deliver(claimed);
    } catch {
      // The ledger is away: the message is due again when its time with us is over.
      deps.log.warn({ mail: claimed.mailId }, 'mail not noted');
    }
    underWay.delete(claimed.seq);
  }

  return {
    async send() {
      const free = limits.atOnce - underWay.size;
      if (free <= 0 || closing.signal.aborted) return 0;
      const claimed = await claimMails(db, free, limits.leaseMs);
      for (const one of claimed) underWay.set(one.seq, deliverAndForget(one));
      return claimed.length;
    },

    async settled() {
      await Promise.all(underWay.values());
    },

    close() {
      closing.abort();
      deps.transport.close();
    },
  };
}

function codeOf(error: unknown): MailProblem {
  if (error instanceof MailError) return error.code;
  return error instanceof SealingError ? 'misconfigured' : 'internal-error';
}
