import { sql } from 'drizzle-orm';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { inBrowser } from '../support/in-browser.ts';
import { hindrances, schemes, widths } from '../support/console-browser.ts';
import { startIdentity } from '../support/identity.ts';
import { signedIn, welcomeLink } from '../support/passkeys.ts';
import { desktop, launch, newPerson, type Person, phone } from '../support/playwright.ts';
import { startWeb, type WebApi } from '../support/web.ts';

// What only a real browser says of passkeys: that our script, its policy and a device go together, from the welcome to the approval
// on a phone.

const sam = 'sam@northwind.example';
const priya = 'priya@northwind.example';

inBrowser('With a passkey in a real browser', () => {
  let web: WebApi;
  let browser: Browser;
  let sams: Person;
  let priyas: Person;
  beforeAll(async () => {
    [web, browser] = await Promise.all([startWeb(), launch()]);
    sams = await newPerson(browser);
    priyas = await newPerson(browser, phone);
  });
  afterAll(async () => {
    await browser.close();
    await web.stop();
  });

  const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name });

  /** What hinders somebody on the page at hand, at three widths in light and dark. */
  async function findings(page: Page, path?: string): Promise<string[]> {
    const found: string[] = [];
    const { width: before } = page.viewportSize() ?? desktop;
    for (const colorScheme of schemes) {
      await page.emulateMedia({ colorScheme });
      for (const width of widths) {
        await page.setViewportSize({ width, height: 844 });
        if (path !== undefined) await page.goto(web.url + path);
        const label = `${page.url()} ${colorScheme} ${width}`;
        found.push(...(await hindrances((expression) => page.evaluate(expression), label)));
      }
    }
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: before, height: 844 });
    return found;
  }

  async function join({ page }: Person, email: string): Promise<void> {
    await page.goto(await welcomeLink(web, email));
    await page.getByRole('checkbox', { name: /^I’m/ }).check();
    await button(page, 'Confirm').click();
    await button(page, 'Make a passkey').waitFor();
  }

  /** As after a night, or a sign-in without a second factor. */
  async function forgetFactor(email: string): Promise<void> {
    await web.ledger.owner.db.execute(sql`alter table session disable trigger guard_session`);
    await web.ledger.owner.db.execute(sql`
      update session set amr = '{pwd}' where person_id = (select id from person where email = ${email})`);
    await web.ledger.owner.db.execute(sql`alter table session enable trigger guard_session`);
  }

  it('a welcome leads to a passkey, which signs in from then on', async () => {
    const { page, authenticator } = sams;
    await join(sams, sam);
    expect(await findings(page)).toEqual([]);
    await button(page, 'Make a passkey').click();
    await page.waitForURL(`${web.url}/`);
    expect(await authenticator.passkeys()).toHaveLength(1);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.goto(`${web.url}/sign-in?return=/requests/new`);
    expect(await findings(page)).toEqual([]);
    await authenticator.recognizes(false);
    await button(page, 'Sign in with a passkey').click();
    await page.getByText('No passkey was used').waitFor();
    await authenticator.recognizes(true);
    await button(page, 'Sign in with a passkey').click();
    await page.waitForURL(`${web.url}/requests/new`);
  });

  it('one’s passkeys are on a page of their own; another is added and removed there', async () => {
    const { page } = sams;
    await page.goto(`${web.url}/account/passkeys`);
    await page.getByRole('heading', { name: 'You have one passkey' }).waitFor();
    expect(await findings(page, '/account/passkeys')).toEqual([]);
    // A device has at most one for each person; another device makes the second.
    const other = await newPerson(browser);
    await other.context.addCookies(await sams.context.cookies());
    await other.page.goto(`${web.url}/account/passkeys`);
    await other.page.getByLabel('What do you call it?').fill('My other laptop');
    await button(other.page, 'Add a passkey').click();
    await other.page.getByRole('heading', { name: 'You have 2 passkeys' }).waitFor();
    await button(other.page, /Remove My other laptop/).click();
    await other.page.getByRole('heading', { name: 'You have one passkey' }).waitFor();
    await other.context.close();
    // After ten minutes they show once more that it is them.
    await web.ledger.owner.db.execute(sql`alter table session disable trigger guard_session`);
    await web.ledger.owner.db.execute(sql`update session set auth_time = auth_time - interval '11 minutes'`);
    await web.ledger.owner.db.execute(sql`alter table session enable trigger guard_session`);
    await page.reload();
    expect(await findings(page, '/account/passkeys')).toEqual([]);
    await button(page, 'Continue with passkey').click();
    await button(page, 'Add a passkey').waitFor();
  });

  it('what is asked for is signed, and approved with a passkey on a phone', async () => {
    const { page } = sams;
    await forgetFactor(sam);
    await page.goto(
      `${web.url}/requests/new?resource=globex-env&entitlement=operate&period=PT2H&ticket=NW-4821`,
    );
    await page.getByText("You sign: operate on Globex's environment, 2\u00a0h, NW-4821").waitFor();
    expect(await findings(page)).toEqual([]);
    await page.getByLabel('Why?').fill('Replay last night’s import');
    await button(page, 'Send request').click();
    await page.waitForURL(/\/requests\/AR-\d+$/);
    const reference = page.url().split('/').at(-1) ?? '';

    await join(priyas, priya);
    await button(priyas.page, 'Make a passkey').click();
    await priyas.page.waitForURL(`${web.url}/`);
    await forgetFactor(priya);
    await priyas.page.goto(`${web.url}/approvals/${reference}`);
    await priyas.page.getByText("You sign: approve for Sam: operate on Globex's environment").waitFor();
    expect(await findings(priyas.page)).toEqual([]);
    // Somebody else holds the phone: nothing is approved.
    await priyas.authenticator.recognizes(false);
    await button(priyas.page, 'Approve with passkey').click();
    await priyas.page.getByText('No passkey was used').waitFor();
    await priyas.authenticator.recognizes(true);
    await button(priyas.page, 'Approve with passkey').click();
    await priyas.page.waitForURL(`${web.url}/requests/${reference}`);
    const { body } = await web.http.call(sam, 'GET', `/v1/access-requests/${reference}`);
    expect(body.state).toBe('approved');
    const signed = await web.ledger.owner.db.execute<{ reason: string }>(sql`
      select t.reason from audit_event e join audit_text t on t.event_id = e.id
      where e.request_id = ${body.id} and t.reason like '%signed by passkey pk_%' order by e.id`);
    expect(signed).toHaveLength(2);
  });

  it('whoever has no passkey is told how else to go on, and keeps what they typed', async () => {
    const identity = await startIdentity(web.ledger, web.url);
    const { page, context } = await newPerson(browser);
    await page.goto(`${web.url}/sign-in?return=/account/passkeys`);
    await page.getByLabel('Work address').fill('omar@northwind.example');
    await button(page, 'Continue').click();
    await page.waitForURL(/\/interaction\//);
    await page.locator('button[value=pwd]').click();
    await page.getByRole('heading', { name: 'You have no passkeys yet' }).waitFor();
    expect(await findings(page)).toEqual([]);
    await context.close();
    const visitor = await signedIn(web, 'mei@northwind.example');
    const shown = await visitor.open(`${web.url}/requests/new?resource=globex-env&entitlement=administer`);
    expect(shown.text).toContain('You have no passkey here yet');
    await identity.stop();
  });
});
