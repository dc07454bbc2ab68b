import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { followGroups } from '../../activities/groups.ts';
import { type Listening, startIdentity } from '../support/identity.ts';
import { type LyingProvider, startLyingProvider } from '../support/lying-provider.ts';
import { type Operation, readOperations, type Role, roleNames, roles } from '../support/matrix.ts';
import { pages } from '../support/page-routes.ts';
import { onwardOf, type Shown, startWeb, Visitor, type WebApi } from '../support/web.ts';

// A customer's panel beside its users, and the same for the vendor's people: how people sign in, what their groups give, what
// happened, and how it looks. Without scripts.

const [anna, tom, ada, omar, sita, gus] = [
  'anna@acme.example',
  'tom@acme.example',
  'ada@northwind.example',
  'omar@northwind.example',
  'sita@northwind.example',
  'gus@globex.example',
];

let web: WebApi;
let identity: Listening;
let okta: LyingProvider;
let operations: Operation[];
const records = new Map<string, string[][]>();
beforeAll(async () => {
  web = await startWeb({ resolveTxt: (domain) => Promise.resolve(records.get(domain) ?? []) });
  [identity, okta] = await Promise.all([
    startIdentity(web.ledger, web.url),
    startLyingProvider('tenure-at-acme'),
  ]);
  operations = await readOperations(web.http);
});
afterAll(async () => {
  await Promise.all([identity.stop(), okta.stop()]);
  await web.stop();
});
beforeEach(() => okta.lie({}));
afterEach(() => expect(web.http.faults.splice(0)).toEqual([]));

const rows = async <T extends object>(query: ReturnType<typeof sql>): Promise<T[]> =>
  [...(await web.ledger.owner.db.execute<T & Record<string, unknown>>(query))] as T[]; // What the statement says it answers.
const one = async <T extends object>(query: ReturnType<typeof sql>): Promise<T> => {
  const [found] = await rows<T>(query);
  if (found === undefined) throw new Error('There is none.');
  return found;
};

const look = (who: string, path: string) => web.look(who, path);
const send: WebApi['send'] = (...sent) => web.send(...sent);
const base = '/admin/sign-in';

/** Follows what was said at sign-ins, as the worker does. */
async function follow(): Promise<void> {
  const log = { warn: () => undefined };
  const deps = { ledger: web.ledger.system, log };
  while ((await followGroups(deps)) > 0) continue;
}

/** What a browser's trip to Acme's provider ends with, when the provider says that. */
async function comeBack(visitor: Visitor, going: Shown, claims: Record<string, unknown>): Promise<Shown> {
  const asked = new URL(onwardOf(going)).searchParams;
  okta.lie({ claims: { nonce: asked.get('nonce'), ...claims } });
  const form = { code: 'a-code', state: asked.get('state') ?? '', iss: okta.url };
  return visitor.post(`${web.url}/sign-in/callback`, form);
}

/** Somebody signs in through Acme's own provider, which says that of them. */
async function come(email: string, claims: Record<string, unknown>): Promise<Shown> {
  const visitor = new Visitor();
  const going = await visitor.post(`${web.url}/sign-in`, { email: tom });
  return comeBack(visitor, going, { sub: `sub-${email}`, email, ...claims });
}

/** Acme's contract agrees on so many seats. */
async function seats(count: number): Promise<void> {
  await rows(sql`
    insert into contract (organization_id, content, seats) select id, '{}', ${count} from organization where key = 'acme'
    on conflict (organization_id) do update set seats = excluded.seats`);
}

const contractRole = async (email: string) =>
  (
    await one<{ role: string | null }>(sql`
      select m.contract_role as role from membership m join person p on p.id = m.person_id where p.email = ${email} and m.until is null`)
  ).role;

const events = async (type: string) =>
  rows<{ reason: string | null; actor: string }>(sql`
    select t.reason, e.actor_kind as actor from audit_event e join audit_text t on t.event_id = e.id where e.type = ${type} order by e.id`);

