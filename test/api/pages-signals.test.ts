import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../domain/ids.ts';
import { type Listening, startIdentity } from '../support/identity.ts';
import { roles } from '../support/matrix.ts';
import { alertSource, openSignal } from '../support/signal-routes.ts';
import { caep, connect, email, follow, type Transmitter } from '../support/signals.ts';
import { startWeb, type WebApi } from '../support/web.ts';

// What sources say about people, and who they are, on pages. Without scripts. Every page is tried by every role in
// test/api/page-matrix.test.ts.

const { omar, sita, anna, gus, sam, mei, priya } = roles;
const [panel, ours] = ['/admin/signals', '/operations/signals'];
const compliance = `${caep}device-compliance-change`;
// Of the same second the bad news counts: each is said a second later than the one before.
let saidAt = Math.floor(Date.now() / 1_000) - 600;
const bad = () => ({ current_status: 'not-compliant', event_timestamp: saidAt++ });
const good = () => ({ current_status: 'compliant', event_timestamp: saidAt++ });

let web: WebApi;
let identity: Listening;
let devices: Transmitter;
beforeAll(async () => {
  web = await startWeb();
  identity = await startIdentity(web.ledger, web.url);
  devices = await connect(web.http, omar, 'northwind');
});
afterAll(async () => {
  await identity.stop();
  await web.stop();
});
afterEach(() => expect(web.http.faults.splice(0)).toEqual([]));

const look = async (who: string, path: string) => {
  const { status, text } = await web.look(who, path);
  return { status, text, said: plain(text) };
};
const send = async (who: string, page: string, path: string, typed: Record<string, string> = {}) => {
  const answer = await web.send(who, page, path, typed);
  return { ...answer, said: plain(answer.text), to: answer.headers.get('location') };
};
/** Globex has no provider here: Gus comes with a token. */
const tryAsGus = async (method: 'GET' | 'POST', path: string) => {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const form = method === 'POST' ? { raw: 'reason=x', headers } : {};
  const { status, body } = await web.http.call(gus, method, path, undefined, form);
  return { status, said: plain(String(body)) };
};
const plain = (text: string) =>
  text
    .replace(/^.*<main/s, '')
    .replaceAll(/<[^>]+>/g, '')
    .replaceAll('\u00a0', ' ')
    .replaceAll('&#39;', '’')
    .replace(/\s+/g, ' ');
const rows = async <T extends Record<string, unknown>>(statement: ReturnType<typeof sql>) => [
  ...(await web.ledger.owner.db.execute<T>(statement)),
];
const signalAbout = async (person: string) =>
  (
    await rows<{ id: string }>(sql`
      select s.id from signal s join person p on p.id = s.person_id where p.email = ${person} order by s.id desc limit 1`)
  )[0]?.id ?? '';
const audited = async (type: string, id: string) =>
  (await rows(sql`select 1 from audit_event where type = ${type} and subject_id = ${id}`)).length;

