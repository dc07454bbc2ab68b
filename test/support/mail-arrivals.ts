import { sql } from 'drizzle-orm';
import { pino } from 'pino';
import { createMailer } from '../../activities/mail/send.ts';
import { createSmtpTransport } from '../../activities/mail/transport.ts';
import type { ApiHarness } from './api.ts';
import { type EphemeralSmtp, readMail } from './smtp.ts';
import { eventually } from './wait.ts';

/** Where the links of these mails lead. */
export const publicUrl = 'https://tenure.northwind.example';

/** A mail as somebody's program has it. */
export interface Arrived {
  to: string;
  subject: string;
  text: string;
  html: string;
}

/** Sends every mail that is queued, and says what arrived, in the order of the addresses and then the subjects. */
export async function arrivalsOf(http: ApiHarness, smtp: EphemeralSmtp): Promise<Arrived[]> {
  const mailer = createMailer({
    ledger: http.ledger.system,
    sealing: http.ledger.keys.sealing,
    transport: createSmtpTransport(smtp.url, {
      name: 'Northwind Cloud',
      address: 'tenure@northwind.example',
    }),
    publicUrl,
    log: pino({ level: 'silent' }),
    limits: { firstPauseMs: 20, longestPauseMs: 50 },
  });
  await eventually('the end of all mails', async () => {
    await mailer.send();
    await mailer.settled();
    return (await http.ledger.owner.db.execute(sql`select 1 from mail where state = 'queued'`)).length === 0;
  });
  mailer.close();
  const read = await Promise.all(smtp.received.splice(0).map(({ raw }) => readMail(raw)));
  return read
    .map(({ to, headers, text, html }) => ({
      to: to[0]?.address ?? '',
      subject: headers.find(([name]) => name === 'Subject')?.[1] ?? '',
      text,
      html,
    }))
    .toSorted((one, other) => (one.to + one.subject < other.to + other.subject ? -1 : 1));
}
