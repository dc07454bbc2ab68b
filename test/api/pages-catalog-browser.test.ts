import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../domain/ids.ts';
import { type Browser, browserPath, openBrowser } from '../support/browser.ts';
import { type Listening, startIdentity } from '../support/identity.ts';
import { startWeb, type WebApi } from '../support/web.ts';

// The catalog's pages in a real browser: nothing hinders anybody, nothing is wider than the window, and the effect follows what
// somebody changes.

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const omar = 'omar@northwind.example';

describe.skipIf(browserPath === undefined)('In a real browser', () => {
  let web: WebApi;
  let identity: Listening;
  let browser: Browser;
  beforeAll(async () => {
    [web, browser] = await Promise.all([startWeb(), openBrowser(browserPath ?? '')]);
    identity = await startIdentity(web.ledger, web.url);
    const people = Array.from({ length: 12 }, (_, at) => ({
      id: newId('person'),
      email: `user${at}@acme.example`,
    }));
    await web.ledger.owner.db.execute(sql`
      with people as (select * from jsonb_to_recordset(${JSON.stringify(people)}::jsonb) as p(id text, email text)),
        home as (select id from organization where key = 'acme'),
        added as (insert into person (id, organization_id, email, name, employment)
          select p.id, home.id, p.email, 'Una ' || p.email, 'customer' from people p, home returning id, organization_id)
      insert into membership (person_id, organization_id, contract_role, origin)
      select id, organization_id, 'member', 'contract' from added`);
    const edit = { base_revision: 1, reason: 'A role for guests', value: { name: 'Guest' } };
    await web.http.call(omar, 'PUT', '/v1/catalog/roles/guest', edit);
  });
  afterAll(async () => {
    await browser.close();
    await identity.stop();
    await web.stop();
  });

  const text = (expression: string) =>
    expect.poll(async () => String(await browser.evaluate(expression)).replaceAll('\u00a0', ' '), {
      timeout: 10_000,
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
    await browser.evaluate(`document.getElementById('email').form.querySelector('button').click()`);
    await arrive(`${identity.url}/interaction/`);
    await browser.evaluate(`document.querySelector('button[value=mfa]').click()`);
    await arrive(`${web.url}${path}`);
  }

  /** What axe finds on the page at hand, and whether it is wider than the window. */
  async function findingsHere(label: string): Promise<string[]> {
    const run = `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ' ' + nodes[0].html))`;
    // What the expression above answers.
    const violations = (await browser.evaluate(run)) as string[];
    const isWide = await browser.evaluate('document.documentElement.scrollWidth > innerWidth');
    return [...violations, ...(isWide ? ['wider than the window'] : [])].map((one) => `${label}: ${one}`);
  }

  async function findings(path: string): Promise<string[]> {
    const found: string[] = [];
    await browser.open(web.url + path);
    await browser.evaluate(axe);
    for (const scheme of ['light', 'dark'] as const) {
      for (const width of [1280, 390, 320]) {
        await browser.view({ width, scheme });
        found.push(...(await findingsHere(`${path} ${scheme} ${width}`)));
      }
    }
    return found;
  }

  it('nothing hinders anybody', async () => {
    await signIn(omar, '/catalog');
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
    for (const path of paths) expect(await findings(path)).toEqual([]);
  });

  it('the effect follows what is changed, and is saved by the button that says it', async () => {
    await browser.view({ width: 1280, scheme: 'light' });
    await browser.open(`${web.url}/catalog/tiers/enterprise`);
    await browser.evaluate(axe);
    const effect = `document.querySelector('#effect').innerText`;
    await browser.evaluate(`document.getElementsByName('default_roles.1.roles.analyst')[0].click()`);
    await browser.evaluate(`document.getElementsByName('default_roles.1.roles.viewer')[0].click()`);
    await text(effect).toContain('12 people lose “Make and export reports” on Northwind Cloud');
    await text(effect).toContain('Send for confirmation');
    expect(await findingsHere('with an effect')).toEqual([]);
    await browser.evaluate(`document.getElementsByName('allowed_roles.viewer')[0].click()`);
    await text(`document.getElementsByName('allowed_roles.viewer')[0].closest('label').innerText`).toContain(
      '− removed',
    );
    await text(effect).toContain('wrong; it can’t be saved so');
    await text(`document.querySelector('.fields').innerText`).toContain('does not allow the role viewer');
    expect(await findingsHere('with what is wrong')).toEqual([]);
    await browser.evaluate(`document.getElementsByName('allowed_roles.viewer')[0].click()`);
    await text(effect).toContain('Send for confirmation');
    await browser.evaluate(`document.querySelector('#reason').value = 'Less by default'`);
    await browser.leave(`document.querySelector('#effect .main-action').click()`);
    await text('document.body.innerText').toContain('Revision 3 is in force');
    expect(await browser.evaluate('location.pathname')).toBe('/catalog/revisions/3');
  });
});