describe('What sources say', () => {
  it('stands in a list: who, what, since when, by whom, how it stands; what is over by itself is not open', async () => {
    await devices.say(compliance, email(sam), bad());
    await devices.say(compliance, email('nobody@elsewhere.example'), bad());
    await devices.say(`${caep}session-revoked`, email(mei), {
      event_timestamp: Math.floor(Date.now() / 1_000) - 13 * 3_600,
    });
    await follow(web.http);
    const open = await look(sita, ours);
    expect(open.said).toContain('1 signal is open');
    expect(open.said).toMatch(
      /Sam: device not compliant ?Open until it is taken back ?Said by Test at Northwind Cloud\./,
    );
    expect(open.text).toContain(`"/people/person_`);
    expect(open.said).not.toContain('Mei');
    // Who reads records closes nothing, and sees no sources.
    expect(open.text).not.toContain('/closing"');
    expect(open.text).not.toContain(`"${ours}/sources"`);
    expect((await look(sita, `${ours}/sources`)).status).toBe(403);
    const unmatched = await look(omar, `${ours}?state=unmatched`);
    expect(unmatched.said).toContain('1 signal is about nobody who is known');
    expect(unmatched.said).not.toContain('Sam');
    const all = await look(omar, `${ours}?state=all`);
    expect(all.said).toMatch(/Mei: sessions revoked ?Over since/);
    await devices.say(compliance, email(sam), good());
    await follow(web.http);
    const after = await look(omar, `${ours}?state=all`);
    expect(after.said).toMatch(/Sam: device compliant ?Noted.*Sam: device not compliant ?Closed/);
    expect((await look(omar, ours)).said).toContain('Nothing is said against anybody');
  });

  it('has words for whatever it is called, and for what says nothing', async () => {
    const { id: source } = await alertSource(web.http, omar);
    for (const [name, kind] of [
      ['constructor', 'alert'],
      [null, 'verification'],
    ] as const)
      await rows(sql`
        insert into signal (id, source_id, organization_id, jti, kind, family, effect, name, subject, event_at)
        select ${newId('sig')}, id, organization_id, ${kind}, ${kind}, 'none', ${name === null ? 'nothing' : 'opens'}, ${name}, '{}', tenure_now()
        from signal_source where id = ${source}`);
    const all = await look(omar, `${ours}?state=all`);
    expect(all.said).toMatch(/A test of the connection ?Not read yet.*Somebody: constructor ?Not read yet/);
  });

  it('goes on page by page', async () => {
    const token = () => devices.token(compliance, email('nobody@elsewhere.example'), bad());
    for (let count = 0; count < 51; count++) await devices.push(await token());
    while ((await follow(web.http)) > 0) continue;
    const first = await look(omar, `${ours}?state=unmatched`);
    const [, next = ''] = /href="([^"]+after=sig_[^"]+)"/.exec(first.text) ?? [];
    expect(next).toContain('state=unmatched');
    expect(first.text.match(/class="row"/g)).toHaveLength(50);
    const second = await look(omar, next.replaceAll('&amp;', '&'));
    expect(second.text.match(/class="row"/g)?.length).toBeGreaterThan(0);
  });

  it('stands on the person’s page and in operations for who reads all records, and for nobody else', async () => {
    await devices.say(compliance, email(sam), bad());
    await follow(web.http);
    const [{ id } = { id: '' }] = await rows<{ id: string }>(sql`select id from person where email = ${sam}`);
    const shown = await look(omar, `/people/${id}`);
    expect(shown.said).toMatch(/Open signals ?Device not compliant, until it is taken back ?Said by Test/);
    expect(shown.text).toContain(`"${ours}/${await signalAbout(sam)}/closing"`);
    expect((await look(sita, `/people/${id}`)).said).toContain('Open signals');
    for (const who of [sam, priya]) {
      const { status, said } = await look(who, `/people/${id}`);
      if (status === 200) expect(said).not.toContain('Open signals');
    }
    const operations = await look(omar, '/operations');
    expect(operations.said).toMatch(/1 risk signal is open\. In the last 24 h \d+ signals came about nobody/);
    for (const path of [ours, `${ours}/sources`]) expect(operations.text).toContain(`"${path}"`);
    expect((await look(anna, '/admin/settings')).text).toContain(`"${panel}"`);
  });
});

