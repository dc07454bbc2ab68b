import { serve } from '@hono/node-server';
import { sql } from 'drizzle-orm';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { linkTokenHash } from '../../crypto/link-token.ts';
import { unseal } from '../../crypto/sealing.ts';
import { createWelcome, voidWelcomes, welcomeContext } from '../../db/queries/welcome.ts';
import { newId } from '../../domain/ids.ts';
import { type ApiHarness, startApi } from '../support/api.ts';
import { type Browser, browserPath, openBrowser } from '../support/browser.ts';
import { inBrowser } from '../support/in-browser.ts';

let http: ApiHarness;
let people: { anna: string; acme: string };
const day = 24 * 60 * 60_000;

beforeAll(async () => {
  http = await startApi();
  const rows = await http.ledger.owner.db.execute<{ anna: string; acme: string }>(
    sql`select id as anna, organization_id as acme from person where email = 'anna@acme.example'`,
  );
  people = rows[0] ?? { anna: '', acme: '' };
});
beforeEach(async () => {
  await voidWelcomes(http.ledger.system.db, people.anna);
  http.hurried.length = 0;
});
afterAll(() => http.stop());

interface Invited {
  id: string;
  token: string;
  processId: string;
  path: string;
}

/** What an onboarding does, and the token as only the mail has it. */
async function invite(forMs = day): Promise<Invited> {
  const processId = newId('proc');
  await http.ledger.owner.db.execute(sql`
    insert into process (id, kind, organization_id, cause) values (${processId}, 'onboarding', ${people.acme}, 'contract')`);
  const { sealing } = http.ledger.keys;
  const id = await createWelcome(http.ledger.system.db, {
    personId: people.anna,
    organizationId: people.acme,
    processId,
    forMs,
    invitedBy: null,
    sealing,
  });
  const rows = await http.ledger.owner.db.execute<{ sealed_token: string }>(
    sql`select sealed_token from welcome where id = ${id}`,
  );
  const token = unseal(sealing, rows[0]?.sealed_token ?? '', welcomeContext(id));
  return { id, token, processId, path: `/welcome/${token}` };
}

interface Standing extends Record<string, unknown> {
  confirmed: boolean;
  row: string;
  changes: number;
  events: string[];
  lines: number;
}

/** Everything that confirming changes. */
async function standingOf({ id, processId }: Invited): Promise<Standing> {
  const rows = await http.ledger.owner.db.execute<Standing>(sql`
    select confirmed_at is not null as confirmed, w::text as row,
      (select count(*)::int from change) as changes,
      array(select type from audit_event where subject_id = w.id) as events,
      (select count(*)::int from outbox where subject_id = ${processId} and kind = 'engine') as lines
    from welcome w where id = ${id}`);
  const [row] = rows;
  if (!row) throw new Error('There is no such welcome.');
  return row;
}

const get = (path: string, method = 'GET', headers: Record<string, string> = {}) =>
  http.api.request(path, { method, headers });

/** What a browser keeps and what it sends of a page's form. */
interface Opened {
  cookie: string;
  page: string;
}

async function openAsBrowser(path: string, headers: Record<string, string> = {}): Promise<Opened> {
  const response = await get(path, 'GET', headers);
  const cookie = (response.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  const page = /name="page" value="([^"]+)"/.exec(await response.text())?.[1] ?? '';
  return { cookie, page };
}

const fromHere = { 'sec-fetch-site': 'same-origin', origin: 'null' };

function post(path: string, form: Record<string, string>, headers: Record<string, string> = {}) {
  return http.api.request(path, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams(form).toString(),
  });
}

/** Ticks the box and presses the button. */
async function confirmAsPerson(path: string) {
  const { cookie, page } = await openAsBrowser(path);
  return post(path, { page, me: 'yes' }, { ...fromHere, cookie });
}

