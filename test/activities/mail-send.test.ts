import { sql } from 'drizzle-orm';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createMailer, type MailerDeps } from '../../activities/mail/send.ts';
import { createSmtpTransport } from '../../activities/mail/transport.ts';
import { queueMail } from '../../db/queries/mail.ts';
import { createWelcome, remindWelcome, voidWelcomes } from '../../db/queries/welcome.ts';
import { linkTokenHash } from '../../crypto/link-token.ts';
import { newId } from '../../domain/ids.ts';
import { type EphemeralLedger, ephemeralLedger } from '../support/ledger.ts';
import { type EphemeralSmtp, ephemeralSmtp, type ReadMail, readMail } from '../support/smtp.ts';
import { eventually } from '../support/wait.ts';

const publicUrl = 'https://tenure.northwind.example/';
const from = { name: 'Northwind Cloud', address: 'tenure@northwind.example' };
const day = 24 * 60 * 60_000;
let ledger: EphemeralLedger;
let smtp: EphemeralSmtp;
let people: { anna: string; omar: string; acme: string; northwind: string };
const said: string[] = [];
const ended: (() => unknown)[] = [];

beforeAll(async () => {
  ledger = await ephemeralLedger();
  const idOf = async (table: string, column: string, value: string) => {
    const rows = await ledger.owner.db.execute<{ id: string }>(
      sql`select id from ${sql.identifier(table)} where ${sql.identifier(column)} = ${value}`,
    );
    return rows[0]?.id ?? '';
  };
  people = {
    anna: await idOf('person', 'email', 'anna@acme.example'),
    omar: await idOf('person', 'email', 'omar@northwind.example'),
    acme: await idOf('organization', 'key', 'acme'),
    northwind: await idOf('organization', 'key', 'northwind'),
  };
});
beforeEach(async () => {
  smtp = await ephemeralSmtp();
});
afterEach(async () => {
  for (const end of ended.splice(0)) await end();
  await smtp.stop();
});
afterAll(() => ledger?.stop());

/** One that comes again after a moment instead of after seconds. */
function mailerOf(changed: Partial<MailerDeps> = {}) {
  const transport = createSmtpTransport(smtp.url, from);
  const log = pino({}, { write: (line: string) => void said.push(line) });
  const mailer = createMailer({
    ledger: ledger.system,
    sealing: ledger.keys.sealing,
    transport,
    publicUrl,
    log,
    ...changed,
    limits: { firstPauseMs: 20, longestPauseMs: 50, tryMs: 1_000, ...changed.limits },
  });
  ended.push(async () => {
    mailer.close();
    await mailer.settled();
  });
  return mailer;
}

interface MailRow extends Record<string, unknown> {
  state: string;
  tries: number;
  last_error: string | null;
  sent_at: string | null;
  is_delivered: boolean;
}

async function rowOf(mailId: string): Promise<MailRow> {
  const rows = await ledger.owner.db.execute<MailRow>(sql`
    select m.state, m.tries, m.last_error, m.sent_at, o.delivered_at is not null as is_delivered
    from mail m join outbox o on o.subject_id = m.id where m.id = ${mailId}`);
  const [row] = rows;
  if (!row) throw new Error('There is no such mail.');
  return row;
}

/** Goes on as the worker does, until the mail has come to its end. */
const settle = (mailer: ReturnType<typeof mailerOf>, mailId: string, timeoutMs = 10_000) =>
  eventually(
    'the end of the mail',
    async () => {
      await mailer.send();
      const row = await rowOf(mailId);
      return row.is_delivered && row;
    },
    { timeoutMs, everyMs: 20, describe: () => rowOf(mailId) },
  );

const queueNotice = () =>
  queueMail(ledger.system.db, {
    mail: { kind: 'fence-waits', data: { fenceId: newId('fence'), waiting: 12 } },
    toPersonId: people.omar,
    organizationId: people.northwind,
  });

async function welcomeAnna(forMs = day) {
  const welcomeId = await createWelcome(ledger.system.db, {
    personId: people.anna,
    organizationId: people.acme,
    processId: null,
    forMs,
    invitedBy: people.omar,
    sealing: ledger.keys.sealing,
  });
  return { welcomeId, mailId: await lastMailOf(welcomeId) };
}

async function lastMailOf(welcomeId: string): Promise<string> {
  const rows = await ledger.owner.db.execute<{ id: string }>(
    sql`select id from mail where welcome_id = ${welcomeId} order by id desc limit 1`,
  );
  return rows[0]?.id ?? '';
}

