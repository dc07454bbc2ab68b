import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Listening, startIdentity } from '../support/identity.ts';
import { comeBack, hiddenOf, onwardOf, signIn, startWeb, Visitor, type WebApi } from '../support/web.ts';

const sam = 'sam@northwind.example';
const anna = 'anna@acme.example';

let web: WebApi;
let identity: Listening;
beforeAll(async () => {
  web = await startWeb();
  identity = await startIdentity(web.ledger, web.url);
});
afterAll(async () => {
  await identity.stop();
  await web.stop();
});
afterEach(() => expect(web.http.faults.splice(0)).toEqual([]));

const rows = <T>(query: ReturnType<typeof sql>) =>
  web.ledger.owner.db.execute<T & Record<string, unknown>>(query);
const events = async (type: string) =>
  rows<{ reason: string | null }>(sql`
    select t.reason from audit_event e join audit_text t on t.event_id = e.id where e.type = ${type} order by e.id`);
const me = async (visitor: Visitor) => {
  const { status, text } = await visitor.send(`${web.url}/v1/me`);
  return status === 200 ? JSON.parse(text).email : status;
};
const finish = (visitor: Visitor, form: Record<string, string>, headers = {}) =>
  visitor.post(`${web.url}/sign-in/callback`, form, headers);

describe('Signing in', () => {
  it('goes to the provider of the address’s domain, comes back, and begins a session', async () => {
    const visitor = new Visitor();
    const answer = await signIn(visitor, web.url, sam);
    expect(answer).toMatchObject({ status: 303, text: '' });
    expect(answer.headers.get('location')).toBe('/');
    const { text } = await visitor.send(`${web.url}/v1/me`);
    expect(JSON.parse(text)).toMatchObject({ email: sam, amr: ['pwd', 'otp', 'mfa'] });
    expect((await events('session.begun')).at(-1)).toEqual({ reason: 'oidc: pwd otp mfa' });
    expect(await events('identity.linked')).toHaveLength(1);
    const page = await visitor.send(`${web.url}/sign-in`);
    expect(page.text).toContain('You’re signed in, Sam');
  });

  it('says how somebody signed in, as their provider says it', async () => {
    const visitor = new Visitor();
    await signIn(visitor, web.url, sam, 'pwd');
    const { text } = await visitor.send(`${web.url}/v1/me`);
    expect(JSON.parse(text).amr).toEqual(['pwd']);
  });

  it('leads a customer’s people to their own provider, and home', async () => {
    const visitor = new Visitor();
    const going = await visitor.post(`${web.url}/sign-in`, { email: ` ${anna.toUpperCase()} ` });
    expect(new URL(onwardOf(going)).searchParams.get('client_id')).toBe('tenure-acme');
    const answer = await signIn(visitor, web.url, anna);
    expect(answer.headers.get('location')).toBe('/admin');
    expect(await me(visitor)).toBe(anna);
  });

  it('sets cookies that no script reads, no other site sends, and no other installation reads', async () => {
    const visitor = new Visitor();
    const answer = await signIn(visitor, web.url, sam);
    const [installation] = await rows<{ id: string }>(sql`select id from installation`);
    const cookie = answer.headers.getSetCookie().find((line) => line.includes('-session='));
    expect(cookie).toMatch(new RegExp(`^tenure-${installation?.id}-session=[\\w-]{43}\\.[\\w-]{43}; `));
    expect(cookie).toMatch(/HttpOnly/);
    expect(cookie).toMatch(/SameSite=Strict/);
    expect(cookie).toMatch(/Path=\//);
    const secure = web.http.over({ publicUrl: 'https://tenure.example' });
    const begun = await secure.request('https://tenure.example/sign-in', {
      method: 'POST',
      headers: { 'sec-fetch-site': 'same-origin', 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ email: sam }).toString(),
    });
    expect(begun.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^__Host-tenure-\w+-browser=.*Secure/),
    ]);
    expect(begun.headers.getSetCookie()[0]).not.toMatch(/domain=/i);
  });

  it('asks for everything that makes the answer checkable', async () => {
    const going = await new Visitor().post(`${web.url}/sign-in`, { email: sam });
    const asked = new URL(onwardOf(going)).searchParams;
    expect(Object.fromEntries(asked)).toMatchObject({
      response_type: 'code',
      code_challenge_method: 'S256',
      // Asked for an age, a provider says when it was.
      max_age: '2592000',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      login_hint: sam,
      redirect_uri: `${web.url}/sign-in/callback`,
    });
  });

  it('tells nobody whether a person exists', async () => {
    const answers = await Promise.all(
      [sam, 'not-there@northwind.example'].map(async (email) => {
        const { status, text } = await new Visitor().post(`${web.url}/sign-in`, { email });
        return { status, text: text.replaceAll(/0;url=[^"]+|href="[^"]+"/g, '') };
      }),
    );
    expect(answers[0]).toEqual(answers[1]);
    const unknown = await new Visitor().post(`${web.url}/sign-in`, { email: 'x@elsewhere.example' });
    expect(unknown).toMatchObject({ status: 422, text: expect.stringContaining('No organization here') });
    const none = await new Visitor().post(`${web.url}/sign-in`, { email: 'sam' });
    expect(none).toMatchObject({ status: 422, text: expect.stringContaining('in full') });
  });

  it('creates nobody: who is unknown gets a page, and their administrators an event', async () => {
    const before = await web.http.count('person');
    const visitor = new Visitor();
    const answer = await signIn(visitor, web.url, 'nobody@northwind.example');
    expect(answer).toMatchObject({ status: 403, text: expect.stringContaining('You have no place here') });
    expect(visitor.cookie(web.url, '-session')).toBeUndefined();
    expect((await events('sign_in.refused')).at(-1)).toEqual({ reason: 'unknown: nobody@northwind.example' });
    expect(await web.http.count('person')).toBe(before);
  });

  it('knows a person by the provider’s subject once they are linked, whatever becomes of their address', async () => {
    const visitor = new Visitor();
    await signIn(visitor, web.url, 'priya@northwind.example');
    await rows(
      sql`update person set email = 'priya.new@northwind.example' where email = 'priya@northwind.example'`,
    );
    const again = new Visitor();
    await signIn(again, web.url, 'priya@northwind.example');
    expect(await me(again)).toBe('priya.new@northwind.example');
    await rows(
      sql`update person set email = 'priya@northwind.example' where email = 'priya.new@northwind.example'`,
    );
  });

  it('begins again, in words, when somebody cancels there', async () => {
    const visitor = new Visitor();
    const back = await comeBack(visitor, web.url, sam, 'cancel');
    const answer = await finish(visitor, hiddenOf(back));
    expect(answer).toMatchObject({ status: 403, text: expect.stringContaining('You weren’t signed in') });
    expect((await events('sign_in.refused')).at(-1)).toEqual({ reason: 'declined: access_denied' });
  });

  it('says so when the provider does not answer', async () => {
    const closed = await startIdentity(web.ledger, web.url);
    await closed.stop();
    const answer = await new Visitor().post(`${web.url}/sign-in`, { email: sam });
    expect(answer).toMatchObject({ status: 502, text: expect.stringContaining('doesn’t answer') });
    await rows(
      sql`update sign_in_provider set issuer = ${identity.url}, changed_at = tenure_now() where state = 'live'`,
    );
  });
});

