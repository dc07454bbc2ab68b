import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Listening, startIdentity } from '../support/identity.ts';
import { type Lie, type LyingProvider, startLyingProvider } from '../support/lying-provider.ts';
import { onwardOf, type Shown, startWeb, Visitor, type WebApi } from '../support/web.ts';

// Acme's provider says what it likes. Nobody is signed in by anything but the truth about themselves, told to us, now, by Acme's own.

const anna = 'anna@acme.example';
const tom = 'tom@acme.example';
const now = () => Math.floor(Date.now() / 1_000);

let web: WebApi;
let identity: Listening;
let liar: LyingProvider;
beforeAll(async () => {
  web = await startWeb();
  identity = await startIdentity(web.ledger, web.url);
  liar = await startLyingProvider('tenure-acme');
});
afterAll(async () => {
  await Promise.all([identity.stop(), liar.stop()]);
  await web.stop();
});

const rows = <T>(query: ReturnType<typeof sql>) =>
  web.ledger.owner.db.execute<T & Record<string, unknown>>(query);
const lastRefusal = async () =>
  (
    await rows<{ reason: string }>(sql`
      select t.reason from audit_event e join audit_text t on t.event_id = e.id where e.type = 'sign_in.refused' order by e.id desc limit 1`)
  )[0]?.reason;

afterEach(() => expect(web.http.faults.splice(0)).toEqual([]));
beforeEach(async () => {
  // Its metadata are read anew, and nobody is known by it yet.
  await rows(sql`update sign_in_provider set issuer = ${liar.url}, changed_at = clock_timestamp()
    where organization_id = (select id from organization where key = 'acme') and state = 'live'`);
  await rows(sql`delete from source_identity`);
  liar.lie({});
});

interface Try {
  visitor: Visitor;
  answer: Shown;
}

/** Anna goes there, and comes back with an answer whose token the provider makes up. */
async function comeBackWith(lie: Lie, came: Record<string, string> = {}): Promise<Try> {
  const visitor = new Visitor();
  liar.lie(lie);
  const going = await visitor.post(`${web.url}/sign-in`, { email: anna });
  if (going.status !== 200) return { visitor, answer: going };
  const asked = new URL(onwardOf(going)).searchParams;
  const [state, nonce] = [asked.get('state') ?? '', asked.get('nonce') ?? ''];
  liar.lie({ ...lie, claims: { nonce, email: anna, ...lie.claims } });
  const form = { code: 'a-code', state, iss: liar.url, ...came };
  return { visitor, answer: await visitor.post(`${web.url}/sign-in/callback`, form) };
}

async function expectNobody({ visitor, answer }: Try): Promise<void> {
  expect(answer.status, answer.text.slice(-300)).toBe(403);
  expect(visitor.cookie(web.url, '-session')).toBeUndefined();
  expect((await visitor.send(`${web.url}/v1/me`)).status).toBe(401);
}

it('the truth signs in: what follows fails for what it says', async () => {
  const { visitor, answer } = await comeBackWith({});
  expect(answer.status).toBe(303);
  expect(JSON.parse((await visitor.send(`${web.url}/v1/me`)).text).email).toBe(anna);
  expect(liar.asked().get('code_verifier')).toMatch(/^[\w-]{43}$/);
});

describe('A token is not believed', () => {
  const lies: Record<string, Lie> = {
    'of another issuer': { claims: { iss: 'https://sign-in.acme.example' } },
    'whose issuer differs by a slash': { claims: { iss: 'SLASH' } },
    'for somebody else': { claims: { aud: 'another-client' } },
    'for several, of whom another is meant': { claims: { aud: ['tenure-acme', 'another'], azp: 'another' } },
    'for nobody': { without: ['aud'] },
    'of another attempt': { claims: { nonce: 'of-another-attempt' } },
    'of no attempt': { without: ['nonce'] },
    'without a signature': { signed: 'none' },
    'signed with the secret that we share': { signed: 'hs' },
    'signed with its public key as a secret': { signed: 'hs-public' },
    'signed with a key that is not its own': { signed: 'other' },
    'that is over': { claims: { iat: now() - 600, exp: now() - 60 } },
    'that never ends': { without: ['exp'] },
    'that is not valid yet': { claims: { nbf: now() + 600 } },
    'about nobody': { without: ['sub'] },
    'whose sign-in was at no time': { claims: { auth_time: 'now' } },
    'that is not there': { tokens: { id_token: undefined } },
  };
  it.each(Object.entries(lies))('%s', async (_name, lie) => {
    const claims = lie.claims?.['iss'] === 'SLASH' ? { iss: `${liar.url}/` } : lie.claims;
    await expectNobody(await comeBackWith({ ...lie, ...(claims ? { claims } : {}) }));
    expect(await lastRefusal()).toMatch(/^not-genuine: (OAUTH_|ERR_)/);
  });
});

