import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Browser, browserPath, openBrowser } from '../support/browser.ts';
import { type Listening, startIdentity } from '../support/identity.ts';
import { signIn as signInElsewhere, startWeb, Visitor, type WebApi } from '../support/web.ts';

// What only a real browser says of the account page: that nothing hinders anybody, and that nothing is wider than the window.

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

describe.skipIf(browserPath === undefined)('The account page in a real browser', () => {
  let web: WebApi;
  let identity: Listening;
  let browser: Browser;
  beforeAll(async () => {
    [web, browser] = await Promise.all([startWeb(), openBrowser(browserPath ?? '')]);
    identity = await startIdentity(web.ledger, web.url);
    await signInElsewhere(new Visitor(), web.url, 'sam@northwind.example');
  });
  afterAll(async () => {
    await browser?.close();
    await identity?.stop();
    await web?.stop();
  });

  const isAt = (start: string) =>
    browser.evaluate(
      `location.href.startsWith(${JSON.stringify(start)}) && document.readyState === 'complete'`,
    );
  const arrive = (start: string) =>
    expect.poll(() => isAt(start).catch(() => false), { timeout: 15_000 }).toBe(true);

  async function signIn(email: string, path: string): Promise<void> {
    await browser.open(`${web.url}/sign-in?return=${encodeURIComponent(path)}`);
    await browser.evaluate(`document.getElementById('email').value = ${JSON.stringify(email)}`);
    await browser.evaluate(`document.querySelector('form button').click()`);
    await arrive(`${identity.url}/interaction/`);
    await browser.evaluate(`document.querySelector('button[value=mfa]').click()`);
    await arrive(`${web.url}${path}`);
  }

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

  it('hinders nobody: staff, and a customer’s administrator', async () => {
    await signIn('sam@northwind.example', '/account');
    expect(await findings('/account?saved=1')).toEqual([]);
    await browser.open(`${web.url}/sign-in`);
    await browser.leave(`document.querySelector('form button').click()`);
    await signIn('anna@acme.example', '/account');
    expect(await findings('/account')).toEqual([]);
  });

  it('says what a choice is to whoever hears the page, and keeps it', async () => {
    await browser.view({ width: 390, scheme: 'light' });
    await browser.open(`${web.url}/account`);
    await browser.evaluate(`document.querySelector('[name=reminders][value=hourly]').click()`);
    await browser.leave(`document.querySelector('form[action="/account/notices"] button').click()`);
    const said = await browser.evaluate(`[document.querySelector('[role=status]').innerText.includes('Saved'),
      document.querySelector('[name=reminders][value=hourly]').checked,
      document.querySelector('[name=reminders]').closest('fieldset').querySelector('legend').textContent]`);
    expect(said).toEqual([true, true, expect.stringContaining('Reminders')]);
  });
});
