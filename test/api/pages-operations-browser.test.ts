import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Browser, browserPath, openBrowser } from '../support/browser.ts';
import { type Listening, startIdentity } from '../support/identity.ts';
import { fenceBy, operationsScene, type OperationsScene } from '../support/operations-scene.ts';
import { startWeb, type WebApi } from '../support/web.ts';

// What only a real browser says of the pages of operations: that nothing hinders anybody, that nothing is wider than the window.

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const omar = 'omar@northwind.example';

describe.skipIf(browserPath === undefined)('In a real browser', () => {
  let web: WebApi;
  let identity: Listening;
  let browser: Browser;
  let scene: OperationsScene;
  beforeAll(async () => {
    [web, browser] = await Promise.all([startWeb(), openBrowser(browserPath ?? '')]);
    identity = await startIdentity(web.ledger, web.url);
    scene = await operationsScene(web.http);
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
    await browser.open(web.url + path);
    await browser.evaluate(`document.querySelectorAll('details').forEach((one) => { one.open = true; })`);
    await browser.evaluate(axe);
    for (const scheme of ['light', 'dark'] as const) {
      for (const width of [1280, 390, 320]) {
        await browser.view({ width, scheme });
        // Colours take a moment to change.
        const run = `Promise.all(document.getAnimations().map((one) => one.finished)).then(() => axe.run()).then(({ violations }) => violations.map(({ id, nodes }) => id + ' ' + nodes[0].html))`;
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
    await signIn(omar, '/operations');
    const other = await fenceBy(web.http, 'jonas@northwind.example');
    const paths = [
      '/operations',
      '/operations/overdue',
      '/operations/fences',
      `/operations/fences/${scene.fence}`,
      `/operations/fences/${other}`,
      '/operations/tasks',
      `/operations/tasks/${scene.task}`,
      '/operations/events',
      `/operations/events/${scene.event}`,
      '/operations/sources',
      '/operations/sources/stripe',
      '/operations/processes?which=all',
      `/operations/processes/${scene.failed}`,
      '/operations/mails',
      '/operations/reviews',
    ];
    for (const path of paths) expect(await findings(path)).toEqual([]);
  });
});
