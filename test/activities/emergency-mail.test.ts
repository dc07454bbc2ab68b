import { sql } from 'drizzle-orm';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMailer } from '../../activities/mail/send.ts';
import { createSmtpTransport } from '../../activities/mail/transport.ts';
import { type ApiHarness, startApi } from '../support/api.ts';
import { extendBySql } from '../support/grant-by-sql.ts';
import { type EphemeralSmtp, ephemeralSmtp, readMail } from '../support/smtp.ts';
import { eventually } from '../support/wait.ts';

// Access in an emergency is told of at once, to both sides and to nobody else, over a real mail server; and nobody can turn that off.

const publicUrl = 'https://tenure.northwind.example';
const [mei, sita] = ['mei@northwind.example', 'sita@northwind.example'];
const [anna, tom] = ['anna@acme.example', 'tom@acme.example'];
let http: ApiHarness;
let smtp: EphemeralSmtp;
beforeAll(async () => {
  [http, smtp] = await Promise.all([startApi(), ephemeralSmtp()]);
});
afterAll(async () => {
  await smtp?.stop();
  await http?.stop();
});

async function arrivals() {
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
      parts: [text, html],
    }))
    .toSorted((one, other) => (one.to < other.to ? -1 : 1));
}

it('with who, what, why and until when, and again when it lasts longer', async () => {
  await http.ledger.owner.db.execute(sql`
    insert into notice_preference (person_id, topic, organization_id, choice)
    select p.id, t.topic, p.organization_id, 'off' from person p, (values ('requests'), ('begun'), ('ended'), ('operations')) t (topic)
    where p.email in (${anna}, ${sita})`);
  const { body } = await http.call(mei, 'POST', '/v1/access-requests', {
    resource: 'acme-env',
    entitlement: 'administer',
    period: 'PT1H',
    ticket: 'NW-4830',
    justification: 'The database is down <https://evil.example/now>',
  });
  const grantId = await http.provision(body.id);
  const told = await arrivals();
  expect(told.map(({ to }) => to)).toEqual([anna, sita, tom]);
  for (const { to, subject, parts } of told) {
    const [whose, page] = to === sita ? ['Acme’s', 'requests'] : ['your', 'admin/access'];
    expect(subject).toMatch(
      new RegExp(`^Emergency: Mei at Northwind Cloud reaches ${whose} data, until .* UTC$`),
    );
    for (const part of parts) {
      expect(part).toContain(`${publicUrl}/${page}/${body.reference}`);
      expect(part).toContain('NW-4830');
      expect(part).toContain('The database is down');
      expect(part).not.toContain('https://evil.example');
      expect(part).toContain('always sent');
      expect(part).not.toContain('#mails');
    }
  }
  const longerBy = await http.call(mei, 'POST', `/v1/access-requests/${body.id}/extension`, {
    period: 'PT1H',
    justification: 'It is still down',
  });
  const { db } = http.ledger.system;
  await extendBySql(db, longerBy.body.id, grantId, sql`interval '1 hour'`);
  await db.execute(sql`update access_grant set until = until + interval '1 hour' where id = ${grantId}`);
  const longer = await arrivals();
  expect(longer.map(({ subject }) => subject.split(',')[0])).toEqual([
    'Emergency: Mei at Northwind Cloud keeps reaching your data',
    'Emergency: Mei at Northwind Cloud keeps reaching Acme’s data',
    'Emergency: Mei at Northwind Cloud keeps reaching your data',
  ]);
});
