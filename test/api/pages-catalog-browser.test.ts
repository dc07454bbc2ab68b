import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newId } from '../../domain/ids.ts';
import { inBrowser } from '../support/in-browser.ts';
import { type ConsoleBrowser, hindrances, openConsole } from '../support/console-browser.ts';

// The catalog's pages in a real browser: nothing hinders anybody, nothing is wider than the window, and the effect follows what
// somebody changes.

const omar = 'omar@northwind.example';

inBrowser('In a real browser', () => {
  let here: ConsoleBrowser;
  beforeAll(async () => {
    here = await openConsole();
    const people = Array.from({ length: 12 }, (_, at) => ({
      id: newId('person'),
      email: `user${at}@acme.example`,
    }));
    await here.web.ledger.owner.db.execute(sql`
      with people as (select * from jsonb_to_recordset(${JSON.stringify(people)}::jsonb) as p(id text, email text)),
        home as (select id from organization where key = 'acme'),
        added as (insert into person (id, organization_id, email, name, employment)
          select p.id, home.id, p.email, 'Una ' || p.email, 'customer' from people p, home returning id, organization_id)
      insert into membership (person_id, organization_id, contract_role, origin)
      select id, organization_id, 'member', 'contract' from added`);
    const edit = { base_revision: 1, reason: 'A role for guests', value: { name: 'Guest' } };
    await here.web.http.call(omar, 'PUT', '/v1/catalog/roles/guest', edit);
  });
  afterAll(() => here?.stop());

  const text = (expression: string) =>
    expect.poll(async () => String(await here.browser.evaluate(expression)).replaceAll('\u00a0', ' '), {
      timeout: 10_000,
    });
  it('nothing hinders anybody', async () => {
    await here.signIn(omar, '/catalog');
    const paths = [
      '/catalog',
      '/catalog/roles',
      '/catalog/roles/operations',
      '/catalog/tiers/enterprise',
      '/catalog/resources/acme-env',
      '/catalog/customer_types/enterprise-eu',
      '/catalog/overrides/globex%2Fseats',
      '/catalog/settings',
      '/catalog/new/overrides',
      '/catalog/roles/guest/removal',
      '/catalog/revisions',
      '/catalog/revisions/2',
      '/catalog/revisions/1/return',
    ];
    for (const path of paths) expect(await here.findings(path)).toEqual([]);
  });

  it('the effect follows what is changed, and is saved by the button that says it', async () => {
    await here.browser.view({ width: 1280, scheme: 'light' });
    await here.browser.open(`${here.web.url}/catalog/tiers/enterprise`);
    const effect = `document.querySelector('#effect').innerText`;
    await here.browser.evaluate(`document.getElementsByName('default_roles.1.roles.analyst')[0].click()`);
    await here.browser.evaluate(`document.getElementsByName('default_roles.1.roles.viewer')[0].click()`);
    await text(effect).toContain('12 people lose “Make and export reports” on Northwind Cloud');
    await text(effect).toContain('Send for confirmation');
    expect(await hindrances(here.browser.evaluate, 'with an effect')).toEqual([]);
    await here.browser.evaluate(`document.getElementsByName('allowed_roles.viewer')[0].click()`);
    await text(`document.getElementsByName('allowed_roles.viewer')[0].closest('label').innerText`).toContain(
      '− removed',
    );
    await text(effect).toContain('wrong; it can’t be saved so');
    await text(`document.querySelector('.fields').innerText`).toContain('does not allow the role viewer');
    expect(await hindrances(here.browser.evaluate, 'with what is wrong')).toEqual([]);
    await here.browser.evaluate(`document.getElementsByName('allowed_roles.viewer')[0].click()`);
    await text(effect).toContain('Send for confirmation');
    await here.browser.evaluate(`document.querySelector('#reason').value = 'Less by default'`);
    await here.browser.leave(`document.querySelector('#effect .main-action').click()`);
    await text('document.body.innerText').toContain('Revision 3 is in force');
    expect(await here.browser.evaluate('location.pathname')).toBe('/catalog/revisions/3');
  });
});
