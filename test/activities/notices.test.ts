import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { noteReviews } from '../../activities/notices.ts';
import type { Executor } from '../../db/client.ts';
import { type Collected, collectNotices, purgeNotices } from '../../db/queries/notice.ts';
import { alertOverdue } from '../../db/queries/reaper.ts';
import { settleWaiting } from '../../db/queries/settle.ts';
import { newId } from '../../domain/ids.ts';
import { type ApiHarness, startApi } from '../support/api.ts';
import { type LedgerClock, skippableClock } from '../support/clock.ts';
import { extendBySql } from '../support/grant-by-sql.ts';
import { type Arrived, arrivalsOf, publicUrl } from '../support/mail-arrivals.ts';
import { type EphemeralSmtp, ephemeralSmtp } from '../support/smtp.ts';

// Who is told of what, once, and by what; over a real mail server.

const [sam, priya, marek] = ['sam', 'priya', 'marek'].map((name) => `${name}@northwind.example`) as [
  string,
  string,
  string,
];
const minute = 60_000;
let http: ApiHarness;
let db: Executor;
let smtp: EphemeralSmtp;
let clock: LedgerClock;
let aheadMs = 0;
beforeAll(async () => {
  [http, smtp] = await Promise.all([startApi(), ephemeralSmtp()]);
  clock = await skippableClock(http.ledger.ownerUrl);
  db = http.ledger.system.db;
});
// Each test begins with nothing to tell.
beforeEach(async () => {
  await http.ledger.owner.db.execute(
    sql`update access_request set state = 'cancelled' where state in ('waiting', 'approved')`,
  );
  await http.ledger.owner.db.execute(sql`truncate notice`);
  await http.ledger.owner.db.execute(sql`delete from notice_preference`);
  smtp.received.splice(0);
});
afterEach(() => expect(http.faults.splice(0)).toEqual([]));
afterAll(async () => {
  await clock?.close();
  await smtp?.stop();
  await http?.stop();
});

const rows = async (query: ReturnType<typeof sql>): Promise<Record<string, unknown>[]> => [
  ...(await http.ledger.owner.db.execute(query)),
];
async function skip(ms: number): Promise<void> {
  aheadMs += ms;
  await clock.moveTo(Date.now() + aheadMs);
}

const wish = {
  resource: 'globex-env',
  entitlement: 'operate',
  period: 'PT2H',
  ticket: 'NW-4821',
  justification: 'Replay the import',
};
async function ask(changed = {}, who = sam): Promise<{ id: string; reference: string }> {
  const { status, body } = await http.call(who, 'POST', '/v1/access-requests', { ...wish, ...changed });
  expect(status).toBe(201);
  return body;
}
const decide = (id: string, decision: object, who = priya) =>
  http.call(who, 'POST', `/v1/access-requests/${id}/decisions`, decision);
async function hold(changed = {}): Promise<{ id: string; reference: string; grantId: string }> {
  const asked = await ask(changed);
  await decide(asked.id, { decision: 'approve' });
  return { ...asked, grantId: await http.provision(asked.id) };
}

/** What arrives when what is due is told and sent, in the order of the addresses. */
async function tell(window = 0): Promise<Arrived[]> {
  await collectNotices(db, window);
  return arrivalsOf(http, smtp);
}
const addressed = (arrived: Arrived[]) => arrived.map(({ to, subject }) => `${to}: ${subject}`);
const droppedNow = () =>
  rows(sql`
    select n.kind, p.email, n.dropped from notice n join person p on p.id = n.person_id where n.dropped is not null order by n.seq`);

