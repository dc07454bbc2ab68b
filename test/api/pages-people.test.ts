import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { endingSentence } from '../../api/console/request-words.ts';
import { newId } from '../../domain/ids.ts';
import { type Listening, startIdentity } from '../support/identity.ts';
import { type Role, roleNames, roles, takeOnUlla } from '../support/matrix.ts';
import { standBySql } from '../support/standing-by-sql.ts';
import { startWeb, type WebApi } from '../support/web.ts';

// People, customers, resources, who can reach what, and the records: in a browser without scripts.

const { sam, mei, priya, omar, sita, anna, lena } = roles;
const thin = '\u00a0';

let web: WebApi;
let identity: Listening;
/** Sam's access to Acme's environment, approved by Priya and Anna. */
let acme: { reference: string; grant: string };
/** Sam's to what customers share, for Globex, given back. */
let shared: { reference: string; grant: string };
let before: string;
let during: string;
const ids: Record<string, string> = {};

beforeAll(async () => {
  web = await startWeb();
  identity = await startIdentity(web.ledger, web.url);
  await takeOnUlla(web.http);
  const rows = await web.ledger.owner.db.execute<{ id: string; email: string }>(
    sql`select id, email from person`,
  );
  for (const { id, email } of rows) ids[email] = id;
  before = await now();
  acme = await hold('acme-env', 'operate', 'Replay <b>the import</b>');
  shared = await hold('postgres-us', 'read', 'Count invoices', 'globex');
  during = await now();
  await web.http.end(shared.grant, 'return');
  const view = { because: ['customer-administrator', 'member', 'viewer'], entitlement: 'northwind-app:view' };
  await standBySql(web.ledger, anna, view);
});
afterAll(async () => {
  await identity.stop();
  await web.stop();
});
afterEach(() => expect(web.http.faults.splice(0)).toEqual([]));

async function now(): Promise<string> {
  const rows = await web.ledger.owner.db.execute<{ now: string }>(
    sql`select to_char(tenure_now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as now from pg_sleep(0.02)`,
  );
  return rows[0]?.now ?? '';
}

/** A process about these people; about one alone, it is theirs. */
async function process(people: readonly string[]): Promise<string> {
  const id = newId('proc');
  const { db } = web.ledger.owner;
  const [first] = people.length === 1 ? people : [];
  await db.execute(sql`
    insert into process (id, kind, organization_id, person_id, cause)
    select ${id}, 'role-change', o.id, ${first === undefined ? null : (ids[first] ?? null)}, 'configuration'
    from organization o where o.kind = 'vendor'`);
  for (const email of people)
    await db.execute(sql`insert into process_person (process_id, person_id, organization_id)
      select ${id}, id, organization_id from person where email = ${email}`);
  return id;
}

async function ask(resource: string, entitlement: string, justification: string, customer?: string) {
  const wish = { resource, entitlement, period: 'PT1H', ticket: 'NW-1', justification, customer };
  const { status, body } = await web.http.call(sam, 'POST', '/v1/access-requests', wish);
  expect(status).toBe(201);
  return body;
}

async function hold(resource: string, entitlement: string, why: string, customer?: string) {
  const { id, reference } = await ask(resource, entitlement, why, customer);
  for (const who of resource === 'acme-env' ? [priya, anna] : [priya])
    await web.http.call(who, 'POST', `/v1/access-requests/${id}/decisions`, { decision: 'approve' });
  return { reference, grant: await web.http.provision(id) };
}

async function look(who: string | null, path: string) {
  const { status, body, headers } = await web.http.call(who, 'GET', path);
  return { status, headers, text: typeof body === 'string' ? body : JSON.stringify(body) };
}

const send: WebApi['send'] = (...sent) => web.send(...sent);

const titleOf = (text: string) => /<h1>(.*?)<\/h1>/.exec(text)?.[1] ?? '';
const personOf = (email: string) => `/people/${ids[email]}`;