describe('An open signal', () => {
  it('is closed with a reason, once, by who manages that person', async () => {
    const id = await signalAbout(sam);
    const address = `${ours}/${id}/closing`;
    const form = await look(omar, address);
    expect(form.said).toMatch(/Close what is said about Sam.*Until ?its source takes it back/);
    const empty = await send(omar, address, address, { reason: ' ' });
    expect([empty.status, empty.text.includes('id="reason-fault"')]).toEqual([422, true]);
    const done = await send(omar, address, address, { reason: 'The laptop was returned' });
    expect([done.status, done.to]).toEqual([303, ours]);
    expect(await audited('signal.closed', id)).toBe(1);
    expect((await look(omar, `${ours}?state=all`)).said).toMatch(
      /Closed .{3,40}by Omar.*“The laptop was returned”/,
    );
    const again = await send(omar, address, address, { reason: 'Again' });
    expect([again.status, again.said.includes('not open')]).toEqual([409, true]);
    expect((await look(omar, address)).said).toContain('There is nothing to close');
  });

  it('about oneself is closed by somebody else', async () => {
    await devices.say(compliance, email(omar), bad());
    await follow(web.http);
    const id = await signalAbout(omar);
    const address = `${ours}/${id}/closing`;
    const list = await look(omar, ours);
    expect(list.text).not.toContain(address);
    expect(list.said).toContain('somebody else closes it');
    const form = await look(omar, address);
    expect(form.said).toContain('Nobody closes what was said about themselves');
    expect(form.text).not.toContain('name="reason"');
    expect((await send(omar, address, address, { reason: 'It is fine' })).status).toBe(403);
    expect(await rows(sql`select state from signal where id = ${id}`)).toEqual([{ state: 'open' }]);
  });

  it('of a customer’s people stands in its panel, and in nobody else’s', async () => {
    const { id } = await openSignal(web.http);
    const list = await look(anna, panel);
    expect(list.said).toMatch(/Kai: device not compliant/);
    expect(list.text).not.toContain('/people/');
    expect((await tryAsGus('GET', panel)).said).toContain('No signal is open');
    const address = `${panel}/${id}/closing`;
    expect((await tryAsGus('GET', address)).status).toBe(404);
    expect((await tryAsGus('POST', address)).status).toBe(404);
    expect((await send(anna, address, address, { reason: 'Looked into' })).to).toBe(panel);
    expect(await rows(sql`select state from signal where id = ${id}`)).toEqual([{ state: 'closed' }]);
    expect((await look(anna, `${panel}/${newId('sig')}/closing`)).status).toBe(404);
  });
});

