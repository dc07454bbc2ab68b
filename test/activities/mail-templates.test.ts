import { describe, expect, it } from 'vitest';
import { compose } from '../../activities/mail/compose.ts';
import type { MailCase } from '../../db/queries/mail.ts';
import { mailShape, type Mail } from '../../domain/mail.schema.ts';

const url = 'https://tenure.northwind.example/welcome/the-token';
const at = '2026-11-29T14:00:00.000Z';

const every: Mail[] = [
  { kind: 'welcome', data: { invitedBy: 'person_1' } },
  { kind: 'welcome-reminder', data: {} },
  { kind: 'payment-failed', data: { next: 'restricted', at } },
  { kind: 'restricted', data: { next: 'suspended', at } },
  { kind: 'suspended', data: { next: 'offboarded', at } },
  { kind: 'seats-over-limit', data: { seats: 5, used: 8, until: at, isLast: false } },
  { kind: 'seats-over-limit', data: { seats: 5, used: 8, until: at, isLast: true } },
  { kind: 'onboarding-failed', data: { cause: 'target-unreachable' } },
  { kind: 'fence-waits', data: { fenceId: 'fence_1', waiting: 12 } },
  { kind: 'handover', data: { formerOwnerId: 'person_2', resourceId: 'res_1', taskId: 'task_1' } },
];

const names = {
  person: 'Nora',
  organization: 'Umbra',
  vendor: 'Northwind Cloud',
  inviter: 'Olaf',
  resource: 'Umbra’s environment',
};

function caseOf({ kind, data }: Mail, called = names): MailCase {
  return {
    id: 'mail_1',
    kind,
    data,
    isQueued: true,
    isOld: false,
    to: { name: called.person, email: 'nora@umbra.example', isGone: false },
    organization: called.organization,
    vendor: called.vendor,
    processId: 'proc_1',
    invitedBy: called.inviter,
    formerOwner: called.person,
    resource: called.resource,
    welcome: kind.startsWith('welcome')
      ? { id: 'welcome_1', sealedToken: 'x', expiresAt: at, isOpen: true }
      : null,
  };
}

const composed = (mail: Mail, called = names) => compose(caseOf(mail, called), url);
const inHtml = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

describe('Every message', () => {
  it('is tried here', () => {
    const kinds = mailShape.options.map((option) => option.shape.kind.value);
    expect([...new Set(every.map(({ kind }) => kind))].sort()).toEqual([...kinds].sort());
  });

  it.each(every)('says the same as text and as HTML: $kind', (mail) => {
    const { subject, text, html } = composed(mail);
    expect(subject.length).toBeGreaterThan(10);
    for (const line of text
      .split('\n')
      .filter((one) => one.trim() !== '' && one !== '-- ' && !one.endsWith(':')))
      expect(html).toContain(inHtml(line));
  });

  it.each(every)('loads nothing from anywhere and counts nobody: $kind', (mail) => {
    const { html } = composed(mail);
    expect(html).not.toMatch(/<(img|script|link|iframe|form|object|video)\b|url\(|@import|\bsrc=/i);
    const links = [...html.matchAll(/href="([^"]*)"/g)].map(([, href]) => href);
    expect(links).toEqual(mail.kind.startsWith('welcome') ? [url] : []);
  });

  it.each(every)('leaves no gap where a word should be: $kind', (mail) => {
    const { subject, text } = composed(mail);
    expect(`${subject}\n${text}`).not.toMatch(/undefined|null|NaN|Invalid|\[object| \?/);
  });
});

describe('The welcome', () => {
  it('says who invites whom to what, where the link leads, when it ends, and that nobody asks for a password', () => {
    const { subject, text } = composed({ kind: 'welcome', data: { invitedBy: 'person_1' } });
    expect(subject).toBe('Confirm your access to Northwind Cloud for Umbra');
    for (const said of ['Nora', 'Olaf has named you as a user of Northwind Cloud at Umbra', `\n${url}\n`])
      expect(text).toContain(said);
    expect(text).toContain('29 November 2026, 14:00 UTC');
    expect(text).toContain('Nobody will ask you for a password by mail');
    expect(text).toContain('Opening it changes nothing');
  });

  it('is not made for somebody who has left, nor without its link', () => {
    const found = caseOf({ kind: 'welcome', data: { invitedBy: null } });
    expect(() => compose({ ...found, to: { ...found.to, isGone: true } }, url)).toThrow('recipient-gone');
    expect(() => compose(found, null)).toThrow('misconfigured');
    expect(() => compose({ ...found, data: {} }, url)).toThrow('misconfigured');
  });
});

it.each([
  [1, 2, '2 users, 1 seat', 'has 1 seat and 2 users.', 'one user loses'],
  [0, 1, '1 user, 0 seats', 'has 0 seats and 1 user.', 'one user loses'],
  [5, 8, '8 users, 5 seats', 'has 5 seats and 8 users.', '3 users lose'],
])('More users than seats are counted in words: %i seats, %i users', (seats, used, ...said) => {
  const { text } = composed({
    kind: 'seats-over-limit',
    data: { seats, used, until: at, isLast: false },
  });
  for (const words of said) expect(text).toContain(words);
});

describe('A name that is meant to do harm', () => {
  const bidi = '\u202Egro.live\u202C';
  const hostile = {
    markup: '<script>alert(1)</script><img src=x onerror=alert(1)>"\'&amp;',
    header: 'Nora\r\nBcc: everybody@umbra.example\r\n\r\nanother body',
    separators: 'Nora\u2028Bcc: x\u0085\u0000',
    link: 'Win at https://evil.example/prize or www.evil.example now',
    turned: bidi,
    long: `${'Nora '.repeat(5_000)}end`,
  };

  it.each(Object.entries(hostile))('is nothing but a name in every message: %s', (_, name) => {
    const called = { person: name, organization: name, vendor: name, inviter: name, resource: name };
    for (const mail of every) {
      const { subject, text, html } = composed(mail, called);
      // Control characters, line and paragraph separators, and what turns the direction.
      expect(subject).not.toMatch(/[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/u);
      expect(subject.length).toBeLessThan(400);
      expect(text).not.toMatch(/^(bcc|another body)/im);
      expect(html).not.toMatch(/<(script|img)/i);
      expect(html).not.toMatch(/[\u202A-\u202E\u2066-\u2069]/u);
      // What mail programs make links of: only ours is left.
      expect(text.replaceAll(url, '')).not.toMatch(/https?:\/\/|www\.\w|evil\.example/);
      expect(html.replaceAll(url, '')).not.toMatch(/https?:\/\/|www\.\w|evil\.example/);
      expect(text.length).toBeLessThan(3_000);
    }
  });

  it('and one that is only unusual stays as it is', () => {
    const unusual = { ...names, person: 'Zoë O’Neill-Müller 李', organization: 'Smith & Söhne «Nord»' };
    const { text, html, subject } = composed({ kind: 'welcome', data: { invitedBy: null } }, unusual);
    expect(text).toContain('Zoë O’Neill-Müller 李');
    expect(subject).toContain('Smith & Söhne «Nord»');
    expect(html).toContain('Smith &amp; Söhne «Nord»');
  });
});
