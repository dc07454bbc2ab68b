import { afterAll, beforeAll, expect, it } from 'vitest';
import { inBrowser } from '../support/in-browser.ts';
import { type ConsoleBrowser, openConsole } from '../support/console-browser.ts';
import { standBySql } from '../support/standing-by-sql.ts';

// What only a real browser says of the pages about people, customers, resources and records: that nothing hinders anybody, and that
// nothing is wider than the window.

const [sam, priya, anna, sita, omar] = [
  'sam@northwind.example',
  'priya@northwind.example',
  'anna@acme.example',
  'sita@northwind.example',
  'omar@northwind.example',
];

inBrowser('In a real browser', () => {
  let here: ConsoleBrowser;
  let grant: string;
  beforeAll(async () => {
    here = await openConsole();
    const ended = await hold('globex-env', 'read', [priya]);
    await here.web.http.end(ended, 'return');
    grant = await hold('acme-env', 'operate', [priya, anna]);
    await standBySql(here.web.ledger, anna, {
      because: ['member', 'viewer'],
      entitlement: 'northwind-app:view',
    });
  });
  afterAll(() => here?.stop());

  async function hold(resource: string, entitlement: string, approvers: string[]): Promise<string> {
    const wish = {
      resource,
      entitlement,
      period: 'PT1H',
      ticket: 'NW-1',
      justification: 'Replay the import',
    };
    const { body } = await here.web.http.call(sam, 'POST', '/v1/access-requests', wish);
    for (const who of approvers)
      await here.web.http.call(who, 'POST', `/v1/access-requests/${body.id}/decisions`, {
        decision: 'approve',
      });
    return here.web.http.provision(body.id);
  }

  it('a form to add a user to a customer', async () => {
    await here.signIn(omar, '/customers/acme/users/new');
    expect(await here.findings('/customers/acme/users/new')).toEqual([]);
  }, 60_000);

  const idOf = async (email: string): Promise<string> =>
    (await here.web.http.call(sita, 'GET', `/v1/people/${email}`)).body.id;

  it('nothing on a page about people and what they hold hinders anybody', async () => {
    await here.signIn(sita, '/people');
    const paths = ['/people?find=a', '/people?organization=nowhere', `/people/${await idOf(sam)}`];
    for (const path of [...paths, `/people/${await idOf(anna)}`, `/grants/${grant}/revocation`, '/more'])
      expect(await here.findings(path)).toEqual([]);
  }, 60_000);

  it('nothing on a page about customers, resources and who reaches them', async () => {
    const paths = ['/customers', '/customers/acme?from=2026-02-31', '/customers/acme/consent'];
    for (const path of [...paths, '/resources', '/resources/acme-env', '/reach?resource=env'])
      expect(await here.findings(path)).toEqual([]);
  }, 60_000);

  it('nothing on a page of answers and records', async () => {
    const paths = ['/reach?resource=northwind-app', '/requests', '/audit', '/audit?person=nobody'];
    for (const path of paths) expect(await here.findings(path)).toEqual([]);
  }, 60_000);
});