describe('Acme’s directory', () => {
  it('gets a token that is shown once, and is out when it is revoked; the vendor’s people make none', async () => {
    expect((await look(anna, base)).text).toContain('No directory is connected');
    const wrong = await send(anna, base, `${base}/tokens`, { label: ' ' });
    expect(wrong.status).toBe(422);
    const made = await send(anna, base, `${base}/tokens`, { label: 'Okta' });
    expect(made.status).toBe(200);
    expect(made.headers.get('cache-control')).toContain('no-store');
    const [token = ''] = /tenure_scim_[\w-]{43}/.exec(made.text) ?? [];
    const ask = () =>
      fetch(`${web.url}/scim/v2/acme/Users`, { headers: { authorization: `Bearer ${token}` } });
    expect((await ask()).status).toBe(200);
    const shown = (await look(anna, base)).text;
    expect(shown).toContain('Last used');
    expect(shown).not.toContain(token);
    expect((await look(omar, '/sign-in-settings/acme')).text).not.toContain('Make a token');
    expect(
      (await send(omar, '/sign-in-settings/acme', '/sign-in-settings/acme/tokens', { label: 'x' })).status,
    ).toBe(403);
    const [, path = ''] = /action="(\/admin\/sign-in\/tokens\/stk_\w+\/revocation)"/.exec(shown) ?? [];
    expect((await send(anna, base, path)).status).toBe(303);
    expect((await ask()).status).toBe(401);
    expect((await look(anna, '/admin/activity')).text).toContain('made a token for your directory');
  });
});

