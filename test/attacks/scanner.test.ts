import { sql } from 'drizzle-orm';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { unseal } from '../../crypto/sealing.ts';
import { createWelcome, welcomeContext } from '../../db/queries/welcome.ts';
import { newId } from '../../domain/ids.ts';
import { inBrowser } from '../support/in-browser.ts';
import { type Operation, readOperations } from '../support/matrix.ts';
import { launch } from '../support/playwright.ts';
import { tableHashes } from '../support/table-hash.ts';
import { startWeb, type WebApi } from '../support/web.ts';

// Mail systems open the links in a message before anybody reads it: in a real browser, with scripts, and some press what they find.
// Whatever such a scanner does without a session, the ledger is what it was.

/** What begins to sign in and never does: rows that end by themselves and lead to nothing. */
const begun = ['sign_in_attempt', 'passkey_challenge'];
/** Scripts have run, and whoever was led on has arrived. */
const settledMs = 200;
const pressable = 'form button, form input[type=submit], form input[type=image]';
/** Runs in the page: every field has something in it, every box is ticked. */
const fill = `for (const field of document.querySelectorAll('input:not([type=hidden]), textarea')) {
  if (['checkbox', 'radio'].includes(field.type)) field.checked = true;
  else field.value = field.type === 'email' ? 'sam@northwind.example' : 'x';
}`;
const form = 'application/x-www-form-urlencoded';
const sam = 'sam@northwind.example';