describe('A person', () => {
  it('is shown with what they hold, until when, which way it came and who approved', async () => {
    const { text } = await look(sita, personOf(sam));
    expect(titleOf(text)).toMatch(/^Sam holds 1.access beyond the role\. It ends in 59.min$/);
    expect(text).toContain(`/requests/${acme.reference}"`);
    expect(text).toContain('Priya and Anna at Acme');
    expect(text).toContain('Replay &lt;b&gt;the import&lt;/b&gt;');
    expect(text).toContain(`/grants/${acme.grant}/revocation`);
    expect(text).toContain('Sam asked for access');
    expect(text).toContain('/people/' + ids[priya]);
  });

  it('sees their own page without the duty to see others', async () => {
    const { status, text } = await look(sam, '/people/me');
    expect(status).toBe(200);
    expect(titleOf(text)).toContain('You hold 1');
    expect(text).not.toContain('/revocation');
    expect((await look(sam, '/')).text).not.toContain('more by your role');
  });

  it('of a customer is shown with the roles that their standing access came by', async () => {
    const { text } = await look(sita, personOf(anna));
    expect(titleOf(text)).toBe('Anna holds nothing beyond the role');
    expect(text).toContain('Role customer administrator, which includes member, which includes viewer');
  });

  it('is told of the processes about them, and not of those about others too', async () => {
    const alone = await process([sam]);
    const among = await process([sam, mei]);
    const own = (await look(sam, '/people/me')).text;
    expect(own).toContain(alone);
    expect(own).not.toContain(among);
    const whole = (await look(sita, personOf(sam))).text;
    for (const id of [alone, among]) expect(whole).toContain(id);
  });

  it('is nobody to whom they are no business, with the same answer as for nobody', async () => {
    for (const [who, whom] of [
      [sam, priya],
      [lena, sam],
      [sam, anna],
    ] as const) {
      const foreign = await look(who, personOf(whom));
      const nobody = await look(who, `/people/${newId('person')}`);
      expect(foreign.status).toBe(404);
      const without = ({ text }: typeof foreign) => text.replaceAll(/person_\w+/g, '');
      expect(without(foreign)).toBe(without(nobody));
      expect((await look(omar, personOf(whom))).status).toBe(200);
    }
  });
});

describe('Everybody', () => {
  it('is found by name, kind, organization and role', async () => {
    const list = async (query: string) => (await look(omar, `/people?${query}`)).text;
    expect(await list('')).toContain('jonas@northwind.example');
    const found = await list('find=SA%20northwind');
    expect(found).toContain('sam@northwind.example');
    expect(found).not.toContain('priya@');
    expect(titleOf(await list('kind=contractor'))).toBe(`1${thin}person is found`);
    const ofAcme = await list('organization=acme');
    expect(ofAcme).toContain(anna);
    expect(ofAcme).not.toContain('gus@');
    expect(titleOf(await list('role=support-lead'))).toBe(`2${thin}people hold the role support lead`);
    expect(titleOf(await list('find=nobody-at-all'))).toBe('Nobody is found');
  });

  it('is refused at the field where there is no such organization, and what was typed is kept', async () => {
    const { status, text } = await look(omar, '/people?find=sam&organization=nowhere');
    expect(status).toBe(422);
    expect(text).toContain('id="organization-fault"');
    expect(text).toMatch(/name="find"[^>]*value="sam"|value="sam"[^>]*/);
    expect((await look(omar, '/people?kind=emperor')).status).toBe(422);
  });

  it('is listed page by page, each once, by name, in JSON too', async () => {
    const seen: string[] = [];
    for (let cursor = ''; ; ) {
      const { body } = await web.http.call(omar, 'GET', `/v1/people?limit=5${cursor}`);
      seen.push(...body.items.map((one: { name: string }) => one.name));
      if (body.next_cursor === null) break;
      cursor = `&cursor=${body.next_cursor}`;
    }
    expect(seen.length).toBe(Object.keys(ids).length);
    expect(seen).toEqual(seen.toSorted((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)));
    const after = await look(omar, `/people?after=${ids[sam]}`);
    expect(after.text).not.toContain('priya@');
    expect(after.text).toContain('tom@');
  });
});

