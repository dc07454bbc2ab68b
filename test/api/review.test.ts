import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { accessReportShape } from '../../api/schemas/access-report.ts';
import { grantShape } from '../../api/schemas/grant.ts';
import { dueReviewListShape, reviewShape } from '../../api/schemas/review.ts';
import { newId } from '../../domain/ids.ts';
import { type Answer, type ApiHarness, startApi } from '../support/api.ts';
import { type LedgerClock, skippableClock } from '../support/clock.ts';
import { expectProblem } from '../support/standing.ts';
import { addTo, holdStanding, trail } from '../support/users.ts';

// Standing access lapses unless somebody says, with a reason, that it is kept.

const omar = 'omar@northwind.example';
const ada = 'ada@northwind.example';
const sita = 'sita@northwind.example';
const sam = 'sam@northwind.example';
const mei = 'mei@northwind.example';
const anna = 'anna@acme.example';
const tom = 'tom@acme.example';
const gus = 'gus@globex.example';

const dayMs = 86_400_000;
const beginning = Date.now();

let http: ApiHarness;
let clock: LedgerClock;
beforeAll(async () => {
  http = await startApi();
  clock = await skippableClock(http.ledger.ownerUrl);
  // Nobody of the example company's own people holds anything without asking.
  const { revision } = (await http.call(ada, 'GET', '/v1/catalog')).body;
  const value = { name: 'Support engineer', entitlements: ['northwind-app:view'] };
  const edit = { base_revision: revision, reason: 'They look into it all day', value };
  expect((await http.call(ada, 'PUT', '/v1/catalog/roles/support-engineer', edit)).status).toBeLessThan(300);
});
afterAll(async () => {
  await clock.close();
  await http.stop();
});
afterEach(() => expect(http.faults.splice(0)).toEqual([]));

const review = (who: string, ...lines: object[]): Promise<Answer> =>
  http.call(who, 'POST', '/v1/reviews', {
    lines: lines.map((line) => ({ reason: 'Still needed', ...line })),
  });
const due = (who: string, query = ''): Promise<Answer> =>
  http.call(who, 'GET', `/v1/reviews/due${query && `?${query}`}`);
const inDays = (days: number) => new Date(beginning + days * dayMs).toISOString();
const db = () => http.ledger.owner.db;

interface DueItem {
  person: { email: string };
  organization: { key: string };
  role: string;
  until: string;
  is_lapsed: boolean;
  reviewed_at: string | null;
}
const told = (answer: Answer) =>
  answer.body.items.map(({ person, role }: DueItem) => `${person.email} ${role}`);

async function idOf(email: string): Promise<string> {
  const rows = await db().execute<{ id: string }>(sql`select id from person where email = ${email}`);
  return rows[0]?.id ?? '';
}

describe('What lapses', () => {
  it('is told by person and role, the earliest first, in pages', async () => {
    expect((await due(omar)).body).toEqual({ items: [], next_cursor: null });
    const all = dueReviewListShape.parse((await due(omar, `before=${inDays(400)}`)).body).items;
    expect(all.length).toBeGreaterThan(5);
    expect(all.map(({ until }) => until)).toEqual(all.map(({ until }) => until).toSorted());
    expect(told(await due(omar, `before=${inDays(400)}`))).toContain(`${sam} support-engineer`);
    const paged: string[] = [];
    for (let cursor = ''; ; ) {
      const page = await due(omar, `before=${inDays(400)}&limit=2${cursor && `&cursor=${cursor}`}`);
      paged.push(...told(page));
      if (page.body.next_cursor === null) break;
      cursor = page.body.next_cursor;
    }
    expect(paged).toEqual(told(await due(omar, `before=${inDays(400)}`)));
    expectProblem(
      await due(omar, `cursor=${Buffer.from('x y z').toString('base64url')}`),
      400,
      'malformed-parameter',
    );
  });

  it("is told to a customer's administrator of its own users alone", async () => {
    const { items } = (await due(anna, `before=${inDays(400)}`)).body;
    expect(items.length).toBeGreaterThan(0);
    expect(new Set(items.map(({ organization }: DueItem) => organization.key))).toEqual(new Set(['acme']));
    expect((await due(anna, 'customer=globex')).status).toBe(404);
    const named = await due(sita, `before=${inDays(400)}&customer=acme`);
    expect(told(named)).toEqual(told(await due(anna, `before=${inDays(400)}`)));
    expectProblem(await due(sam), 403, 'forbidden');
  });

  it('is nothing of customers whose contract names an end: that renews their users', async () => {
    await db().execute(sql`
      insert into contract (organization_id, content, state, until)
      select id, '{"objects":{},"terms":{"state":"active","carrier":null}}', 'active', ${inDays(200)} from organization where key = 'globex'`);
    expect((await due(gus, `before=${inDays(400)}`)).body.items).toEqual([]);
    expectProblem(await review(omar, { person: gus }), 409, 'nothing-to-change');
    await db().execute(
      sql`delete from contract where organization_id = (select id from organization where key = 'globex')`,
    );
  });

  it('is nothing of who leaves before', async () => {
    const only = async () =>
      told(await due(omar, `before=${inDays(400)}`)).filter((one: string) => one.startsWith(mei));
    expect(await only()).not.toEqual([]);
    await db().execute(sql`update person set ends_at = ${inDays(100)} where email = ${mei}`);
    expect(await only()).toEqual([]);
    await db().execute(sql`update person set ends_at = null where email = ${mei}`);
  });
});