describe('How Acme signs in', () => {
  const typed = () => ({
    name: 'Okta',
    issuer: okta.url,
    client_id: okta.clientId,
    client_secret: okta.secret,
    'group_roles.0.group': 'tenure-admins',
    'group_roles.0.role': 'administrator',
    'group_roles.1.group': 'everybody',
    'group_roles.1.role': 'member',
    new_people: 'add',
    default_role: 'viewer',
  });
  let address: string;

  it('begins with what stands there, and a form that says what is wrong at its field', async () => {
    const overview = await look(anna, base);
    expect(overview.status).toBe(200);
    expect(overview.text).toContain('signs in with');
    const wrong = await send(anna, `${base}/new`, `${base}/providers`, {
      ...typed(),
      name: '',
      issuer: 'x y',
    });
    expect(wrong.status).toBe(422);
    expect(wrong.text).toContain('id="name-fault"');
    expect(wrong.text).toContain('value="tenure-admins"');
    expect(wrong.text).not.toContain(okta.secret);
    const foreign = await send(anna, `${base}/new`, `${base}/providers`, {
      ...typed(),
      'group_roles.1.role': 'emperor',
    });
    expect(foreign.status).toBe(422);
    expect(foreign.text).toMatch(/id="group_roles.1.role-fault"[^>]*>[^<]*no contract role emperor/);
    const half = await send(anna, `${base}/new`, `${base}/providers`, {
      ...typed(),
      'group_roles.1.group': '',
    });
    expect([half.status, half.text.includes('id="group_roles.1.group-fault"')]).toEqual([422, true]);
    const lonely = await send(anna, `${base}/new`, `${base}/providers`, { ...typed(), default_role: '' });
    expect(lonely.text).toContain('id="default_role-fault"');
    const more = await send(anna, `${base}/new`, `${base}/providers`, { ...typed(), more: '3' });
    expect(more.status).toBe(200);
    expect(more.text).toContain('name="group_roles.7.group"');
    expect(more.text).toContain('value="everybody"');
  });

  it('is written down, tried in this browser, and let live by a second administrator', async () => {
    const saved = await send(anna, `${base}/new`, `${base}/providers`, typed());
    expect(saved.status).toBe(303);
    address = saved.headers.get('location') ?? '';
    const page = await look(anna, address);
    expect(page.text).toContain('tenure-admins gives administrator');
    expect(page.text).not.toContain(okta.secret);
    const early = await send(tom, address, `${address}/go-live`);
    expect(early.text).toContain('as a trial');

    const going = await send(anna, address, `${address}/trial`);
    expect(going.text).toContain('Going to Okta');
    const tried = await comeBack(await web.as(anna), going, {
      email: anna,
      groups: ['tenure-admins', 'payroll'],
    });
    expect(tried.text).toContain('tenure-admins gives administrator');
    expect(tried.text).toContain(`href="${address}"`);
    expect(tried.text).not.toContain('payroll');

    expect((await look(anna, address)).text).toContain('another administrator lets it live');
    expect((await send(anna, address, `${address}/go-live`)).status).toBe(403);
    expect((await send(tom, address, `${address}/go-live`)).status).toBe(303);
    expect((await look(tom, base)).text).toContain('Acme signs in with Okta');
    const frozen = await send(tom, address, address, typed());
    expect(frozen.status).toBe(409);
  });

  it('keeps its secret to itself: another issuer is not sent it', async () => {
    const path = `/v1/organizations/acme/sign-in-providers`;
    const live = await one<{ id: string }>(sql`select id from sign_in_provider where name = 'Okta'`);
    const wish = { name: 'New', issuer: okta.url, client_id: 'another', replaces: live.id };
    const stolen = await web.http.call(anna, 'POST', path, wish);
    expect(stolen).toMatchObject({ status: 422, body: { errors: [{ pointer: '/client_secret' }] } });
    const kept = await web.http.call(anna, 'POST', path, { ...wish, client_id: okta.clientId });
    expect(kept).toMatchObject({ status: 201, body: { has_client_secret: true } });
    const change = `/v1/sign-in-providers/${kept.body.id}`;
    const moved = await web.http.call(anna, 'PUT', change, { ...wish, replaces: undefined });
    expect(moved).toMatchObject({ status: 422, body: { errors: [{ pointer: '/client_secret' }] } });
    const globex = await web.http.call(gus, 'POST', '/v1/organizations/globex/sign-in-providers', {
      ...wish,
      client_id: okta.clientId,
    });
    expect(globex.status).toBe(404);
  });

  it('follows groups: a role comes with its group and goes with it', async () => {
    expect((await come(tom, { groups: ['everybody', 'payroll'] })).status).toBe(303);
    await follow();
    expect(await contractRole(tom)).toBe('member');
    const [changed] = (await events('membership.changed')).slice(-1);
    expect(changed).toEqual({ reason: 'By the group everybody at Okta', actor: 'source' });
    const process = await one<{ kind: string; cause: string; requested: string | null }>(sql`
      select kind, cause, requested_by as requested from process order by id desc limit 1`);
    expect(process).toEqual({ kind: 'role-change', cause: 'roster', requested: null });
    const kept = await rows<{ groups: string[] }>(
      sql`select groups from group_reading where groups is not null`,
    );
    expect(JSON.stringify(kept)).not.toContain('payroll');

    await come(tom, { groups: ['everybody', 'tenure-admins'] });
    await follow();
    expect(await contractRole(tom)).toBe('administrator');
    await come(tom, { groups: ['payroll'] });
    await follow();
    // No group gives anything: the provider's default.
    expect(await contractRole(tom)).toBe('viewer');
  });

  it('leaves alone what an administrator gave by hand', async () => {
    const user = await one<{ id: string }>(sql`select id from person where email = ${tom}`);
    const path = `/v1/customers/acme/users/${user.id}`;
    const wish = { contract_role: 'administrator', reason: 'Our second one' };
    expect((await web.http.call(anna, 'POST', `${path}/role-change`, wish)).status).toBeLessThan(300);
    expect(await contractRole(tom)).toBe('administrator');
    await come(tom, { groups: [] });
    await follow();
    expect(await contractRole(tom)).toBe('administrator');
    // Also what a group gave, somebody took, and somebody gave again.
    await come(tom, { groups: ['everybody'] });
    await follow();
    expect(await contractRole(tom)).toBe('member');
    for (const role of ['viewer', 'member'])
      await web.http.call(anna, 'POST', `${path}/role-change`, { contract_role: role, reason: 'By hand' });
    await come(tom, { groups: [] });
    await follow();
    expect(await contractRole(tom)).toBe('member');
  });

  it('believes no groups that are not said, or are no list of names', async () => {
    const before = await contractRole(tom);
    const processes = await web.http.count('process');
    await come(tom, { _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint: okta.url } } });
    await come(tom, { groups: { everybody: true } });
    await come(tom, { groups: ['everybody', { name: 'tenure-admins' }] });
    await follow();
    expect(await contractRole(tom)).toBe(before);
    expect(await web.http.count('process')).toBe(processes);
    expect((await events('groups.ignored')).map(({ reason }) => reason)).toEqual([
      'overage',
      'malformed',
      'malformed',
    ]);
  });

  it('ignores and records a role that the tier lost meanwhile', async () => {
    await rows(sql`alter table sign_in_provider disable trigger user`);
    await rows(
      sql`update sign_in_provider set group_roles = '[{"group": "everybody", "role": "emperor"}]' where name = 'Okta'`,
    );
    const before = await contractRole(tom);
    await come(tom, { groups: ['everybody'] });
    await follow();
    expect(await contractRole(tom)).toBe(before);
    expect((await events('groups.ignored')).at(-1)?.reason).toBe('not to be had now: everybody: emperor');
    await rows(
      sql`update sign_in_provider set group_roles = '[{"group": "everybody", "role": "member"}]' where name = 'Okta'`,
    );
    await rows(sql`alter table sign_in_provider enable trigger user`);
  });

  it('gives no role beside one that excludes it, whatever groups say, and takes what they gave before', async () => {
    const put = async (part: string, key: string, value: object) => {
      const { revision } = (await web.http.call(omar, 'GET', '/v1/catalog')).body;
      const wish = { base_revision: revision, reason: 'A test', value };
      const put = await web.http.call(omar, 'PUT', `/v1/catalog/${part}/${encodeURIComponent(key)}`, wish);
      expect(put.status).toBe(201);
    };
    await put('roles', 'auditor', { name: 'Auditor', conflicts_with: ['analyst'], entitlements: [] });
    await put('overrides', 'acme/role/auditor', {
      customer: 'acme',
      what: { kind: 'role', role: 'auditor' },
      reason: 'Bought alone',
      approver: 'priya@northwind.example',
      until: '2036-01-01T00:00:00.000Z',
    });
    const user = await one<{ id: string }>(sql`select id from person where email = ${tom}`);
    const path = `/v1/customers/acme/users/${user.id}/role-change`;
    const asAuditor = { contract_role: 'viewer', roles: ['auditor'], reason: 'Audits' };
    expect((await web.http.call(anna, 'POST', path, asAuditor)).status).toBe(201);
    const byHand = await web.http.call(anna, 'POST', path, { contract_role: 'member', reason: 'Both' });
    expect(byHand.status).toBe(422);
    await come(tom, { groups: ['everybody'] });
    await follow();
    expect(await contractRole(tom)).toBe('viewer');
    expect((await events('groups.ignored')).at(-1)?.reason).toBe('role-not-allowed');
    expect((await web.http.call(anna, 'POST', path, { roles: [], reason: 'Done' })).status).toBe(201);
  });

  it('adds somebody of a proven domain whom nobody has added, within the seats', async () => {
    const kim = 'kim@acme.example';
    const first = await come(kim, { name: 'Kim', groups: ['everybody'] });
    expect(first).toMatchObject({ status: 403, text: expect.stringContaining('being added') });
    await follow();
    expect(await contractRole(kim)).toBe('member');
    expect((await come(kim, { groups: ['everybody'] })).status).toBe(303);
    await follow();
    expect(
      await rows(sql`select 1 from welcome w join person p on p.id = w.person_id where p.email = ${kim}`),
    ).toEqual([]);
    const forgotten = await rows(
      sql`select 1 from group_reading where email is not null or name is not null`,
    );
    expect(forgotten).toEqual([]);
    // What is more than one plain address is nobody’s.
    for (const odd of ['x\r\nBcc: eve@acme.example', '"eve <x>"@acme.example', 'e\u0000ve@acme.example'])
      expect((await come(odd, { name: 'Eve' })).text).not.toContain('being added');
    const stranger = await come('eve@elsewhere.example', {});
    expect(stranger.text).not.toContain('being added');
    await seats((await web.http.call(anna, 'GET', '/v1/customers/acme')).body.seats.used);
    const late = await come('lou@acme.example', { name: 'Lou' });
    expect(late.text).toContain('No seat is free');
    // Between two readings the last seat may go.
    await seats(50);
    await come('lou@acme.example', { name: 'Lou' });
    await seats(1);
    await follow();
    expect((await events('groups.ignored')).at(-1)?.reason).toBe('no-seat-left');
    await seats(50);
  });

  it('lists who is signed in, and ends a session or all of a provider', async () => {
    await come(tom, {});
    const page = await look(anna, `${base}/sessions`);
    expect(page.text).toContain('Tom');
    const [, session = ''] = /sessions\/(ses_\w+)\/revocation/.exec(page.text) ?? [];
    expect((await send(anna, `${base}/sessions`, `${base}/sessions/${session}/revocation`)).status).toBe(303);
    expect((await send(anna, `${base}/sessions`, `${base}/sessions/${session}/revocation`)).status).toBe(409);
    const live = (await look(anna, base)).text.match(/providers\/(idp_\w+)/)?.[1] ?? '';
    const okta = await one<{ id: string }>(
      sql`select id from sign_in_provider where name = 'Okta' and state = 'live'`,
    );
    expect((await look(anna, base)).text).toContain(okta.id);
    expect(live).toMatch(/^idp_/);
    const form = `${base}/providers/${okta.id}/sign-out`;
    expect((await send(anna, form, form, { reason: ' ' })).status).toBe(422);
    expect((await send(anna, form, form, { reason: 'An incident' })).status).toBe(303);
    const open = await rows(sql`select 1 from session where provider_id = ${okta.id} and ended_at is null`);
    expect(open).toEqual([]);
  });
});

