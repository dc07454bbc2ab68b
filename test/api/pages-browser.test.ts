import { afterAll, beforeAll, expect, it } from 'vitest';
import { inBrowser } from '../support/in-browser.ts';
import { type ConsoleBrowser, openConsole } from '../support/console-browser.ts';

// What only a real browser says of the pages: that nothing hinders anybody, that nothing is wider than the window, and that the
// scripts do what they are for.

inBrowser('In a real browser', () => {
  let here: ConsoleBrowser;
  let waiting: string;
  let held: string;
  beforeAll(async () => {
    here = await openConsole();
    waiting = await ask('acme-env', 'operate');
    held = await ask('initech-env', 'read');
    const { body } = await here.web.http.call('sam@northwind.example', 'GET', `/v1/access-requests/${held}`);
    await here.web.http.provision(body.id);
  });
  afterAll(() => here?.stop());

  async function ask(resource: string, entitlement: string): Promise<string> {
    const wish = {
      resource,
      entitlement,
      period: 'PT1H',
      ticket: 'NW-1',
      justification: 'Replay the import',
    };
    return (await here.web.http.call('sam@northwind.example', 'POST', '/v1/access-requests', wish)).body
      .reference;
  }

  it('nothing on a page hinders anybody: staff', async () => {
    await here.signIn('sam@northwind.example', '/');
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
      expect(await here.findings(path)).toEqual([]);
  });

  it('what it takes follows what is chosen', async () => {
    await here.browser.view({ width: 1280, scheme: 'light' });
    await here.browser.open(`${here.web.url}/requests/new`);
    const type = (field: string, text: string) =>
      here.browser.evaluate(`(() => { const field = document.querySelector('[name=${field}]'); field.focus(); field.value = '${text}';
        field.dispatchEvent(new Event('input', { bubbles: true })); })()`);
    await type('resource', 'globex-env');
    await here.says('What will you do there?');
    await here.browser.evaluate(`document.querySelector('[name=entitlement][value=operate]').click()`);
    await here.says('Marek or Priya');
  });

  it('a request that is watched shows what becomes of it', async () => {
    await here.browser.open(`${here.web.url}/requests/${waiting}`);
    await here.web.http.call('priya@northwind.example', 'POST', `/v1/access-requests/${waiting}/decisions`, {
      decision: 'deny',
      comment: 'Not today',
    });
    await here.says('Denied by Priya');
  });

  it('nothing on a page hinders anybody: approvers and customers', async () => {
    const other = await ask('acme-env', 'read');
    await here.signIn('priya@northwind.example', '/approvals');
    for (const path of ['/', '/approvals', `/approvals/${other}`])
      expect(await here.findings(path)).toEqual([]);
    await here.signIn('anna@acme.example', '/admin');
    for (const path of ['/admin', '/admin/users/new', '/requests/AR-9'])
      expect(await here.findings(path)).toEqual([]);
  });
});
