import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type ApiHarness, startApi } from '../support/api.ts';
import { connectDirectory, type TestDirectory } from '../support/directory.ts';
import { isDrill } from '../support/extent.ts';

// A directory that sends anything, everywhere: always an answer in SCIM's words, never a fault, and nothing half done.
// `npm test` tries a sample of it, `npm run drill` all.

const core = 'urn:ietf:params:scim:schemas:core:2.0:User';
const patchOp = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
const errorSchema = 'urn:ietf:params:scim:api:messages:2.0:Error';

const texts = [
  `'; drop table person; --`,
  `" or 1=1 --`,
  `x') or true or ('`,
  '%',
  '_%_',
  '\\',
  '$1',
  '${jndi:ldap://x}',
  '=cmd|calc!A1',
  '<script>alert(1)</script>',
  '\u0000',
  'a\u0000b',
  '\ud800',
  'a\udfffb',
  '\u202egro.live',
  '\u200b',
  '\uffff',
  '\r\nset-cookie: x=1',
  '{{7*7}}',
  '../../../etc/passwd',
  '__proto__',
  'constructor',
  'ﬀ'.repeat(400),
  'x'.repeat(70_000),
];
const odd: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1e308,
  '',
  [],
  {},
  [null],
  [[]],
  [{}],
  { a: { b: [] } },
  ['x', 1],
];
const paths = [
  '__proto__',
  '__proto__.polluted',
  'constructor',
  'constructor.prototype',
  'constructor.prototype.polluted',
  'toString',
  'name.__proto__',
  'name.constructor',
  'emails[__proto__ eq "x"].value',
  'emails[type eq "work"].__proto__',
  'emails[type eq "work"].constructor',
  'emails[',
  'emails[]',
  'emails]',
  'emails[type eq "a"][type eq "b"]',
  'urn:x:__proto__',
  'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:__proto__',
  `emails[${'('.repeat(30)}type pr${')'.repeat(30)}]`,
  '.',
  '..',
  'a.b.c.d',
  ' ',
  '\u0000',
  'members',
  'members[value eq "x"].value',
];
const filters = [
  ...paths.map((path) => `${path} eq "x"`),
  `${'not ('.repeat(25)}userName pr${')'.repeat(25)}`,
  '('.repeat(2_000),
  Array.from({ length: 101 }, () => 'id pr').join(' and '),
  `userName eq "${'x'.repeat(3_990)}"`,
  'emails[emails[type eq "x"]]',
  'groups[value eq "x" and display co "%"]',
  'active gt true',
  'active eq "maybe"',
  'meta.created eq "0000-00-00T00:00:00Z"',
  'meta.created gt "999999-01-01T00:00:00Z"',
  'meta.created gt "2026-02-31T99:00:00Z"',
  'meta.lastModified lt 5',
  'id gt 99999999999999999999999999999',
  'title eq 1e400',
  'userName eq "\\ud800"',
  'userName eq "\\u0000"',
  'externalId sw null',
];

/** In `npm test` every third, another third for each place. */
function some<T>(all: readonly T[], place: number): T[] {
  return all.filter((_, at) => isDrill || at % 3 === place % 3);
}

let http: ApiHarness;
let acme: TestDirectory;
let globex: TestDirectory;
let user: string;
let group: string;
beforeAll(async () => {
  http = await startApi({ directoryLimit: { burst: 100_000, perSecond: 100_000 } });
  acme = await connectDirectory(http, 'acme', 'anna@acme.example');
  globex = await connectDirectory(http, 'globex', 'gus@globex.example');
  user = String((await acme.send('POST', '/Users', whole)).body.id);
  const made = await acme.send('POST', '/Groups', { displayName: 'Some', members: [{ value: user }] });
  group = String(made.body.id);
});
afterAll(() => http?.stop());

const whole = { schemas: [core], userName: 'held@acme.example', displayName: 'Held', active: true };

/** What is kept, as a text, whatever was done to it and undone. */
async function kept(): Promise<string> {
  const rows = await http.ledger.owner.db.execute<{ all: string }>(sql`
    select (select json_agg(u order by id)::text from scim_user u) || (select json_agg(g order by id)::text from scim_group g)
      || (select json_agg(m order by user_id)::text from scim_member m) || (select json_agg(p order by id)::text from person p)
      || (select json_agg(s order by seq)::text from membership s) || (select count(*) from process) as all`);
  return rows[0]?.all ?? '';
}

/** An answer that may be: done, or refused in SCIM's words; and no fault beside it. */
function expectProper(answer: Answer, what: string): void {
  expect(http.faults.splice(0), what).toEqual([]);
  expect(answer.status, what).toBeLessThan(500);
  if (answer.status < 400) return;
  expect(answer.body, what).toMatchObject({ schemas: [errorSchema], status: String(answer.status) });
  expect(answer.headers.get('content-type'), what).toContain('application/scim+json');
}

/** Tries it; what was refused has left nothing behind. */
async function attack(method: string, path: string, body?: unknown): Promise<number> {
  const before = await kept();
  const answer = await acme.send(method, path, body);
  const what = `${method} ${path} ${JSON.stringify(body)?.slice(0, 160) ?? ''}`;
  expectProper(answer, what);
  if (answer.status >= 400) expect(await kept(), what).toBe(before);
  return answer.status;
}

