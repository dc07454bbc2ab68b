import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type RuleName, rules } from '../../api/guards/rule.ts';
import { readPrincipal } from '../../db/queries/person.ts';
import { type Answer, type ApiHarness, startApi } from '../support/api.ts';
import { type Operation, readOperations, type Role, roles, takeOnUlla } from '../support/matrix.ts';
import { elsewhere, marks, pageRows, type PageRow, type Thing } from '../support/page-matrix.ts';
import { alertSource, openSignal } from '../support/signal-routes.ts';
import { records, tableHashes } from '../support/table-hash.ts';

// Every page and form by every role and tenant, with what is theirs and what is not: whom a page's rule lets in sees it, everybody else
// doesn't, what is somebody else's is not there, and nobody finds anywhere what belongs to others.

const tried = [
  'sam',
  'mei',
  'priya',
  'omar',
  'sita',
  'jonas',
  'anna',
  'gus',
  'ulla',
] as const satisfies Role[];
const wish = { period: 'PT1H', ticket: 'NW-1', entitlement: 'read' };

let http: ApiHarness;
let pages: Operation[];
let meisRequest: string;
const admitted = new Map<string, boolean>();
beforeAll(async () => {
  http = await startApi();
  await takeOnUlla(http);
  const operations = await readOperations(http);
  pages = operations.filter(
    ({ path, rule }) =>
      !/^\/(v1|scim|access|ssf)\//.test(path) &&
      rule !== 'public' &&
      !/^\/(sign-in|sign-out)(\/|$)/.test(path),
  );
  for (const role of tried) {
    const person = await readPrincipal(
      http.ledger.app,
      (await http.call(roles[role], 'GET', '/v1/me')).body.id,
    );
    if (!person) throw new Error(`There is no ${role}.`);
    const signedIn = { amr: [], acr: null, authTime: 0, expiresAt: 0, session: null };
    for (const name of Object.keys(rules) as RuleName[]) // The keys of a constant are exactly its type's.
      admitted.set(`${name} ${role}`, rules[name].admits({ ...person, ...signedIn, kind: 'person' }));
  }
  await http.call(roles.sam, 'POST', '/v1/access-requests', {
    ...wish,
    resource: 'acme-env',
    justification: marks.acme.words,
  });
  const globexs = await http.call(roles.mei, 'POST', '/v1/access-requests', {
    ...wish,
    resource: 'globex-env',
    justification: marks.globex.words,
  });
  meisRequest = globexs.body.reference;
  for (const [who, organization, { words: name }] of [
    [roles.anna, 'acme', marks.acmesSource],
    [roles.gus, 'globex', marks.globexsSource],
  ] as const)
    await http.call(who, 'POST', '/v1/signal-sources', { organization, name, kind: 'alert' });
  await takeOn(roles.anna, 'acme', marks.acmesUser.words);
  await takeOn(roles.gus, 'globex', marks.globexsUser.words);
});
afterAll(() => http.stop());
afterEach(() => expect(http.faults.splice(0)).toEqual([]));

