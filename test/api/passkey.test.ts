import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startIdentity } from '../support/identity.ts';
import {
  confirm,
  enrol,
  joinByPasskey,
  say,
  sayAs,
  signedIn,
  signInBy,
  stepUp,
  welcomeLink,
} from '../support/passkeys.ts';
import { makeKey, type SoftKey, useKey } from '../support/soft-authenticator.ts';
import { startWeb, Visitor, type WebApi } from '../support/web.ts';

// Passkeys over HTTP, with an authenticator that can lie. A browser's own part is in test/api/pages-passkey-browser.test.ts.

const sam = 'sam@northwind.example';
const priya = 'priya@northwind.example';
const anna = 'anna@acme.example';
const gus = 'gus@globex.example';

let web: WebApi;
beforeAll(async () => {
  // How often one address may try has a test of its own.
  web = await startWeb({ attemptLimit: { burst: 10_000, perSecond: 100 } });
});
afterAll(() => web.stop());

const owner = <T extends Record<string, unknown>>(query: ReturnType<typeof sql>) =>
  web.ledger.owner.db.execute<T>(query);
const refused = { status: 403, body: { type: 'urn:tenure:problem:passkey-refused' } };

async function me(visitor: Visitor) {
  const shown = await visitor.send(`${web.url}/v1/me`);
  return shown.status === 200 ? JSON.parse(shown.text) : null;
}

/** Types and reasons of what the records say about somebody's passkeys. */
async function events(email: string): Promise<string[]> {
  const rows = await owner<{ said: string }>(sql`
    select e.type || coalesce(': ' || t.reason, '') as said from audit_event e join audit_text t on t.event_id = e.id
      join passkey k on k.id = e.subject_id join person p on p.id = k.person_id
    where p.email = ${email} order by e.id`);
  return rows.map(({ said }) => said);
}

describe('By a welcome', () => {
  it('whoever confirms it makes a passkey, is signed in by it, is told of it, and signs in by it later', async () => {
    const { visitor, key, said } = await joinByPasskey(web, gus);
    expect(said).toEqual({ status: 201, body: { return: '/admin' } });
    expect(await me(visitor)).toMatchObject({ email: gus, amr: ['hwk', 'user', 'mfa'] });
    expect(await events(gus)).toEqual(['passkey.enrolled: by a welcome']);
    const mails = await owner<{ state: string; lines: number }>(sql`
      select m.state, (select count(*)::int from outbox o where o.subject_id = m.id and o.kind = 'mail') as lines
      from mail m join person p on p.id = m.to_person_id where p.email = ${gus} and m.kind = 'passkey-enrolled'`);
    expect([...mails]).toEqual([{ state: 'queued', lines: 1 }]);

    const later = new Visitor();
    expect(await signInBy(web, later, key)).toMatchObject({ status: 201, body: { return: '/admin' } });
    expect(await me(later)).toMatchObject({ email: gus });
  });

  it('the link alone gives nobody a passkey, nor does another browser, nor the same one twice', async () => {
    const link = await welcomeLink(web, anna);
    const options = `${web.url}/sign-in/passkey/welcome/options`;
    const opener = new Visitor();
    await opener.send(link);
    expect(await say(opener, options, {})).toMatchObject(refused);

    const [confirmer, other] = [new Visitor(), new Visitor()];
    await confirm(confirmer, link);
    await other.send(link);
    expect(await say(other, options, {})).toMatchObject(refused);
    const { body } = await say(confirmer, options, {});
    const { credential } = makeKey(web.url, body);
    // Another browser’s answer to this challenge, even with the ticket, is none.
    const copy = confirmer.copy();
    copy.cookies.get('localhost')?.forEach((_value, name, jar) => {
      if (name.endsWith('-browser')) jar.set(name, 'a'.repeat(43));
    });
    expect(await say(copy, `${web.url}/sign-in/passkey/welcome`, { credential })).toMatchObject(refused);
    const again = confirmer.copy();
    expect(await say(confirmer, `${web.url}/sign-in/passkey/welcome`, { credential })).toMatchObject({
      status: 201,
    });
    expect(await say(again, options, {})).toMatchObject(refused);
    expect(await say(again, `${web.url}/sign-in/passkey/welcome`, { credential })).toMatchObject(refused);
  });

  it('ends what the browser was signed in with before', async () => {
    const visitor = await signedIn(web, priya);
    const before = visitor.copy();
    await confirm(visitor, await welcomeLink(web, anna));
    const { body } = await say(visitor, `${web.url}/sign-in/passkey/welcome/options`, {});
    const { credential } = makeKey(web.url, body);
    await say(visitor, `${web.url}/sign-in/passkey/welcome`, { credential });
    expect(await me(visitor)).toMatchObject({ email: anna });
    expect(await me(before)).toBeNull();
  });

  it('a right to make one ends after ten minutes', async () => {
    const visitor = new Visitor();
    await confirm(visitor, await welcomeLink(web, anna));
    await owner(sql`alter table passkey_ticket disable trigger guard_passkey_ticket`);
    await owner(sql`update passkey_ticket set expires_at = tenure_now() where used_at is null`);
    await owner(sql`alter table passkey_ticket enable trigger guard_passkey_ticket`);
    expect(await say(visitor, `${web.url}/sign-in/passkey/welcome/options`, {})).toMatchObject(refused);
  });
});

