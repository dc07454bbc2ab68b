import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { uncheckableProviders } from '../../api/operations/check-providers.ts';
import { providerFetch } from '../../api/sign-in/provider-fetch.ts';
import { type Listening, startIdentity } from '../support/identity.ts';
import { type LyingProvider, startLyingProvider } from '../support/lying-provider.ts';
import { onwardOf, type Shown, signIn, startWeb, Visitor, type WebApi } from '../support/web.ts';

const anna = 'anna@acme.example';
const gus = 'gus@globex.example';
const ada = 'ada@northwind.example';
const omar = 'omar@northwind.example';
const sita = 'sita@northwind.example';

let web: WebApi;
let identity: Listening;
let provider: LyingProvider;
const records = new Map<string, string[][]>();
beforeAll(async () => {
  web = await startWeb({ resolveTxt: (domain) => Promise.resolve(records.get(domain) ?? []) });
  identity = await startIdentity(web.ledger, web.url);
  provider = await startLyingProvider('globex-tenure');
});
afterAll(async () => {
  await Promise.all([identity.stop(), provider.stop()]);
  await web.stop();
});
afterEach(() => expect(web.http.faults.splice(0)).toEqual([]));
beforeEach(() => provider.lie({}));

const rows = <T>(query: ReturnType<typeof sql>) =>
  web.ledger.owner.db.execute<T & Record<string, unknown>>(query);
const call = (who: string, method: string, path: string, body?: unknown) =>
  web.http.call(who, method, path, body);
const wish = () => ({
  name: 'Globex’s sign-in',
  issuer: provider.url,
  client_id: provider.clientId,
  client_secret: provider.secret,
});
const draft = (who = gus, organization = 'globex', changed = {}) =>
  call(who, 'POST', `/v1/organizations/${organization}/sign-in-providers`, { ...wish(), ...changed });
const post = (who: string, path: string, body: object = {}) => call(who, 'POST', path, body);

async function claim(who: string, organization: string, domain: string) {
  return (await post(who, `/v1/organizations/${organization}/sign-in-domains`, { domain })).body;
}

/** Goes where a trial leads, as the provider's own somebody, with the browser that the trial was begun in. */
async function tryAs(who: string, id: string, claims: Record<string, unknown>): Promise<Shown> {
  const begun = await post(who, `/v1/sign-in-providers/${id}/trial`);
  const visitor = new Visitor();
  // The browser keeps what the answer sets.
  visitor.cookies.set('localhost', cookiesOf(begun.headers));
  const asked = new URL(begun.body.url).searchParams;
  provider.lie({ claims: { nonce: asked.get('nonce'), ...claims } });
  const form = { code: 'a-code', state: asked.get('state') ?? '', iss: provider.url };
  return visitor.post(`${web.url}/sign-in/callback`, form);
}

function cookiesOf(headers: Headers): Map<string, string> {
  const pairs = headers.getSetCookie().map((line) => /^([^=]+)=([^;]*)/.exec(line) ?? []);
  return new Map(pairs.map(([, name = '', value = '']) => [name, value]));
}

