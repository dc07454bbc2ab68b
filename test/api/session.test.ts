import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { csrfToken, readSessionCookie } from '../../crypto/session-token.ts';
import { suspendOrganization, suspendPeople } from '../../db/queries/offboarding.ts';
import { actors } from '../../domain/audit-event.ts';
import { type Listening, startIdentity } from '../support/identity.ts';
import { comeBack, hiddenOf, onwardOf, signIn, startWeb, Visitor, type WebApi } from '../support/web.ts';

const sam = 'sam@northwind.example';
const anna = 'anna@acme.example';
const tom = 'tom@acme.example';

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

async function visitorAs(email: string, how = 'mfa'): Promise<Visitor> {
  const visitor = new Visitor();
  const { status, text } = await signIn(visitor, web.url, email, how);
  expect(status, text).toBe(303);
  return visitor;
}
const cookieOf = (visitor: Visitor) => visitor.cookie(web.url, '-session') ?? '';
function csrfOf(visitor: Visitor): string {
  const words = readSessionCookie(cookieOf(visitor));
  return words ? csrfToken(words) : '';
}
const status = async (visitor: Visitor) => (await visitor.send(`${web.url}/v1/me`)).status;
async function sessionOf(visitor: Visitor) {
  const { text } = await visitor.send(`${web.url}/v1/sessions`);
  return JSON.parse(text).items.find((one: { is_current: boolean }) => one.is_current);
}
async function endOf(id: string) {
  const [row] = await rows<{ by: string | null; events: string[] }>(sql`
    select ended_by as by, array(select t.reason from audit_event e join audit_text t on t.event_id = e.id
      where e.subject_id = s.id and e.type = 'session.ended' order by e.id) as events from session s where id = ${id}`);
  return row;
}
/** Lets time pass for one session, which only the owner of the tables can. */
async function age(id: string, change: ReturnType<typeof sql>): Promise<void> {
  await web.ledger.owner.db.transaction(async (tx) => {
    await tx.execute(sql`alter table session disable trigger user`);
    await tx.execute(sql`update session set ${change} where id = ${id}`);
    await tx.execute(sql`alter table session enable trigger user`);
  });
}

const wish = {
  resource: 'globex-env',
  entitlement: 'read',
  period: 'PT1H',
  justification: 'A look',
  ticket: 'SUP-1',
};
function ask(visitor: Visitor, headers: Record<string, string>) {
  return visitor.send(`${web.url}/v1/access-requests/preview`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(wish),
  });
}

describe('A session’s calls', () => {
  it('do what the person may do, when the page’s own script makes them', async () => {
    const visitor = await visitorAs(sam);
    const here = { 'sec-fetch-site': 'same-origin', 'x-tenure-csrf': csrfOf(visitor) };
    expect((await ask(visitor, here)).status).toBe(200);
    const older = { origin: web.url, 'x-tenure-csrf': csrfOf(visitor) };
    expect((await ask(visitor, older)).status).toBe(200);
  });

  it('change nothing when anybody else makes the browser send them', async () => {
    const visitor = await visitorAs(sam);
    const other = await visitorAs(anna);
    const csrf = csrfOf(visitor);
    const forged: Record<string, string>[] = [
      { 'sec-fetch-site': 'same-origin' },
      { 'sec-fetch-site': 'same-origin', 'x-tenure-csrf': '' },
      { 'sec-fetch-site': 'same-origin', 'x-tenure-csrf': csrfOf(other) },
      { 'sec-fetch-site': 'cross-site', 'x-tenure-csrf': csrf },
      { 'sec-fetch-site': 'same-site', 'x-tenure-csrf': csrf },
      { origin: 'https://evil.example', 'x-tenure-csrf': csrf },
      { 'x-tenure-csrf': csrf },
      {},
    ];
    for (const headers of forged)
      expect(await ask(visitor, headers), JSON.stringify(headers)).toMatchObject({
        status: 403,
        text: expect.stringContaining('urn:tenure:problem:forbidden'),
      });
    const form = await visitor.send(`${web.url}/v1/access-requests/preview`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain', 'sec-fetch-site': 'cross-site' },
      body: JSON.stringify(wish),
    });
    expect(form.status).toBe(403);
  });

  it('need neither with a bearer token, and a token is not helped by a cookie', async () => {
    const visitor = await visitorAs(sam);
    const token = await web.http.token(sam);
    expect((await ask(new Visitor(), { authorization: `Bearer ${token}` })).status).toBe(200);
    expect(
      (
        await ask(visitor, {
          authorization: 'Bearer nonsense',
          'x-tenure-csrf': csrfOf(visitor),
          'sec-fetch-site': 'same-origin',
        })
      ).status,
    ).toBe(401);
  });

  it('are nobody’s with a cookie that is none', async () => {
    const visitor = await visitorAs(sam);
    const good = cookieOf(visitor);
    const [family = '', token = ''] = good.split('.');
    for (const value of [
      '',
      'x',
      family,
      `${family}.`,
      `${token}.${family}`,
      `${'A'.repeat(43)}.${token}`,
      `${good}.`,
    ]) {
      const forged = visitor.copy();
      forged.keep(web.url, '-session', value);
      expect(await status(forged), value).toBe(401);
    }
    expect(await status(visitor)).toBe(200);
  });
});

