import { describe, expect, it } from 'vitest';
import { compose } from '../../activities/mail/compose.ts';
import type { MailCase } from '../../db/queries/mail.ts';
import type { NoticeItem, NoticeItems } from '../../db/queries/notice.ts';
import { mailShape, type Mail } from '../../domain/mail.schema.ts';
import { isNoticeKind, topicOf } from '../../domain/notice.ts';
import { startApi } from '../support/api.ts';
import { readOperations } from '../support/matrix.ts';

const publicUrl = 'https://tenure.northwind.example';
const url = `${publicUrl}/welcome/the-token`;
const choose = `${publicUrl}/account#mails`;
const at = '2026-11-29T14:00:00.000Z';

const every: Mail[] = [
  { kind: 'welcome', data: { invitedBy: 'person_1' } },
  { kind: 'welcome-reminder', data: {} },
  { kind: 'passkey-enrolled', data: { at } },
  { kind: 'payment-failed', data: { next: 'restricted', at } },
  { kind: 'restricted', data: { next: 'suspended', at } },
  { kind: 'suspended', data: { next: 'offboarded', at } },
  { kind: 'seats-over-limit', data: { seats: 5, used: 8, until: at, isLast: false } },
  { kind: 'seats-over-limit', data: { seats: 5, used: 8, until: at, isLast: true } },
  { kind: 'onboarding-failed', data: { cause: 'target-unreachable' } },
  { kind: 'fence-waits', data: { fenceId: 'fence_1', waiting: 12 } },
  { kind: 'handover', data: { formerOwnerId: 'person_2', resourceId: 'res_1', taskId: 'task_1' } },
  { kind: 'request-waits', data: {} },
  { kind: 'request-still-waits', data: {} },
  { kind: 'request-decided', data: {} },
  { kind: 'access-begun', data: {} },
  { kind: 'ends-soon', data: {} },
  { kind: 'access-ended', data: {} },
  { kind: 'access-overdue', data: {} },
  { kind: 'emergency-access', data: { isLonger: false } },
  { kind: 'emergency-access', data: { isLonger: true } },
  { kind: 'webhook-stopped', data: {} },
  { kind: 'reviews-due', data: {} },
  { kind: 'administrator-added', data: { from: at } },
  { kind: 'consent-override', data: { until: at } },
  { kind: 'sign-in-recovered', data: {} },
  { kind: 'colleague-invited', data: { personId: 'person_1' } },
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
    isCustomers: false,
    unwanted: [],
  };
}

const before = '2026-11-29T12:00:00.000Z';
const now = '2026-11-29T13:00:00.000Z';

function itemOf(called = names, changed: Partial<NoticeItem> = {}): NoticeItem {
  return {
    data: { people: 12, first: at },
    reference: 'AR-2207',
    requestKind: 'access',
    state: 'denied',
    period: 'PT2H',
    justification: called.person,
    ticket: called.person,
    askedAt: before,
    startsAt: null,
    lapsesAt: at,
    person: called.person,
    isTheirs: false,
    resource: called.resource,
    entitlement: 'operate',
    customer: called.organization,
    organization: called.organization,
    webhook: {
      id: 'hook_1',
      description: called.resource,
      url: 'https://hooks.umbra.example/tenure',
      disabledFor: 'gone',
    },
    decision: { by: called.inviter, comment: called.person },
    grant: {
      from: before,
      until: at,
      dueAt: at,
      endedAt: null,
      endedBy: null,
      endedByPerson: null,
      reason: null,
    },
    ...changed,
  };
}

const about = (...items: NoticeItem[]): NoticeItems => ({ now, count: items.length, items });

const composed = (
  mail: Mail,
  called = names,
  told = about(itemOf(called)),
  changed: Partial<MailCase> = {},
) =>
  compose(
    { ...caseOf(mail, called), ...changed },
    {
      publicUrl,
      welcome: url,
      about: isNoticeKind(mail.kind) ? told : null,
    },
  );
/** Where the one link of a message leads; null: it has none. */
function pageOf({ kind }: Mail): string | null {
  if (kind.startsWith('welcome')) return url;
  if (kind === 'passkey-enrolled') return '/account/passkeys';
  if (kind === 'reviews-due') return '/operations/reviews';
  if (kind === 'seats-over-limit') return '/admin';
  if (kind === 'administrator-added') return '/admin';
  if (kind === 'consent-override') return '/admin/access/rules';
  if (kind === 'sign-in-recovered') return '/audit';
  if (kind === 'colleague-invited') return '/people/person_1';
  if (kind === 'webhook-stopped') return '/operations/webhooks';
  if (kind === 'onboarding-failed') return '/operations';
  if (kind === 'fence-waits') return '/operations/fences/fence_1';
  if (kind === 'handover') return '/operations/tasks/task_1';
  if (!isNoticeKind(kind)) return null;
  return kind.endsWith('waits') ? '/approvals/AR-2207' : '/requests/AR-2207';
}

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
    const page = pageOf(mail);
    const ownLink = page === null ? [] : [page.startsWith('https:') ? page : publicUrl + page];
    expect(links).toEqual([...ownLink, ...(topicOf(mail.kind) ? [choose] : [])]);
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
    const sources = { publicUrl, welcome: url, about: null };
    expect(() => compose({ ...found, to: { ...found.to, isGone: true } }, sources)).toThrow('recipient-gone');
    expect(() => compose(found, { ...sources, welcome: null })).toThrow('misconfigured');
    expect(() => compose({ ...found, data: {} }, sources)).toThrow('misconfigured');
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

