import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Browser, browserPath, openBrowser } from '../support/browser.ts';
import { type Listening, startIdentity } from '../support/identity.ts';
import { startWeb, type WebApi } from '../support/web.ts';

// What only a real browser says of a customer's pages about vendor access: that nothing hinders anybody, that nothing is wider than
// the window, and that a decision is made on a phone.

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const [sam, mei, priya, anna] = [
  'sam@northwind.example',
  'mei@northwind.example',
  'priya@northwind.example',
  'anna@acme.example',
];

describe.skipIf(browserPath === undefined)('In a real browser', () => {
  let web: WebApi;
  let identity: Listening;
  let browser: Browser;
  let waiting: string;
  let held: string;
  let over: string;
  beforeAll(async () => {
    [web, browser] = await Promise.all([startWeb(), openBrowser(browserPath ?? '')]);
    identity = await startIdentity(web.ledger, web.url);
    const past = await ask(mei, 'acme-env', 'administer', 'The import hangs and the queue fills up');
    over = past.reference;
    await web.http.end(await web.http.provision(past.id), 'time');
    const emergency = await ask(mei, 'acme-env', 'administer', 'The database is down');
    await web.http.provision(emergency.id);
    const agreed = await ask(sam, 'acme-env', 'read', 'Compare last night’s export');
    for (const who of [priya, anna]) await decide(who, agreed.id);
    await web.http.provision(agreed.id);
    held = agreed.reference;
    const late = await ask(mei, 'acme-env', 'administer', 'Look at the locks');
    const lateGrant = await web.http.provision(late.id);
    await web.http.call(anna, 'POST', `/v1/grants/${lateGrant}/revocation`, { reason: 'Enough' });
    const asked = await ask(
      sam,
      'acme-env',
      'operate',
      'Replay last night’s order import after removing the 212 duplicates.',
    );
    await decide(priya, asked.id);
    waiting = asked.reference;
    await ask(sam, 'postgres-eu', 'read', 'See what is slow', 'acme');
  });
  afterAll(async () => {
    await browser.close();
    await identity.stop();
    await web.stop();
  });

  async function ask(
    who: string,
    resource: string,
    entitlement: string,
    justification: string,
    customer?: string,
  ) {
    const wish = {
      resource,
      entitlement,
      period: 'PT2H',
      ticket: 'NW-4821',
      justification,
      ...(customer ? { customer } : {}),
    };
    return (await web.http.call(who, 'POST', '/v1/access-requests', wish)).body;
  }
  const decide = (who: string, id: string) =>
    web.http.call(who, 'POST', `/v1/access-requests/${id}/decisions`, {
      decision: 'approve',
      comment: 'Known incident',
    });

  async function signIn(email: string, path: string): Promise<void> {
    const arrive = (start: string) =>
      expect
        .poll(
          () =>
            browser
              .evaluate(
                `location.href.startsWith(${JSON.stringify(start)}) && document.readyState === 'complete'`,
              )
              .catch(() => false),
          { timeout: 15_000 },
        )
        .toBe(true);
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

  it('nothing on a page hinders anybody', async () => {
    await signIn(anna, '/admin/access');
    const paths = [
      '',
      `/${waiting}`,
      `/${held}`,
      `/${over}`,
      '/rules',
      '?days=7',
      '?from=2020-01-01&to=2020-01-02',
    ];
    for (const path of paths) expect(await findings(`/admin/access${path}`)).toEqual([]);
  });

  it('a decision is one page away on a phone, and an access is ended from it', async () => {
    await browser.view({ width: 390, scheme: 'light' });
    await browser.open(`${web.url}/admin/access`);
    await browser.leave(
      `[...document.querySelectorAll('.note a')].find((one) => one.href.endsWith('${waiting}')).click()`,
    );
    const dock = `[...document.querySelectorAll('.dock button')].map((one) => one.textContent.trim()).join()`;
    expect(await browser.evaluate(dock)).toBe('Deny,Approve');
    await browser.leave(`document.querySelector('.dock button[value=approve]').click()`);
    expect((await web.http.call(sam, 'GET', `/v1/access-requests/${waiting}`)).body.state).toBe('approved');
    await browser.open(`${web.url}/admin/access/${held}`);
    await browser.leave(`document.querySelector('.dock button').click()`);
    expect((await web.http.call(sam, 'GET', `/v1/access-requests/${held}`)).body.grant.state).toBe('overdue');
  });
});