inBrowser('A scanner without a session', () => {
  let web: WebApi;
  let browser: Browser;
  let operations: Operation[];
  let ids: Record<string, string>;
  let welcome: string;
  beforeAll(async () => {
    [web, browser] = await Promise.all([startWeb(), launch()]);
    operations = await readOperations(web.http);
    const asked = { entitlement: 'read', period: 'PT1H', ticket: 'NW-1', justification: 'x' };
    const wish = { ...asked, resource: 'acme-env' };
    const { body } = await web.http.call(sam, 'POST', '/v1/access-requests', wish);
    const initech = { ...asked, resource: 'initech-env', period: 'PT30M' };
    const granted = await web.http.call(sam, 'POST', '/v1/access-requests', initech);
    const grant = await web.http.provision(granted.body.id);
    const me = (await web.http.call(sam, 'GET', '/v1/me')).body.id;
    welcome = await invite();
    ids = {
      id: body.id,
      grant,
      person: me,
      token: welcome,
      customer: 'acme',
      organization: 'acme',
      resource: 'acme-env',
    };
  });
  afterAll(async () => {
    await browser.close();
    await web.stop();
  });

  /** The link that a new user's message has. */
  async function invite(): Promise<string> {
    const { owner, system, keys } = web.ledger;
    const processId = newId('proc');
    const [anna] = await owner.db.execute<{ id: string; organization: string }>(
      sql`select id, organization_id as organization from person where email = 'anna@acme.example'`,
    );
    const { id: personId, organization: organizationId } = anna ?? expect.unreachable();
    await owner.db.execute(
      sql`insert into process (id, kind, organization_id, cause) values (${processId}, 'onboarding', ${organizationId}, 'contract')`,
    );
    const { sealing } = keys;
    const wish = { personId, organizationId, processId, forMs: 86_400_000, invitedBy: null, sealing };
    const id = await createWelcome(system.db, wish);
    const rows = await owner.db.execute<{ sealed: string }>(
      sql`select sealed_token as sealed from welcome where id = ${id}`,
    );
    return unseal(sealing, rows[0]?.sealed ?? '', welcomeContext(id));
  }

  const seen = new Set<string>();
  const hashes = () => tableHashes(web.ledger.owner.db, begun);
  const filled = (path: string) =>
    path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? ids['id'] ?? '');

  /** Fills every field, ticks every box and presses every button of every form, each on the page as it was. */
  async function pressAll(page: Page, address: string): Promise<{ buttons: number; links: string[] }> {
    await page.goto(address);
    // Whoever is not signed in is led to the same page from everywhere.
    const place = new URL(page.url()).pathname;
    if (seen.has(place)) return { buttons: 0, links: [] };
    seen.add(place);
    await page.waitForTimeout(settledMs);
    const links = await page
      .locator('a[href]')
      .evaluateAll((all) => all.map((one) => one.getAttribute('href') ?? ''));
    const buttons = await page.locator(pressable).count();
    for (let at = 0; at < buttons; at++) {
      await page.goto(address);
      await page.evaluate(fill);
      await page.evaluate(`document.querySelectorAll(${JSON.stringify(pressable)})[${at}].click()`);
      await page.waitForTimeout(settledMs);
      await page.waitForLoadState('load');
    }
    return { buttons, links: links.map((link) => new URL(link, address).href) };
  }

  it('opens every address, runs its scripts and presses what it finds: nothing has changed', async () => {
    const before = await hashes();
    const context = await browser.newContext();
    const page = await context.newPage();
    const known = new Set<string>();
    const waiting = operations
      .filter(({ method, path }) => method === 'get' && path !== '/v1/live')
      .map(({ path }) => web.url + filled(path));
    let pressed = 0;
    for (let address = waiting.shift(); address !== undefined; address = waiting.shift()) {
      if (known.has(address) || known.size > 400) continue;
      known.add(address);
      // What is no page is only asked for: a browser would keep it as a file.
      const answer = await page.request.get(address, { maxRedirects: 0, headers: { accept: 'text/html' } });
      const leadsOn = answer.headers()['location']?.startsWith('/sign-in') === true;
      const isPage = answer.headers()['content-type']?.includes('text/html') === true;
      if (!(leadsOn ? !seen.has('/sign-in') : isPage)) continue;
      const { buttons, links } = await pressAll(page, address);
      pressed += buttons;
      waiting.push(
        ...links.filter((link) => link.startsWith(web.url)).map((link) => link.replace(/#.*/, '')),
      );
    }
    expect(known.size).toBeGreaterThan(60);
    expect(pressed).toBeGreaterThan(2);
    expect(await hashes()).toEqual(before);

    // And what no page shows it: everything that changes something, from a page of ours.
    await page.goto(`${web.url}/sign-in`);
    const wishes = operations
      .filter(({ method }) => method !== 'get')
      .flatMap(({ method, path }) => [
        { path, url: filled(path), method: method.toUpperCase(), type: 'application/json', body: '{}' },
        {
          path,
          url: filled(path),
          method: method.toUpperCase(),
          type: form,
          body: 'reason=x&decision=approve&comment=x',
        },
      ]);
    const answers = await page.evaluate(async (all) => {
      const statuses: number[] = [];
      for (const { url, method, type, body } of all) {
        const headers = { 'content-type': type, accept: 'text/html' };
        const answer = await fetch(url, { method, headers, body, redirect: 'manual' });
        statuses.push(answer.type === 'opaqueredirect' ? 303 : answer.status);
      }
      return statuses;
    }, wishes);
    const taken = wishes.filter(({ path }, at) => !path.startsWith('/sign-in') && (answers[at] ?? 0) < 300);
    expect(taken).toEqual([]);
    // That somebody was refused stands in the records; nothing else has changed.
    const refusals = { audit_event: expect.anything(), audit_text: expect.anything() };
    expect(await hashes()).toEqual({ ...before, ...refusals });
    await context.close();
  }, 120_000);

  it('whoever the message is for still can', async () => {
    const before = await hashes();
    const page = await (await browser.newContext()).newPage();
    await page.goto(`${web.url}/welcome/${welcome}`);
    await page.locator('.tick').click();
    await page.locator('form button').first().click();
    await expect
      .poll(async () => (await hashes())['welcome'] !== before['welcome'], { timeout: 10_000 })
      .toBe(true);
  });
});