describe('A mail domain', () => {
  it('is claimed, shows its record, and is proven by it', async () => {
    expect((await send(anna, base, `${base}/domains`, { domain: 'not a domain' })).text).toContain(
      'domain-fault',
    );
    expect((await send(anna, base, `${base}/domains`, { domain: 'acme.test.example' })).status).toBe(303);
    const { text } = await look(anna, base);
    const [, record = ''] = /(tenure-verification=[\w-]+)/.exec(text) ?? [];
    const [, id = ''] = /domains\/(dom_\w+)\/verification/.exec(text) ?? [];
    const missing = await send(anna, base, `${base}/domains/${id}/verification`);
    expect(missing.text).toContain('no TXT record');
    records.set('acme.test.example', [[record]]);
    expect((await send(anna, base, `${base}/domains/${id}/verification`)).status).toBe(303);
    expect((await look(anna, base)).text).toContain('Proven by its DNS');
    expect((await send(anna, base, `${base}/domains/${id}/removal`)).status).toBe(303);
  });

  it('is accepted by two of the vendor’s people who did not ask', async () => {
    await send(anna, base, `${base}/domains`, { domain: 'acme-two.example' });
    const claims = await look(sita, '/sign-in-settings');
    expect(claims.text).toContain('acme-two.example');
    expect(claims.text).not.toContain('Our own sign-in');
    const [, path = ''] =
      /action="(\/sign-in-settings\/domains\/dom_\w+\/acceptance)"/.exec(claims.text) ?? [];
    expect((await send(sita, '/sign-in-settings', path)).status).toBe(303);
    expect((await send(sita, '/sign-in-settings', path)).status).toBe(409);
    expect((await look(ada, '/sign-in-settings')).text).toContain('Sita has accepted it');
    expect((await send(ada, '/sign-in-settings', path)).status).toBe(303);
    expect((await look(anna, base)).text).toContain('Accepted by Sita and Ada');
  });
});

