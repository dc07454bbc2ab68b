import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { inBrowser } from '../support/in-browser.ts';
import { type ConsoleBrowser, openConsole } from '../support/console-browser.ts';
import { openSignal } from '../support/signal-routes.ts';

// The panel beside its users, in a real browser: nothing hinders anybody, nothing is wider than the window, in a colour of the
// customer's own; and what the scripts are for.

const anna = 'anna@acme.example';

inBrowser('In a real browser', () => {
  let here: ConsoleBrowser;
  let provider: string;
  let signal: string;
  beforeAll(async () => {
    here = await openConsole();
    const { db } = here.web.ledger.owner;
    await db.execute(sql`
      insert into contract (organization_id, content, seats) select id, '{}', 12 from organization where key = 'acme'`);
    const live = await db.execute<{ id: string }>(sql`
      select i.id from sign_in_provider i join organization o on o.id = i.organization_id where o.key = 'acme'`);
    provider = live[0]?.id ?? '';
    const call = (path: string, body: object, method = 'POST') =>
      here.web.http.call(anna, method, path, body);
    await call('/v1/customers/acme/appearance', { brand_color: '#c2185b', shown_name: null }, 'PUT');
    await call('/v1/organizations/acme/sign-in-domains', { domain: 'a-rather-long-domain-of.acme.example' });
    await call('/v1/organizations/acme/scim-tokens', { label: 'Okta' });
    for (const name of ['Ines', 'Karim'])
      await call('/v1/customers/acme/users', {
        name,
        email: `${name.toLowerCase()}@acme.example`,
        contract_role: 'member',
        reason: 'Joins',
      });
    signal = (await openSignal(here.web.http)).id;
  });
  afterAll(() => here?.stop());

  it('nothing hinders a customer’s administrators', async () => {
    await here.signIn(anna, '/admin');
    for (const path of [
      '/admin',
      '/admin/sign-in',
      '/admin/sign-in/new',
      `/admin/sign-in/providers/${provider}`,
      '/admin/sign-in/sessions',
      '/admin/activity',
      '/admin/settings',
      '/admin/signals?state=all',
      `/admin/signals/${signal}/closing`,
      '/admin/signals/sources',
      '/admin/signals/new?kind=poll',
    ])
      expect(await here.findings(path)).toEqual([]);
  });

  it('a removal can be undone for ten seconds', async () => {
    await here.browser.view({ width: 1280, scheme: 'light' });
    await here.browser.open(`${here.web.url}/admin?find=karim`);
    await here.browser.leave(`document.querySelector('a[href$="/removal"]').click()`);
    await here.browser.leave(`document.querySelector('.main-action').click()`);
    await here.says('Karim is removed.');
    await here.browser.leave(`document.querySelector('[data-undo] button').click()`);
    const rows = await here.web.ledger.owner.db.execute(sql`
      select 1 from membership m join person p on p.id = m.person_id where p.email = 'karim@acme.example' and m.until is null`);
    expect(rows.length).toBe(1);
    expect(await here.browser.evaluate(`document.querySelector('[data-undo]') === null`)).toBe(true);
  });

  it('nothing hinders the vendor’s people', async () => {
    await here.signIn('ada@northwind.example', '/sign-in-settings');
    for (const path of ['/sign-in-settings', '/sign-in-settings/acme', '/sign-in-settings/northwind'])
      expect(await here.findings(path)).toEqual([]);
  });
});