describe('Signing in', () => {
  let key: SoftKey;
  beforeAll(async () => {
    key = (await joinByPasskey(web, priya)).key;
  });

  it('takes no answer that is for another site, of another kind, or of nobody in particular', async () => {
    const stranger = (await joinByPasskey(web, sam)).key;
    const before = await web.http.count('session');
    for (const lies of [
      { origin: 'https://tenure.example' },
      { origin: web.url.replace('localhost', '127.0.0.1') },
      { rpId: '127.0.0.1' },
      { rpId: 'example' },
      { type: 'webauthn.create' },
      { crossOrigin: true },
      { isUnverified: true },
      { key: stranger.privateKey },
      { userHandle: stranger.userHandle },
      { challenge: 'AAAA' },
    ])
      expect(await signInBy(web, new Visitor(), key, lies), JSON.stringify(lies)).toMatchObject(refused);
    expect(await web.http.count('session')).toBe(before);
    expect(await signInBy(web, new Visitor(), key)).toMatchObject({ status: 201 });
  });

  it('takes an answer once, in time, from the browser that asked, and for this purpose', async () => {
    const visitor = new Visitor();
    const ask = async (one: Visitor) => (await say(one, `${web.url}/sign-in/passkey/options`, {})).body;
    const answer = (one: Visitor, credential: object) =>
      say(one, `${web.url}/sign-in/passkey`, { credential });
    const credential = useKey(web.url, await ask(visitor), key);
    expect(await answer(new Visitor(), credential)).toMatchObject(refused);
    const other = new Visitor();
    await ask(other);
    expect(await answer(other, credential)).toMatchObject(refused);
    expect(await answer(visitor, credential)).toMatchObject({ status: 201 });
    expect(await answer(visitor, credential)).toMatchObject(refused);

    const late = useKey(web.url, await ask(visitor), key);
    await owner(sql`alter table passkey_challenge disable trigger guard_passkey_challenge`);
    await owner(sql`update passkey_challenge set expires_at = tenure_now() where used_at is null`);
    await owner(sql`alter table passkey_challenge enable trigger guard_passkey_challenge`);
    expect(await answer(visitor, late)).toMatchObject(refused);

    // What was asked to step up, or to make a passkey, signs nobody in.
    const session = await signedIn(web, priya, { amr: ['pwd', 'mfa'] });
    const asked = await sayAs(web, session, '/v1/passkeys/step-up', {});
    expect(await answer(session, useKey(web.url, asked.body.options, key))).toMatchObject(refused);
    const making = await sayAs(web, session, '/v1/passkeys/options', {});
    expect(await answer(session, useKey(web.url, { ...making.body, rpId: 'localhost' }, key))).toMatchObject(
      refused,
    );
  });

  it('refuses a counter that goes back, and says so in the records', async () => {
    key.counter = 1_000;
    expect(await signInBy(web, new Visitor(), key)).toMatchObject({ status: 201 });
    for (const counter of [1_001, 7, 0])
      expect(await signInBy(web, new Visitor(), key, { counter })).toMatchObject(refused);
    const noted = (await events(priya)).filter((one) => one.startsWith('passkey.refused'));
    expect(noted).toEqual(Array(3).fill('passkey.refused: its counter went back'));
    expect(await signInBy(web, new Visitor(), key, { counter: 1_002 })).toMatchObject({ status: 201 });
  });

  it('answers the same to a passkey that is unknown and to one that was removed', async () => {
    const unknown = { ...key, id: Buffer.from('nobody knows it').toString('base64url') };
    const toUnknown = await signInBy(web, new Visitor(), unknown);
    const visitor = await signedIn(web, priya, { amr: ['pwd', 'mfa'] });
    const elsewhere = new Visitor();
    await signInBy(web, elsewhere, key);
    const { body } = await sayAs(web, visitor, '/v1/passkeys/options', {});
    expect(body.excludeCredentials).toHaveLength(1);
    const listed = JSON.parse((await visitor.send(`${web.url}/v1/passkeys`)).text).items;
    const removal = await sayAs(web, visitor, `/v1/passkeys/${listed[0].id}/revocation`, { reason: 'Lost' });
    expect(removal).toMatchObject({ status: 201, body: { revoked_by: 'removal' } });
    expect(await signInBy(web, new Visitor(), key)).toEqual(toUnknown);
    // Who signed in with it elsewhere is signed out; who removed it stays.
    expect(await me(elsewhere)).toBeNull();
    expect(await me(visitor)).not.toBeNull();
    const again = await sayAs(web, visitor, `/v1/passkeys/${listed[0].id}/revocation`, {});
    expect(again.status).toBe(409);
  });

  it('is for our own pages, and not too often', async () => {
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'none' },
    ])
      for (const path of ['', '/options', '/welcome', '/welcome/options'])
        expect((await say(new Visitor(), `${web.url}/sign-in/passkey${path}`, {}, headers)).status).not.toBe(
          201,
        );
    const begin = (visitor: Visitor) =>
      visitor.send(`${web.url}/sign-in/passkey/options`, {
        method: 'POST',
        headers: { 'content-type': 'text/plain', 'sec-fetch-site': 'same-origin' },
        body: '{}',
      });
    expect((await begin(new Visitor())).status).toBe(415);
    const few = web.http.over({ publicUrl: web.url, attemptLimit: { burst: 1, perSecond: 0 } });
    const ask = () =>
      few.request('/sign-in/passkey/options', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
        body: '{}',
      });
    expect([(await ask()).status, (await ask()).status]).toEqual([201, 429]);
  });
});