describe('Somebody of ours who has no way to sign in', () => {
  const asked = { reason: 'Lost <b>the phone</b>' };
  const sent = async (who: string, email: string, typed: Record<string, string>) =>
    send(who, '/account', `${personOf(email)}/invitation`, typed);
  const providers = (state: string) =>
    web.ledger.owner.db.execute(
      sql`update sign_in_provider set state = ${state} where organization_id = (select id from organization where kind = 'vendor')`,
    );

  it('is sent a link from their page, by who manages access and is somebody else', async () => {
    expect((await look(omar, personOf(mei))).text).not.toContain('no way to sign in');
    expect((await sent(omar, mei, asked)).status).toBe(409);
    // Those who are here stay signed in; nobody new could be.
    for (const who of [omar, sita, sam]) await web.as(who);
    await web.ledger.owner.db.execute(sql`alter table sign_in_provider disable trigger user`);
    await providers('retired');
    try {
      expect((await look(omar, personOf(mei))).text).toContain('Mei has no way to sign in');
      for (const [who, email] of [
        [omar, omar],
        [sita, mei],
        [omar, anna],
      ] as const)
        expect((await look(who, personOf(email))).text).not.toContain('no way to sign in');
      const empty = await sent(omar, mei, { reason: ' ' });
      expect(empty.status).toBe(422);
      expect(empty.text).toContain('aria-invalid="true"');
      expect((await sent(sita, mei, asked)).status).toBe(403);
      expect((await sent(omar, omar, asked)).status).toBe(403);
      expect((await sent(omar, anna, asked)).status).toBe(404);
      expect((await sent(omar, mei, asked)).status).toBe(303);
      const again = await sent(omar, mei, asked);
      expect(again.status).toBe(409);
      expect(again.text).toContain('Their welcome is on its way already.');
      expect(again.text).toContain('Lost &lt;b&gt;the phone');
      expect((await look(omar, personOf(mei))).text).toContain('/operations/processes/proc_');
    } finally {
      await providers('live');
      await web.ledger.owner.db.execute(sql`alter table sign_in_provider enable trigger user`);
    }
  });
});

describe('An access that is ended now', () => {
  it('needs a reason, and somebody who may', async () => {
    const { grant } = await hold('globex-env', 'read', 'A look');
    const path = `/grants/${grant}/revocation`;
    const count = () => web.http.count('ending');
    const ended = await count();
    expect((await look(sita, path)).text).toContain('End Sam’s access now');
    expect((await send(sita, path, path, { reason: ' ' })).text).toContain('id="reason-fault"');
    expect((await send(omar, path, path, { reason: 'Mine' })).status).toBe(403);
    const form = { raw: 'reason=Mine', headers: { 'content-type': 'application/x-www-form-urlencoded' } };
    for (const who of [lena, mei])
      expect((await web.http.call(who, 'POST', path, undefined, form)).status).toBe(404);
    expect((await look(lena, path)).status).toBe(404);
    expect((await (await web.as(sita)).post(web.url + path, { reason: 'No mark' })).status).toBe(403);
    expect(await count()).toBe(ended);
    const done = await send(sita, path, path, { reason: 'An incident' });
    expect(done).toMatchObject({ status: 303 });
    expect(done.headers.get('location')).toBe(personOf(sam));
    expect(await count()).toBe(ended + 1);
    expect((await send(sita, path, path, { reason: 'Again' })).status).toBe(409);
    // Whoever looks at it later reads by whom.
    await web.http.end(grant, 'revocation');
    expect((await look(sita, '/customers/globex')).text).toContain('Sita ended it early.');
  });

  it('says who set off what ended it, where it was another thing', () => {
    const sita = { id: 'person_1', email: 'sita@northwind.example', name: 'Sita' };
    const of = (ended_by: 'role-change' | 'return' | 'time', by: typeof sita | null) =>
      endingSentence({ ended_by, ended_by_person: by });
    expect(of('role-change', sita)).toBe('It ended with a change of roles. Sita set it off.');
    expect(of('role-change', null)).toBe('It ended with a change of roles.');
    expect(of('return', sita)).toBe('Sita returned it.');
    expect(of('time', null)).toBe('It ended in time.');
  });

  it('may be one that came by a role', async () => {
    const wish = { because: ['member'], entitlement: 'northwind-app:use' };
    const path = `/grants/${await standBySql(web.ledger, anna, wish)}/revocation`;
    expect((await look(sita, path)).text).toContain('It comes with a role');
    expect((await send(sita, path, path, { reason: 'An incident' })).status).toBe(303);
  });
});