describe('The vendor’s own sign-in, and a customer’s on its behalf', () => {
  it('stand in the staff’s console', async () => {
    const own = await look(ada, '/sign-in-settings/northwind');
    expect(own.text).toContain('Northwind Cloud signs in with');
    const acme = await look(omar, '/sign-in-settings/acme');
    expect(acme.text).toContain('Acme');
    expect((await look(sita, '/sign-in-settings/acme')).status).toBe(403);
  });

  it('give no role with duties, and add nobody', async () => {
    const page = '/sign-in-settings/northwind/new';
    const typed = { name: 'Entra', issuer: okta.url, client_id: 'northwind', client_secret: okta.secret };
    const form = await look(ada, page);
    expect(form.text).not.toContain('name="new_people"');
    const wish = { ...typed, 'group_roles.0.group': 'admins', 'group_roles.0.role': 'administrator' };
    type CatalogRole = { duties?: string[] };
    const { body } = await web.http.call(ada, 'GET', '/v1/catalog');
    const powerful = body.catalog.roles.find((role: CatalogRole) => role.duties?.length).key;
    const harmless = body.catalog.roles.find((role: CatalogRole) => !role.duties?.length).key;
    const refused = await send(ada, page, '/sign-in-settings/northwind/providers', {
      ...wish,
      'group_roles.0.role': powerful,
    });
    expect(refused).toMatchObject({ status: 422, text: expect.stringContaining('has duties in Tenure') });
    const taken = await send(ada, page, '/sign-in-settings/northwind/providers', {
      ...wish,
      'group_roles.0.role': harmless,
    });
    expect(taken.status).toBe(303);
    const add = { ...typed, new_people: 'add', default_role: harmless };
    expect(
      await web.http.call(ada, 'POST', '/v1/organizations/northwind/sign-in-providers', add),
    ).toMatchObject({ status: 422, body: { errors: [{ pointer: '/new_people' }] } });
    // The pages of one organization show nothing of another.
    const elsewhere = (taken.headers.get('location') ?? '').replace('northwind', 'acme');
    expect((await look(ada, elsewhere)).status).toBe(404);
  });
});

