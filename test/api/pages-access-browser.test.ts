import { afterAll, beforeAll, expect, it } from 'vitest';
import { inBrowser } from '../support/in-browser.ts';
import { type ConsoleBrowser, openConsole } from '../support/console-browser.ts';

// What only a real browser says of a customer's pages about vendor access: that nothing hinders anybody, that nothing is wider than
// the window, and that a decision is made on a phone.

const [sam, mei, priya, anna] = [
  'sam@northwind.example',
  'mei@northwind.example',
  'priya@northwind.example',
  'anna@acme.example',
];

inBrowser('In a real browser', () => {
  let here: ConsoleBrowser;
  let waiting: string;
  let held: string;
  let over: string;
  beforeAll(async () => {
    here = await openConsole();
    const past = await ask(mei, 'acme-env', 'administer', 'The import hangs and the queue fills up');
    over = past.reference;
    await here.web.http.end(await here.web.http.provision(past.id), 'time');
    const emergency = await ask(mei, 'acme-env', 'administer', 'The database is down');
    await here.web.http.provision(emergency.id);
    const agreed = await ask(sam, 'acme-env', 'read', 'Compare last night’s export');
    for (const who of [priya, anna]) await decide(who, agreed.id);
    await here.web.http.provision(agreed.id);
    held = agreed.reference;
    const late = await ask(mei, 'acme-env', 'administer', 'Look at the locks');
    const lateGrant = await here.web.http.provision(late.id);
    await here.web.http.call(anna, 'POST', `/v1/grants/${lateGrant}/revocation`, { reason: 'Enough' });
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
  afterAll(() => here?.stop());

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
    return (await here.web.http.call(who, 'POST', '/v1/access-requests', wish)).body;
  }
  const decide = (who: string, id: string) =>
    here.web.http.call(who, 'POST', `/v1/access-requests/${id}/decisions`, {
      decision: 'approve',
      comment: 'Known incident',
    });

  it('nothing on a page hinders anybody', async () => {
    await here.signIn(anna, '/admin/access');
    const paths = [
      '',
      `/${waiting}`,
      `/${held}`,
      `/${over}`,
      '/rules',
      '?days=7',
      '?from=2020-01-01&to=2020-01-02',
    ];
    for (const path of paths) expect(await here.findings(`/admin/access${path}`)).toEqual([]);
  });

  it('a decision is one page away on a phone, and an access is ended from it', async () => {
    await here.browser.view({ width: 390, scheme: 'light' });
    await here.browser.open(`${here.web.url}/admin/access`);
    await here.browser.leave(
      `[...document.querySelectorAll('.note a')].find((one) => one.href.endsWith('${waiting}')).click()`,
    );
    const dock = `[...document.querySelectorAll('.dock button')].map((one) => one.textContent.trim()).join()`;
    expect(await here.browser.evaluate(dock)).toBe('Deny,Approve');
    await here.browser.leave(`document.querySelector('.dock button[value=approve]').click()`);
    expect((await here.web.http.call(sam, 'GET', `/v1/access-requests/${waiting}`)).body.state).toBe(
      'approved',
    );
    await here.browser.open(`${here.web.url}/admin/access/${held}`);
    await here.browser.leave(`document.querySelector('.dock button').click()`);
    expect((await here.web.http.call(sam, 'GET', `/v1/access-requests/${held}`)).body.grant.state).toBe(
      'overdue',
    );
  });
});
