import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../support/api.ts';
import { type Listening, startIdentity } from '../support/identity.ts';
import { hiddenOf, type Shown, startWeb, type WebApi } from '../support/web.ts';

// What a customer's administrators see of the vendor's access to their data, and do about it; over HTTP, without scripts.

const [sam, mei, priya] = ['sam@northwind.example', 'mei@northwind.example', 'priya@northwind.example'];
const [anna, tom, gus] = ['anna@acme.example', 'tom@acme.example', 'gus@globex.example'];

let web: WebApi;
let identity: Listening;
beforeAll(async () => {
  web = await startWeb();
  identity = await startIdentity(web.ledger, web.url);
});
afterAll(async () => {
  await identity?.stop();
  await web?.stop();
});
afterEach(() => expect(web.http.faults.splice(0)).toEqual([]));

const read = ({ status, headers, body }: Answer, url: string): Shown => ({
  status,
  headers,
  text: String(body),
  url,
});
/** Globex has no provider: Gus comes with a token. */
const look = async (who: string, path: string): Promise<Shown> =>
  who === gus
    ? read(await web.http.call(gus, 'GET', path, undefined, { headers: { accept: 'text/html' } }), path)
    : (await web.as(who)).send(web.url + path);
const send = async (
  who: string,
  from: string,
  path: string,
  typed: Record<string, string> = {},
): Promise<Shown> => {
  const { csrf = '', digest = '' } = hiddenOf(await look(who, from));
  const form = { csrf, digest, ...typed };
  if (who !== gus) return (await web.as(who)).post(web.url + path, form);
  const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' };
  const raw = new URLSearchParams(form).toString();
  return read(await web.http.call(gus, 'POST', path, undefined, { headers, raw }), path);
};
/** What is read, without tags. */
const words = ({ text }: Shown) =>
  text
    .replaceAll(/<(script|style)[^]*?<\/\1>/g, '')
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll('&#39;', "'")
    .replaceAll(/\s+/g, ' ');

async function ask(
  who: string,
  resource: string,
  entitlement = 'read',
): Promise<{ id: string; reference: string }> {
  const wish = {
    resource,
    entitlement,
    period: 'PT1H',
    justification: 'Replay <b>the import</b>',
    ticket: 'NW-4821',
  };
  const { body } = await web.http.call(who, 'POST', '/v1/access-requests', wish);
  return body;
}
const decide = (who: string, id: string, decision = 'approve') =>
  web.http.call(who, 'POST', `/v1/access-requests/${id}/decisions`, { decision, comment: 'Known' });
const stateOf = async (id: string) =>
  (await web.http.call(sam, 'GET', `/v1/access-requests/${id}`)).body.state;