describe('A source', () => {
  const jwks = () => JSON.stringify({ keys: [devices.jwk] });
  const typed = () => ({
    kind: 'push',
    organization: 'northwind',
    name: 'Okta',
    issuer: 'https://okta.northwind.example',
    audience: 'tenure',
    jwks: jwks(),
  });

  it('of each kind has its own fields', async () => {
    const fields = async (kind: string) =>
      [...(await look(omar, `${ours}/new?kind=${kind}`)).text.matchAll(/id="([\w.]+)" name="/g)].map(
        ([, name]) => name,
      );
    const transmitter = ['name', 'organization', 'issuer', 'audience', 'jwks'];
    expect(await fields('push')).toEqual(transmitter);
    expect(await fields('poll')).toEqual([...transmitter, 'poll.url', 'poll.authorization']);
    expect(await fields('alert')).toEqual(['name', 'organization']);
    // A customer's administrators connect for their own people.
    expect((await look(anna, `${panel}/new?kind=alert`)).text).not.toContain('name="organization"');
  });

  it('that is filled in wrong says so at the field, and keeps what was typed but the secret', async () => {
    const fails = async (field: string, wrong: Record<string, string>) => {
      const before = await rows(sql`select id from signal_source`);
      const answer = await send(omar, `${ours}/new`, `${ours}/sources`, { ...typed(), ...wrong });
      expect([answer.status, answer.text.includes(`id="${field}-fault"`)], field).toEqual([422, true]);
      expect(await rows(sql`select id from signal_source`)).toEqual(before);
      return answer;
    };
    await fails('name', { name: ' ' });
    await fails('issuer', { issuer: '' });
    await fails('audience', { audience: '' });
    expect((await fails('organization', { organization: 'nowhere' })).text).toContain('value="Okta"');
    // Nobody answers here: what is read elsewhere says so where its address was typed.
    await fails('issuer', { jwks: '' });
    await fails('jwks', { jwks: 'https://keys.example/jwks' });
    for (const keys of ['{"keys": ', '{"keys": []}', '{"keys": [{}]}'])
      expect((await fails('jwks', { jwks: keys })).said).toContain('This is no key set');
    const secretKey = '{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}';
    expect((await fails('jwks', { jwks: secretKey })).said).toContain('Give public keys');
    const poll = { kind: 'poll', 'poll.authorization': 'Bearer of-theirs' };
    await fails('poll.url', { ...poll, 'poll.url': '' });
    const inside = await fails('poll.url', { ...poll, 'poll.url': 'ftp://devices.example/poll' });
    expect(inside.text).toContain('ftp://devices.example/poll');
    expect(inside.text).not.toContain('of-theirs');
  });

  it('that pushes is told where to; one that is asked is asked with what nobody is shown', async () => {
    const made = await send(omar, `${ours}/new`, `${ours}/sources`, typed());
    expect(made.status).toBe(200);
    expect(made.text).toMatch(/\/v1\/signals\/sigsrc_\w+/);
    const asked = {
      ...typed(),
      kind: 'poll',
      name: 'Entra',
      'poll.url': 'https://entra.example/poll',
      'poll.authorization': 'Bearer of-theirs',
    };
    expect((await send(omar, `${ours}/new`, `${ours}/sources`, asked)).to).toBe(`${ours}/sources`);
    const list = await look(omar, `${ours}/sources`);
    expect(list.said).toMatch(/Entra ?Northwind Cloud\. Is asked for security events\./);
    expect(list.said).toContain('Not asked yet');
    await rows(sql`update signal_source set poll_error = 'timed-out' where name = 'Entra'`);
    expect((await look(omar, `${ours}/sources`)).said).toMatch(
      /Asking it fails ?It took too long\. It has never answered/,
    );
    expect(list.text).not.toContain('of-theirs');
  });

  it('of alerts has a secret that is shown once, gets another, and is ended', async () => {
    const sources = `${panel}/sources`;
    const made = await send(anna, `${panel}/new`, sources, {
      kind: 'alert',
      name: 'SIEM',
      organization: 'globex',
    });
    const [secret = ''] = /whsec_[\w+/=]{20,}/.exec(made.text) ?? [];
    expect([made.status, secret.length]).toEqual([200, 50]);
    expect(made.headers.get('cache-control')).toContain('no-store');
    const [{ id, whose } = { id: '', whose: '' }] = await rows<{ id: string; whose: string }>(sql`
      select s.id, o.key as whose from signal_source s join organization o on o.id = s.organization_id where s.name = 'SIEM'`);
    expect(whose).toBe('acme');
    const list = await look(anna, sources);
    expect(list.text).not.toContain(secret);
    expect(list.said).toContain('SIEM');
    expect((await tryAsGus('GET', sources)).said).not.toContain('SIEM');
    const other = await send(anna, sources, `${sources}/${id}/secret`);
    expect(other.text).toMatch(/whsec_[\w+/=]{20,}/);
    expect(other.text).not.toContain(secret);
    expect(other.said).toContain('The former one ends');
    for (const act of ['secret', 'ending'])
      expect((await tryAsGus('POST', `${sources}/${id}/${act}`)).status).toBe(404);
    expect((await send(anna, sources, `${sources}/${id}/ending`)).to).toBe(sources);
    expect(await audited('signal.source_changed', id)).toBe(3);
    const ended = await look(anna, sources);
    expect(ended.said).toMatch(/SIEM ?Sends alerts\. ?Ended/);
    expect(ended.text).not.toContain(`${id}/ending`);
    for (const act of ['secret', 'ending'])
      expect((await send(anna, sources, `${sources}/${id}/${act}`)).status).toBe(409);
  });

  it('of a customer’s is ended by who manages access for the vendor, too', async () => {
    const { id } = await alertSource(web.http);
    expect((await look(omar, `${ours}/sources`)).text).toContain(id);
    expect((await send(omar, `${ours}/sources`, `${ours}/sources/${id}/ending`)).status).toBe(303);
    expect((await send(sita, '/operations', `${ours}/sources/${id}/ending`)).status).toBe(403);
  });
});