describe('Coming back is not believed', () => {
  it.each([
    ['from another issuer', { iss: 'https://elsewhere.example' }],
    ['from nobody, where the provider says that it says so', { iss: '' }],
    ['with an error', { error: 'server_error' }],
  ])('%s', async (_name, came) => {
    await expectNobody(await comeBackWith({}, came));
  });

  it('with a state that nobody was given', async () => {
    await expectNobody(await comeBackWith({}, { state: 'A'.repeat(43) }));
  });
});

describe('Nobody is somebody by an address', () => {
  it('that the provider has not confirmed', async () => {
    for (const email_verified of [false, 'false', 'yes', 0, null, undefined]) {
      await expectNobody(await comeBackWith({ claims: { email_verified } }));
      expect(await lastRefusal()).toBe(`unverified-address: ${anna}`);
    }
  });

  it('of a domain that is not the organization’s, whoever has it there', async () => {
    for (const email of [
      'sam@northwind.example',
      'gus@globex.example',
      'x@acme.example.evil.example',
      'x@evil.example@acme.example',
    ]) {
      await expectNobody(await comeBackWith({ claims: { email } }));
      expect(await lastRefusal()).toMatch(/^foreign-domain/);
    }
  });

  it('of a person of another organization, though the domain is its own', async () => {
    await rows(sql`insert into person (id, organization_id, email, name, employment)
      select 'person_01m81sr6qpe00847gar6zw3pkx', id, 'gus@acme.example', 'Gus', 'customer' from organization where key = 'globex'`);
    await expectNobody(await comeBackWith({ claims: { email: 'gus@acme.example' } }));
    expect(await lastRefusal()).toBe('unknown: gus@acme.example');
  });

  it('once another subject of the provider is that person', async () => {
    expect((await comeBackWith({})).answer.status).toBe(303);
    await expectNobody(await comeBackWith({ claims: { sub: 'subject-2' } }));
    expect(await lastRefusal()).toBe(`other-subject: ${anna}`);
  });

  it('and whose subject is known stays who they are, whatever address is said', async () => {
    expect((await comeBackWith({})).answer.status).toBe(303);
    const { visitor } = await comeBackWith({ claims: { email: tom } });
    expect(JSON.parse((await visitor.send(`${web.url}/v1/me`)).text).email).toBe(anna);
    const { visitor: other } = await comeBackWith({
      claims: { email: 'sam@northwind.example', email_verified: false },
    });
    expect(JSON.parse((await other.send(`${web.url}/v1/me`)).text).email).toBe(anna);
  });

  it('and only what was said under the claim that was set up is an address', async () => {
    await expectNobody(await comeBackWith({ claims: { email: { toString: anna } } }));
    await expectNobody(await comeBackWith({ claims: { email: [anna] } }));
    await expectNobody(await comeBackWith({ claims: { email: undefined, upn: anna } }));
    expect(await lastRefusal()).toBe('no-address');
    const { visitor, answer } = await comeBackWith({
      claims: { email: undefined, email_verified: undefined },
      userinfo: { email: anna, email_verified: true },
    });
    expect(answer.status).toBe(303);
    expect((await visitor.send(`${web.url}/v1/me`)).status).toBe(200);
    await rows(sql`delete from source_identity`);
    const mixed = {
      claims: { email: undefined, email_verified: undefined },
      userinfo: { sub: 'subject-2', email: anna, email_verified: true },
    };
    await expectNobody(await comeBackWith(mixed));
  });

  it('and how they signed in is only what is said in words that we know', async () => {
    const { visitor } = await comeBackWith({
      claims: { amr: ['mfa', 7, 'a b', { mfa: true }], acr: 'x'.repeat(300) },
    });
    expect(JSON.parse((await visitor.send(`${web.url}/v1/me`)).text).amr).toEqual(['mfa']);
    const { visitor: other } = await comeBackWith({ claims: { amr: 'mfa' } });
    expect(JSON.parse((await other.send(`${web.url}/v1/me`)).text).amr).toEqual([]);
    const { visitor: third } = await comeBackWith({ claims: { auth_time: now() + 900 } });
    const [session] = JSON.parse((await third.send(`${web.url}/v1/sessions`)).text).items;
    expect(Date.parse(session.auth_time)).toBeLessThanOrEqual(Date.now());
  });
});

describe('A provider is not used', () => {
  it.each([
    ['that calls itself otherwise', { issuer: 'https://sign-in.acme.example' }],
    ['whose tokens come from elsewhere without TLS', { token_endpoint: 'http://evil.example/token' }],
    ['whose keys come from elsewhere without TLS', { jwks_uri: 'http://evil.example/keys' }],
    ['that has no keys', { jwks_uri: undefined }],
    [
      'that signs with nothing that can be checked',
      { id_token_signing_alg_values_supported: ['none', 'HS256'] },
    ],
    ['that cannot do PKCE', { code_challenge_methods_supported: ['plain'] }],
    ['that gives tokens instead of codes', { response_types_supported: ['id_token'] }],
  ])('%s', async (_name, metadata) => {
    const { answer } = await comeBackWith({ metadata });
    expect(answer).toMatchObject({ status: 502, text: expect.stringContaining('doesn’t answer') });
  });
});