const arrived = () => Promise.all(smtp.received.map(({ raw }) => readMail(raw)));
const tokenIn = ({ text }: ReadMail) => /\/welcome\/([\w-]{43})\n/.exec(text)?.[1] ?? '';
const messageId = ({ headers }: ReadMail) => headers.find(([name]) => name === 'Message-ID')?.[1];

describe('A message', () => {
  it('reaches a real mail server once, and the ledger says so in the row, the outbox and the audit', async () => {
    const mailId = await queueNotice();
    const row = await settle(mailerOf(), mailId);
    expect(row).toMatchObject({ state: 'sent', tries: 1, last_error: null, sent_at: expect.anything() });
    expect(await mailerOf().send()).toBe(0);
    const [read, ...others] = await arrived();
    expect(others).toEqual([]);
    expect(read?.to).toEqual([{ name: 'Omar', address: 'omar@northwind.example' }]);
    expect(read?.text).toContain('12 changes wait for a second person');
    const events = await ledger.owner.db.execute(
      sql`select e.type, e.organization_id, t.reason from audit_event e join audit_text t on t.event_id = e.id where subject_id = ${mailId}`,
    );
    expect([...events]).toEqual([
      { type: 'mail.sent', organization_id: people.northwind, reason: 'fence-waits' },
    ]);
  });

  it('is queued with the fact or not at all', async () => {
    const before = await ledger.owner.db.execute(
      sql`select count(*)::int as n from outbox where kind = 'mail'`,
    );
    await ledger.system.db
      .transaction(async (tx) => {
        await queueMail(tx, {
          mail: { kind: 'onboarding-failed', data: { cause: 'x' } },
          toPersonId: people.omar,
          organizationId: people.acme,
        });
        throw new Error('the fact was refused');
      })
      .catch(() => undefined);
    const after = await ledger.owner.db.execute(
      sql`select count(*)::int as n from outbox where kind = 'mail'`,
    );
    expect([...after]).toEqual([...before]);
    expect(await mailerOf().send()).toBe(0);
  });

  it('waits while the server is down, and arrives when it is back', async () => {
    await smtp.stop();
    const mailId = await queueNotice();
    const mailer = mailerOf();
    await eventually('some tries', async () => {
      await mailer.send();
      await mailer.settled();
      const row = await rowOf(mailId);
      return row.tries >= 3 && row;
    });
    expect(await rowOf(mailId)).toMatchObject({
      state: 'queued',
      last_error: 'unreachable',
      is_delivered: false,
    });
    await smtp.start();
    expect(await settle(mailer, mailId)).toMatchObject({ state: 'sent', last_error: null });
    expect(smtp.received).toHaveLength(1);
  });

  it('comes again to a server that greylists', async () => {
    smtp.behaviour = 'greylist';
    const mailId = await queueNotice();
    const mailer = mailerOf();
    await mailer.send();
    await mailer.settled();
    expect(await rowOf(mailId)).toMatchObject({ state: 'queued', last_error: 'refused-for-now', tries: 1 });
    smtp.behaviour = 'accept';
    expect(await settle(mailer, mailId)).toMatchObject({ state: 'sent', tries: 2 });
  });

  it.each([
    ['unknown-user', 'address-refused'],
    ['unwanted', 'refused'],
  ] as const)('that is refused for good is not sent again, and can be seen: %s', async (behaviour, code) => {
    smtp.behaviour = behaviour;
    const mailId = await queueNotice();
    expect(await settle(mailerOf(), mailId)).toMatchObject({ state: 'failed', last_error: code, tries: 1 });
    const events = await ledger.owner.db.execute(
      sql`select e.type, t.reason from audit_event e join audit_text t on t.event_id = e.id where subject_id = ${mailId}`,
    );
    expect([...events]).toEqual([{ type: 'mail.failed', reason: `fence-waits: ${code}` }]);
  });

  it('that failed for three days is given up; one that is younger is not', async () => {
    await smtp.stop();
    const [old, young] = [await queueNotice(), await queueNotice()];
    await ledger.owner.db.execute(
      sql`update mail set created_at = tenure_now() - interval '3 days' where id = ${old}`,
    );
    await ledger.owner.db.execute(
      sql`update mail set created_at = tenure_now() - interval '71 hours' where id = ${young}`,
    );
    const mailer = mailerOf();
    expect(await settle(mailer, old)).toMatchObject({ state: 'failed', last_error: 'unreachable' });
    await mailer.settled();
    expect(await rowOf(young)).toMatchObject({ state: 'queued', last_error: 'unreachable' });
    await smtp.start();
    await settle(mailer, young);
  });

  it('goes out twice when the server’s reply is lost, as one message: a mailbox knows it by its id', async () => {
    smtp.behaviour = 'lose-reply';
    const { mailId } = await welcomeAnna();
    const mailer = mailerOf();
    await mailer.send();
    await mailer.settled();
    smtp.behaviour = 'accept';
    await settle(mailer, mailId);
    const copies = await arrived();
    expect(copies).toHaveLength(2);
    expect(new Set(copies.map(messageId))).toEqual(new Set([`<${mailId}@northwind.example>`]));
    expect(new Set(copies.map(tokenIn)).size).toBe(1);
  });

  it('waits longer after each failure, an hour at most', async () => {
    smtp.behaviour = 'greylist';
    const mailId = await queueNotice();
    const mailer = mailerOf({ limits: { firstPauseMs: 2_000, longestPauseMs: 60 * 60_000 } });
    const pauses: number[] = [];
    for (let tries = 1; tries <= 14; tries++) {
      await ledger.owner.db.execute(
        sql`update outbox set due_at = tenure_now() where subject_id = ${mailId}`,
      );
      await mailer.send();
      await mailer.settled();
      const rows = await ledger.owner.db.execute<{ seconds: number }>(sql`
        select extract(epoch from due_at - tenure_now())::int as seconds from outbox where subject_id = ${mailId}`);
      pauses.push(rows[0]?.seconds ?? 0);
    }
    expect(pauses.slice(0, 4).map((pause) => Math.round(pause / 2) * 2)).toEqual([2, 4, 8, 16]);
    for (const pause of pauses.slice(-2)) expect(pause).toBeGreaterThan(3_500);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(3_600);
    smtp.behaviour = 'accept';
    await ledger.owner.db.execute(sql`update outbox set due_at = tenure_now() where subject_id = ${mailId}`);
    await settle(mailer, mailId);
  });
});