describe('A review', () => {
  it('keeps what one role gives, or all, on record, and leaves the rest to a process', async () => {
    http.hurried.length = 0;
    const before = inDays(400);
    expect(told(await due(omar, `before=${before}`))).toContain(`${sam} support-engineer`);
    await clock.moveTo(beginning + 50 * dayMs);
    const answer = await review(
      omar,
      { person: sam, role: 'support-engineer', reason: 'On the desk' },
      { person: anna },
    );
    expect(answer.status).toBe(201);
    const { items } = reviewShape.strict().parse(answer.body);
    expect(items).toMatchObject([
      { person: { email: sam }, role: 'support-engineer', reviewer: { email: omar }, reason: 'On the desk' },
      { person: { email: anna }, organization: { key: 'acme' }, role: null },
    ]);
    expect(http.hurried.map(({ subjectId }) => subjectId)).toEqual(items.map((one) => one.process_id));
    const process = await http.call(omar, 'GET', `/v1/processes/${items[0]?.process_id ?? ''}`);
    expect(process.body).toMatchObject({ kind: 'role-change', cause: 'operations', person: { email: sam } });
    expect((await trail(http, await idOf(sam))).at(-1)).toEqual([
      'access.reviewed',
      'support-engineer: On the desk',
    ]);
    const left = await due(omar, `before=${before}`);
    expect(told(left)).not.toContain(`${sam} support-engineer`);
    expect(told(left).filter((one: string) => one.startsWith(anna))).toEqual([]);
    const [later] = (await due(omar, `before=${inDays(500)}`)).body.items.filter(
      ({ person }: DueItem) => person.email === sam,
    );
    expect(later).toMatchObject({ until: inDays(50 + 365).slice(0, 10) + later.until.slice(10) });
    expect(later.reviewed_at).toBe(items[0]?.at);
  });

  it('is nobody’s own, and nobody’s of people whom they do not manage', async () => {
    const before = await http.count('review_line');
    expectProblem(await review(omar, { person: omar }), 403, 'self-approval');
    expect((await trail(http, await idOf(omar))).at(-1)).toEqual([
      'decision.refused',
      'review: self-approval',
    ]);
    expectProblem(await review(anna, { person: tom }, { person: anna }), 403, 'self-approval');
    expectProblem(await review(anna, { person: sam }), 422, 'unknown-reference');
    const foreign = await review(anna, { person: tom }, { person: gus });
    expectProblem(foreign, 422, 'unknown-reference');
    expect(foreign.body.errors).toEqual([{ pointer: '/lines/1/person', detail: 'There is no such person.' }]);
    for (const who of [sam, sita, 'lena@northwind.example'])
      expectProblem(await review(who, { person: mei }), 403, 'forbidden');
    expect(await http.count('review_line')).toBe(before);
    expect((await review(anna, { person: tom })).status).toBe(201);
  });

  it('is about roles that they have, and people who are here', async () => {
    const wrong = await review(omar, { person: sam, role: 'legal' }, { person: 'nobody@northwind.example' });
    expectProblem(wrong, 422, 'unknown-reference');
    expect(wrong.body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
      '/lines/0/role',
      '/lines/1/person',
    ]);
    const id = newId('person');
    await db().execute(sql`
      insert into person (id, organization_id, email, name, employment, offboarded_at, suspended_at)
      select ${id}, id, 'gone@northwind.example', 'Gone', 'employee', tenure_now(), tenure_now() from organization where kind = 'vendor'`);
    expectProblem(await review(omar, { person: id }), 409, 'already-ended');
    expectProblem(await http.call(omar, 'POST', '/v1/reviews', { lines: [] }), 422, 'invalid-input');
    expectProblem(
      await http.call(omar, 'POST', '/v1/reviews', { lines: [{ person: sam }] }),
      422,
      'invalid-input',
    );
  });

  it('is done once for one key', async () => {
    const before = await http.count('review_line');
    const send = () =>
      http.call(
        omar,
        'POST',
        '/v1/reviews',
        { lines: [{ person: mei, reason: 'Once' }] },
        {
          headers: { 'idempotency-key': 'review-once' },
        },
      );
    const [first, second] = [await send(), await send()];
    expect(second.body).toEqual(first.body);
    expect(await http.count('review_line')).toBe(before + 1);
  });
});

