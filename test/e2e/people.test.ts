import { pino } from 'pino';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createPostgresConnector } from '../../activities/connectors/postgres/connector.ts';
import type { ActivityDeps } from '../../activities/deps.ts';
import { provisionRequest } from '../../activities/provision.ts';
import { createReaper } from '../../activities/reaper.ts';
import { loadExample } from '../../bin/example.ts';
import { readDefaultPolicies } from '../../bin/policies.ts';
import { inBrowser } from '../support/in-browser.ts';
import { holdSession, signIn as logIn } from '../support/foreign-client.ts';
import { type Listening, startIdentity } from '../support/identity.ts';
import { welcomeLink } from '../support/passkeys.ts';
import { launch, newPerson, type Person, phone } from '../support/playwright.ts';
import { type EphemeralPostgres, ephemeralPostgres } from '../support/postgres.ts';
import { eventually } from '../support/wait.ts';
import { startWeb, type WebApi } from '../support/web.ts';

// What people do from beginning to end, in real browsers beside a real target: they ask, sign, decide on a phone, use what they were
// given, and see it end while they look. Nothing is called but what pages call; only the worker's part is done by the test.

const [sam, priya, anna] = ['sam@northwind.example', 'priya@northwind.example', 'anna@acme.example'];

inBrowser('In their browsers', () => {
  let web: WebApi;
  let identity: Listening;
  let target: EphemeralPostgres;
  let browser: Browser;
  let postgres: ReturnType<typeof createPostgresConnector>;
  let deps: ActivityDeps;
  let sams: Person;
  let priyas: Person;
  let annas: Person;
  beforeAll(async () => {
    [web, target, browser] = await Promise.all([startWeb(), ephemeralPostgres(), launch()]);
    const server = { host: '127.0.0.1', port: target.port, adminUrl: target.url };
    await loadExample({ systemUrl: web.ledger.systemUrl, key: web.ledger.key, targets: { eu: server } });
    postgres = createPostgresConnector();
    const policies = readDefaultPolicies();
    deps = {
      ledger: web.ledger.system,
      connectors: new Map([['postgres', postgres]]),
      sealing: web.ledger.keys.sealing,
      decide: policies.decide,
      mayHoldMany: policies.mayHoldMany,
      reach: async () => undefined,
      log: pino({ level: 'silent' }),
    };
    [sams, priyas, annas] = await Promise.all([
      newPerson(browser),
      newPerson(browser, phone),
      newPerson(browser),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await postgres?.close();
    await identity?.stop();
    await web?.stop();
    await target?.stop();
  });

  const press = (page: Page, name: string | RegExp) =>
    page.getByRole('button', { name }).filter({ visible: true }).first().click();

  async function joinWithPasskey({ page }: Person, email: string): Promise<void> {
    await page.goto(await welcomeLink(web, email));
    await page.getByRole('checkbox', { name: /^I’m/ }).check();
    await press(page, 'Confirm');
    await press(page, 'Make a passkey');
    await page.waitForURL(`${web.url}/`);
  }

  async function signInAtProvider({ page }: Person, email: string, path: string): Promise<void> {
    await page.goto(`${web.url}/sign-in?return=${encodeURIComponent(path)}`);
    await page.getByLabel('Work address').fill(email);
    await press(page, 'Continue');
    await page.waitForURL(/\/interaction\//);
    await page.locator('button[value=mfa]').click();
    await page.waitForURL(web.url + path);
  }

  /** What the worker does once a request is approved. */
  const provide = async (reference: string) => {
    const { body } = await web.http.call(sam, 'GET', `/v1/access-requests/${reference}`);
    await provisionRequest(deps, body.id, new AbortController().signal);
  };

  it('an access is asked for, agreed to by both sides, used once, and seen to end', async () => {
    await joinWithPasskey(sams, sam);
    await joinWithPasskey(priyas, priya);
    // Whoever has a provider is led there; these two have made their passkeys before it was.
    identity = await startIdentity(web.ledger, web.url);
    await signInAtProvider(annas, anna, '/admin/access');

    // Asked, with what it takes before it is sent.
    const { page } = sams;
    await page.goto(`${web.url}/requests/new`);
    await page.getByLabel('What do you need to reach?').pressSequentially('acme-env');
    await page.getByRole('radio', { name: /^Operate/i }).check({ force: true });
    await page
      .getByText(/Marek or Priya/)
      .first()
      .waitFor();
    await page
      .getByText(/Anna or Tom/)
      .first()
      .waitFor();
    await page.getByLabel('Ticket').fill('NW-4821');
    await page.getByLabel('Why?').fill('Replay last night’s import');
    await press(page, 'Send request');
    await page.waitForURL(/\/requests\/AR-\d+$/);
    const reference = page.url().split('/').at(-1) ?? '';
    await page.locator('.head [data-clock].live').waitFor();

    // On Anna's page by itself; Priya decides on her phone. Sam looks on and does nothing.
    await annas.page
      .getByText(/Sam asks for/)
      .first()
      .waitFor();
    await priyas.page.goto(`${web.url}/approvals`);
    await priyas.page.getByRole('link', { name: /Sam/ }).first().click();
    await press(priyas.page, /^Approve/);
    await priyas.page.waitForURL(`${web.url}/requests/${reference}`);
    await page
      .getByText(/Priya approved/)
      .first()
      .waitFor();
    await annas.page
      .getByRole('link', { name: /Read and decide/ })
      .first()
      .click();
    await press(annas.page, /^Approve/);
    await page
      .getByText(/Approved; begins soon/)
      .first()
      .waitFor();
    await provide(reference);
    await page.getByRole('button', { name: 'Show credential' }).waitFor();

    // The credential, once.
    await press(page, 'Show credential');
    await page.getByRole('heading', { name: 'Copy it now' }).waitFor();
    const url = await page.locator('[data-copied=url]').innerText();
    await page.getByRole('link', { name: /close/ }).click();
    await page.getByRole('button', { name: 'Replace credential' }).waitFor();
    expect(await page.content()).not.toContain(url);
    // Going back asks anew for what no browser may keep.
    await page.goBack().catch(() => undefined);
    await expect.poll(async () => (await page.content().catch(() => url)).includes(url)).toBe(false);

    // Used, until Anna ends it: the session dies, and Sam sees it without doing anything.
    await page.goto(`${web.url}/requests/${reference}`);
    const { username, password, hostname, port, pathname } = new URL(url);
    const login = {
      host: hostname,
      port: Number(port),
      database: pathname.slice(1),
      username,
      password: decodeURIComponent(password),
    };
    const session = await holdSession(login);
    try {
      await annas.page.goto(`${web.url}/admin/access`);
      await press(annas.page, /^End it now/);
      await annas.page.waitForURL(`${web.url}/admin/access`);
      const reaper = createReaper(deps, 4);
      await eventually('the end', async () => {
        await reaper.round();
        return (
          (await web.http.call(sam, 'GET', `/v1/access-requests/${reference}`)).body.grant.state === 'ended'
        );
      });
      expect(await session.ended).toMatch(/terminat|closed|connection|server/i);
    } finally {
      session.close();
    }
    expect((await logIn(login)).ok).toBe(false);
    await page
      .getByText(/Anna ended it early/)
      .first()
      .waitFor();
    await expect.poll(() => page.locator('[data-announce]').innerText()).toContain('Anna ended it early');
    await annas.page
      .getByText(/Anna ended it/)
      .first()
      .waitFor();
  }, 90_000);

  it('what somebody writes stays when the page has changed meanwhile', async () => {
    const body = {
      resource: 'globex-env',
      entitlement: 'read',
      period: 'PT1H',
      justification: 'x',
      ticket: 'NW-2',
    };
    const { reference } = (await web.http.call(sam, 'POST', '/v1/access-requests', body)).body;
    const { page } = priyas;
    await page.goto(`${web.url}/approvals/${reference}`);
    await page.locator('.bar [data-clock].live').waitFor();
    await page.getByLabel('Comment').fill('What for?');
    await web.http.call(sam, 'POST', `/v1/access-requests/${reference}/cancellation`, {});
    await page.getByText('This has changed since you opened it.').waitFor();
    expect(await page.getByLabel('Comment').inputValue()).toBe('What for?');
    await page.getByRole('link', { name: 'Read it anew' }).click();
    await page
      .getByText(/no longer waits/)
      .first()
      .waitFor();
  }, 60_000);

  it('two minutes before a session ends it says so, and what was typed is there after signing in again', async () => {
    const { page, context } = await newPerson(browser);
    await context.addCookies(await annas.context.cookies());
    // As if the hour were nearly over.
    const address = `${web.url}/admin/users/new`;
    await page.route(address, async (route) => {
      const answer = await route.fetch();
      const soon = new Date(Date.now() + 123_000).toISOString();
      const body = (await answer.text()).replace(/data-session-ends="[^"]+"/, `data-session-ends="${soon}"`);
      await route.fulfill({ response: answer, body });
    });
    await page.goto(address);
    expect(await page.getByText('You are signed out at').isVisible()).toBe(false);
    await page.getByLabel('Name').fill('Kim of Acme');
    await page.getByText('You are signed out at').waitFor();
    await page.getByLabel('E-mail').fill('kim2@acme.example');
    await page.unroute(address);
    await page.goto(`${web.url}/admin`);
    await page.goto(address);
    expect(await page.getByLabel('Name').inputValue()).toBe('Kim of Acme');
    expect(await page.getByLabel('E-mail').inputValue()).toBe('kim2@acme.example');
    // Once: whoever comes later begins with an empty form.
    await page.reload();
    expect(await page.getByLabel('Name').inputValue()).toBe('');
    await context.close();
  }, 60_000);

  it('Acme’s administrator adds, changes and removes a user, within what its plan allows', async () => {
    const { page } = annas;
    await page.goto(`${web.url}/admin`);
    await page.getByRole('link', { name: 'Add a person' }).filter({ visible: true }).first().click();
    await page.getByLabel('Name').fill('Kim');
    await page.getByLabel('E-mail').fill('kim@acme.example');
    await page.getByRole('radio', { name: /^Member/ }).check({ force: true });
    await press(page, 'Add a person');
    await page.waitForURL(/\/admin(\?|$)/);
    await page.getByText('kim@acme.example').first().waitFor();
    await page
      .getByRole('link', { name: /Change Kim/ })
      .first()
      .click();
    await page.getByRole('radio', { name: /^Viewer/ }).check({ force: true });
    await press(page, /^Save/);
    await page.waitForURL(/\/admin(\?|$)/);
    await page
      .getByRole('link', { name: /Remove Kim/ })
      .first()
      .click();
    await press(page, /^Remove/);
    await page.waitForURL(/\/admin(\?|$)/);
    const users = await web.http.call(anna, 'GET', '/v1/customers/acme/users');
    const kim = users.body.items.find((one: { email: string }) => one.email === 'kim@acme.example');
    expect([undefined, 'leaving', 'left', 'removed']).toContain(kim?.state);
  }, 60_000);
});