describe('A request', () => {
  it('is told to each who may decide it, on both sides, and to nobody else; each link leads where they decide', async () => {
    const { reference } = await ask({ resource: 'acme-env' });
    const arrived = await tell();
    expect(addressed(arrived)).toEqual(
      ['anna@acme.example', marek, priya, 'tom@acme.example'].map(
        (to) => `${to}: Sam waits for your decision: operate on Acme's environment`,
      ),
    );
    for (const { to, text, html } of arrived) {
      const page = to.endsWith('acme.example') ? '/admin/access' : '/approvals';
      for (const part of [text, html]) {
        expect(part).toContain(`${publicUrl}${page}/${reference}`);
        expect(part).toContain('“Replay the import”');
        expect(part).toContain(`${publicUrl}/account#mails`);
      }
    }
    expect(await tell()).toEqual([]);
  });

  it('that waits already is told to who gets the role that decides it later, once, and not what is their own', async () => {
    const [asked, own] = [await ask(), await ask({}, 'mei@northwind.example')];
    await tell();
    const give = () =>
      http.ledger.owner.db.execute(sql`
        insert into person_role (person_id, role_id, organization_id)
        select p.id, s.role_id, s.organization_id from person p, stage s
        where p.email in (${'mei@northwind.example'}, ${'jonas@northwind.example'}) and s.request_id = ${asked.id}`);
    await give();
    const told = await rows(sql`
      select distinct p.email, n.kind, n.request_id as request from notice n join person p on p.id = n.person_id
      where p.email in ('mei@northwind.example', 'jonas@northwind.example') and n.kind = 'request-waits' order by 1, 3`);
    expect(told).toEqual([
      { email: 'jonas@northwind.example', kind: 'request-waits', request: asked.id },
      { email: 'jonas@northwind.example', kind: 'request-waits', request: own.id },
      { email: 'mei@northwind.example', kind: 'request-waits', request: asked.id },
    ]);
    expect((await tell()).map(({ to }) => to)).toEqual(['jonas@northwind.example', 'mei@northwind.example']);
    await http.ledger.owner.db.execute(sql`
      update person_role set until = tenure_now() where seq in (
        select h.seq from person_role h join person p on p.id = h.person_id join stage s on s.role_id = h.role_id
        where s.request_id = ${asked.id} and p.email in ('mei@northwind.example', 'jonas@northwind.example'))`);
    await give();
    expect(await tell()).toEqual([]);
    await http.ledger.owner.db.execute(sql`
      update person_role set until = tenure_now() where until is null and seq in (
        select h.seq from person_role h join person p on p.id = h.person_id join stage s on s.role_id = h.role_id
        where s.request_id = ${asked.id} and p.email in ('mei@northwind.example', 'jonas@northwind.example'))`);
  });

  it('that waits already is told to whose role begins later when it begins, if it still waits then', async () => {
    const asked = await ask();
    await tell();
    const from = new Date(Date.now() + 30 * minute).toISOString();
    await http.ledger.owner.db.execute(sql`
      insert into person_role (person_id, role_id, organization_id, "from")
      select p.id, s.role_id, s.organization_id, ${from} from person p, stage s
      where p.email = 'jonas@northwind.example' and s.request_id = ${asked.id}`);
    const told = await rows(sql`
      select n.kind, n.done_at, n.due_at >= ${from}::timestamptz as "isLater" from notice n join person p on p.id = n.person_id
      where p.email = 'jonas@northwind.example' and n.kind = 'request-waits' and n.request_id = ${asked.id}`);
    expect(told).toEqual([{ kind: 'request-waits', done_at: null, isLater: true }]);
    expect((await tell()).map(({ to }) => to)).not.toContain('jonas@northwind.example');
    await http.ledger.owner.db.execute(sql`
      update person_role set until = "from" + interval '1 ms' where "from" = ${from}`);
    await decide(asked.id, { decision: 'deny', comment: 'No' });
    await tell();
  });

  it('that was withdrawn or decided before anybody was told is told to nobody as waiting', async () => {
    const [withdrawn, decided] = [await ask(), await ask()];
    await http.call(sam, 'POST', `/v1/access-requests/${withdrawn.id}/cancellation`, {});
    await decide(decided.id, { decision: 'deny', comment: 'Use the replica' });
    const arrived = await tell();
    expect(addressed(arrived)).toEqual([`${sam}: ${decided.reference}: Priya denied the request`]);
    expect(arrived[0]?.text).toContain('“Use the replica”');
    expect(arrived[0]?.text).toContain(`${publicUrl}/requests/${decided.reference}\n`);
    expect(new Set((await droppedNow()).map(({ dropped }) => dropped))).toEqual(new Set(['no-longer-valid']));
  });

  it('that is decided while the mail server is away is no longer told as waiting when it is back', async () => {
    await smtp.stop();
    const { id } = await ask();
    await collectNotices(db, 0);
    await decide(id, { decision: 'deny', comment: 'No' }, marek);
    await smtp.start();
    expect(addressed(await tell())).toEqual([expect.stringContaining(`${sam}: `)]);
    const states = await rows(
      sql`select state, last_error from mail where kind = 'request-waits' order by id desc limit 2`,
    );
    expect(states).toEqual([
      { state: 'dropped', last_error: 'no-longer-valid' },
      { state: 'dropped', last_error: 'no-longer-valid' },
    ]);
  });

  it('is told of once more when half of its time is over, many in one, and then no more', async () => {
    await ask();
    await ask({ entitlement: 'read' });
    expect(addressed(await tell())).toEqual(
      [marek, priya].map((to) => `${to}: 2 requests wait for your decision`),
    );
    await skip(59 * minute);
    expect(await tell()).toEqual([]);
    await skip(2 * minute);
    expect(addressed(await tell())).toEqual(
      [marek, priya].map((to) => `${to}: 2 requests still wait for your decision`),
    );
    await skip(20 * minute);
    expect(await tell()).toEqual([]);
    await skip(60 * minute);
    for (const { id } of await rows(sql`select id from access_request where state = 'waiting'`))
      await settleWaiting(db, String(id));
    expect(addressed(await tell())).toEqual([`${sam}: 2 requests were decided`]);
  });

  it('that lies in wait of its time says that it is approved; one that begins at once says only that', async () => {
    const later = await ask({ starts_at: new Date(Date.now() + aheadMs + 60 * minute).toISOString() });
    await decide(later.id, { decision: 'approve' });
    expect(addressed((await tell()).filter(({ to }) => to === sam))).toEqual([
      `${sam}: ${later.reference}: The request is approved`,
    ]);
    const { id } = await hold();
    await skip(2 * minute);
    expect(addressed((await tell()).filter(({ to }) => to === sam))).toEqual([
      expect.stringMatching(`${sam}: You have operate on Globex's environment until`),
    ]);
    expect((await http.call(sam, 'GET', `/v1/access-requests/${id}`)).body.state).toBe('granted');
  });
});