describe('A removal', () => {
  it('can be undone from the next page: a decision of its own, which takes a seat', async () => {
    await seats(50);
    const typed = { name: 'Nia', email: 'nia@acme.example', contract_role: 'member' };
    await send(anna, '/admin/users/new', '/admin/users', typed);
    const { id } = await one<{ id: string }>(sql`select id from person where email = 'nia@acme.example'`);
    const user = `/admin/users/${id}`;
    const gone = await send(anna, `${user}/removal`, `${user}/removal`);
    const next = gone.headers.get('location') ?? '';
    const page = await look(anna, next);
    expect(page.text).toMatch(/class="undo" role="status"/);
    expect(page.text).toContain('Nia is removed.');
    // Nobody is offered whom the address names otherwise, nor somebody of another customer.
    const guss = await one<{ id: string }>(sql`select id from person where email = ${gus}`);
    for (const other of [guss.id, 'person_x', id.toUpperCase()])
      expect((await look(anna, `/admin?removed=${other}`)).text).not.toContain('class="undo"');
    const form = { raw: '', headers: { 'content-type': 'application/x-www-form-urlencoded' } };
    const byGus = await web.http.call(gus, 'POST', `${user}/reinstatement`, undefined, form);
    expect(byGus.status).toBe(404);
    expect((await send(anna, next, `${user}/reinstatement`)).status).toBe(303);
    expect(await contractRole('nia@acme.example')).toBe('member');
    expect((await send(anna, '/admin', `${user}/reinstatement`)).status).toBe(409);
    expect((await look(anna, next)).text).not.toContain('class="undo"');
    const lines = await rows<{ reason: string }>(
      sql`select reason from review_line where person_id = ${id} order by at`,
    );
    expect(lines.at(-1)?.reason).toBe('Removed by mistake.');
  });

  it('is not undone where no seat is free', async () => {
    const { id } = await one<{ id: string }>(sql`select id from person where email = 'nia@acme.example'`);
    const user = `/admin/users/${id}`;
    await send(anna, `${user}/removal`, `${user}/removal`);
    await seats(0);
    const answer = await send(anna, '/admin', `${user}/reinstatement`);
    expect(answer.status).toBe(409);
    expect(answer.text).toContain('That wasn’t done');
    await seats(50);
  });
});