describe('A server that hangs', () => {
  it('keeps few messages, and nobody who asks for more waits for them', async () => {
    smtp.behaviour = 'hang';
    const mailIds = await Promise.all(Array.from({ length: 10 }, queueNotice));
    const mailer = mailerOf({ limits: { tryMs: 30_000, atOnce: 4 } });
    const since = performance.now();
    expect(await mailer.send()).toBe(4);
    expect(await mailer.send()).toBe(0);
    expect(performance.now() - since).toBeLessThan(2_000);
    // Asked to stop, it gives up what is under way at once, and loses nothing.
    mailer.close();
    await mailer.settled();
    expect(performance.now() - since).toBeLessThan(5_000);
    smtp.behaviour = 'accept';
    const next = mailerOf();
    for (const mailId of mailIds) expect(await settle(next, mailId)).toMatchObject({ state: 'sent' });
    expect(smtp.received).toHaveLength(10);
  });

  it('is left after a while', async () => {
    smtp.behaviour = 'hang';
    const mailId = await queueNotice();
    const mailer = mailerOf({ limits: { tryMs: 300 } });
    await mailer.send();
    await mailer.settled();
    expect(await rowOf(mailId)).toMatchObject({ state: 'queued', last_error: 'timed-out' });
    smtp.behaviour = 'accept';
    await settle(mailer, mailId);
  });
});

describe('Several senders', () => {
  it('send each message once', async () => {
    const mailIds = await Promise.all(Array.from({ length: 30 }, queueNotice));
    // Whoever gives up while the server accepts sends again: nobody gives up here.
    const patient = () => mailerOf({ limits: { tryMs: 30_000 } });
    const mailers = [patient(), patient(), patient()];
    await Promise.all(mailIds.map((mailId, n) => settle(mailers[n % 3] ?? patient(), mailId)));
    expect(smtp.received).toHaveLength(30);
  });

  it('take over from one that died, when its time is over', async () => {
    const mailId = await queueNotice();
    // It takes the message and is never heard of again.
    await ledger.system.db.execute(sql`
      update outbox set tries = 1, due_at = tenure_now() + interval '300 milliseconds' where subject_id = ${mailId}`);
    const mailer = mailerOf();
    expect(await mailer.send()).toBe(0);
    expect(await settle(mailer, mailId)).toMatchObject({ state: 'sent', tries: 2 });
  });
});

