import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { newId } from '../../domain/ids.ts';
import { type Listening, startIdentity } from '../support/identity.ts';
import { takeOnUlla } from '../support/matrix.ts';
import { hiddenOf, signIn, startWeb, Visitor, type WebApi } from '../support/web.ts';

// Everybody's own page, without scripts: who they are, where they are signed in, what they are told by mail.

const [sam, priya, anna, ulla] = [
  'sam@northwind.example',
  'priya@northwind.example',
  'anna@acme.example',
  'ulla@acme.example',
];
const firefox = 'Mozilla/5.0 (Windows NT 10.0) Firefox/150.0';
let web: WebApi;
let identity: Listening;
beforeAll(async () => {
  web = await startWeb();
  identity = await startIdentity(web.ledger, web.url);
  await takeOnUlla(web.http);
});
afterAll(async () => {
  await identity.stop();
  await web.stop();
});
afterEach(() => expect(web.http.faults.splice(0)).toEqual([]));

async function visit(email: string): Promise<Visitor> {
  const visitor = new Visitor();
  await signIn(visitor, web.url, email);
  return visitor;
}
async function post(visitor: Visitor, path: string, typed: Record<string, string> = {}) {
  const { csrf = '' } = hiddenOf(await visitor.send(`${web.url}/account`));
  return visitor.post(web.url + path, { csrf, ...typed });
}
const open = (visitor: Visitor, path = '/account') => visitor.open(web.url + path);
const choicesOf = async (who: string) => {
  const { body } = await web.http.call(who, 'GET', '/v1/me/notices');
  return Object.fromEntries(
    body.items.map(({ topic, choice }: { topic: string; choice: string }) => [topic, choice]),
  );
};

it('says who one is and where one is signed in; each place can be ended, and all others at once', async () => {
  const [here, there] = [await visit(sam), await visit(sam)];
  await there.send(`${web.url}/`, { headers: { 'user-agent': firefox } });
  const { text, status } = await open(here);
  expect(status).toBe(200);
  expect(text).toContain('<h1>2 browsers are signed in as you</h1>');
  for (const said of [
    sam,
    'Northwind Cloud',
    'Support engineer',
    'this one',
    '/account/passkeys',
    '/sign-out',
  ])
    expect(text).toContain(said);
  const [other = ''] = /\/account\/sessions\/ses_\w+\/revocation/.exec(text) ?? [];
  const done = await post(here, other);
  expect(done.headers.get('location')).toBe('/account?ended=1');
  const after = await open(here, '/account?ended=1');
  expect(after.text).toContain('Only this browser is signed in as you');
  expect(after.text).toMatch(/role="status"[^]*1\u00a0session has ended/);
  expect((await there.send(`${web.url}/account`)).status).toBe(303);
  // It is no session any more: the page says so, and nothing else happens.
  const again = await post(here, other);
  expect(again.status).toBe(409);
  expect(again.text).toContain('has ended already');

  const others = [await visit(sam), await visit(sam)];
  expect((await post(here, '/account/sessions/revocation')).headers.get('location')).toBe('/account?ended=2');
  for (const one of others) expect((await one.send(`${web.url}/account`)).status).toBe(303);
  expect((await open(here)).status).toBe(200);
});

it('is everybody’s own: another’s session is not there, whoever asks', async () => {
  const [own, foreign] = [await visit(sam), await visit(priya)];
  const { text } = await open(foreign);
  expect(text).not.toContain(sam);
  const [session] = await web.ledger.owner.db.execute<{ id: string }>(sql`
    select s.id from session s join person p on p.id = s.person_id where p.email = ${priya} and s.ended_at is null`);
  for (const id of [session?.id ?? '', newId('ses'), 'ses_x']) {
    const refused = await post(own, `/account/sessions/${id}/revocation`);
    expect(refused.status).toBe(404);
  }
  expect((await open(foreign)).status).toBe(200);
  // With a page of one's own, and without its mark, nothing is done.
  const forged = await own.post(`${web.url}/account/sessions/revocation`, { csrf: 'x' });
  expect(forged.status).toBe(403);
  expect((await new Visitor().send(`${web.url}/account`)).status).toBe(303);
});

it('lets one choose one’s mails, and says what is always sent', async () => {
  const visitor = await visit(sam);
  const { text } = await open(visitor);
  expect(text).toContain('Requests that wait for you');
  expect(text).toMatch(/name="reminders" value="at-once" checked/);
  expect(text).toContain('is always sent');
  const answer = await post(visitor, '/account/notices', {
    reminders: 'hourly',
    ended: 'off',
    begun: 'at-once',
  });
  expect(answer.headers.get('location')).toBe('/account?saved=1');
  const saved = await open(visitor, '/account?saved=1');
  expect(saved.text).toMatch(/name="reminders" value="hourly" checked/);
  expect(saved.text).toMatch(/name="ended" value="off" checked/);
  expect(saved.text).toContain('Saved');
  expect(await choicesOf(sam)).toMatchObject({
    reminders: 'hourly',
    ended: 'off',
    begun: 'at-once',
    requests: 'at-once',
  });
  expect(await choicesOf(priya)).toMatchObject({ reminders: 'at-once', ended: 'at-once' });
  // What cannot be chosen is said at its field, and nothing is chosen.
  const wrong = await post(visitor, '/account/notices', { requests: 'hourly', ended: 'at-once' });
  expect(wrong.status).toBe(422);
  expect(wrong.text).toContain('id="requests-fault"');
  expect(await choicesOf(sam)).toMatchObject({ requests: 'at-once', ended: 'off' });
  const events = await web.ledger.owner.db.execute(sql`
    select t.reason from audit_event e join audit_text t on t.event_id = e.id where e.type = 'notices.chosen' order by e.id`);
  expect([...events]).toEqual([{ reason: 'reminders: hourly, ended: off' }]);
});

it('is the same through the API, where a topic that is none is refused', async () => {
  const choose = (body: object) => web.http.call(priya, 'POST', '/v1/me/notices', body);
  expect(await choose({ operations: 'off' })).toMatchObject({ status: 201 });
  expect(await choicesOf(priya)).toMatchObject({ operations: 'off' });
  for (const wrong of [{ security: 'off' }, { requests: 'hourly' }, { requests: null }, []])
    expect((await choose(wrong)).status).toBe(422);
});

it('stands in the frame that one has: the panel for a customer’s administrator, neither for anybody else', async () => {
  const administrator = await visit(anna);
  const panel = await open(administrator);
  expect(panel.text).toContain('class="brandbar"');
  expect(panel.text).toContain('href="/admin"');
  // With a token, which is no browser's session.
  const plain = await web.http.call(ulla, 'GET', '/account');
  expect(plain.status).toBe(200);
  expect(plain.body).not.toContain('brandbar');
  expect(plain.body).toContain('Works at</dt><dd>Acme');
  expect(plain.body).toContain('No browser is signed in');
  const home = await web.http.call(ulla, 'GET', '/');
  expect([home.status, home.headers.get('location')]).toEqual([303, '/account']);
  // From everywhere one finds it.
  expect((await open(administrator, '/admin')).text).toContain('href="/account"');
  expect(panel.text).not.toContain('name="operations"');
  expect((await open(await visit(sam), '/')).text).toContain('href="/account"');
});
