import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  createFolderTransport,
  createSmtpTransport,
  type OutgoingMail,
} from '../../activities/mail/transport.ts';
import { type EphemeralSmtp, ephemeralSmtp, readMail, type SmtpBehaviour } from '../support/smtp.ts';

const from = { name: 'Northwind Cloud', address: 'tenure@northwind.example' };
const mail: OutgoingMail = {
  id: 'mail_01kb3v5c2hf8jrxw7s9d0m4p6q',
  kind: 'welcome',
  to: { name: 'Nora', address: 'nora@umbra.example' },
  subject: 'Confirm your access to Northwind Cloud für Umbra',
  text: `Hello Nora, für dich\n\n.a line with a dot first\n${'a long line '.repeat(20)}\nhttps://tenure.northwind.example/welcome/x-_y\n`,
  html: '<!doctype html><p>Hello Nora, für dich</p>',
};

const ended: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ended.splice(0).reverse()) await end();
});

async function smtpOf(options: Parameters<typeof ephemeralSmtp>[0] = {}): Promise<EphemeralSmtp> {
  const smtp = await ephemeralSmtp(options);
  ended.push(() => smtp.stop());
  return smtp;
}

function transportTo(url: string) {
  const transport = createSmtpTransport(url, from);
  ended.push(() => transport.close());
  return transport;
}

const within = (ms: number) => AbortSignal.timeout(ms);

describe('By SMTP', () => {
  it('a message arrives as it was written, to the one address, and says that a machine has sent it', async () => {
    const smtp = await smtpOf();
    await transportTo(smtp.url).send(mail, within(10_000));
    const [received] = smtp.received;
    expect(received).toMatchObject({ from: from.address, to: [mail.to.address] });
    const read = await readMail(received?.raw ?? Buffer.alloc(0));
    expect(read.defects).toEqual([]);
    expect(read.to).toEqual([{ name: 'Nora', address: 'nora@umbra.example' }]);
    expect(read.text).toBe(mail.text);
    expect(read.html.trim()).toBe(mail.html);
    expect(Object.fromEntries(read.headers)).toMatchObject({
      From: 'Northwind Cloud <tenure@northwind.example>',
      Subject: mail.subject,
      'Message-ID': `<${mail.id}@northwind.example>`,
      'Auto-Submitted': 'auto-generated',
    });
  });

  it.each([
    ['greylist', 'refused-for-now', false],
    ['unknown-user', 'address-refused', true],
    ['unwanted', 'refused', true],
    ['unwanted-sender', 'sender-refused', false],
    ['lose-reply', 'unreachable', false],
    ['hang', 'timed-out', false],
  ] as const satisfies [SmtpBehaviour, string, boolean][])(
    'what a server answers is a closed code, and says nothing of whom it is about: %s',
    async (behaviour, code, isFinal) => {
      const smtp = await smtpOf();
      smtp.behaviour = behaviour;
      const sent = transportTo(smtp.url).send(mail, within(1_000));
      const error: unknown = await sent.catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ name: 'MailError', code, isFinal });
      expect(error instanceof Error && [error.message, error.cause]).toEqual([code, undefined]);
    },
  );

  it('a server that is not there, and one that wants another password, are codes too', async () => {
    const login = { user: 'tenure', password: 'p@ss:w/rd%' };
    const smtp = await smtpOf({ login });
    await transportTo(smtp.url).send(mail, within(10_000));
    expect(smtp.received).toHaveLength(1);
    const wrong = smtp.url.replace(encodeURIComponent(login.password), 'wrong');
    await expect(transportTo(wrong).send(mail, within(10_000))).rejects.toMatchObject({
      code: 'sign-in-failed',
    });
    await smtp.stop();
    await expect(transportTo(smtp.url).send(mail, within(10_000))).rejects.toMatchObject({
      code: 'unreachable',
    });
  });

  it('nothing is said in clear to another machine, nor to one whose certificate nobody signed', async () => {
    const elsewhere = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .find(({ internal, family }) => !internal && family === 'IPv4')?.address;
    // A machine without a network has no other address to be reached by.
    if (elsewhere === undefined) return;
    for (const starttls of [false, true]) {
      const smtp = await smtpOf({ host: elsewhere, starttls });
      await expect(transportTo(smtp.url).send(mail, within(10_000))).rejects.toMatchObject({
        code: 'tls-failed',
      });
      expect(smtp.received).toEqual([]);
    }
    // On this machine it does no harm.
    const here = await smtpOf({ starttls: true });
    await transportTo(here.url).send(mail, within(10_000));
    expect(here.received).toHaveLength(1);
  });

  it.each([
    'nora@umbra.example, everybody@umbra.example',
    'nora@umbra.example\r\nBcc: everybody@umbra.example',
    'Nora <nora@umbra.example>',
    'nora',
    '',
    'nora@umbra.example> SIZE=1\r\nRCPT TO:<everybody@umbra.example',
  ])('an address that is more than one, or none, reaches no server: %j', async (address) => {
    const smtp = await smtpOf();
    const sent = transportTo(smtp.url).send({ ...mail, to: { name: 'Nora', address } }, within(10_000));
    await expect(sent).rejects.toMatchObject({ code: 'address-refused', isFinal: true });
    expect(smtp.conversations).toBe(0);
  });

  it('a name cannot bring a header or a second address', async () => {
    const smtp = await smtpOf();
    const name = 'Nora" <everybody@umbra.example>, \r\nBcc: everybody@umbra.example\r\n\r\nbody';
    await transportTo(smtp.url).send({ ...mail, to: { name, address: mail.to.address } }, within(10_000));
    const [received] = smtp.received;
    expect(received?.to).toEqual([mail.to.address]);
    const read = await readMail(received?.raw ?? Buffer.alloc(0));
    expect(read.to.map(({ address }) => address)).toEqual([mail.to.address]);
    expect(read.headers.map(([header]) => header.toLowerCase())).not.toContain('bcc');
    expect(read.text).toBe(mail.text);
  });
});

describe('As files', () => {
  it('a message is there whole, for this user alone, named by instant, kind and id', async () => {
    const home = await mkdtemp(join(tmpdir(), 'tenure-mail-'));
    ended.push(() => rm(home, { recursive: true }));
    const folder = join(home, 'mail');
    const transport = createFolderTransport(folder, from);
    await transport.send(mail, within(10_000));
    const files = await readdir(folder);
    expect(files).toEqual([
      expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z-welcome-mail_\w+\.eml$/),
    ]);
    const file = join(folder, files[0] ?? '');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    const raw = await readFile(file);
    // No mail program is needed to find the link.
    expect(raw.toString()).toContain(`\n${mail.text}`);
    const read = await readMail(raw);
    expect(read).toMatchObject({ text: mail.text, defects: [] });
    expect(read.to).toEqual([{ name: 'Nora', address: 'nora@umbra.example' }]);
  });
});