describe('A welcome', () => {
  it('brings its link; nothing that is stored or logged says the token, except under its seal', async () => {
    said.length = 0;
    const { welcomeId, mailId } = await welcomeAnna();
    smtp.behaviour = 'greylist';
    const mailer = mailerOf();
    await mailer.send();
    await mailer.settled();
    smtp.behaviour = 'accept';
    await settle(mailer, mailId);
    const [read] = await arrived();
    const token = read ? tokenIn(read) : '';
    expect(token).toHaveLength(43);
    expect(read?.html).toContain(`href="https://tenure.northwind.example/welcome/${token}"`);
    expect(read?.text).toContain('Omar has named you as a user of Northwind Cloud at Acme');
    const dump: string[] = [];
    const tables = [
      'mail',
      'outbox',
      'audit_event',
      'audit_text',
      'welcome',
      'change',
      'idempotency',
      'task',
    ];
    for (const table of tables) {
      const rows = await ledger.owner.db.execute(sql`select t::text as row from ${sql.identifier(table)} t`);
      dump.push(JSON.stringify([...rows]));
    }
    expect(dump.join()).toContain(welcomeId);
    expect(dump.join()).toContain(linkTokenHash(token));
    for (const text of [...dump, ...said]) {
      expect(text).not.toContain(token);
      expect(text).not.toContain(token.slice(0, 12));
    }
    // And neither whom the log's messages are for, nor what they are called.
    expect(said.join()).not.toMatch(/anna|acme|@/i);
    expect(said.length).toBeGreaterThan(1);
  });

  it('is reminded of with the same link, each reminder once', async () => {
    const { welcomeId, mailId } = await welcomeAnna();
    const mailer = mailerOf();
    await settle(mailer, mailId);
    expect(await remindWelcome(ledger.system.db, welcomeId, 2)).toBe(false);
    expect(await remindWelcome(ledger.system.db, welcomeId, 1)).toBe(true);
    expect(await remindWelcome(ledger.system.db, welcomeId, 1)).toBe(false);
    await settle(mailer, await lastMailOf(welcomeId));
    const [first, second, ...others] = await arrived();
    expect(others).toEqual([]);
    expect(first && tokenIn(first)).toMatch(/^[\w-]{43}$/);
    expect(second && tokenIn(second)).toBe(first && tokenIn(first));
    expect(second?.headers).toContainEqual([
      'Subject',
      'Reminder: confirm your access to Northwind Cloud for Acme',
    ]);
    expect(second && messageId(second)).not.toBe(first && messageId(first));
  });

  it.each([
    ['taken back', () => voidWelcomes(ledger.system.db, people.anna)],
    [
      'confirmed',
      (id: string) =>
        ledger.owner.db.execute(
          sql`update welcome set confirmed_at = tenure_now(), sealed_token = null where id = ${id}`,
        ),
    ],
    [
      'over',
      (id: string) =>
        ledger.owner.db.execute(sql`update welcome set expires_at = tenure_now() where id = ${id}`),
    ],
    ['replaced', () => welcomeAnna()],
  ])('that was %s before it went out does not go out, and is not reminded of', async (_, change) => {
    const { welcomeId, mailId } = await welcomeAnna();
    await change(welcomeId);
    const mailer = mailerOf();
    expect(await settle(mailer, mailId)).toMatchObject({ state: 'dropped', last_error: 'no-longer-valid' });
    expect(await remindWelcome(ledger.system.db, welcomeId, 1)).toBe(false);
    await mailer.settled();
    // At most its successor went out.
    for (const { to } of smtp.received) expect(to).toEqual(['anna@acme.example']);
    expect(smtp.received.length).toBeLessThanOrEqual(1);
  });

  it('does not go to somebody who has left', async () => {
    const { mailId } = await welcomeAnna();
    await ledger.owner.db.execute(
      sql`update person set offboarded_at = tenure_now() where id = ${people.anna}`,
    );
    expect(await settle(mailerOf(), mailId)).toMatchObject({
      state: 'dropped',
      last_error: 'recipient-gone',
    });
    await ledger.owner.db.execute(sql`update person set offboarded_at = null where id = ${people.anna}`);
    expect(smtp.received).toEqual([]);
  });

  it('is made once by a process, however often that comes by', async () => {
    const processId = newId('proc');
    await ledger.owner.db.execute(sql`
      insert into process (id, kind, organization_id, cause) values (${processId}, 'onboarding', ${people.acme}, 'contract')`);
    const make = () =>
      createWelcome(ledger.system.db, {
        personId: people.anna,
        organizationId: people.acme,
        processId,
        forMs: day,
        invitedBy: null,
        sealing: ledger.keys.sealing,
      });
    const welcomeId = await make();
    expect(await make()).toBe(welcomeId);
    await ledger.owner.db.execute(
      sql`update welcome set confirmed_at = tenure_now(), sealed_token = null where id = ${welcomeId}`,
    );
    expect(await make()).toBe(welcomeId);
    const mails = await ledger.owner.db.execute(sql`select 1 from mail where process_id = ${processId}`);
    expect(mails).toHaveLength(1);
    await settle(mailerOf(), await lastMailOf(welcomeId));
  });
});