describe('A customer', () => {
  it('answers who from our team can reach its data now, and could', async () => {
    const { text } = await look(sita, '/customers/globex');
    expect(titleOf(text)).toMatch(/from Northwind Cloud can reach Globex’s data now$/);
    expect(text).toContain(shared.reference);
    expect(text).toContain('It was returned early.');
    expect(text).toContain('class="axis"');
    const nobody = await look(sita, '/customers/initech');
    expect(titleOf(nobody.text)).toBe('Nobody from Northwind Cloud can reach Initech’s data now');
    expect(nobody.text).toContain('Nobody reached it');
  });

  it('is asked about a period, and says where it is none', async () => {
    const history = async (query: string) => look(sita, `/customers/globex?${query}`);
    const past = await history('from=2020-01-01&to=2020-01-31');
    expect(past.status).toBe(200);
    expect(past.text).toContain('Nobody of us had access then');
    expect(past.text).toMatch(/1.Jan.2020 to 31.Jan.2020/);
    expect((await history('from=2020-02-01&to=2020-01-31')).text).toContain('id="to-fault"');
    const noDay = await history('from=2020-02-31');
    expect(noDay.status).toBe(422);
    expect(noDay.text).toContain('id="from-fault"');
    expect((await history('days=7')).text).toContain('aria-current="true"');
  });

  it('gives evidence as a file, of our people alone', async () => {
    const span = `from=${before}&to=2036-01-01T00:00:00.000Z`;
    const file = await look(sita, `/customers/acme/access-report?${span}`);
    expect(file.headers.get('content-type')).toContain('text/csv');
    expect(file.headers.get('content-disposition')).toMatch(
      /filename="access-acme-\d{4}-\d\d-\d\d-to-2036-01-01\.csv"/,
    );
    expect(file.text).toContain(acme.reference);
    expect(file.text).not.toContain('northwind-app');
    const all = await web.http.call(sita, 'GET', `/v1/customers/acme/access-report?${span}`);
    expect(JSON.stringify(all.body)).toContain('northwind-app');
    const held = await web.http.call(sita, 'GET', `/v1/customers/acme/access-report?${span}&holder=acme`);
    expect(held.body.items.length).toBeGreaterThan(0);
    expect(JSON.stringify(held.body)).not.toContain(acme.reference);
    expect((await look(sita, '/customers/acme/access-report')).text).toContain(acme.reference);
    const unknown = await web.http.call(
      sita,
      'GET',
      `/v1/customers/acme/access-report?${span}&holder=nowhere`,
    );
    expect(unknown.status).toBe(422);
  });

  it('shows nobody’s access to who reads no records', async () => {
    const { status, text } = await look(lena, '/customers/globex');
    expect(status).toBe(200);
    expect(titleOf(text)).toBe('Globex');
    expect(text).not.toContain(shared.reference);
    expect(text).not.toContain('Sam');
    expect(text).not.toMatch(/<dt>Contract/);
    expect((await look(lena, `/customers/globex/access-report?from=${before}&to=${during}`)).status).toBe(
      403,
    );
  });

  it('is found by name and standing', async () => {
    const { text } = await look(sam, '/customers?find=glob');
    expect(titleOf(text)).toBe(`1${thin}customer is found`);
    expect((await look(sam, '/customers?state=suspended')).text).toContain('No customer is found');
    expect((await web.http.call(sam, 'GET', '/v1/customers?find=ACM')).body.items).toHaveLength(1);
  });
});