describe('Coming back', () => {
  it('changes nothing by opening the page, whoever does and however often', async () => {
    const visitor = new Visitor();
    const back = await comeBack(visitor, web.url, sam);
    const sessions = await web.http.count('session');
    for (let times = 0; times < 5; times++)
      for (const who of [visitor, new Visitor()]) expect((await who.send(back.url)).status).toBe(200);
    expect((await visitor.send(back.url, { method: 'HEAD' })).status).toBe(200);
    expect(await web.http.count('session')).toBe(sessions);
    expect((await finish(visitor, hiddenOf(back))).status).toBe(303);
  });

  it('is good once', async () => {
    const visitor = new Visitor();
    const form = hiddenOf(await comeBack(visitor, web.url, sam));
    expect((await finish(visitor, form)).status).toBe(303);
    const again = await finish(visitor, form);
    expect(again).toMatchObject({ status: 403, text: expect.stringContaining('can’t be finished here') });
  });

  it('is good for the browser that began alone, and is not used up by another', async () => {
    const visitor = new Visitor();
    const form = hiddenOf(await comeBack(visitor, web.url, sam));
    const stranger = new Visitor();
    await stranger.post(`${web.url}/sign-in`, { email: anna });
    for (const other of [new Visitor(), stranger]) {
      expect((await finish(other, form)).status).toBe(403);
      expect(other.cookie(web.url, '-session')).toBeUndefined();
    }
    expect((await finish(visitor, form)).status).toBe(303);
  });

  it('is good for ten minutes', async () => {
    const visitor = new Visitor();
    const form = hiddenOf(await comeBack(visitor, web.url, sam));
    await rows(sql`alter table sign_in_attempt disable trigger user`);
    await rows(sql`update sign_in_attempt set expires_at = tenure_now() where used_at is null`);
    await rows(sql`alter table sign_in_attempt enable trigger user`);
    expect((await finish(visitor, form)).status).toBe(403);
  });

  it('takes no code of another attempt, and no other provider’s answer', async () => {
    const [one, other] = [new Visitor(), new Visitor()];
    const mine = hiddenOf(await comeBack(one, web.url, sam));
    const theirs = hiddenOf(await comeBack(other, web.url, 'omar@northwind.example'));
    const answer = await finish(one, { ...mine, code: theirs['code'] ?? '' });
    expect(answer).toMatchObject({ status: 403, text: expect.stringContaining('couldn’t trust') });
    expect(await me(one)).toBe(401);
    const mixed = await finish(other, { ...theirs, iss: 'https://elsewhere.example' });
    expect(mixed).toMatchObject({ status: 403, text: expect.stringContaining('couldn’t trust') });
    const third = new Visitor();
    const { iss: _iss, ...without } = hiddenOf(await comeBack(third, web.url, sam));
    expect((await finish(third, without)).status).toBe(403);
  });

  it('is refused from another site’s page', async () => {
    const visitor = new Visitor();
    const form = hiddenOf(await comeBack(visitor, web.url, sam));
    for (const headers of [
      { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'none' },
    ])
      expect((await finish(visitor, form, headers)).status).toBe(403);
    expect((await finish(visitor, form)).status).toBe(303);
  });

  it('leads to paths of ours only', async () => {
    const elsewhere = [
      'https://evil.example',
      '//evil.example',
      '/\\evil.example',
      '/\t/evil.example',
      '\\\\evil.example',
      'javascript:alert(1)',
      '/../..//evil.example',
      '/.//evil.example',
      '/%2e//evil.example',
      'evil.example',
      '/sign-in',
      `/${'x'.repeat(2_000)}`,
    ];
    for (const wish of elsewhere) {
      const answer = await signIn(new Visitor(), web.url, sam, 'mfa', wish);
      expect(answer.headers.get('location'), wish).toBe('/');
    }
    const kept = '/access-requests/AR-2201?tab=story#end';
    const answer = await signIn(new Visitor(), web.url, sam, 'mfa', kept);
    expect(answer.headers.get('location')).toBe(kept);
  });
});

