import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Browser, browserPath, openBrowser } from '../support/browser.ts';
import { type Listening, startIdentity } from '../support/identity.ts';
import { startWeb, type WebApi } from '../support/web.ts';

// The panel beside its users, in a real browser: nothing hinders anybody, nothing is wider than the window, in a colour of the
// customer's own; and what the scripts are for.

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const anna = 'anna@acme.example';

describe.skipIf(browserPath === undefined)('In a real browser', () => {
  let web: WebApi;
  let identity: Listening;
  let browser: Browser;
  let provider: string;
  beforeAll(async () => {
    [web, browser] = await Promise.all([startWeb(), openBrowser(browserPath ?? '')]);
    identity = await startIdentity(web.ledger, web.url);
    const { db } = web.ledger.owner;
    await db.execute(sql`
      insert into contract (organization_id, content, seats) select id, '{}', 12 from organization where key = 'acme'`);
    const live = await db.execute<{ id: string }>(sql`
      select i.id from sign_in_provider i join organization o on o.id = i.organization_id where o.key = 'acme'`);
    provider = live[0]?.id ?? '';
    const call = (path: string, body: object, method = 'POST') => web.http.call(anna, method, path, body);
    await call('/v1/customers/acme/appearance', { brand_color: '#c2185b', shown_name: null }, 'PUT');
    await call('/v1/organizations/acme/sign-in-domains', { domain: 'a-rather-long-domain-of.acme.example' });
    for (const name of ['Ines', 'Karim'])
      await call('/v1/customers/acme/users', {
        name,
        email: `${name.toLowerCase()}@acme.example`,
        contract_role: 'member',
        reason: 'Joins',
      });
  });
  afterAll(async () => {
    await browser.close();
    await identity.stop();
    await web.stop();
  });

  const isAt = (start: string) =>
    browser.evaluate(
      `location.href.startsWith(${JSON.stringify(start)}) && document.readyState === 'complete'`,
    );
  const arrive = (start: string) =>
    expect.poll(() => isAt(start).catch(() => false), { timeout: 15_000 }).toBe(true);
  const says = (words: string) =>
    expect
      .poll(() => browser.evaluate(`document.body.innerText.includes(${JSON.stringify(words)})`), {
        timeout: 10_000,
      })
      .toBe(true);

  async function signIn(email: string, path: string): Promise<void> {
    await browser.open(`${web.url}/sign-in?return=${encodeURIComponent(path)}`);
    if (await browser.evaluate(`!document.getElementById('email')`)) {
      await browser.leave(`document.querySelector('form[action="/sign-out"] button').click()`);
      await browser.open(`${web.url}/sign-in?return=${encodeURIComponent(path)}`);
    }
    await browser.evaluate(`document.getElementById('email').value = ${JSON.stringify(email)}`);
    await browser.evaluate(`document.getElementById('email').form.querySelector('button').click()`);
    await arrive(`${identity.url}/interaction/`);
    await browser.evaluate(`document.querySelector('button[value=mfa]').click()`);
    await arrive(`${web.url}${path}`);
  }

  /** What axe finds on the page, at three widths in light and dark, and whether the page is wider than the window. */
  async function findings(path: string): Promise<string[]> {
    const found: string[] = [];
    for (const scheme of ['light', 'dark'] as const) {
      for (const width of [1280, 390, 320]) {
        await browser.view({ width, scheme });
        await browser.open(web.url + path);
        await browser.evaluate(axe);
        const run = `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ' ' + nodes[0].html))`;
        // What the expression above answers.
        const violations = (await browser.evaluate(run)) as string[];
        found.push(...violations.map((one) => `${path} ${scheme} ${width}: ${one}`));
        const isWide = await browser.evaluate('document.documentElement.scrollWidth > innerWidth');
        if (isWide) found.push(`${path} ${width}: wider than the window`);
      }
    }
    return found;
  }

  it('nothing hinders a customer’s administrators', async () => {
    await signIn(anna, '/admin');
    for (const path of [
      '/admin',
      '/admin/sign-in',
      '/admin/sign-in/new',
      `/admin/sign-in/providers/${provider}`,
      '/admin/sign-in/sessions',
      '/admin/activity',
      '/admin/settings',
    ])
      expect(await findings(path)).toEqual([]);
  });

  it('a removal can be undone for ten seconds', async () => {
    await browser.view({ width: 1280, scheme: 'light' });
    await browser.open(`${web.url}/admin?find=karim`);
    await browser.leave(`document.querySelector('a[href$="/removal"]').click()`);
    await browser.leave(`document.querySelector('.main-action').click()`);
    await says('Karim is removed.');
    await browser.leave(`document.querySelector('[data-undo] button').click()`);
    const rows = await web.ledger.owner.db.execute(sql`
      select 1 from membership m join person p on p.id = m.person_id where p.email = 'karim@acme.example' and m.until is null`);
    expect(rows.length).toBe(1);
    expect(await browser.evaluate(`document.querySelector('[data-undo]') === null`)).toBe(true);
  });

  it('nothing hinders the vendor’s people', async () => {
    await signIn('ada@northwind.example', '/sign-in-settings');
    for (const path of ['/sign-in-settings', '/sign-in-settings/acme', '/sign-in-settings/northwind'])
      expect(await findings(path)).toEqual([]);
  });
});