let made = 0;
async function takeOn(who: string, customer: string, name: string): Promise<string> {
  const email = `user${made++}@${customer}.example`;
  const body = { name, email, contract_role: 'member', reason: 'New' };
  const answer = await http.call(who, 'POST', `/v1/customers/${customer}/users`, body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  const rows = await http.ledger.owner.db.execute<{ id: string }>(
    sql`select id from person where email = ${email}`,
  );
  return rows[0]?.id ?? '';
}

async function ask(): Promise<string> {
  const body = { ...wish, resource: 'acme-env', justification: marks.acme.words };
  return (await http.call(roles.sam, 'POST', '/v1/access-requests', body)).body.id;
}

async function hold(): Promise<{ request: string; grant: string }> {
  const request = await ask();
  for (const who of [roles.priya, roles.anna])
    await http.call(who, 'POST', `/v1/access-requests/${request}/decisions`, { decision: 'approve' });
  return { request, grant: await http.provision(request) };
}

const makers: Partial<Record<Thing, () => Promise<string>>> = {
  waitingRequest: ask,
  heldRequest: async () => (await hold()).request,
  grant: async () => (await hold()).grant,
  user: () => takeOn(roles.anna, 'acme', 'Kim'),
  signal: async () => (await openSignal(http)).id,
  alertSource: async () => (await alertSource(http)).id,
  sam: async () => (await http.call(roles.sam, 'GET', '/v1/me')).body.id,
};

async function addressOf({ path }: Operation, { of = {}, query }: PageRow): Promise<string> {
  let address = query ? `${path}?${query}` : path;
  for (const [name, thing] of Object.entries(of)) {
    const make = makers[thing];
    address = address.replace(`{${name}}`, make ? await make() : thing);
  }
  expect(address, 'a parameter without a thing').not.toContain('{');
  return address;
}

/** The form as whoever reads the page finds it: with what it says the request was. */
async function filled(path: string, { form = {} }: PageRow): Promise<Record<string, string>> {
  if (form['digest'] === undefined) return form;
  const id = /req_\w+/.exec(path)?.[0] ?? '';
  const { body } = await http.call(roles.sam, 'GET', `/v1/access-requests/${id}`);
  return { ...form, digest: body.digest };
}

/** The same address of nothing that there is. */
function unknown({ path }: Operation): string {
  return path
    .replace(/\{(grant)\}/, 'grant_01kb3v5c2hf8jrxw7s9d0m4p6q')
    .replace(/\{(person|user)\}/, 'person_01kb3v5c2hf8jrxw7s9d0m4p6q')
    .replaceAll(/\{.+?\}/g, 'AR-999999');
}

function call(role: Role, { method }: Operation, path: string, form: PageRow['form'] = {}): Promise<Answer> {
  const headers = { accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded' };
  const raw = new URLSearchParams(form).toString();
  return http.call(
    roles[role],
    method.toUpperCase(),
    path,
    undefined,
    method === 'post' ? { raw, headers } : { headers },
  );
}

/** A page without its tags. */
const said = (page: string) =>
  page
    .replace(/^.*<main/s, '')
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .slice(0, 600);
const rowOf = ({ operationId }: Operation): PageRow => pageRows[operationId] ?? {};
const isLetIn = (one: Operation, role: Role) => admitted.get(`${one.rule} ${role}`) === true;
const changed = () => tableHashes(http.ledger.owner.db, [...records, 'idempotency']);

it('each has a row where it needs one, and no row is of nothing', () => {
  const needing = pages.filter(({ method, path }) => method === 'post' || path.includes('{'));
  const without = needing.filter(({ operationId }) => !pageRows[operationId] && !elsewhere.test(operationId));
  expect(without.map(({ operationId, path }) => `${operationId} ${path}`)).toEqual([]);
  const known = new Set(pages.map(({ operationId }) => operationId));
  expect(Object.keys(pageRows).filter((id) => !known.has(id))).toEqual([]);
});

it('a page is for whom its rule lets in, and shows nobody what is not theirs', async () => {
  const shown = new Map<Role, string>();
  const wrong: string[] = [];
  for (const one of pages.filter(({ method }) => method === 'get')) {
    const row = rowOf(one);
    if (row.elsewhere || elsewhere.test(one.operationId)) continue;
    const path = await addressOf(one, row);
    const seen: Role[] = [];
    for (const role of tried) {
      const { status, body } = await call(role, one, path);
      const text = String(body);
      const label = `${one.operationId} ${role}`;
      if (!isLetIn(one, role)) {
        if (status !== 403) wrong.push(`${label} ${status}`);
      } else if (row.sees && !row.sees.includes(role)) {
        if (status !== 404) wrong.push(`${label} ${status}`);
        // And says no more than of what there is not at all.
        else if (text !== String((await call(role, one, unknown(one))).body))
          wrong.push(`${label} says more`);
      } else {
        // A customer's people are led on from the staff's first page to their own.
        if (![200, 303].includes(status)) wrong.push(`${label} ${status} ${said(text)}`);
        seen.push(role);
      }
      for (const { words, hiddenFrom } of Object.values(marks))
        if (hiddenFrom.some((hidden) => hidden === role))
          if (text.includes(words)) wrong.push(`${label}: ${words}`);
      shown.set(role, (shown.get(role) ?? '') + text);
    }
    expect(seen, `${one.operationId}: nobody sees it`).not.toEqual([]);
  }
  // The other way round: what is Globex' is nobody's at Acme.
  for (const role of tried) {
    const { status, body } = await http.call(roles[role], 'GET', `/requests/${meisRequest}`);
    const sees = ['mei', 'priya', 'omar', 'sita', 'gus'].includes(role);
    if (status !== (sees ? 200 : 404)) wrong.push(`${meisRequest} ${role} ${status}`);
    shown.set(role, (shown.get(role) ?? '') + String(body));
  }
  expect(wrong).toEqual([]);
  // The positive control: whoever may find the marks does.
  for (const { words, seenBy } of Object.values(marks))
    for (const role of seenBy) expect(shown.get(role)?.includes(words), `${role} finds ${words}`).toBe(true);
}, 120_000);

it('a form is for whom its rule lets in, whatever it names', async () => {
  const before = await changed();
  const wrong: string[] = [];
  for (const one of pages.filter(({ method }) => method === 'post'))
    for (const role of tried.filter((other) => !isLetIn(one, other))) {
      const { status } = await call(role, one, unknown(one), rowOf(one).form);
      if (status !== 403) wrong.push(`${one.operationId} ${role} ${status}`);
    }
  expect(wrong).toEqual([]);
  expect(await changed()).toEqual(before);
});

describe('A form changes nothing but for who may send it', () => {
  const forms = Object.entries(pageRows).filter(([, { does }]) => does);
  it.each(forms)('%s', async (operationId, row) => {
    const one = pages.find((page) => page.operationId === operationId);
    if (!one) throw new Error(`There is no ${operationId}.`);
    const path = await addressOf(one, row);
    const form = await filled(path, row);
    const before = await changed();
    for (const role of tried.filter((other) => !row.does?.includes(other))) {
      const { status } = await call(role, one, path, form);
      const label = `${operationId} ${role} ${status}`;
      if (!isLetIn(one, role)) expect(status, label).toBe(403);
      else if (row.sees && !row.sees.includes(role)) expect(status, label).toBe(404);
      else expect([403, 404, 409, 422], label).toContain(status);
    }
    const [by] = row.does ?? [];
    if (row.of) expect((await call(by ?? 'sam', one, unknown(one), form)).status).toBe(404);
    expect(await changed()).toEqual(before);
    const done = await call(by ?? 'sam', one, path, form);
    if (row.answers) return expect(done.status).toBe(row.answers);
    expect(done.status, said(String(done.body))).toBeLessThan(400);
    expect(await changed()).not.toEqual(before);
  });
});