describe('Vendor access in the panel', () => {
  it('says so where there is none', async () => {
    const shown = await look(gus, '/admin/access');
    expect(shown.status).toBe(200);
    const text = words(shown);
    expect(text).toContain('Nobody from Northwind Cloud can reach your data now');
    expect(text).toContain('That’s the normal state');
    expect(text).toContain('Nobody had access in that time');
    expect(text).toContain('Northwind Cloud’s people need none of you.');
  });

  it('shows first what waits, and is approved by the customer alone on its own side', async () => {
    const { id, reference } = await ask(sam, 'acme-env', 'operate');
    const shown = await look(anna, '/admin/access');
    expect(shown.text).toContain('Replay &lt;b&gt;the import');
    expect(words(shown)).toContain("Sam asks for Acme's environment, operate, for 1 h");
    expect(shown.text.indexOf('Read and decide')).toBeLessThan(shown.text.indexOf('id="now"'));
    const page = await look(anna, `/admin/access/${reference}`);
    expect(words(page)).toContain('Missing Marek or Priya; Anna or Tom');

    // The comment that is needed to deny stands at its field, with what was typed kept.
    const without = await send(anna, `/admin/access/${reference}`, `/admin/access/${reference}`, {
      decision: 'deny',
    });
    expect(without.status).toBe(422);
    expect(without.text).toContain('aria-invalid="true"');
    const other = { decision: 'approve', digest: 'sha256:other', comment: 'Kept words' };
    const changed = await send(anna, `/admin/access/${reference}`, `/admin/access/${reference}`, other);
    expect([changed.status, changed.text.includes('Kept words')]).toEqual([409, true]);
    expect(await stateOf(id)).toBe('waiting');

    const said = await send(anna, `/admin/access/${reference}`, `/admin/access/${reference}`, {
      decision: 'approve',
      comment: 'Fine',
    });
    expect([said.status, said.headers.get('location')]).toEqual([303, `/admin/access/${reference}`]);
    expect(await stateOf(id)).toBe('waiting');
    // Now it waits for others.
    const after = words(await look(anna, '/admin/access'));
    expect(after).toContain('Waits for others');
    expect(after).toContain('Waits for Marek or Priya.');
    await decide(priya, id);
    expect(await stateOf(id)).toBe('approved');
    await web.http.provision(id);
    const held = words(await look(anna, `/admin/access/${reference}`));
    expect(held).toContain("Sam can reach Acme's environment");
    expect(held).toContain('Agreed Priya at Northwind Cloud and Anna');
    expect(held).not.toMatch(/workflow|connector|postgres|sha256|policy_version/i);
    const twice = await send(anna, `/admin/access/${reference}`, `/admin/access/${reference}`, {
      decision: 'approve',
    });
    expect(twice.status).toBe(409);
  });

  it('shows who reaches the data now, and ends it at once', async () => {
    const asked = await ask(mei, 'acme-env', 'administer');
    const grantId = await web.http.provision(asked.id);
    const shown = await look(tom, '/admin/access');
    const text = words(shown);
    expect(text).toContain('2 people from Northwind Cloud can reach your data now');
    expect(text).toContain('Emergency, reported');
    expect(text).toContain('Approved by nobody; it was reported to you.');
    expect(shown.text).toContain(`/admin/access/${grantId}/end`);

    const ended = await send(tom, '/admin/access', `/admin/access/${grantId}/end`);
    expect([ended.status, ended.headers.get('location')]).toEqual([303, '/admin/access']);
    const { body } = await web.http.call(tom, 'GET', `/v1/grants/${grantId}`);
    expect(body).toMatchObject({ state: 'overdue', ended_by: null });
    // Ordered, and not confirmed: said honestly.
    const late = words(await look(tom, '/admin/access'));
    expect(late).toContain('Mei’s access has ended but isn’t confirmed gone. We keep trying.');
    const again = await send(tom, '/admin/access', `/admin/access/${grantId}/end`);
    expect(again.status).toBe(409);
    await web.http.end(grantId, 'revocation');
    const past = words(await look(tom, '/admin/access'));
    expect(past).toContain('Tom ended it');
    expect(past).toContain('“By the customer’s administrator, in the panel.”');

    // From its own page, with a reason.
    const other = await ask(mei, 'acme-env', 'administer');
    const second = await web.http.provision(other.id);
    const path = `/admin/access/${other.reference}`;
    const tooLong = await send(anna, path, `${path}/end`, { reason: 'x'.repeat(2_001) });
    expect([tooLong.status, tooLong.text.includes('At most 2000 characters.')]).toEqual([422, true]);
    expect((await send(anna, path, `${path}/end`, { reason: 'Not now' })).status).toBe(303);
    await web.http.end(second, 'revocation');
    expect(words(await look(anna, path))).toContain('Anna ended it');
  });

  it('keeps the history by period, page by page, and as a file', async () => {
    const ids = [];
    for (let at = 0; at < 26; at++) {
      const { id } = await ask(mei, 'globex-env', 'administer');
      ids.push(await web.http.provision(id));
      await web.http.end(ids.at(-1) ?? '', 'time');
    }
    const first = await look(gus, '/admin/access');
    const older = /href="([^"]*after=[^"]*)"/.exec(first.text)?.[1]?.replaceAll('&amp;', '&') ?? '';
    expect(older).toContain('#history');
    const second = await look(gus, older.replace('#history', ''));
    expect(words(second)).toContain('Back to the newest');
    expect(words(second)).toContain('1 access');
    const wrong = await look(gus, '/admin/access?from=2026-02-31&to=2026-03-01');
    expect(wrong.status).toBe(422);
    expect(words(await look(gus, '/admin/access?from=2020-01-01&to=2020-01-02'))).toContain(
      'Nobody had access in that time',
    );
    const csv = await look(gus, '/admin/access.csv?from=2026-01-01T00:00:00Z&to=2036-01-01T00:00:00Z');
    expect(csv.headers.get('content-disposition')).toBe(
      'attachment; filename="vendor-access-2026-01-01-to-2036-01-01.csv"',
    );
    expect(csv.text.trimEnd().split('\r\n')).toHaveLength(27);
    expect(csv.text).not.toContain('acme');
  });

  it('says which access they approve, and lets them ask for more', async () => {
    const path = '/admin/access/rules';
    expect(words(await look(gus, path))).toContain(
      'Northwind Cloud’s people reach your data without asking you',
    );
    const bad = await send(gus, path, path, {
      'about-restricted': 'yes',
      'within-restricted': 'PT1S',
      'emergency-restricted': 'report',
    });
    expect([bad.status, bad.text.includes('An ISO 8601 period from PT5M to P7D.')]).toEqual([422, true]);
    expect(bad.text).toMatch(/name="about-restricted" value="yes" checked/);
    const said = await send(gus, path, path, {
      'about-confidential': 'yes',
      'within-confidential': 'PT1H',
      'emergency-confidential': 'refuse',
      'about-restricted': 'yes',
      'within-restricted': 'PT1H',
      'emergency-restricted': 'refuse',
      reason: 'Our auditors',
    });
    expect([said.status, said.headers.get('location')]).toEqual([303, path]);
    const after = words(await look(gus, path));
    expect(after).toContain('You approve what Northwind Cloud’s people reach');
    expect(after).toContain('Confidential Yes, within 1 h Not without you');
    expect(after).toContain('Public No At once, and you are told');
    expect(words(await look(gus, '/admin/access'))).toContain(
      'You approve access to confidential and restricted data, within 1 h.',
    );
    const same = {
      'about-confidential': 'yes',
      'within-confidential': 'PT1H',
      'emergency-confidential': 'refuse',
      'about-restricted': 'yes',
      'within-restricted': 'PT1H',
      'emergency-restricted': 'refuse',
    };
    expect((await send(gus, path, path, same)).status).toBe(409);
    expect((await send(gus, path, path, { 'within-restricted': 'PT1H' })).status).toBe(303);
  });

  it('keeps each kind of data as strict as it is, where the form is sent as it stands', async () => {
    const path = '/admin/access/rules';
    const rules = [
      { classifications: ['restricted'], within: 'PT30M', emergency: 'refuse' },
      { classifications: ['confidential'], within: 'P1D', emergency: 'report' },
    ];
    const put = (of: object[]) =>
      web.http.call(gus, 'PUT', '/v1/customers/globex/consent', { rules: of, reason: 'Our auditors' });
    expect((await put(rules)).status).toBe(200);
    const page = await look(gus, path);
    const ticked = [...page.text.matchAll(/name="(about-\w+)" value="yes" checked/g)].map((one) => [
      one[1] ?? '',
      'yes',
    ]);
    const chosen = [...page.text.matchAll(/<select id="([\w-]+)".*?<option value="(\w+)" selected/gs)].map(
      (one) => [one[1] ?? '', one[2] ?? ''],
    );
    expect(chosen).toHaveLength(8);
    const standing = Object.fromEntries([...ticked, ...chosen]);
    expect(standing).toMatchObject({
      'within-restricted': 'PT30M',
      'emergency-restricted': 'refuse',
      'within-confidential': 'P1D',
    });
    expect((await send(gus, path, path, standing)).status).toBe(409);
    expect(
      (
        await send(gus, path, path, {
          ...standing,
          'about-public': 'yes',
          'within-public': 'P1D',
          'emergency-public': 'report',
        })
      ).status,
    ).toBe(303);
    const { body } = await web.http.call(gus, 'GET', '/v1/customers/globex/consent');
    expect(body.own).toEqual(
      expect.arrayContaining([rules[0], { ...rules[1], classifications: ['public', 'confidential'] }]),
    );
    expect((await put([])).status).toBe(200);
  });

  it('is nobody else’s: other customers, other people of this one, the vendor’s own', async () => {
    const { id, reference } = await ask(sam, 'acme-env', 'read');
    const granted = await ask(mei, 'acme-env', 'administer');
    const grantId = await web.http.provision(granted.id);
    for (const [who, status] of [
      [gus, 404],
      [sam, 403],
      [priya, 403],
    ] as const) {
      const fallback = who === gus ? '/admin/access' : '/';
      const forms = [
        [`/admin/access/${reference}`, { decision: 'approve' }],
        [`/admin/access/${id}`, { decision: 'approve' }],
        [`/admin/access/${grantId}/end`, {}],
        [`/admin/access/${granted.reference}/end`, {}],
      ] as const;
      expect((await look(who, `/admin/access/${reference}`)).status).toBe(status);
      for (const [path, typed] of forms) expect((await send(who, fallback, path, typed)).status).toBe(status);
    }
    expect((await look(gus, '/admin/access')).text).not.toContain(reference);
    expect((await look(sam, '/admin/access')).status).toBe(403);
    // Her own requests are no vendor's access; another's grant and unknown ids are answered alike.
    expect((await look(anna, '/admin/access/AR-999999')).status).toBe(404);
    expect(await stateOf(id)).toBe('waiting');
    // Without the mark of the session nothing is done.
    const visitor = await web.as(anna);
    const forged = await visitor.post(`${web.url}/admin/access/${grantId}/end`, { csrf: 'guessed' });
    expect(forged.status).toBe(403);
    const elsewhere = await visitor.post(
      `${web.url}/admin/access/${grantId}/end`,
      {},
      { 'sec-fetch-site': 'cross-site' },
    );
    expect(elsewhere.status).toBe(403);
    expect((await web.http.call(anna, 'GET', `/v1/grants/${grantId}`)).body.state).toBe('held');
    // The positive control.
    expect((await look(anna, `/admin/access/${reference}`)).status).toBe(200);
    expect((await send(anna, '/admin/access', `/admin/access/${grantId}/end`)).status).toBe(303);
    const rows = await web.ledger.owner.db.execute(sql`select 1 from decision where request_id = ${id}`);
    expect(rows).toHaveLength(0);
  });
});