describe('A user of a customer', () => {
  const [page, form] = ['/customers/globex', '/customers/globex/users/new'];
  const typed = {
    name: 'Ivy <b>',
    email: 'ivy@globex.example',
    contract_role: 'member',
    reason: 'Asked us to',
  };
  const sent = (who: string, fields: Record<string, string>) => send(who, form, `${page}/users`, fields);

  it('is added by who manages access, from the customer’s page, within its tier', async () => {
    expect((await look(omar, page)).text).toContain(`href="${form}"`);
    expect((await look(sam, page)).text).not.toContain(`href="${form}"`);
    const { text } = await look(omar, form);
    expect(text).toContain('Add a person to Globex');
    for (const role of ['administrator', 'member', 'viewer']) expect(text).toContain(`value="${role}"`);
    const empty = await sent(omar, { ...typed, name: ' ', reason: '' });
    expect([empty.status, empty.text.match(/aria-invalid="true"/g)?.length]).toEqual([422, 2]);
    const foreign = await sent(omar, { ...typed, contract_role: 'emperor' });
    expect(foreign.status).toBe(422);
    expect(foreign.text).toContain('Ivy &lt;b&gt;');
    for (const who of [sam, sita, anna]) expect((await sent(who, typed)).status).toBe(403);
    const added = await sent(omar, typed);
    expect([added.status, added.headers.get('location')]).toEqual([303, '/people?organization=globex']);
    expect((await look(omar, '/people?organization=globex')).text).toContain('Ivy &lt;b&gt;');
    const again = await sent(omar, typed);
    expect(again.status).toBe(409);
    expect(again.text).toContain('Use another address');
    expect((await look(omar, '/customers/nowhere/users/new')).status).toBe(404);
  });

  it('is first of all its administrator', async () => {
    const chosen = async () => /value="(\w+)"[^>]*checked/.exec((await look(omar, form)).text)?.[1];
    expect(await chosen()).not.toBe('administrator');
    await web.ledger.owner.db.execute(sql`alter table membership disable trigger user`);
    const ends = (
      until: string,
    ) => sql`update membership set until = ${sql.raw(until)} where organization_id =
      (select id from organization where key = 'globex') and until is ${until === 'null' ? sql`not null` : sql`null`}`;
    await web.ledger.owner.db.execute(ends('tenure_now()'));
    try {
      expect(await chosen()).toBe('administrator');
    } finally {
      await web.ledger.owner.db.execute(ends('null'));
      await web.ledger.owner.db.execute(sql`alter table membership enable trigger user`);
    }
  });
});

describe('Who can reach something', () => {
  const reach = (query: string) => look(sita, `/reach?${query}`);

  it('is asked by a part of a name', async () => {
    expect(titleOf((await reach('')).text)).toBe('Who can reach what?');
    const several = await reach('resource=env');
    expect(several.text).toContain('Which one?');
    expect(several.text).toContain('resource=globex-env');
    expect((await reach('resource=nothing')).text).toContain('Nothing is called so');
    expect((await reach('resource=Northwind%20Cloud')).text).toContain('Roles that give it');
  });

  it('is answered for now, for then and for a span, with the path', async () => {
    const then = (at: string) => `/v1/reach?resource=postgres-us&at=${encodeURIComponent(at)}`;
    const held = await web.http.call(sita, 'GET', then(during));
    expect(held.body.items.map((one: { reference: string }) => one.reference)).toEqual([shared.reference]);
    expect(held.body.items[0].approved_by[0].person.name).toBe('Priya');
    expect((await web.http.call(sita, 'GET', then(before))).body.items).toEqual([]);
    expect((await web.http.call(sita, 'GET', '/v1/reach?resource=postgres-us')).body.items).toEqual([]);
    const span = `from=${before}&to=${during}`;
    const spanned = await web.http.call(
      sita,
      'GET',
      `/v1/reach?resource=postgres-us&${span}&customer=globex`,
    );
    expect(spanned.body.items).toHaveLength(1);
    const elsewhere = await web.http.call(
      sita,
      'GET',
      `/v1/reach?resource=postgres-us&${span}&customer=acme`,
    );
    expect(elsewhere.body.items).toEqual([]);
    const page = await reach('resource=postgres-us&from=2026-01-01T00:00&to=2036-01-01T00:00');
    expect(titleOf(page.text)).toBe(`1${thin}person could reach Production PostgreSQL US`);
    expect(page.text).toContain(shared.reference);
  });

  it('says which roles give it, over which others, and who holds them', async () => {
    const { body } = await web.http.call(sita, 'GET', '/v1/reach?resource=northwind-app&entitlement=view');
    expect(body.roles).toContainEqual({
      roles: ['customer-administrator', 'member', 'viewer'],
      entitlements: ['view'],
      people: expect.any(Number),
    });
    expect(body.items[0]).toMatchObject({ because: ['customer-administrator', 'member', 'viewer'] });
    const { text } = await reach('resource=northwind-app&entitlement=view');
    expect(text).toContain('/people?role=customer-administrator');
    expect(text).toContain('Nobody: it comes with the role');
  });

  it('is refused at the field that is wrong', async () => {
    for (const [query, field] of [
      ['resource=acme-env&at=2026-02-31T00:00', 'at'],
      ['resource=acme-env&from=2026-02-01T00:00', 'to'],
      ['resource=acme-env&from=2026-02-02T00:00&to=2026-02-01T00:00', 'to'],
      ['resource=acme-env&entitlement=emperor', 'entitlement'],
      ['resource=postgres-eu&customer=nowhere', 'customer'],
    ] as const) {
      const { status, text } = await reach(query);
      expect(status, query).toBe(422);
      expect(text, query).toContain(`id="${field}-fault"`);
    }
  });

  it('goes on page by page, each once', async () => {
    const first = await web.http.call(
      sita,
      'GET',
      `/v1/reach?resource=northwind-app&limit=1&from=${before}&to=2036-01-01T00:00:00Z`,
    );
    expect(first.body.items).toHaveLength(1);
    const { next_cursor: cursor } = first.body;
    const next = await web.http.call(
      sita,
      'GET',
      `/v1/reach?resource=northwind-app&limit=1&from=${before}&to=2036-01-01T00:00:00Z&cursor=${cursor}`,
    );
    expect(next.body.items).toHaveLength(1);
    expect(next.body.items[0].grant_id).not.toBe(first.body.items[0].grant_id);
  });
});