describe('A session', () => {
  it('is new whenever somebody signs in: what was there before is worth nothing', async () => {
    const visitor = await visitorAs(sam);
    const planted = cookieOf(visitor);
    const before = await sessionOf(visitor);
    await signIn(visitor, web.url, anna);
    expect(cookieOf(visitor)).not.toBe(planted);
    expect(cookieOf(visitor).split('.')[0]).not.toBe(planted.split('.')[0]);
    expect((await endOf(before.id))?.by).toBe('replaced');
    const thief = visitor.copy();
    thief.keep(web.url, '-session', planted);
    expect(await status(thief)).toBe(401);
    expect((await sessionOf(visitor)).person.email).toBe(anna);
  });

  it('gets a new token every hour, and the one before serves what was under way', async () => {
    const visitor = await visitorAs(sam);
    const { id } = await sessionOf(visitor);
    const [late, first] = [visitor.copy(), cookieOf(visitor)];
    const csrf = csrfOf(visitor);
    await age(id, sql`rotated_at = tenure_now() - interval '61 minutes'`);
    const answers = await Promise.all([1, 2, 3, 4].map(() => visitor.copy().send(`${web.url}/v1/me`)));
    expect(answers.map((one) => one.status)).toEqual([200, 200, 200, 200]);
    // One of those that came at once was first; the others go on with what they have.
    expect(answers.filter((one) => one.headers.getSetCookie().length > 0)).toHaveLength(1);
    const [next = ''] = answers.flatMap((one) => one.headers.getSetCookie());
    visitor.keep(web.url, '-session', /=([^;]+)/.exec(next)?.[1] ?? '');
    expect(cookieOf(visitor)).not.toBe(first);
    expect(csrfOf(visitor)).toBe(csrf);
    expect(await status(late)).toBe(200);
    expect(await status(visitor)).toBe(200);
    expect((await endOf(id))?.by).toBeNull();
  });

  it('ends when its former token is shown after that: two have it', async () => {
    const visitor = await visitorAs(sam);
    const { id } = await sessionOf(visitor);
    const thief = visitor.copy();
    await age(id, sql`rotated_at = tenure_now() - interval '61 minutes'`);
    expect(await status(visitor)).toBe(200);
    await age(id, sql`rotated_at = tenure_now() - interval '61 seconds'`);
    expect(await status(thief)).toBe(401);
    expect(await status(visitor)).toBe(401);
    expect(await endOf(id)).toEqual({ by: 'theft', events: ['theft'] });
  });

  it('ends when any token of before is shown, however long ago it was the right one', async () => {
    const visitor = await visitorAs(sam);
    const { id } = await sessionOf(visitor);
    const thief = visitor.copy();
    for (let times = 0; times < 2; times++) {
      await age(id, sql`rotated_at = tenure_now() - interval '61 minutes'`);
      expect(await status(visitor)).toBe(200);
    }
    expect(await status(thief)).toBe(401);
    expect(await status(visitor)).toBe(401);
    expect((await endOf(id))?.by).toBe('theft');
  });

  it('ends after an hour without a call, and after twelve in any case', async () => {
    const visitor = await visitorAs(sam);
    const { id } = await sessionOf(visitor);
    await age(
      id,
      sql`seen_at = tenure_now() - interval '59 minutes', idle_ends_at = tenure_now() + interval '1 minute'`,
    );
    expect(await status(visitor)).toBe(200);
    const [row] = await rows<{ minutes: number }>(
      sql`select round(extract(epoch from idle_ends_at - tenure_now()) / 60)::int as minutes from session where id = ${id}`,
    );
    expect(row?.minutes).toBe(60);
    await age(id, sql`idle_ends_at = tenure_now()`);
    expect(await status(visitor)).toBe(401);
    const other = await visitorAs(sam);
    const { id: second } = await sessionOf(other);
    await age(second, sql`ends_at = tenure_now(), idle_ends_at = tenure_now()`);
    expect(await status(other)).toBe(401);
  });

  it('ends by signing out, from a page of its own only', async () => {
    const visitor = await visitorAs(sam);
    const { id } = await sessionOf(visitor);
    const kept = visitor.copy();
    expect((await visitor.send(`${web.url}/sign-out`)).status).toBe(405);
    expect((await visitor.post(`${web.url}/sign-out`, {})).status).toBe(403);
    expect(
      (
        await visitor.post(
          `${web.url}/sign-out`,
          { csrf: csrfOf(visitor) },
          { 'sec-fetch-site': 'cross-site' },
        )
      ).status,
    ).toBe(403);
    expect(await status(visitor)).toBe(200);
    const page = await visitor.send(`${web.url}/sign-in`);
    expect((await visitor.post(`${web.url}/sign-out`, hiddenOf(page))).text).toContain('You’re signed out');
    expect(cookieOf(visitor)).toBe('');
    expect(await status(kept)).toBe(401);
    expect(await endOf(id)).toEqual({ by: 'sign-out', events: ['sign-out'] });
    expect((await visitor.post(`${web.url}/sign-out`, {})).headers.get('location')).toBe('/sign-in');
  });

  it('is stepped up by signing in anew, as the same person, with a new token', async () => {
    const visitor = await visitorAs(sam, 'pwd');
    const before = cookieOf(visitor);
    const csrf = csrfOf(visitor);
    const { id } = await sessionOf(visitor);
    const going = await visitor.post(`${web.url}/sign-in/step-up`, { csrf, return: '/somewhere' });
    const asked = new URL(onwardOf(going)).searchParams;
    expect(asked.get('prompt')).toBe('login');
    const interaction = await visitor.open(onwardOf(going));
    const back = await visitor.submit(interaction.url, { person: sam, how: 'mfa' });
    const done = await visitor.post(`${web.url}/sign-in/callback`, hiddenOf(back));
    expect(done.headers.get('location')).toBe('/somewhere');
    expect(await sessionOf(visitor)).toMatchObject({ id, amr: ['pwd', 'otp', 'mfa'] });
    expect(cookieOf(visitor)).not.toBe(before);
  });

  it('is not stepped up by somebody else, who is not signed in by it either', async () => {
    const visitor = await visitorAs(sam, 'pwd');
    const going = await visitor.post(`${web.url}/sign-in/step-up`, { csrf: csrfOf(visitor) });
    const interaction = await visitor.open(onwardOf(going));
    const back = await visitor.submit(interaction.url, { person: 'omar@northwind.example', how: 'mfa' });
    const done = await visitor.post(`${web.url}/sign-in/callback`, hiddenOf(back));
    expect(done).toMatchObject({ status: 403, text: expect.stringContaining('wasn’t the same person') });
    expect(await sessionOf(visitor)).toMatchObject({ person: { email: sam }, amr: ['pwd'] });
  });
});