describe('A page that needs somebody', () => {
  it('shows itself with nothing from elsewhere and no script but ours', async () => {
    const visitor = new Visitor();
    const back = await comeBack(visitor, web.url, sam);
    for (const page of [await visitor.send(`${web.url}/sign-in`), back]) {
      const policy = page.headers.get('content-security-policy');
      expect(policy).toMatch(
        /default-src 'none'.*form-action 'self'; base-uri 'none'; frame-ancestors 'none'/,
      );
      expect(policy).not.toMatch(/unsafe|\*/);
      expect(page.headers.get('cache-control')).toBe('no-store');
      expect(page.headers.get('referrer-policy')).toBe('no-referrer');
      expect(page.text).not.toMatch(/\son\w+=|<script>|style="/);
    }
    expect((await visitor.send(`${web.url}/sign-in/continue.js`)).text).toContain('requestSubmit');
  });

  it('does not let one address begin for ever', async () => {
    const slow = web.http.over({ attemptLimit: { burst: 3, perSecond: 0.01 } });
    const begin = () =>
      slow.request('/sign-in', {
        method: 'POST',
        headers: { 'sec-fetch-site': 'same-origin', 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ email: sam }).toString(),
      });
    const statuses = [];
    for (let times = 0; times < 4; times++) statuses.push((await begin()).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
  });
});