describe('A resource', () => {
  it('is shown with its owner, what may be done and who holds it', async () => {
    const { text } = await look(sita, '/resources/northwind-app');
    expect(titleOf(text)).toMatch(/^1.person holds access to Northwind Cloud now$/);
    expect(text).toContain('which includes viewer');
    expect((await look(sita, '/resources/acme-env')).text).toContain('The last 7 days');
    const narrow = await look(lena, '/resources/acme-env');
    expect(titleOf(narrow.text)).toContain('environment');
    expect(narrow.text).not.toContain(acme.reference);
    expect((await look(sita, '/resources/nothing-there')).status).toBe(404);
  });

  it('leads to its holders’ pages for who may read them', async () => {
    const link = `href="/people/${ids[sam]}"`;
    expect((await look(sita, '/resources/acme-env')).text).toContain(link);
    const approver = await look(priya, '/resources/acme-env');
    expect(approver.text).toContain(acme.reference);
    expect(approver.text).not.toContain('href="/people/');
  });

  it('is found by its name or its customer', async () => {
    expect(titleOf((await look(sam, '/resources?find=acme')).text)).toMatch(/^1.resource is found$/);
    expect((await look(sam, '/resources?customer=nowhere')).status).toBe(422);
    const { body } = await web.http.call(sam, 'GET', '/v1/resources?customer=acme');
    expect(body.items.map((one: { key: string }) => one.key)).toEqual(['acme-env']);
  });
});