it('whoever gives a role has decided about what it gives: that is a line of a review, too', async () => {
  const wish = { roles: ['legal', 'support-lead'], reason: 'Helps out' };
  expect((await http.call(ada, 'POST', '/v1/people/lena@northwind.example/role-change', wish)).status).toBe(
    201,
  );
  const rows = await db().execute(sql`
    select l.role, l.reason, r.email as reviewer from review_line l join person p on p.id = l.person_id join person r on r.id = l.reviewer
    where p.email = 'lena@northwind.example'`);
  expect([...rows]).toEqual([{ role: 'support-lead', reason: 'Helps out', reviewer: ada }]);
});

it('a grant and the report say where standing access comes from, and why its end moved', async () => {
  const added = await addTo(http, anna, 'acme', 'nora@acme.example');
  const { person } = added.body.user;
  const grantId = await holdStanding(http, added.body.process.id, person.id);
  const { items } = (await review(omar, { person: person.id, reason: 'Year-end review' })).body;
  const [line] = items;
  const system = http.ledger.system.db;
  await system.execute(sql`update process set state = 'running' where id = ${line.process_id}`);
  await system.execute(sql`
    insert into process_person (process_id, person_id, organization_id) select ${line.process_id}, id, organization_id from person where id = ${person.id}`);
  await system.execute(sql`
    insert into renewal (id, grant_id, process_id, organization_id, holder_organization_id, former_until, until, cause, review_id)
    select ${newId('renewal')}, id, ${line.process_id}, organization_id, holder_organization_id, until, until + interval '1 day', 'review', ${line.id}
    from access_grant where id = ${grantId}`);
  await system.execute(sql`update access_grant set until = until + interval '1 day' where id = ${grantId}`);
  const { body } = await http.call(sita, 'GET', `/v1/grants/${grantId}`);
  const standing = {
    origin: 'role',
    process_id: added.body.process.id,
    renewals: [
      { cause: 'review', process_id: line.process_id, reviewer: { email: omar }, reason: 'Year-end review' },
    ],
  };
  expect(grantShape.strict().parse(body)).toMatchObject(standing);
  expect(Date.parse(body.renewals[0].until) - Date.parse(body.renewals[0].former_until)).toBe(dayMs);
  const period = `from=${inDays(0)}&to=${inDays(400)}`;
  const report = await http.call(anna, 'GET', `/v1/customers/acme/access-report?${period}`);
  const [item] = accessReportShape
    .strict()
    .parse(report.body)
    .items.filter((one) => one.grant_id === grantId);
  expect(item).toMatchObject({ ...standing, request_id: null });
  const csv = await http.call(anna, 'GET', `/v1/customers/acme/access-report?${period}`, undefined, {
    headers: { accept: 'text/csv' },
  });
  expect(csv.body).toMatch(/"origin","process_id","because","renewals"/);
  expect(csv.body).toMatch(/\(review by Omar .*<omar@northwind.example>\) .*: Year-end review"/);
});