describe('Opening the link', () => {
  it('shows who is meant, for which customer and until when, and nothing that could leak the link', async () => {
    const { path, token } = await invite();
    const response = await get(path);
    const body = await response.text();
    expect(response.status).toBe(200);
    for (const said of ['Anna, confirm that you’re there', 'Acme uses Northwind Cloud', 'works until'])
      expect(body).toContain(said);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'x-robots-tag': expect.stringContaining('noindex'),
      'content-security-policy': expect.stringMatching(
        /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
      ),
    });
    expect(body).not.toMatch(/<script|<img|<link|style="|https?:\/\/(?!www\.w3\.org)/i);
    expect(body).not.toContain('anna@acme.example');
    expect(body).not.toContain(token);
    expect(response.headers.get('set-cookie')).not.toContain(token);
    expect(response.headers.get('set-cookie')).toMatch(/HttpOnly; SameSite=Strict/i);
  });

  it('changes nothing, however often and however it is done', async () => {
    const invited = await invite();
    const before = await standingOf(invited);
    for (const method of ['GET', 'HEAD', 'GET', 'OPTIONS', 'PUT', 'DELETE', 'PATCH'])
      await get(invited.path, method);
    for (let times = 0; times < 20; times++) await get(`${invited.path}?confirm=yes&me=yes&page=x`);
    expect(await standingOf(invited)).toEqual(before);
    expect(http.hurried).toEqual([]);
    expect((await confirmAsPerson(invited.path)).status).toBe(200);
  });
});

describe('Confirming', () => {
  it('works once: the fact, its audit event and the wake-up of its process are written together', async () => {
    const invited = await invite();
    const response = await confirmAsPerson(invited.path);
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.text()).toContain('You’re confirmed, Anna');
    const after = await standingOf(invited);
    expect(after).toMatchObject({ confirmed: true, events: ['welcome.confirmed'], lines: 1 });
    expect(http.hurried).toMatchObject([
      {
        kind: 'engine',
        subjectId: invited.processId,
        message: { signal: 'confirm', id: invited.processId, kind: 'onboarding' },
      },
    ]);
    for (const text of [after.row, JSON.stringify(http.hurried)]) {
      expect(text).not.toContain(invited.token);
      expect(text).not.toMatch(/v1\./);
    }
    const { cookie, page } = await openAsBrowser(invited.path);
    for (const again of [
      await get(invited.path),
      await post(invited.path, { page, me: 'yes' }, { ...fromHere, cookie }),
    ])
      expect(again.status).toBe(404);
    expect(await standingOf(invited)).toEqual(after);
  });

  it('counts once when it is pressed ten times at the same moment', async () => {
    const invited = await invite();
    const { cookie, page } = await openAsBrowser(invited.path);
    const answers = await Promise.all(
      Array.from({ length: 10 }, async () => {
        const { status } = await post(invited.path, { page, me: 'yes' }, { ...fromHere, cookie });
        return status;
      }),
    );
    expect(answers.toSorted((a, b) => a - b)).toEqual([200, ...Array.from({ length: 9 }, () => 404)]);
    expect(await standingOf(invited)).toMatchObject({ events: ['welcome.confirmed'], lines: 1 });
  });

  it('works from a browser that does not say where a form comes from, and in a second tab', async () => {
    const invited = await invite();
    const first = await openAsBrowser(invited.path);
    const second = await openAsBrowser(invited.path, { cookie: first.cookie });
    expect(second).toEqual(first);
    const headers = { origin: 'http://localhost:3000', cookie: first.cookie };
    expect((await post(invited.path, { page: first.page, me: 'yes' }, headers)).status).toBe(200);
  });

  it.each<[string, number, (opened: Opened) => [Record<string, string>, Record<string, string>]]>([
    ['without the tick', 422, ({ page, cookie }) => [{ page }, { ...fromHere, cookie }]],
    [
      'with everything filled in',
      422,
      ({ page, cookie }) => [
        { page, me: 'yes', somebody_else: 'yes' },
        { ...fromHere, cookie },
      ],
    ],
    ['with nothing at all', 403, () => [{}, {}]],
    ['without the cookie', 403, ({ page }) => [{ page, me: 'yes' }, fromHere]],
    [
      'with another’s page',
      403,
      ({ cookie }) => [
        { page: 'x'.repeat(22), me: 'yes' },
        { ...fromHere, cookie },
      ],
    ],
    ['with no page', 403, ({ cookie }) => [{ me: 'yes' }, { ...fromHere, cookie }]],
    [
      'from another site',
      403,
      ({ page, cookie }) => [
        { page, me: 'yes' },
        { 'sec-fetch-site': 'cross-site', origin: 'null', cookie },
      ],
    ],
    [
      'from a sibling of our host',
      403,
      ({ page, cookie }) => [
        { page, me: 'yes' },
        { 'sec-fetch-site': 'same-site', origin: 'http://localhost:3000', cookie },
      ],
    ],
    [
      'from another origin',
      403,
      ({ page, cookie }) => [
        { page, me: 'yes' },
        { origin: 'https://evil.example', cookie },
      ],
    ],
    ['from nowhere', 403, ({ page, cookie }) => [{ page, me: 'yes' }, { cookie }]],
  ])('%s changes nothing, says so, and leaves the link as it was', async (_, status, sent) => {
    const invited = await invite();
    const opened = await openAsBrowser(invited.path);
    const before = await standingOf(invited);
    const response = await post(invited.path, ...sent(opened));
    expect(response.status).toBe(status);
    expect(await response.text()).toContain('Nothing has changed yet.');
    expect(await standingOf(invited)).toEqual(before);
    expect((await confirmAsPerson(invited.path)).status).toBe(200);
  });

  it('takes no other body for a form', async () => {
    const invited = await invite();
    const { cookie, page } = await openAsBrowser(invited.path);
    for (const type of ['application/json', 'text/plain']) {
      const response = await http.api.request(invited.path, {
        method: 'POST',
        headers: { ...fromHere, cookie, 'content-type': type },
        body: JSON.stringify({ page, me: 'yes' }),
      });
      expect(response.status).toBe(403);
    }
    expect(await standingOf(invited)).toMatchObject({ confirmed: false });
  });
});