describe('Users', () => {
  it('stand by how much they need a look, a page at a time, and seats are counted over all', async () => {
    for (const name of ['Bea', 'Cem', 'Dot'])
      await send(anna, '/admin/users/new', '/admin/users', {
        name,
        email: `${name.toLowerCase()}@acme.example`,
        contract_role: 'member',
      });
    const { text } = await look(anna, '/admin');
    expect(text.indexOf('Bea')).toBeLessThan(text.indexOf('anna@acme.example'));
    expect(text).toMatch(/\d+ active, \d+ invited, \d+ free/);
    const squares = text.match(/<i class="(used|invited)">/g) ?? [];
    const used = Number(/(\d+) of 50 seats/.exec(text)?.[1]);
    expect(squares.length).toBe(used);
    for (const after of [
      'x',
      Buffer.from('[1,"a"]').toString('base64url'),
      Buffer.from('["a\u0000",1,2]').toString('base64url'),
    ])
      expect((await look(anna, `/admin?after=${after}`)).status).toBe(200);
  });
});

describe('What happened', () => {
  it('is told in words, newest first, by kind and person, and exported', async () => {
    const all = await look(anna, '/admin/activity');
    expect(all.status).toBe(200);
    expect(all.text).toContain('Anna gave Dot a seat');
    expect(all.text).not.toMatch(/process|workflow|undefined|null/);
    expect(all.text).not.toContain('gus@globex.example');
    const signIns = await look(anna, '/admin/activity?kind=sign-in');
    expect(signIns.text).toContain('let the sign-in Okta go live');
    expect(signIns.text).not.toContain('gave Dot a seat');
    const toms = await look(anna, `/admin/activity?person=${tom}`);
    expect(toms.text).toContain('What Okta says of groups changed nothing');
    expect(toms.text).not.toContain('Dot');
    const nobody = await look(anna, '/admin/activity?person=nobody@acme.example');
    expect(nobody).toMatchObject({
      status: 422,
      text: expect.stringContaining('Nobody here has this address'),
    });
    const csv = await look(anna, '/admin/activity.csv?kind=people');
    expect(csv.headers.get('content-type')).toContain('text/csv');
    expect(csv.text.split('\r\n')[0]).toContain('"occurred_at"');
    expect(csv.text).toContain('"Anna gave Dot a seat"');
    const next = /href="(\/admin\/activity\?after=[^"]+)"/.exec(all.text)?.[1];
    if (next) expect((await look(anna, next)).text).toContain('Back to the newest');
  });
});