describe('Access', () => {
  it('begins, ends soon, ends in time: each is told once, to its holder', async () => {
    const { grantId, reference } = await hold();
    const [begun, ...others] = await tell();
    expect(others).toEqual([]);
    expect(begun?.text).toMatch(/\n========================\|\nEnds by itself/);
    expect(begun?.text).toContain(`${publicUrl}/requests/${reference}\n`);
    await skip(100 * minute);
    expect(await tell()).toEqual([]);
    await skip(9 * minute);
    const [soon, ...more] = await tell();
    expect(more).toEqual([]);
    expect(soon?.subject).toMatch(/^Operate on Globex's environment ends/);
    expect(await tell()).toEqual([]);
    await skip(12 * minute);
    await http.end(grantId, 'time');
    const [ended, ...none] = await tell();
    expect(none).toEqual([]);
    expect(ended?.text).toContain('It ended in time, ');
  });

  it('that is extended ends soon later; the extension is asked and decided like a request', async () => {
    const { id, grantId } = await hold({ entitlement: 'read', period: 'PT1H' });
    await tell();
    const { body: longer } = await http.call(sam, 'POST', `/v1/access-requests/${id}/extension`, {
      period: 'PT1H',
      justification: 'The import is slow',
    });
    const asked = await tell();
    expect(asked.map(({ to }) => to)).toEqual([marek, priya]);
    expect(asked[0]?.text).toContain("Sam: keep read on Globex's environment longer");
    await decide(longer.id, { decision: 'approve' });
    await extendBySql(db, longer.id, grantId, sql`interval '1 hour'`);
    await db.execute(sql`update access_grant set until = until + interval '1 hour' where id = ${grantId}`);
    await db.execute(sql`update access_request set state = 'granted' where id = ${longer.id}`);
    expect(addressed(await tell())).toEqual([
      expect.stringMatching(`${longer.reference}: Read on Globex's environment now lasts until`),
    ]);
    await skip(52 * minute);
    expect(await tell()).toEqual([]);
    await skip(57 * minute);
    expect(addressed(await tell())).toEqual([expect.stringMatching("Read on Globex's environment ends")]);
    await http.end(grantId, 'time');
    await tell();
  });

  it('that is extended after its end was told of as near is told of once more, before the new end', async () => {
    const { id, grantId } = await hold({ entitlement: 'read', period: 'PT1H' });
    await tell();
    await skip(51 * minute);
    expect(addressed(await tell())).toEqual([expect.stringMatching("Read on Globex's environment ends")]);
    const { body: longer } = await http.call(sam, 'POST', `/v1/access-requests/${id}/extension`, {
      period: 'PT1H',
      justification: 'The import is slow',
    });
    await decide(longer.id, { decision: 'approve' });
    await extendBySql(db, longer.id, grantId, sql`interval '1 hour'`);
    await db.execute(sql`update access_grant set until = until + interval '1 hour' where id = ${grantId}`);
    await db.execute(sql`update access_request set state = 'granted' where id = ${longer.id}`);
    expect(addressed(await tell()).filter((line) => line.includes('environment ends'))).toEqual([]);
    await skip(58 * minute);
    expect(addressed(await tell())).toEqual([expect.stringMatching("Read on Globex's environment ends")]);
    expect(await tell()).toEqual([]);
    await http.end(grantId, 'time');
    await tell();
  });

  it('that is short is told of at its beginning only; who returns it needs no telling; who loses it is told by whom', async () => {
    const [short, returned, revoked] = [await hold({ period: 'PT15M' }), await hold(), await hold()];
    expect(addressed(await tell())).toEqual([`${sam}: 3 accesses have begun`]);
    await http.call(sam, 'POST', `/v1/access-requests/${returned.id}/return`, {});
    await http.call('sita@northwind.example', 'POST', `/v1/access-requests/${revoked.id}/revocation`, {
      reason: 'The laptop is lost',
    });
    await http.end(returned.grantId, 'return');
    await http.end(revoked.grantId, 'revocation');
    const [lost, ...others] = await tell();
    expect(others).toEqual([]);
    expect(lost?.text).toMatch(/Sita ended it early, [^]*“The laptop is lost”/);
    await skip(10 * minute);
    expect(await tell()).toEqual([]);
    await skip(6 * minute);
    await http.end(short.grantId, 'time');
    await tell();
  });

  it('that is past its end and not gone is told to its holder and to security, once, and whatever they chose', async () => {
    const { grantId } = await hold({ period: 'PT15M' });
    await tell();
    await http.ledger.owner.db.execute(sql`
      insert into notice_preference (person_id, topic, organization_id, choice)
      select p.id, t, p.organization_id, 'off' from person p, unnest(array['ended', 'begun', 'ends-soon', 'operations']) t`);
    await skip(16 * minute);
    expect(await alertOverdue(db, grantId)).toBe(true);
    expect(await alertOverdue(db, grantId)).toBe(false);
    const arrived = await tell();
    expect(arrived.map(({ to }) => to)).toEqual(expect.arrayContaining([sam, 'sita@northwind.example']));
    expect(arrived.map(({ to }) => to)).not.toContain(priya);
    const own = arrived.find(({ to }) => to === sam);
    expect(own?.text).toContain('Don’t use it.');
    expect(own?.text).not.toContain('/account#mails');
    await http.end(grantId, 'time');
    expect(await tell()).toEqual([]);
  });
});

describe('What somebody chose', () => {
  const choose = (who: string, topic: string, choice: string) =>
    http.ledger.owner.db.execute(sql`
      insert into notice_preference (person_id, topic, organization_id, choice)
      select id, ${topic}, organization_id, ${choice} from person where email = ${who}`);

  it('holds: nothing of a topic that is off, once an hour together what is hourly', async () => {
    await choose(priya, 'requests', 'off');
    await choose(priya, 'reminders', 'hourly');
    await choose(sam, 'decisions', 'off');
    // Ten past: half of the time is over at ten past, too.
    const now = Date.now() + aheadMs;
    await skip((Math.floor(now / (60 * minute)) + 1) * 60 * minute + 10 * minute - now);
    const first = await ask();
    expect((await tell()).map(({ to }) => to)).toEqual([marek]);
    await skip(61 * minute);
    const hour = Math.floor((Date.now() + aheadMs) / (60 * minute));
    expect((await tell()).map(({ to }) => to)).toEqual([marek]);
    const [postponed] = await rows(sql`
      select extract(epoch from n.due_at)::int as due from notice n join person p on p.id = n.person_id
      where n.kind = 'request-still-waits' and n.done_at is null and p.email = ${priya}`);
    expect(Number(postponed?.due) % 3_600).toBe(0);
    expect(postponed?.due).toBe((hour + 1) * 3_600);
    await decide(first.id, { decision: 'deny', comment: 'No' }, marek);
    expect(await tell()).toEqual([]);
    expect(await droppedNow()).toContainEqual({ kind: 'request-decided', email: sam, dropped: 'unwanted' });
  });

  it('holds for what is written as a mail at once, too', async () => {
    const omar = 'omar@northwind.example';
    await choose(omar, 'operations', 'off');
    const id = newId('mail');
    await http.ledger.owner.db.execute(sql`
      with m as (insert into mail (id, kind, to_person_id, organization_id, data)
        select ${id}, 'fence-waits', p.id, p.organization_id, '{"fenceId": "fence_1", "waiting": 3}' from person p where p.email = ${omar})
      insert into outbox (kind, subject_id, message) values ('mail', ${id}, '{}')`);
    expect(await tell()).toEqual([]);
    expect(await rows(sql`select state, last_error from mail where id = ${id}`)).toEqual([
      { state: 'dropped', last_error: 'unwanted' },
    ]);
  });
});

it('Who has left, or is suspended, is told nothing', async () => {
  await ask();
  await http.ledger.owner.db.execute(
    sql`update person set suspended_at = tenure_now() where email = ${priya}`,
  );
  expect((await tell()).map(({ to }) => to)).toEqual([marek]);
  expect(await droppedNow()).toEqual([{ kind: 'request-waits', email: priya, dropped: 'recipient-gone' }]);
  await http.ledger.owner.db.execute(sql`update person set suspended_at = null where email = ${priya}`);
});

it('What somebody writes to do harm stays words', async () => {
  await ask({
    justification:
      'x\r\nBcc: everybody@evil.example\r\n\r\n<img src=https://evil.example/x> see https://evil.example',
  });
  const arrived = await tell();
  expect(arrived.map(({ to }) => to)).toEqual([marek, priya]);
  for (const { text, html, subject } of arrived) {
    expect(subject).not.toContain('Bcc');
    expect(text).not.toMatch(/^Bcc/m);
    expect(html).not.toMatch(/<img/);
    expect(`${text}${html}`).not.toMatch(/https?:\/\/evil|evil\.example/);
  }
});

it('A second request soon after comes a moment later, with those that came meanwhile', async () => {
  await skip(2 * minute);
  await ask();
  expect((await tell(minute)).map(({ to }) => to)).toEqual([marek, priya]);
  for (let n = 0; n < 3; n++) await ask();
  expect(await tell(minute)).toEqual([]);
  await skip(minute);
  expect(addressed(await tell(minute))).toEqual(
    [marek, priya].map((to) => `${to}: 3 requests wait for your decision`),
  );
});

it('A thousand that wait are told in one message each, in as many statements as one', async () => {
  const counted = async (): Promise<{ statements: number; collected: Collected }> => {
    let statements = 0;
    const counting = (of: Executor): Executor =>
      new Proxy(of, {
        get(target, name) {
          const member: unknown = Reflect.get(target, name);
          if (name === 'execute') statements += 1;
          if (name === 'transaction')
            return (work: (tx: Executor) => Promise<unknown>) =>
              target.transaction((tx) => work(counting(tx)));
          return typeof member === 'function' ? member.bind(target) : member;
        },
      });
    const collected = await collectNotices(counting(db), 0);
    return { statements, collected };
  };
  await ask();
  const one = await counted();
  expect(one.collected).toEqual({ mails: 2, dropped: 0, later: 0 });
  // As many more, by copying the one: what the trigger writes is looked at, not how a request is asked.
  await http.ledger.owner.db.execute(sql`
    insert into access_request
    select (jsonb_populate_record(null::access_request, to_jsonb(last) || jsonb_build_object('id', last.id || '-' || i,
      'reference', last.reference || '-' || i))).*
    from (select * from access_request order by id desc limit 1) last, generate_series(1, 1000) i`);
  await http.ledger.owner.db.execute(sql`
    insert into stage select (jsonb_populate_record(null::stage, to_jsonb(s) || jsonb_build_object('id', s.id || '-' || r.id, 'request_id', r.id))).*
    from (select s.* from stage s order by s.id desc limit 1) s, access_request r where r.id like s.request_id || '-%'`);
  const many = await counted();
  expect(many.collected).toEqual({ mails: 2, dropped: 0, later: 0 });
  expect(many.statements).toBe(one.statements);
  const arrived = await tell();
  expect(addressed(arrived.slice(0, 2))).toEqual([
    `${marek}: 1000 requests wait for your decision`,
    `${marek}: Sam waits for your decision: operate on Globex's environment`,
  ]);
});

it('Two collectors at once tell everybody once', async () => {
  await ask();
  const both = await Promise.all([collectNotices(db, 0), collectNotices(db, 0), collectNotices(db, 0)]);
  expect(both.reduce((sum, { mails }) => sum + mails, 0)).toBe(2);
  expect(await tell()).toHaveLength(2);
});

it('What is due for a review is told once a week to who manages these people', async () => {
  await noteReviews({ ledger: http.ledger.system });
  const before = await tell();
  await skip(345 * 24 * 60 * minute);
  await noteReviews({ ledger: http.ledger.system });
  await noteReviews({ ledger: http.ledger.system });
  const arrived = (await tell()).filter(({ subject }) => subject.includes('review'));
  expect(before).toEqual([]);
  expect(arrived.map(({ to }) => to)).toEqual([
    'anna@acme.example',
    'gus@globex.example',
    'tom@acme.example',
  ]);
  expect(arrived[0]?.text).toContain('The first lapses ');
  expect(arrived[0]?.text).toContain(`${publicUrl}/admin\n`);
});

it('What was told long ago is forgotten, and what waits is not', async () => {
  await ask();
  await tell();
  await http.ledger.owner.db.execute(
    sql`update notice set done_at = done_at - interval '91 days' where done_at is not null`,
  );
  expect(await purgeNotices(db, 100)).toBe(2);
  expect((await rows(sql`select kind from notice`)).map(({ kind }) => kind)).toEqual([
    'request-still-waits',
    'request-still-waits',
  ]);
});

it('The application’s own role cannot write who is told, and chooses for nobody else', async () => {
  const { db: app } = http.ledger.app;
  await expect(
    app.execute(sql`insert into notice (kind, person_id, subject) values ('x', 'y', 'z')`),
  ).rejects.toThrow();
  await expect(app.execute(sql`select * from notice`)).rejects.toThrow();
  const choose = (as: string, forWhom: string) =>
    app.transaction(async (tx) => {
      await tx.execute(sql`
        select set_config('tenure.person', p.id, true), set_config('tenure.organization', p.organization_id, true)
        from (select * from (values (${as}, ${forWhom})) v (a, b)) v, lateral (select set_config('tenure.organization', tenure_vendor(), true)) s,
          lateral (select id, organization_id from person where email = v.a offset 0) p`);
      await tx.execute(sql`
        insert into notice_preference (person_id, topic, organization_id, choice)
        select id, 'requests', organization_id, 'off' from person where email = ${forWhom}`);
    });
  await expect(choose(sam, priya)).rejects.toThrow();
  await choose(sam, sam);
});
