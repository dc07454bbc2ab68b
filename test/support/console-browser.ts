import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, browserPath, openBrowser } from './browser.ts';
import { startIdentity } from './identity.ts';
import { eventually } from './wait.ts';
import { startWeb, type WebApi } from './web.ts';

/** The console with a real browser before it, and a provider at which its people sign in. */
export interface ConsoleBrowser {
  web: WebApi;
  browser: Browser;
  /** Signs in at the provider and comes back to that page. Whoever was signed in before is signed out. */
  signIn(email: string, path: string): Promise<void>;
  /** What hinders somebody on that page, at three widths in light and dark; with all that opens open. */
  findings(path: string): Promise<string[]>;
  /** Waits until the page says that. */
  says(words: string): Promise<void>;
  stop(): Promise<void>;
}

/** The widths at which pages are looked at: a desk, a phone, and as narrow as WCAG 1.4.10 has it. */
export const widths = [1280, 390, 320] as const;
export const schemes = ['light', 'dark'] as const;

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
// Colours take a moment to change, and those on their way are no colours of ours.
const settled = 'Promise.all(document.getAnimations().map((one) => one.finished))';
const violations = 'violations.map(({ id, nodes }) => id + " " + nodes[0].html)';
const isWide = 'document.documentElement.scrollWidth > innerWidth';
const look = `${settled}.then(() => axe.run()).then(({ violations }) => [...${violations}, ...(${isWide} ? ["wider than the window"] : [])])`;

/** What axe finds on the page at hand as it stands, and whether it is wider than the window; each begins with that label. */
export async function hindrances(
  evaluate: (expression: string) => Promise<unknown>,
  label: string,
): Promise<string[]> {
  if (await evaluate(`typeof axe === 'undefined'`)) await evaluate(axe);
  // What the expression above answers.
  const found = (await evaluate(look)) as string[];
  return found.map((one) => `${label}: ${one}`);
}

/** Starts all of it. Tests skip themselves where there is no browser. */
export async function openConsole(): Promise<ConsoleBrowser> {
  const [web, browser] = await Promise.all([startWeb(), openBrowser(browserPath ?? '')]);
  const identity = await startIdentity(web.ledger, web.url);
  const arrive = (where: string, isThere: string) =>
    eventually(where, () =>
      browser.evaluate(`${isThere} && document.readyState === 'complete'`).catch(() => false),
    );
  return {
    web,
    browser,
    async signIn(email, path) {
      const address = `${web.url}/sign-in?return=${encodeURIComponent(path)}`;
      await browser.open(address);
      if (await browser.evaluate(`document.getElementById('email') === null`)) {
        await browser.leave(`document.querySelector('form[action="/sign-out"] button').click()`);
        await browser.open(address);
      }
      await browser.evaluate(`document.getElementById('email').value = ${JSON.stringify(email)}`);
      await browser.evaluate(`document.getElementById('email').form.querySelector('button').click()`);
      const choosing = `${identity.url}/interaction/`;
      await arrive(choosing, `location.href.startsWith(${JSON.stringify(choosing)})`);
      await browser.evaluate(`document.querySelector('button[value=mfa]').click()`);
      // The whole address: what the provider sends back to is on the same site, and nobody is signed in there yet.
      const back = web.url + path;
      await arrive(back, `location.href === ${JSON.stringify(back)}`);
    },
    async findings(path) {
      const found: string[] = [];
      await browser.open(web.url + path);
      await browser.evaluate(`document.querySelectorAll('details').forEach((one) => { one.open = true; })`);
      for (const scheme of schemes)
        for (const width of widths) {
          await browser.view({ width, scheme });
          found.push(...(await hindrances(browser.evaluate, `${path} ${scheme} ${width}`)));
        }
      return found;
    },
    async says(words) {
      const isSaid = `document.body.innerText.includes(${JSON.stringify(words)})`;
      await eventually(words, () => browser.evaluate(isSaid).catch(() => false));
    },
    async stop() {
      await browser.close();
      await identity.stop();
      await web.stop();
    },
  };
}