describe('A link that leads nowhere', () => {
  it('says the same and does the same, whatever the reason: nobody learns whether it ever was one', async () => {
    const used = await invite();
    await confirmAsPerson(used.path);
    const over = await invite(1);
    const taken = await invite();
    await voidWelcomes(http.ledger.system.db, people.anna);
    const answers = new Set<string>();
    const paths = [
      used.path,
      over.path,
      taken.path,
      `/welcome/${'A'.repeat(43)}`,
      '/welcome/x',
      '/welcome/..%2f',
    ];
    for (const path of paths) {
      for (const response of [await get(path), await post(path, { me: 'yes' }, fromHere)]) {
        expect(response.headers.get('set-cookie')).toBeNull();
        const { status, headers } = response;
        answers.add(JSON.stringify([status, Object.fromEntries(headers), await response.text()]));
      }
    }
    expect(answers.size).toBe(1);
    expect([...answers][0]).toContain('ask your administrator to invite you again');
    expect([...answers][0]).toMatch(/^\[404/);
  });
});

it('while the ledger is away, the page says so, and the link stays as it was', async () => {
  const invited = await invite();
  const opened = await openAsBrowser(invited.path);
  // A server without fsync keeps what it was told a moment ago only if it is asked to.
  await http.ledger.owner.db.execute(sql`checkpoint`);
  await http.ledger.kill();
  const answers = [
    await get(invited.path),
    await post(invited.path, { page: opened.page, me: 'yes' }, { ...fromHere, cookie: opened.cookie }),
  ];
  for (const response of answers) {
    expect(response.status).toBe(503);
    expect(await response.text()).toContain('The link stays as it was.');
  }
  await http.ledger.start();
  await expect.poll(async () => (await get(invited.path)).status, { timeout: 15_000 }).toBe(200);
  expect((await confirmAsPerson(invited.path)).status).toBe(200);
}, 30_000);

it('the token is in nothing that is stored, and in no report of a fault', async () => {
  const invited = await invite();
  await confirmAsPerson(invited.path);
  const tables = ['welcome', 'mail', 'outbox', 'audit_event', 'audit_text', 'change', 'idempotency'];
  for (const table of tables) {
    const rows = await http.ledger.owner.db.execute(
      sql`select t::text as row from ${sql.identifier(table)} t`,
    );
    expect(JSON.stringify([...rows])).not.toContain(invited.token);
  }
  const hashes = await http.ledger.owner.db.execute(
    sql`select 1 from welcome where token_hash = ${linkTokenHash(invited.token)}`,
  );
  expect(hashes).toHaveLength(1);
  expect(JSON.stringify(http.faults)).not.toContain(invited.token);
});

inBrowser('A real browser', () => {
  let browser: Browser;
  let origin: string;
  let server: ReturnType<typeof serve>;

  beforeAll(async () => {
    server = serve({ fetch: http.api.fetch, port: 0, hostname: '127.0.0.1' });
    await new Promise((resolve) => server.once('listening', resolve));
    // A TCP server's address always has this form.
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    browser = await openBrowser(browserPath ?? '');
  }, 30_000);
  afterAll(async () => {
    await browser?.close();
    await new Promise((resolve) => server?.close(resolve));
  });

  const reads = () => browser.evaluate('document.body.innerText');

  it.each([
    ['submits every form it finds', 'document.forms[0].submit()'],
    [
      'ticks every box and submits every form',
      `document.querySelectorAll('input').forEach((one) => { one.checked = true; }); document.forms[0].submit()`,
    ],
    [
      'ticks every box and presses every button',
      `document.querySelectorAll('input').forEach((one) => one.click()); document.querySelectorAll('button').forEach((one) => one.click())`,
    ],
  ])(
    'that belongs to a scanner and %s confirms nothing; the person still can',
    async (_, act) => {
      const invited = await invite();
      const before = await standingOf(invited);
      await browser.open(origin + invited.path);
      await browser.leave(act);
      expect(await reads()).toContain('Nothing has changed yet.');
      expect(await standingOf(invited)).toEqual(before);
      await browser.open(origin + invited.path);
      await browser.evaluate(`document.querySelector('.tick').click()`);
      await browser.leave(`document.querySelector('button').click()`);
      expect(await reads()).toContain('You’re confirmed, Anna');
      expect(await standingOf(invited)).toMatchObject({ confirmed: true, events: ['welcome.confirmed'] });
    },
    30_000,
  );

  it('does not let the form out without the tick', async () => {
    const invited = await invite();
    await browser.open(origin + invited.path);
    expect(await browser.evaluate('document.forms[0].checkValidity()')).toBe(false);
    await browser.evaluate(`document.querySelector('.tick').click()`);
    expect(await browser.evaluate('document.forms[0].checkValidity()')).toBe(true);
  });

  it('shows it without scrolling sideways at 320 pixels, with long names, and applies its styles', async () => {
    const invited = await invite();
    const long = 'Donaudampfschifffahrtsgesellschaftskapitänsmützenfabrik und Söhne';
    await http.ledger.owner.db.execute(sql`update organization set name = ${long} where id = ${people.acme}`);
    await browser.view({ width: 320, scheme: 'dark' });
    await browser.open(origin + invited.path);
    expect(await browser.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(320);
    expect(await browser.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(15, 20, 18)');
    await http.ledger.owner.db.execute(sql`update organization set name = 'Acme' where id = ${people.acme}`);
  });
});
