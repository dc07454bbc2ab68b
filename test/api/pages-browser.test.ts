import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Browser, browserPath, openBrowser } from '../support/browser.ts';
import { type Listening, startIdentity } from '../support/identity.ts';
import { startWeb, type WebApi } from '../support/web.ts';

// What only a real browser says of the pages: that nothing hinders anybody, that nothing is wider than the window, and that the
// scripts do what they are for.

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

describe.skipIf(browserPath === undefined)('In a real browser', () => {
  let web: WebApi;
  let identity: Listening;
  let browser: Browser;
  let waiting: string;
  let held: string;
  beforeAll(async () => {
    [web, browser] = await Promise.all([startWeb(), openBrowser(browserPath ?? '')]);
    identity = await startIdentity(web.ledger, web.url);
    waiting = await ask('acme-env', 'operate');
    held = await ask('initech-env', 'read');
    const { body } = await web.http.call('sam@northwind.example', 'GET', `/v1/access-requests/${held}`);
    await web.http.provision(body.id);
  });
  afterAll(async () => {
    await browser.close();
    await identity.stop();
    await web.stop();
  });

  async function ask(resource: string, entitlement: string): Promise<string> {
    const wish = {
      resource,
      entitlement,
      period: 'PT1H',
      ticket: 'NW-1',
      justification: 'Replay the import',
    };
    return (await web.http.call('sam@northwind.example', 'POST', '/v1/access-requests', wish)).body.reference;
  }

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

  /** What axe finds on the page at hand, at three widths in light and dark, and whether the page is wider than the window. */
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

  it('nothing on a page hinders anybody: staff', async () => {
    await signIn('sam@northwind.example', '/');
    const paths = [
      '/',
      '/requests/new',
      `/requests/${waiting}`,
      `/requests/${held}`,
      `/requests/${held}/extension`,
    ];
    for (const path of [
      ...paths,
      '/requests/new?resource=acme-env&entitlement=read',
      '/approvals',
      '/requests/AR-9',
    ])
      expect(await findings(path)).toEqual([]);
  });

  it('what it takes follows what is chosen', async () => {
    await browser.view({ width: 1280, scheme: 'light' });
    await browser.open(`${web.url}/requests/new`);
    const type = (field: string, text: string) =>
      browser.evaluate(`(() => { const field = document.querySelector('[name=${field}]'); field.focus(); field.value = '${text}';
        field.dispatchEvent(new Event('input', { bubbles: true })); })()`);
    const says = (words: string) =>
      expect
        .poll(() => browser.evaluate(`document.body.innerText.includes(${JSON.stringify(words)})`), {
          timeout: 10_000,
        })
        .toBe(true);
    await type('resource', 'globex-env');
    await says('What will you do there?');
    await browser.evaluate(`document.querySelector('[name=entitlement][value=operate]').click()`);
    await says('Marek or Priya');
  });

  it('a request that is watched shows what becomes of it', async () => {
    await browser.open(`${web.url}/requests/${waiting}`);
    await web.http.call('priya@northwind.example', 'POST', `/v1/access-requests/${waiting}/decisions`, {
      decision: 'deny',
      comment: 'Not today',
    });
    await expect
      .poll(() => browser.evaluate(`document.body.innerText.includes('Denied by Priya')`), {
        timeout: 15_000,
      })
      .toBe(true);
  });

  it('nothing on a page hinders anybody: approvers and customers', async () => {
    const other = await ask('acme-env', 'read');
    await browser.open(`${web.url}/sign-in`);
    await browser.leave(`document.querySelector('form button').click()`);
    await signIn('priya@northwind.example', '/approvals');
    for (const path of ['/', '/approvals', `/approvals/${other}`]) expect(await findings(path)).toEqual([]);
    await browser.open(`${web.url}/sign-in`);
    await browser.leave(`document.querySelector('form button').click()`);
    await signIn('anna@acme.example', '/admin');
    for (const path of ['/admin', '/admin/users/new', '/requests/AR-9'])
      expect(await findings(path)).toEqual([]);
  });
});
