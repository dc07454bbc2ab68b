import { afterAll, beforeAll, expect, it } from 'vitest';
import { inBrowser } from '../support/in-browser.ts';
import { type ConsoleBrowser, openConsole } from '../support/console-browser.ts';
import { signIn, Visitor } from '../support/web.ts';

// What only a real browser says of the account page: that nothing hinders anybody, and that nothing is wider than the window.

inBrowser('The account page in a real browser', () => {
  let here: ConsoleBrowser;
  beforeAll(async () => {
    here = await openConsole();
    await signIn(new Visitor(), here.web.url, 'sam@northwind.example');
  });
  afterAll(() => here?.stop());

  it('hinders nobody: staff, and a customer’s administrator', async () => {
    await here.signIn('sam@northwind.example', '/account');
    expect(await here.findings('/account?saved=1')).toEqual([]);
    await here.signIn('anna@acme.example', '/account');
    expect(await here.findings('/account')).toEqual([]);
  });

  it('says what a choice is to whoever hears the page, and keeps it', async () => {
    await here.browser.view({ width: 390, scheme: 'light' });
    await here.browser.open(`${here.web.url}/account`);
    await here.browser.evaluate(`document.querySelector('[name=reminders][value=hourly]').click()`);
    await here.browser.leave(`document.querySelector('form[action="/account/notices"] button').click()`);
    const said =
      await here.browser.evaluate(`[document.querySelector('[role=status]').innerText.includes('Saved'),
      document.querySelector('[name=reminders][value=hourly]').checked,
      document.querySelector('[name=reminders]').closest('fieldset').querySelector('legend').textContent]`);
    expect(said).toEqual([true, true, expect.stringContaining('Reminders')]);
  });
});
