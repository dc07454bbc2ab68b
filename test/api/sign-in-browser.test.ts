import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Browser, browserPath, openBrowser } from '../support/browser.ts';
import { inBrowser } from '../support/in-browser.ts';
import { type Listening, startIdentity } from '../support/identity.ts';
import { startWeb, type WebApi } from '../support/web.ts';

// What only a real browser says: that strict cookies, the content security policy and the way over another site go together.

const sam = 'sam@northwind.example';

inBrowser('In a real browser', () => {
  let web: WebApi;
  let identity: Listening;
  let browser: Browser;
  beforeAll(async () => {
    [web, browser] = await Promise.all([startWeb(), openBrowser(browserPath ?? '')]);
    identity = await startIdentity(web.ledger, web.url);
  });
  afterAll(async () => {
    await browser.close();
    await identity.stop();
    await web.stop();
  });

  const at = (path: string) =>
    browser.evaluate(
      `location.href.startsWith(${JSON.stringify(path)}) && document.readyState === 'complete'`,
    );
  const arrive = (url: string) =>
    expect.poll(() => at(url).catch(() => false), { timeout: 15_000 }).toBe(true);

  it('somebody signs in by their address, comes back to where they were going, and signs out', async () => {
    await browser.open(`${web.url}/sign-in?return=/docs`);
    await browser.evaluate(`document.getElementById('email').value = ${JSON.stringify(sam)}`);
    await browser.evaluate(`document.querySelector('form button').click()`);
    await arrive(`${identity.url}/interaction/`);
    expect(await browser.evaluate(`document.querySelector('input:checked').value`)).toBe(sam);
    await browser.evaluate(`document.querySelector('button[value=mfa]').click()`);
    // The page on coming back presses its own button.
    await arrive(`${web.url}/docs`);
    const me = `fetch('/v1/me').then((answer) => answer.json()).then(({ email, amr }) => [email, ...amr])`;
    expect(await browser.evaluate(me)).toEqual([sam, 'pwd', 'otp', 'mfa']);
    expect(await browser.evaluate('document.cookie')).toBe('');

    await browser.open(`${web.url}/sign-in`);
    expect(await browser.evaluate('document.title')).toBe('You’re signed in');
    await browser.leave(`document.querySelector('form button').click()`);
    expect(await browser.evaluate('document.title')).toBe('You’re signed out');
    await browser.open(`${web.url}/docs`);
    expect(await browser.evaluate(`fetch('/v1/me').then((answer) => answer.status)`)).toBe(401);
  });

  it('another site’s page cannot use the session', async () => {
    await browser.open(`${web.url}/sign-in`);
    await browser.evaluate(`document.querySelector('button[name=provider]').click()`);
    await arrive(`${identity.url}/interaction/`);
    await browser.evaluate(`document.querySelector('button[value=mfa]').click()`);
    // What the provider sends back to is on the same site, and nobody is signed in there yet.
    await expect
      .poll(() => browser.evaluate('location.href').catch(() => ''), { timeout: 15_000 })
      .toBe(`${web.url}/`);
    await browser.open(`${web.url}/docs`);
    expect(await browser.evaluate(`fetch('/v1/me').then((answer) => answer.status)`)).toBe(200);
    // 127.0.0.1 is another site than localhost; this page of it has no policy of its own.
    await browser.open(`${identity.url}/nothing`);
    const read = `fetch('${web.url}/v1/me', { credentials: 'include' }).then(() => 'read', () => 'refused')`;
    expect(await browser.evaluate(read)).toBe('refused');
    const sessions = await web.http.count('audit_event');
    await browser.leave(`(() => {
      const form = document.createElement('form');
      Object.assign(form, { method: 'post', action: '${web.url}/sign-out' });
      document.body.append(form);
      form.submit();
    })()`);
    // Without its cookie it is nobody's form.
    expect(await browser.evaluate('location.href')).toBe(`${web.url}/sign-in`);
    await browser.open(`${web.url}/docs`);
    expect(await browser.evaluate(`fetch('/v1/me').then((answer) => answer.status)`)).toBe(200);
    expect(await web.http.count('audit_event')).toBe(sessions);
  });
});