describe('Who leaves', () => {
  it('is signed out in the transaction that orders it, and within the same second everywhere', async () => {
    const [one, other] = [await visitorAs(tom), await visitorAs(tom)];
    const ids = [(await sessionOf(one)).id, (await sessionOf(other)).id];
    const removed = await web.http.call(anna, 'POST', `/v1/customers/acme/users/${tom}/removal`, {
      reason: 'Left',
    });
    expect(removed.status).toBe(201);
    const since = performance.now();
    expect([await status(one), await status(other)]).toEqual([401, 401]);
    expect(performance.now() - since).toBeLessThan(1_000);
    for (const id of ids)
      expect(await endOf(id)).toEqual({
        by: 'offboarding',
        events: [expect.stringMatching(/^offboarding: /)],
      });
    const again = new Visitor();
    const answer = await signIn(again, web.url, tom);
    expect(answer).toMatchObject({ status: 403, text: expect.stringContaining('You have no place here') });
  });

  it('or is suspended, is signed out, and is not signed in again by coming back', async () => {
    const visitor = await visitorAs('priya@northwind.example');
    const { id, person } = await sessionOf(visitor);
    await web.ledger.system.db.transaction((tx) => suspendPeople(tx, [person.id], actors.engine, 'A test'));
    expect(await status(visitor)).toBe(401);
    await rows(sql`update person set suspended_at = null where id = ${person.id}`);
    expect(await status(visitor)).toBe(401);
    expect((await endOf(id))?.by).toBe('suspension');
  });

  it('is signed out with their whole organization', async () => {
    const visitor = await visitorAs(anna);
    const { id, organization } = await sessionOf(visitor);
    await web.ledger.system.db.transaction((tx) =>
      suspendOrganization(tx, organization.id, actors.engine, 'A test'),
    );
    expect(await status(visitor)).toBe(401);
    expect((await endOf(id))?.by).toBe('suspension');
    const refused = await signIn(new Visitor(), web.url, anna);
    expect(refused).toMatchObject({ status: 403, text: expect.stringContaining('You have no place here') });
    await rows(sql`update organization set suspended_at = null where id = ${organization.id}`);
  });

  it('is let in by no session that somebody wrote past the rules, while they are not one of ours', async () => {
    const visitor = await visitorAs('ada@northwind.example');
    const { person } = await sessionOf(visitor);
    await rows(sql`update person set ends_at = tenure_now() where id = ${person.id}`);
    expect(await status(visitor)).toBe(401);
    await rows(sql`update person set ends_at = null where id = ${person.id}`);
    expect(await status(visitor)).toBe(200);
  });
});

