import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ApiHarness, startApi } from '../support/api.ts';
import { extendBySql } from '../support/grant-by-sql.ts';
import { arrivalsOf, publicUrl } from '../support/mail-arrivals.ts';
import { type EphemeralSmtp, ephemeralSmtp } from '../support/smtp.ts';

// Access in an emergency is told of at once, to both sides and to nobody else, over a real mail server; and nobody can turn that off.

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

const arrivals = () => arrivalsOf(http, smtp);

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
  for (const { to, subject, text, html } of told) {
    const [whose, page] = to === sita ? ['Acme’s', 'requests'] : ['your', 'admin/access'];
    expect(subject).toMatch(
      new RegExp(`^Emergency: Mei at Northwind Cloud reaches ${whose} data, until .* UTC$`),
    );
    for (const part of [text, html]) {
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