describe('Whatever is sent', () => {
  it('in a filter, a sort or a projection is an answer or a refusal', async () => {
    for (const [place, route] of ['/Users', '/Groups'].entries()) {
      for (const filter of some(
        [...filters, ...texts.map((text) => `userName eq ${JSON.stringify(text)}`)],
        place,
      )) {
        await attack('GET', `${route}?filter=${encodeURIComponent(filter.toWellFormed())}`);
        await attack('POST', `${route}/.search`, { filter });
      }
      for (const text of some([...texts.filter((one) => one.length < 1_000), ...paths], place))
        for (const name of ['sortBy', 'attributes', 'excludedAttributes', 'startIndex', 'count', 'sortOrder'])
          await attack('GET', `${route}?${name}=${encodeURIComponent(text.toWellFormed())}`);
      for (const value of some(odd, place))
        await attack('POST', `${route}/.search`, {
          filter: value,
          sortBy: value,
          count: value,
          attributes: value,
        });
    }
  });

  it('in a body is kept whole or not at all', async () => {
    let place = 0;
    for (const name of [
      'userName',
      'externalId',
      'displayName',
      'name',
      'emails',
      'active',
      'title',
      'schemas',
    ]) {
      place += 1;
      for (const value of some<unknown>([...texts, ...odd], place)) {
        await attack('PUT', `/Users/${user}`, { ...whole, [name]: value });
        await attack('POST', '/Users', { ...whole, [name]: value });
      }
    }
    for (const name of ['displayName', 'externalId', 'members'])
      for (const value of some<unknown>([...texts, ...odd], place))
        await attack('PUT', `/Groups/${group}`, { displayName: 'Some', [name]: value });
    for (const key of some(texts, 0)) await attack('PUT', `/Users/${user}`, { ...whole, [key]: 'x' });
    const strangers = Array.from({ length: 5_000 }, (_, at) => ({ value: `scu_${at}` }));
    expect(await attack('PUT', `/Groups/${group}`, { displayName: 'Some', members: strangers })).toBe(400);
    const long = { ...whole, title: 'x'.repeat(1_100_000) };
    expect(await attack('PUT', `/Users/${user}`, long)).toBe(413);
  });

  it('in a patch is done whole or not at all, and leaves no prototype changed', async () => {
    for (const [place, op] of ['add', 'replace', 'remove'].entries()) {
      for (const path of some(paths, place))
        for (const value of ['x', { polluted: true }])
          await attack('PATCH', `/Users/${user}`, { schemas: [patchOp], Operations: [{ op, path, value }] });
      for (const value of some<unknown>([...odd, ...texts.slice(0, 12)], place)) {
        await attack('PATCH', `/Users/${user}`, { schemas: [patchOp], Operations: [{ op, value }] });
        await attack('PATCH', `/Groups/${group}`, {
          schemas: [patchOp],
          Operations: [{ op, path: 'members', value }],
        });
        await attack('PATCH', `/Users/${user}`, { schemas: [patchOp], Operations: value });
        await attack('PATCH', `/Users/${user}`, {
          schemas: [patchOp],
          Operations: [{ op: value, path: value }],
        });
      }
    }
    const many = Array.from({ length: 1_001 }, () => ({ op: 'replace', path: 'title', value: 'x' }));
    expect(await attack('PATCH', `/Users/${user}`, { schemas: [patchOp], Operations: many })).toBe(400);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it('in an address leads to nothing', async () => {
    for (const text of texts.filter((one) => one.length < 1_000 && one.isWellFormed()))
      for (const route of ['/Users', '/Groups', '/Schemas', '/ResourceTypes']) {
        const status = await attack('GET', `${route}/${encodeURIComponent(text)}`);
        expect([400, 404], `${route} ${text}`).toContain(status);
      }
    const headers = { authorization: `Bearer ${acme.token}` };
    const nowhere = await http.call(null, 'GET', '/scim/v2/%00/Users', undefined, { headers });
    expectProper(nowhere, 'another address');
    expect(nowhere.status).toBe(401);
  });
});

describe('Another customer’s token', () => {
  it('opens nothing by any route and method, and ids of others lead nowhere', async () => {
    const body = { ...whole, schemas: [patchOp], Operations: [{ op: 'replace', value: { active: false } }] };
    const before = await kept();
    const bearer = { authorization: `Bearer ${globex.token}` };
    for (const route of [`/Users/${user}`, `/Groups/${group}`])
      for (const method of ['GET', 'PUT', 'PATCH', 'DELETE']) {
        const sent = method === 'GET' || method === 'DELETE' ? undefined : body;
        const crossed = await http.call(null, method, `${acme.base}${route}`, sent, { headers: bearer });
        expect(crossed.status, `${method} ${route}`).toBe(401);
        const own = await globex.send(method, route, sent);
        expect(own.status, `${method} ${route}`).toBe(404);
        expect(JSON.stringify([crossed.body, own.body])).not.toContain('Held');
      }
    for (const filter of [
      'userName eq "held@acme.example"',
      `id eq "${user}"`,
      `groups[value eq "${group}"]`,
    ])
      for (const route of ['/Users/.search', '/Groups/.search', '/.search'])
        expect((await globex.send('POST', route, { filter })).body.totalResults, filter).toBe(0);
    expect(await kept()).toBe(before);
    // The control: the same questions of whom it belongs to.
    expect((await acme.send('GET', `/Users/${user}`)).body.displayName).toBe('Held');
    expect((await acme.send('POST', '/Users/.search', { filter: `id eq "${user}"` })).body.totalResults).toBe(
      1,
    );
  });
});