describe('Sessions of others', () => {
  const list = async (who: string, person: string) =>
    (await web.http.call(who, 'GET', `/v1/sessions?person=${person}`)).body;
  const revoke = (who: string, id: string) =>
    web.http.call(who, 'POST', `/v1/sessions/${id}/revocation`, { reason: 'The laptop was lost' });

  it('are seen and ended by who manages their people or ends any access, and by nobody else', async () => {
    const visitor = await visitorAs(anna);
    const { id } = await sessionOf(visitor);
    for (const who of [sam, 'priya@northwind.example', 'gus@globex.example']) {
      const seen = await list(who, anna);
      expect(seen.items ?? []).toEqual([]);
      expect((await revoke(who, id)).status).toBe(404);
    }
    expect(await status(visitor)).toBe(200);
    // Whether the vendor has somebody of that name is no customer's business either.
    for (const list of ['sessions', 'passkeys']) {
      const answers = await Promise.all(
        [sam, 'nobody@northwind.example'].map((who) =>
          web.http.call('gus@globex.example', 'GET', `/v1/${list}?person=${who}`),
        ),
      );
      expect(answers.map(({ status: said, body }) => [said, body.errors])).toEqual([
        [422, answers[1]?.body.errors],
        [422, answers[1]?.body.errors],
      ]);
    }
    expect((await list('sita@northwind.example', anna)).items).toHaveLength(1);
    const ended = await revoke('sita@northwind.example', id);
    expect(ended).toMatchObject({ status: 201, body: { ended_by: 'revocation', is_current: false } });
    expect(await status(visitor)).toBe(401);
    expect((await revoke('sita@northwind.example', id)).status).toBe(409);
    const [event] = await rows<{ actor: string }>(sql`
      select p.email as actor from audit_event e join person p on p.id = e.actor_id where e.subject_id = ${id} and e.type = 'session.ended'`);
    expect(event?.actor).toBe('sita@northwind.example');
  });

  it('of the vendor’s people are none of a customer’s administrators', async () => {
    const visitor = await visitorAs(sam);
    const { id } = await sessionOf(visitor);
    expect((await list(anna, sam)).items ?? []).toEqual([]);
    expect((await revoke(anna, id)).status).toBe(404);
    expect(await status(visitor)).toBe(200);
  });

  it('one ends one’s own from elsewhere, by its list', async () => {
    const [here, lost] = [await visitorAs(sam), await visitorAs(sam)];
    const { id } = await sessionOf(lost);
    const { text } = await here.send(`${web.url}/v1/sessions/${id}/revocation`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'sec-fetch-site': 'same-origin',
        'x-tenure-csrf': csrfOf(here),
      },
      body: '{}',
    });
    expect(JSON.parse(text)).toMatchObject({ ended_by: 'revocation', browser: 'Firefox on Linux' });
    expect(await status(lost)).toBe(401);
    expect(await status(here)).toBe(200);
  });
});

it('nothing of a session but its hashes is in the ledger', async () => {
  const visitor = await visitorAs(sam);
  const [family = '', token = ''] = cookieOf(visitor).split('.');
  const back = await comeBack(visitor, web.url, sam);
  const { state = '' } = hiddenOf(back);
  const dump = JSON.stringify([
    await rows(sql`select * from session`),
    await rows(sql`select * from sign_in_attempt`),
    await rows(sql`select * from audit_text`),
  ]);
  for (const secret of [family, token, csrfOf(visitor), state, visitor.cookie(web.url, '-browser') ?? ''])
    expect(secret !== '' && dump.includes(secret)).toBe(false);
});