describe('A customer’s own provider', () => {
  it('is written down, tried, and goes live; then its people sign in through it', async () => {
    const { body, status } = await draft();
    expect({ status, body }).toMatchObject({
      status: 201,
      body: { state: 'draft', has_client_secret: true },
    });
    expect(JSON.stringify(body)).not.toContain(provider.secret);
    const path = `/v1/sign-in-providers/${body.id}`;
    expect((await post(gus, `${path}/go-live`)).body).toMatchObject({ type: 'urn:tenure:problem:not-tried' });
    const tried = await tryAs(gus, body.id, { email: gus });
    expect(tried).toMatchObject({ status: 200, text: expect.stringContaining('works') });
    expect(tried.text).toContain('Its domain isn’t proven');
    expect(tried.headers.getSetCookie().join()).not.toContain('-session');
    expect((await call(gus, 'GET', path)).body.state).toBe('tried');
    expect((await post(omar, `${path}/go-live`)).body).toMatchObject({
      type: 'urn:tenure:problem:not-proven',
    });
    const domain = await claim(gus, 'globex', 'Globex.Example.');
    expect(domain).toMatchObject({ domain: 'globex.example', proof: null });
    records.set('globex.example', [
      ['v=spf1 -all'],
      [domain.txt_record.slice(0, 20), domain.txt_record.slice(20)],
    ]);
    expect((await post(gus, `/v1/sign-in-domains/${domain.id}/verification`)).body).toMatchObject({
      proof: 'dns',
    });
    expect((await post(gus, `${path}/go-live`)).body).toMatchObject({
      type: 'urn:tenure:problem:self-approval',
    });
    expect((await post(omar, `${path}/go-live`)).body).toMatchObject({
      state: 'live',
      changed_by: { email: gus },
    });
    const visitor = new Visitor();
    const going = await visitor.post(`${web.url}/sign-in`, { email: gus });
    const asked = new URL(onwardOf(going)).searchParams;
    provider.lie({ claims: { nonce: asked.get('nonce'), email: gus } });
    const form = { code: 'a-code', state: asked.get('state') ?? '', iss: provider.url };
    expect((await visitor.post(`${web.url}/sign-in/callback`, form)).status).toBe(303);
    expect(JSON.parse((await visitor.send(`${web.url}/v1/me`)).text).email).toBe(gus);
    // Retiring it signs them out.
    expect((await post(gus, `${path}/retirement`, { reason: 'Another one' })).body.state).toBe('retired');
    expect((await visitor.send(`${web.url}/v1/me`)).status).toBe(401);
    expect((await new Visitor().post(`${web.url}/sign-in`, { email: gus })).status).toBe(422);
    const types = await rows<{ type: string }>(sql`
      select type from audit_event where subject_id in (${body.id}, ${domain.id}) order by id`);
    expect(types.map(({ type }) => type)).toEqual([
      'sign_in_provider.saved',
      'sign_in_provider.tried',
      'sign_in_domain.claimed',
      'sign_in_domain.proven',
      'sign_in_provider.live',
      'sign_in_provider.retired',
    ]);
  });

  it('has to be tried anew after a change, and what lives does not change', async () => {
    const { id } = (await draft()).body;
    const path = `/v1/sign-in-providers/${id}`;
    await tryAs(gus, id, { email: gus });
    const changed = await call(gus, 'PUT', path, {
      ...wish(),
      name: 'Another',
      client_secret: undefined,
    });
    expect(changed.body).toMatchObject({ state: 'draft', tried_at: null, has_client_secret: true });
    expect((await post(gus, `${path}/go-live`)).status).toBe(409);
    const [live] = (await call(ada, 'GET', '/v1/organizations/acme/sign-in-providers')).body.items;
    expect(live.state).toBe('live');
    expect(await call(ada, 'PUT', `/v1/sign-in-providers/${live.id}`, wish())).toMatchObject({ status: 409 });
  });

  it('is not forward when it was changed while somebody tried it, or says nothing that could be used', async () => {
    const { id } = (await draft()).body;
    const begun = await post(gus, `/v1/sign-in-providers/${id}/trial`);
    await call(gus, 'PUT', `/v1/sign-in-providers/${id}`, wish());
    const visitor = new Visitor();
    visitor.cookies.set('localhost', cookiesOf(begun.headers));
    const asked = new URL(begun.body.url).searchParams;
    provider.lie({ claims: { nonce: asked.get('nonce'), email: gus } });
    await visitor.post(`${web.url}/sign-in/callback`, {
      code: 'c',
      state: asked.get('state') ?? '',
      iss: provider.url,
    });
    // It was tried as it is now, since it was read after the change.
    expect((await call(gus, 'GET', `/v1/sign-in-providers/${id}`)).body.state).toBe('tried');
    const other = (await draft()).body;
    for (const claims of [
      { email: undefined },
      { email: gus, email_verified: false },
      { email: gus, aud: 'x' },
    ])
      expect((await tryAs(gus, other.id, claims)).status).toBe(403);
    expect((await call(gus, 'GET', `/v1/sign-in-providers/${other.id}`)).body.state).toBe('draft');
  });

  it('is not what the vendor alone says: it would say who its administrators are', async () => {
    const { body } = await draft(ada, 'acme');
    const shown = await tryAs(ada, body.id, { email: ada });
    expect(shown.status, shown.text.slice(-600)).toBe(200);
    const refused = await post(omar, `/v1/sign-in-providers/${body.id}/go-live`);
    expect(refused).toMatchObject({ status: 403, body: { type: 'urn:tenure:problem:forbidden' } });
    expect((await call(anna, 'GET', `/v1/sign-in-providers/${body.id}`)).body.state).toBe('tried');
  });

  it('is nobody else’s business', async () => {
    const { id } = (await draft()).body;
    expect((await draft(anna)).status).toBe(404);
    expect((await draft(gus, 'northwind')).status).toBe(404);
    expect((await draft('sam@northwind.example')).status).toBe(403);
    expect((await call(anna, 'GET', `/v1/sign-in-providers/${id}`)).status).toBe(404);
    expect((await call(anna, 'PUT', `/v1/sign-in-providers/${id}`, wish())).status).toBe(404);
    for (const step of ['trial', 'go-live'])
      expect((await post(anna, `/v1/sign-in-providers/${id}/${step}`)).status).toBe(404);
    expect((await call(omar, 'GET', `/v1/sign-in-providers/${id}`)).status).toBe(200);
  });

  it('keeps its secret sealed, and the same secret is another’s in no other row', async () => {
    await draft();
    const [row] = await rows<{ sealed: string }>(
      sql`select sealed_client_secret as sealed from sign_in_provider where created_by is not null order by id desc limit 1`,
    );
    expect(row?.sealed).toMatch(/^v1\./);
    expect(row?.sealed).not.toContain(provider.secret);
  });
});