describe('Requests and records', () => {
  it('shows the requests that one may see, narrowed', async () => {
    const { text } = await look(sita, `/requests?person=${sam}&customer=acme`);
    expect(text).toContain(acme.reference);
    expect(text).not.toContain(shared.reference);
    expect(titleOf((await look(sita, '/requests?state=waiting')).text)).toBe(
      'No request waits for a decision',
    );
    expect((await look(lena, '/requests')).text).not.toContain(acme.reference);
    expect((await look(mei, '/requests')).text).toContain('Nobody has asked for anything yet');
    const unknown = await look(sita, '/requests?person=nobody@northwind.example');
    expect(unknown.status).toBe(422);
    expect(unknown.text).toContain('id="person-fault"');
  });

  it('tells what happened in sentences, the newest first, narrowed', async () => {
    const { text } = await look(sita, `/audit?request=${acme.reference}`);
    expect(text).toContain('Priya decided on Sam’s request: operate on');
    expect(text.indexOf('Anna decided')).toBeLessThan(text.indexOf('Sam asked for access'));
    expect(text).toContain('Replay &lt;b&gt;the import');
    const asked = await look(sita, '/audit?type=access_request.asked&customer=globex');
    expect(asked.text).toContain('Sam asked');
    expect(asked.text).not.toContain('decided');
    expect((await look(sita, '/audit?from=2020-01-01&to=2020-01-02')).text).toContain(
      'Nothing of that kind is recorded',
    );
    for (const [query, field] of [
      ['person=nobody', 'person'],
      ['customer=nowhere', 'customer'],
      ['request=AR-9', 'request'],
      ['from=2020-02-31', 'from'],
      ['from=2020-02-02&to=2020-02-01', 'to'],
    ] as const) {
      const refused = await look(sita, `/audit?${query}`);
      expect(refused.status, query).toBe(422);
      expect(refused.text).toContain(`id="${field}-fault"`);
    }
  });

  it('has every event about a person once, whichever end one begins at', async () => {
    const read = async (order: string) => {
      const seen: string[] = [];
      for (let cursor = ''; ; ) {
        const path = `/v1/audit-events?person=${sam}&order=${order}&limit=3${cursor}`;
        const { body } = await web.http.call(sita, 'GET', path);
        seen.push(...body.items.map((one: { id: string }) => one.id));
        if (body.next_cursor === null) return seen;
        cursor = `&cursor=${body.next_cursor}`;
      }
    };
    const [newest, oldest] = [await read('newest'), await read('oldest')];
    expect(newest.length).toBeGreaterThan(6);
    expect(newest.toReversed()).toEqual(oldest);
    expect(new Set(newest).size).toBe(newest.length);
    expect((await web.http.call(anna, 'GET', `/v1/audit-events?person=${sam}`)).status).toBe(200);
  });
});

describe('Each of these pages', () => {
  const vendor = roleNames.filter((role) => roles[role].endsWith('@northwind.example'));
  const reading: Role[] = ['omar', 'sita', 'ada'];
  const seen: Record<string, readonly Role[]> = {
    '/people': reading,
    '/customers': vendor,
    '/customers/acme': vendor,
    '/customers/acme/access-report?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z': reading,
    '/resources': vendor,
    '/resources/acme-env': vendor,
    '/reach': reading,
    '/reach?resource=acme-env': reading,
    '/requests': vendor,
    '/audit': reading,
    '/people/me': vendor,
    '/more': vendor,
  };

  it.each(Object.entries(seen))('%s is for whom its rule admits', async (path, admitted) => {
    for (const role of roleNames) {
      const { status } = await look(roles[role], path);
      const otherwise = path === '/more' ? 303 : 403;
      expect(status, `${path} ${role}`).toBe(admitted.includes(role) ? 200 : otherwise);
    }
    const nobody = await look(null, path);
    expect(nobody.status).toBe(303);
    expect(nobody.headers.get('location')).toContain('/sign-in?return=');
  });

  it('is in the navigation of whom it is open to, and behind More on a phone', async () => {
    const [, ways = ''] = /<nav class="side"(.*?)<\/nav>/s.exec((await look(sita, '/')).text) ?? [];
    const [, few = ''] = /<nav class="side"(.*?)<\/nav>/s.exec((await look(sam, '/')).text) ?? [];
    for (const path of ['/people', '/customers', '/resources', '/reach', '/requests', '/audit'])
      expect(ways).toContain(`href="${path}"`);
    for (const path of ['/people', '/reach', '/audit']) expect(few).not.toContain(`href="${path}"`);
    expect(ways).not.toContain('href="/more"');
    const marked = async (path: string) => [
      ...(await look(sita, path)).text.matchAll(/href="([^"]*)" aria-current="page"/g),
    ];
    // Among the ways, and among the tabs of a phone.
    expect((await marked('/')).map(([, way]) => way)).toEqual(['/', '/']);
    expect((await marked('/people')).map(([, way]) => way)).toEqual(['/people', '/more']);
    const more = (await look(sita, '/more')).text;
    expect(more).toContain('href="/reach"');
    expect(more).toMatch(/<nav class="tabs".*href="\/more" aria-current="page"/s);
  });
});