describe('How the panel looks', () => {
  it('is in the customer’s colour, which can be read, and in no other’s', async () => {
    const form = '/admin/settings';
    const wrong = await send(anna, form, form, { shown_name: 'Acme', brand_color: 'red;}body{' });
    expect(wrong.status).toBe(422);
    expect(wrong.text).toContain('brand_color-fault');
    expect((await send(anna, form, form, { shown_name: 'Acme Ltd', brand_color: '#FFD400' })).status).toBe(
      303,
    );
    const page = await look(anna, form);
    expect(page.text).toContain('Acme Ltd');
    expect(page.text).toContain('it is darkened to #');
    const [, sheet = ''] = /href="(\/assets\/brand-[^"]+)"/.exec(page.text) ?? [];
    expect(sheet).toBe('/assets/brand-ffd400.css');
    const css = await look(anna, sheet);
    expect(css.headers.get('content-type')).toContain('text/css');
    expect(css.text).toMatch(/--brand:#[0-9a-f]{6};--on-brand:#[0-9a-f]{6}/);
    expect((await look(anna, '/assets/brand-x.css')).status).toBe(404);
    const ofGlobex = await web.http.call(gus, 'GET', '/admin');
    expect(String(ofGlobex.body)).not.toContain('brand-ffd400');
    await send(anna, form, form, { shown_name: '', brand_color: '' });
    expect((await look(anna, '/admin')).text).not.toContain('/assets/brand-');
  });

  it('is for the customer’s own administrators to say, and they say nothing else of it', async () => {
    const path = '/v1/customers/acme/appearance';
    const wish = { brand_color: '#123456', shown_name: null };
    expect((await web.http.call(gus, 'PUT', path, wish)).status).toBe(404);
    expect((await web.http.call(sita, 'PUT', path, wish)).status).toBe(403);
    const asAnna = web.ledger.app.db.transaction(async (tx) => {
      await tx.execute(sql`select set_config('tenure.organization', (select id from organization where key = 'acme'), true),
        set_config('tenure.person', (select id from person where email = ${anna}), true)`);
      await tx.execute(sql`update organization set name = 'Mine' where key = 'acme'`);
    });
    await expect(asAnna).rejects.toThrow();
  });
});

describe('Every page', () => {
  const form = { raw: 'reason=x', headers: { 'content-type': 'application/x-www-form-urlencoded' } };
  const call = (role: Role | null, method: string, path: string) =>
    web.http.call(role && roles[role], method.toUpperCase(), path, undefined, method === 'post' ? form : {});

  it('is for whom its rule admits, and has nothing of others', async () => {
    const live = await one<{ id: string }>(
      sql`select id from sign_in_provider where name = 'Okta' and state = 'live'`,
    );
    const admitted = (id: string): readonly Role[] => {
      if (id.startsWith('staffSignIn')) return ['omar', 'ada'];
      if (id === 'domainClaimsPage' || id === 'acceptDomainOnPage') return ['omar', 'ada', 'sita'];
      return ['anna', 'gus'];
    };
    // Vendor access has its own test (test/api/pages-access.test.ts).
    for (const id of pages.settings.filter((one) => one !== 'exportVendorAccess')) {
      const { path = '', method = '' } = operations.find(({ operationId }) => operationId === id) ?? {};
      expect(path, id).not.toBe('');
      const named = path.replace('{organization}', 'acme').replace('{id}', live.id);
      const roleList = roleNames.filter((role) => role !== 'ulla');
      for (const role of roleList) {
        if (method === 'post' && admitted(id).includes(role) && role !== 'gus') continue;
        const { status } = await call(role, method, named);
        const isIn = admitted(id).includes(role);
        if (!isIn) expect(status, `${id} ${role}`).toBe(403);
        else if (role === 'gus' && path.includes('{id}')) expect(status, `${id} ${role}`).toBe(404);
        else if (method === 'get') expect(status, `${id} ${role}`).toBe(200);
      }
      const { status, headers } = await call(null, method, named);
      expect([status, headers.get('location')?.split('?')[0]], id).toEqual([303, '/sign-in']);
    }
  });
});