describe('A message about access', () => {
  const decided = (state: string, changed: Partial<NoticeItem> = {}) =>
    composed({ kind: 'request-decided', data: {} }, names, about(itemOf(names, { state, ...changed }))).text;
  const ended = (endedBy: string, endedByPerson: string | null = null, reason: string | null = null) => {
    const { grant } = itemOf();
    const item = itemOf(names, {
      isTheirs: true,
      grant: grant && { ...grant, dueAt: now, endedAt: now, endedBy, endedByPerson, reason },
    });
    return composed({ kind: 'access-ended', data: {} }, names, about(item)).text;
  };

  it('says who asks for what, why, and when it lapses; the page on which one decides is another for a customer', () => {
    const mail: Mail = { kind: 'request-waits', data: {} };
    const { subject, text } = composed(mail, { ...names, person: 'Sam' });
    expect(subject).toBe('Sam waits for your decision: operate on Umbra’s environment, Umbra');
    for (const said of ['For 2\u00a0h', 'Why: “Sam”', 'Ticket: Sam', 'Lapses 29 November 2026, 14:00 UTC'])
      expect(text).toContain(said);
    expect(text).toContain('Opening it decides nothing');
    expect(composed(mail, names, undefined, { isCustomers: true }).text).toContain(
      `${publicUrl}/admin/access/AR-2207\n`,
    );
    const longer = about(itemOf(names, { requestKind: 'extension' }));
    expect(composed(mail, names, longer).text).toMatch(
      /AR-2207, Nora: keep operate on .* longer\nFor another 2\u00a0h/,
    );
  });

  it('is one for many: it names some, counts the others, and leads to the list', () => {
    const items = Array.from({ length: 10 }, (_, n) => itemOf(names, { reference: `AR-${n}` }));
    const { subject, text } = composed({ kind: 'request-still-waits', data: {} }, names, {
      now,
      count: 1_000,
      items,
    });
    expect(subject).toBe('1000 requests still wait for your decision');
    expect(text).toContain('And 990 more');
    expect(text).toContain(`${publicUrl}/approvals\n`);
    expect(text.length).toBeLessThan(3_000);
  });

  it('says what was decided, by whom and why', () => {
    expect(decided('denied')).toMatch(/Olaf denied the request[^]*“Nora”/);
    expect(decided('approved')).toContain('The request is approved');
    expect(decided('lapsed')).toContain('nobody decided in time');
    expect(decided('refused')).toContain('no longer allowed');
    expect(decided('failed')).toContain('could not be set up');
    expect(decided('cancelled', { requestKind: 'extension' })).toContain('The extension was withdrawn');
    expect(decided('granted', { requestKind: 'extension' })).toContain(
      'now lasts until 29 November 2026, 14:00 UTC',
    );
  });

  it('says what ended it', () => {
    expect(ended('time')).toContain('It ended in time, 29 November 2026, 13:00 UTC');
    expect(ended('revocation', 'Sita', 'No longer needed')).toMatch(
      /Sita ended it early, 29 November 2026, 13:00 UTC\n“No longer needed”/,
    );
    expect(ended('engine')).toContain('was stopped');
  });

  it('draws how much is left, beside words that say it', () => {
    const soon = composed({ kind: 'ends-soon', data: {} }).text;
    expect(soon).toContain('\n------------============|\nEnds 29 November 2026, 14:00 UTC');
    expect(ended('time')).toContain('\n------------------------|\n');
    const { grant } = itemOf();
    const late = about(itemOf(names, { grant: grant && { ...grant, dueAt: before } }));
    const { text } = composed({ kind: 'access-overdue', data: {} }, names, late);
    expect(text).toContain('|!!!\nShould be gone since 29 November 2026, 12:00 UTC');
    expect(text).toContain('always sent');
  });
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
      expect(text.replaceAll(publicUrl, '')).not.toMatch(/https?:\/\/|www\.\w|evil\.example/);
      expect(html.replaceAll(publicUrl, '')).not.toMatch(/https?:\/\/|www\.\w|evil\.example/);
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

describe('The link of a message', () => {
  it('leads to a page that there is', async () => {
    const http = await startApi();
    const operations = await readOperations(http);
    await http.stop();
    const pages = operations
      .filter(({ method }) => method === 'get')
      .map(({ path }) => new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`));
    for (const mail of every) {
      const path = pageOf(mail);
      // The way to a welcome is said with it.
      if (path === null || path === url) continue;
      expect(
        pages.some((one) => one.test(path)),
        `${mail.kind}: ${path}`,
      ).toBe(true);
    }
  });
});