describe('A provider is refused when it is written down', () => {
  it.each([
    ['that does not answer', { issuer: 'https://127.0.0.1:1' }],
    ['without TLS elsewhere than on this machine', { issuer: 'http://sign-in.globex.example' }],
    ['with sign-in data in its address', { issuer: 'https://user:secret@sign-in.globex.example' }],
    ['with a query in its address', { issuer: 'https://sign-in.globex.example?tenant=1' }],
    ['that is no address', { issuer: 'sign-in.globex.example' }],
    ['that is a file', { issuer: 'file:///etc/passwd' }],
  ])('%s', async (_name, changed) => {
    const { status, body } = await draft(gus, 'globex', changed);
    expect({ status, body }).toMatchObject({
      status: 422,
      body: { type: 'urn:tenure:problem:provider-refused', errors: [{ pointer: '/issuer' }] },
    });
  });

  it.each([
    ['that calls itself otherwise', { issuer: 'https://sign-in.globex.example' }],
    ['that signs with nothing that can be checked', { id_token_signing_alg_values_supported: ['none'] }],
    ['that has no keys', { jwks_uri: undefined }],
    ['that cannot do PKCE', { code_challenge_methods_supported: ['plain'] }],
  ])('%s', async (_name, metadata) => {
    provider.lie({ metadata });
    expect((await draft()).body).toMatchObject({ type: 'urn:tenure:problem:provider-refused' });
  });

  it('whose issuer differs by a slash from what it calls itself', async () => {
    expect((await draft(gus, 'globex', { issuer: `${provider.url}/` })).body.type).toBe(
      'urn:tenure:problem:provider-refused',
    );
  });

  it('without a client, and with claims that say something else', async () => {
    expect((await draft(gus, 'globex', { client_id: '' })).status).toBe(422);
    expect((await draft(gus, 'globex', { claims: { email: 'sub' } })).status).toBe(422);
    expect((await draft(gus, 'globex', { claims: { email_verified: '__proto__' } })).status).toBe(422);
  });
});