describe('One more', () => {
  it('needs a browser’s session in which they have just shown who they are', async () => {
    const stale = await signedIn(web, anna, { amr: ['pwd', 'mfa'], agoMs: 11 * 60_000 });
    const needed = { status: 403, body: { type: 'urn:tenure:problem:step-up-required', max_age: 600 } };
    expect(await sayAs(web, stale, '/v1/passkeys/options', {})).toMatchObject(needed);
    const byToken = await web.http.call(anna, 'POST', '/v1/passkeys/options', {});
    expect(byToken.status).toBe(403);
    // Anna has one already, so that her password alone is not enough for another.
    const weak = await signedIn(web, anna, { amr: ['pwd'] });
    expect(await sayAs(web, weak, '/v1/passkeys/options', {})).toMatchObject(needed);
    const fresh = await signedIn(web, anna, { amr: ['pwd', 'mfa'] });
    const { said } = await enrol(web, fresh, 'The key on my ring');
    expect(said).toMatchObject({ status: 201, body: { name: 'The key on my ring', made_by: 'self' } });
    expect(said.body).not.toHaveProperty('credential_id');
  });

  it('is somebody’s own: another person’s, another session’s and a second answer are refused', async () => {
    const [hers, his] = [
      await signedIn(web, anna, { amr: ['mfa'] }),
      await signedIn(web, 'tom@acme.example'),
    ];
    const { body } = await sayAs(web, hers, '/v1/passkeys/options', {});
    const { credential } = makeKey(web.url, body);
    expect(await sayAs(web, his, '/v1/passkeys', { name: 'x', credential })).toMatchObject(refused);
    const other = await signedIn(web, anna, { amr: ['mfa'] });
    expect(await sayAs(web, other, '/v1/passkeys', { name: 'x', credential })).toMatchObject(refused);
    const first = await sayAs(web, hers, '/v1/passkeys', { name: 'x', credential });
    expect(first.status).toBe(201);
    expect(await sayAs(web, hers, '/v1/passkeys', { name: 'x', credential })).toMatchObject(refused);
    for (const lies of [{ origin: 'https://tenure.example' }, { rpId: 'x' }, { isUnverified: true }]) {
      const asked = await sayAs(web, hers, '/v1/passkeys/options', {});
      const lie = makeKey(web.url, asked.body, lies).credential;
      expect(await sayAs(web, hers, '/v1/passkeys', { name: 'x', credential: lie })).toMatchObject(refused);
    }
  });

  it('ends at ten', async () => {
    const visitor = await signedIn(web, 'tom@acme.example', { amr: ['mfa'] });
    for (let made = 0; made < 10; made++) expect((await enrol(web, visitor)).said.status).toBe(201);
    const eleventh = await sayAs(web, visitor, '/v1/passkeys/options', {});
    expect(eleventh).toMatchObject({ status: 409, body: { type: 'urn:tenure:problem:passkey-limit' } });
  });

  it('belongs to a name: at an address there are none, and every call says so', async () => {
    const bare = web.http.over({ publicUrl: 'http://127.0.0.1:3000' });
    const begin = await bare.request('/sign-in/passkey/options', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
      body: '{}',
    });
    expect(begin.status).toBe(409);
    expect(await (await bare.request('/sign-in')).text()).not.toContain('passkey');
  });
});

