import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readConfig } from '../../bin/config.ts';
import { openMailer } from '../../bin/mail.ts';
import { readDefaultPolicies } from '../../bin/policies.ts';
import type { Service } from '../../bin/service.ts';
import { queueMail } from '../../db/queries/mail.ts';
import { type EphemeralLedger, ephemeralLedger } from '../support/ledger.ts';
import { ephemeralSmtp, readMail } from '../support/smtp.ts';

let ledger: EphemeralLedger;
let home: string;
const said: string[] = [];

beforeAll(async () => {
  ledger = await ephemeralLedger();
  home = await mkdtemp(join(tmpdir(), 'tenure-home-'));
});
afterAll(async () => {
  await ledger?.stop();
  await rm(home, { recursive: true });
});

function serviceOf(environment: Record<string, string>): Service {
  return {
    config: readConfig({ DATABASE_URL: ledger.systemUrl, TENURE_KEY: ledger.key, ...environment }),
    keys: ledger.keys,
    ledger: ledger.system,
    policies: readDefaultPolicies(),
    log: pino({}, { write: (line: string) => void said.push(line) }),
  };
}

async function queueForSita(): Promise<string> {
  const rows = await ledger.owner.db.execute<{ person: string; organization: string }>(
    sql`select id as person, organization_id as organization from person where email = 'sita@northwind.example'`,
  );
  const { person, organization } = rows[0] ?? { person: '', organization: '' };
  return queueMail(ledger.system.db, {
    mail: { kind: 'fence-waits', data: { fenceId: 'fence_x', waiting: 11 } },
    toPersonId: person,
    organizationId: organization,
  });
}

it('without a mail server, a local installation writes messages into its home, and its log says ids only', async () => {
  const mailId = await queueForSita();
  const mailer = openMailer(serviceOf({ TENURE_HOME: home }));
  await mailer?.send();
  await mailer?.settled();
  const [file = ''] = await readdir(join(home, 'mail'));
  expect(file).toContain(`-fence-waits-${mailId}.eml`);
  expect((await stat(join(home, 'mail', file))).mode & 0o777).toBe(0o600);
  const read = await readMail(await readFile(join(home, 'mail', file)));
  expect(read.to).toEqual([{ name: 'Sita', address: 'sita@northwind.example' }]);
  expect(said.join()).toContain(mailId);
  expect(said.join()).not.toMatch(/sita|@|northwind/i);
});

it('with one, messages go there, from the sender that is configured', async () => {
  const smtp = await ephemeralSmtp();
  await queueForSita();
  const mailer = openMailer(
    serviceOf({
      TENURE_HOME: home,
      TENURE_SMTP_URL: smtp.url,
      TENURE_MAIL_FROM: 'Access <access@northwind.example>',
    }),
  );
  await mailer?.send();
  await mailer?.settled();
  mailer?.close();
  expect(smtp.received).toMatchObject([{ from: 'access@northwind.example', to: ['sita@northwind.example'] }]);
  await smtp.stop();
});

it('with neither, messages wait', () => {
  expect(openMailer(serviceOf({}))).toBeNull();
});