describe('A mail domain', () => {
  it('is proven by its own TXT record, which is another one for everybody who claims it', async () => {
    const [theirs, ours] = [
      await claim(gus, 'globex', 'shared.example'),
      await claim(anna, 'acme', 'shared.example'),
    ];
    expect(theirs.txt_record).not.toBe(ours.txt_record);
    const verify = (who: string, id: string) => post(who, `/v1/sign-in-domains/${id}/verification`);
    expect((await verify(gus, theirs.id)).body.type).toBe('urn:tenure:problem:not-proven');
    records.set('shared.example', [
      [`x${ours.txt_record}`],
      [`${ours.txt_record}x`],
      ['tenure-verification='],
    ]);
    expect((await verify(anna, ours.id)).status).toBe(409);
    records.set('shared.example', [[ours.txt_record]]);
    expect((await verify(gus, theirs.id)).status).toBe(409);
    expect((await verify(gus, ours.id)).status).toBe(404);
    expect((await verify(anna, ours.id)).body.proof).toBe('dns');
    // Whoever has it keeps it until they give it up, whatever the DNS says then.
    records.set('shared.example', [[theirs.txt_record]]);
    expect((await verify(gus, theirs.id)).body.type).toBe('urn:tenure:problem:domain-taken');
    for (const who of [omar]) await post(who, `/v1/sign-in-domains/${theirs.id}/acceptance`);
    expect((await post(sita, `/v1/sign-in-domains/${theirs.id}/acceptance`)).body.type).toBe(
      'urn:tenure:problem:domain-taken',
    );
    await post(anna, `/v1/sign-in-domains/${ours.id}/removal`);
    expect((await verify(gus, theirs.id)).body.proof).toBe('dns');
  });

  it('or by two of the vendor’s people who did not ask for it', async () => {
    const asked = await claim(ada, 'acme', 'acme.company.example');
    const accept = (who: string) => post(who, `/v1/sign-in-domains/${asked.id}/acceptance`);
    expect((await accept(ada)).body.type).toBe('urn:tenure:problem:self-approval');
    expect((await accept(anna)).status).toBe(403);
    expect((await accept('sam@northwind.example')).status).toBe(403);
    expect((await accept(omar)).body).toMatchObject({ proof: null, accepted_by: [{ email: omar }] });
    expect((await accept(omar)).body.type).toBe('urn:tenure:problem:nothing-to-change');
    expect((await accept(sita)).body).toMatchObject({
      proof: 'accepted',
      accepted_by: [{ email: omar }, { email: sita }],
    });
  });

  it('is one: no address, no name of this machine, no number', async () => {
    for (const domain of [
      'localhost',
      'a@b.example',
      'http://x.example',
      '127.0.0.1',
      'x..example',
      '-x.example',
      'ä.example',
      '',
    ])
      expect((await post(gus, '/v1/organizations/globex/sign-in-domains', { domain })).status, domain).toBe(
        422,
      );
    expect(
      (await post(gus, '/v1/organizations/globex/sign-in-domains', { domain: 'shared.example' })).status,
    ).toBe(409);
  });
});

describe('What stands for the example’s provider', () => {
  it('counts nowhere but on a local installation', async () => {
    const production = web.http.over({ isLocal: false });
    const begin = (api: { request: typeof production.request }) =>
      api.request('/sign-in', {
        method: 'POST',
        headers: { 'sec-fetch-site': 'same-origin', 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ email: anna }).toString(),
      });
    expect((await begin(web.http.api)).status).toBe(200);
    // Its domain is proven by nobody there.
    expect((await begin(production)).status).toBe(422);
    await rows(sql`alter table sign_in_domain disable trigger user`);
    await rows(sql`update sign_in_domain set proof = 'dns' where domain = 'acme.example'`);
    // And it has no TLS.
    expect((await begin(production)).status).toBe(502);
    await rows(sql`update sign_in_domain set proof = 'local' where domain = 'acme.example'`);
    await rows(sql`alter table sign_in_domain enable trigger user`);
    expect(await uncheckableProviders(web.ledger.app, true)).toEqual([]);
    expect(await uncheckableProviders(web.ledger.app, false)).toHaveLength(2);
  });

  it('is left alone where the organization has set up its own', async () => {
    await rows(sql`alter table sign_in_provider disable trigger user`);
    await rows(sql`update sign_in_provider set issuer = 'https://sign-in.northwind.example', created_by = (select id from person where email = ${ada})
      where organization_id = (select id from organization where key = 'northwind')`);
    await rows(sql`alter table sign_in_provider enable trigger user`);
    const again = await startIdentity(web.ledger, web.url);
    const live = await rows<{ key: string; issuer: string }>(sql`
      select o.key, issuer from sign_in_provider i join organization o on o.id = i.organization_id where i.state = 'live' order by 1`);
    expect(live).toEqual([
      { key: 'acme', issuer: again.url },
      { key: 'northwind', issuer: 'https://sign-in.northwind.example' },
    ]);
    expect((await signIn(new Visitor(), web.url, anna)).status).toBe(303);
    await again.stop();
  });
});

describe('What a customer names leads to no inner network', () => {
  it('by its address, by a name, nor by anything that is sent on', async () => {
    const fetchOutside = providerFetch({ outsideOnly: true });
    const options = { method: 'GET' as const, headers: {}, body: undefined, redirect: 'manual' as const };
    for (const address of [
      provider.url,
      provider.url.replace('127.0.0.1', 'localhost'),
      'http://[::1]:1',
      'http://127.1:1',
    ])
      await expect((async () => fetchOutside(address, options))()).rejects.toThrow(/inner address/i);
    const fetchAny = providerFetch({ outsideOnly: false });
    expect((await fetchAny(`${provider.url}/keys`, options)).status).toBe(200);
  });
});