describe('Whoever leaves', () => {
  it('has no passkey any more, and whoever is suspended none for now', async () => {
    const email = 'lena@northwind.example';
    const { key, visitor } = await joinByPasskey(web, email);
    await owner(sql`update person set suspended_at = tenure_now() where email = ${email}`);
    expect(await signInBy(web, new Visitor(), key)).toMatchObject(refused);
    await owner(sql`update person set suspended_at = null where email = ${email}`);
    expect(await signInBy(web, new Visitor(), key)).toMatchObject({ status: 201 });

    const { body } = await web.http.call('ada@northwind.example', 'GET', `/v1/passkeys?person=${email}`);
    expect(body.items).toHaveLength(1);
    const begun = performance.now();
    const gone = await web.http.call('ada@northwind.example', 'POST', `/v1/people/${email}/offboarding`, {
      reason: 'Has left',
    });
    expect(gone.status).toBeLessThan(300);
    expect(await me(visitor)).toBeNull();
    expect(await signInBy(web, new Visitor(), key)).toMatchObject(refused);
    expect(performance.now() - begun).toBeLessThan(5_000);
    expect((await events(email)).at(-1)).toMatch(/^passkey\.revoked: offboarding/);
  });
});

// Last, because from here on providers are live.
it('where an identity provider says who is who, a passkey is a second factor and lets nobody in', async () => {
  const { key } = await joinByPasskey(web, sam);
  const identity = await startIdentity(web.ledger, web.url);
  const answer = await signInBy(web, new Visitor(), key);
  expect(answer).toMatchObject(refused);
  expect(answer.body.detail).toContain('Your organization has its own sign-in');
  expect((await events(sam)).at(-1)).toBe('passkey.refused: their organization has an identity provider');
  const visitor = new Visitor();
  const shown = await confirm(visitor, await welcomeLink(web, sam));
  expect(shown.text).toContain('Northwind Cloud has its own sign-in');
  expect(await say(visitor, `${web.url}/sign-in/passkey/welcome/options`, {})).toMatchObject(refused);
  const session = await signedIn(web, sam);
  expect((await stepUp(web, session, key, { kind: 'session' })).status).toBe(201);
  expect(await me(session)).toMatchObject({ amr: ['hwk', 'user', 'mfa'] });
  await identity.stop();
});
