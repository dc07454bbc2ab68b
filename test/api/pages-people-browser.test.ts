import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Browser, browserPath, openBrowser } from '../support/browser.ts';
import { type Listening, startIdentity } from '../support/identity.ts';
import { standBySql } from '../support/standing-by-sql.ts';
import { startWeb, type WebApi } from '../support/web.ts';

// What only a real browser says of the pages about people, customers, resources and records: that nothing hinders anybody, and that
// nothing is wider than the window.

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const [sam, priya, anna, sita] = [
  'sam@northwind.example',
  'priya@northwind.example',
  'anna@acme.example',
  'sita@northwind.example',
];

describe.skipIf(browserPath === undefined)('In a real browser', () => {
  let web: WebApi;
  let identity: Listening;
  let browser: Browser;
  let grant: string;
  beforeAll(async () => {
    [web, browser] = await Promise.all([startWeb(), openBrowser(browserPath ?? '')]);
    identity = await startIdentity(web.ledger, web.url);
    const ended = await hold('globex-env', 'read', [priya]);
    await web.http.end(ended, 'return');
    grant = await hold('acme-env', 'operate', [priya, anna]);
    await standBySql(web.ledger, anna, { because: ['member', 'viewer'], entitlement: 'northwind-app:view' });
  });
  afterAll(async () => {
    await browser?.close();
    await identity?.stop();
    await web?.stop();
  });

  async function hold(resource: string, entitlement: string, approvers: string[]): Promise<string> {
    const wish = {
      resource,
      entitlement,
      period: 'PT1H',
      ticket: 'NW-1',
      justification: 'Replay the import',
    };
    const { body } = await web.http.call(sam, 'POST', '/v1/access-requests', wish);
    for (const who of approvers)
      await web.http.call(who, 'POST', `/v1/access-requests/${body.id}/decisions`, { decision: 'approve' });
    return web.http.provision(body.id);
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

  /** What axe finds on a page at three widths in light and dark, and whether the page is wider than the window. */
  async function findings(path: string): Promise<string[]> {
    const found: string[] = [];
    await browser.open(web.url + path);
    await browser.evaluate(axe);
    for (const scheme of ['light', 'dark'] as const) {
      for (const width of [1280, 390, 320]) {
        await browser.view({ width, scheme });
        // Colours that are still on their way are no colours of ours.
        await browser.evaluate(
          'Promise.all(document.getAnimations().map((one) => one.finished)).then(() => null)',
        );
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

  const idOf = async (email: string): Promise<string> =>
    (await web.http.call(sita, 'GET', `/v1/people/${email}`)).body.id;

  it('nothing on a page about people and what they hold hinders anybody', async () => {
    await signIn(sita, '/people');
    const paths = ['/people?find=a', '/people?organization=nowhere', `/people/${await idOf(sam)}`];
    for (const path of [...paths, `/people/${await idOf(anna)}`, `/grants/${grant}/revocation`, '/more'])
      expect(await findings(path)).toEqual([]);
  }, 60_000);

  it('nothing on a page about customers, resources and who reaches them', async () => {
    const paths = ['/customers', '/customers/globex?days=7', '/customers/acme?from=2026-02-31'];
    for (const path of [...paths, '/resources', '/resources/acme-env', '/reach?resource=env'])
      expect(await findings(path)).toEqual([]);
  }, 60_000);

  it('nothing on a page of answers and records', async () => {
    const paths = ['/reach?resource=northwind-app', '/requests', '/audit', '/audit?person=nobody'];
    for (const path of paths) expect(await findings(path)).toEqual([]);
  }, 60_000);
});
