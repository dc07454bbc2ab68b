import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ApiHarness, startApi } from '../support/api.ts';
import { drawUp } from '../support/customer.ts';
import { tellProcess } from '../support/processes.ts';
import { connectDirectory, letProviderMap, type TestDirectory } from '../support/directory.ts';

// What a customer's directory does by SCIM 2.0, in the requests that Okta and Entra ID document.

const [anna, gus, omar] = ['anna@acme.example', 'gus@globex.example', 'omar@northwind.example'];
const core = 'urn:ietf:params:scim:schemas:core:2.0:User';
const groupSchema = 'urn:ietf:params:scim:schemas:core:2.0:Group';
const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const patchOp = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

let http: ApiHarness;
let okta: TestDirectory;
let globex: TestDirectory;
beforeAll(async () => {
  http = await startApi();
  await letProviderMap(http, 'acme', [
    { group: 'Analysts', role: 'member' },
    { group: 'Readers', role: 'viewer' },
    { group: 'Owners', role: 'owner-of-everything' },
  ]);
  okta = await connectDirectory(http, 'acme', anna);
  globex = await connectDirectory(http, 'globex', gus);
});
afterAll(() => http?.stop());
afterEach(() => expect(http.faults.splice(0)).toEqual([]));

const rows = async <T extends object>(query: ReturnType<typeof sql>): Promise<T[]> =>
  [...(await http.ledger.owner.db.execute<T & Record<string, unknown>>(query))] as T[]; // What the statement says it answers.
const userOf = (name: string) => ({
  schemas: [core],
  userName: `${name}@acme.example`,
  name: { givenName: name, familyName: 'Miller' },
  emails: [{ primary: true, value: `${name}@acme.example`, type: 'work' }],
  displayName: `${name} Miller`,
  active: true,
});
const created = async (name: string, more: object = {}) => {
  const answer = await okta.send('POST', '/Users', { ...userOf(name), ...more });
  expect(answer).toMatchObject({ status: 201 });
  return String(answer.body.id);
};
const patch = (path: string, ...Operations: object[]) =>
  okta.send('PATCH', path, { schemas: [patchOp], Operations });
const group = async (displayName: string, ...members: string[]) => {
  const body = { schemas: [groupSchema], displayName, members: members.map((value) => ({ value })) };
  const answer = await okta.send('POST', '/Groups', body);
  expect(answer).toMatchObject({ status: 201 });
  return String(answer.body.id);
};
const memberOf = async (email: string) => {
  const [found] = await rows<{ role: string | null; open: boolean; gone: boolean; suspended: boolean }>(sql`
    select m.contract_role as role, m.until is null as open, p.offboarded_at is not null as gone, p.suspended_at is not null as suspended
    from person p left join membership m on m.person_id = p.id where p.email = ${email} order by m.seq desc limit 1`);
  return found;
};
const found = async (filter: string) =>
  (await okta.send('GET', `/Users?filter=${encodeURIComponent(filter)}`)).body;

describe('A token', () => {
  it('is shown once, is one of two, and is good until it is revoked', async () => {
    const again = await connectDirectory(http, 'globex', gus);
    expect((await again.send('GET', '/Users?count=0')).status).toBe(200);
    const third = await http.call(gus, 'POST', '/v1/organizations/globex/scim-tokens', { label: 'Third' });
    expect(third).toMatchObject({ status: 409, body: { type: 'urn:tenure:problem:token-limit' } });
    const listed = await http.call(gus, 'GET', '/v1/organizations/globex/scim-tokens');
    expect(listed.body.items).toHaveLength(2);
    expect(listed.body.base_url).toBe('http://localhost:3000/scim/v2/globex');
    expect(JSON.stringify(listed.body)).not.toContain(again.token);
    expect(listed.body.items[0].last_used_at).not.toBeNull();
    const kept = await rows<{ text: string }>(sql`select t::text as text from scim_token t`);
    expect(kept.some(({ text }) => text.includes(again.token))).toBe(false);

    expect((await http.call(omar, 'POST', `/v1/scim-tokens/${again.tokenId}/revocation`, {})).status).toBe(
      201,
    );
    expect((await again.send('GET', '/Users?count=0')).status).toBe(401);
    expect((await globex.send('GET', '/Users?count=0')).status).toBe(200);
    const events = await rows<{ type: string }>(
      sql`select type from audit_event where subject_id = ${again.tokenId} order by id`,
    );
    expect(events.map(({ type }) => type)).toEqual(['scim_token.made', 'scim_token.revoked']);
  });

  it('is made by nobody but the customer’s own administrators, whatever the API were to let through', async () => {
    const make = (who: string) =>
      http.call(who, 'POST', '/v1/organizations/acme/scim-tokens', { label: 'x' });
    expect((await make(omar)).status).toBe(403);
    expect((await make(gus)).status).toBe(404);
    const byOmar = http.ledger.owner.db.execute(sql`
      insert into scim_token (id, organization_id, label, token_hash, made_by, expires_at)
      select 'stk_x', o.id, 'x', 'x', p.id, tenure_now() + interval '1 day' from organization o, person p
      where o.key = 'acme' and p.email = ${omar}`);
    await expect(byOmar).rejects.toMatchObject({ cause: { code: 'TN020' } });
  });

  it('writes people of its own customer, and nothing else in the ledger', async () => {
    const as = (what: ReturnType<typeof sql>) =>
      http.ledger.app.db.transaction(async (tx) => {
        await tx.execute(sql`select set_config('tenure.person', ${okta.tokenId}, true),
          set_config('tenure.organization', tenure_vendor(), true), set_config('tenure.reach', 'all', true)`);
        await tx.execute(what);
      });
    for (const attack of [
      sql`update person set name = 'x' where email = ${gus}`,
      sql`update sign_in_provider set state = 'retired' where state = 'live'`,
      sql`update organization set suspended_at = tenure_now() where key = 'acme'`,
      sql`update scim_token set revoked_at = tenure_now(), revoked_by = made_by where id = ${globex.tokenId}`,
      sql`insert into scim_group (id, organization_id, display_name) select 'scg_x', id, 'x' from organization where key = 'globex'`,
    ])
      await expect(as(attack)).rejects.toMatchObject({ cause: { code: 'TN020' } });
  });
});

describe('The door', () => {
  const routes = [
    ['GET', '/Users'],
    ['POST', '/Users'],
    ['POST', '/Users/.search'],
    ['GET', '/Users/x'],
    ['PUT', '/Users/x'],
    ['PATCH', '/Users/x'],
    ['DELETE', '/Users/x'],
    ['GET', '/Groups'],
    ['POST', '/Groups'],
    ['POST', '/Groups/.search'],
    ['GET', '/Groups/x'],
    ['PUT', '/Groups/x'],
    ['PATCH', '/Groups/x'],
    ['DELETE', '/Groups/x'],
    ['GET', '/ServiceProviderConfig'],
    ['GET', '/Schemas'],
    ['GET', `/Schemas/${core}`],
    ['GET', '/ResourceTypes'],
    ['GET', '/ResourceTypes/User'],
  ] as const;

  it.each(routes)(
    '%s %s is for this customer’s token alone, and says so in SCIM’s words',
    async (method, path) => {
      const person = await http.token(anna);
      for (const authorization of [
        null,
        'Bearer x',
        `Bearer ${globex.token}`,
        `Bearer ${person}`,
        'Basic eDp5',
      ]) {
        const headers: Record<string, string> = authorization === null ? {} : { authorization };
        const body = method === 'GET' || method === 'DELETE' ? undefined : {};
        const refused = await http.call(null, method, `/scim/v2/acme${path}`, body, { headers });
        expect(refused).toMatchObject({ status: 401, body: { status: '401' } });
        expect(refused.body.schemas).toEqual(['urn:ietf:params:scim:api:messages:2.0:Error']);
        expect(refused.headers.get('content-type')).toContain('application/scim+json');
        expect(refused.headers.get('www-authenticate')).toMatch(/^Bearer/);
      }
      // The same token opens its own customer's door: what is refused there is something else.
      const body = method === 'GET' || method === 'DELETE' ? undefined : {};
      expect((await globex.send(method, path, body)).status).not.toBe(401);
    },
  );

  it('is no door to anything else', async () => {
    const headers = { authorization: `Bearer ${okta.token}` };
    for (const path of ['/v1/me', '/v1/customers/acme/users', '/v1/organizations/acme/scim-tokens'])
      expect((await http.call(null, 'GET', path, undefined, { headers })).status).toBe(401);
  });

  it('has ids of another customer’s resources lead nowhere', async () => {
    const id = await created('Tess');
    for (const [method, body] of [
      ['GET', undefined],
      ['PUT', userOf('Tess')],
      ['PATCH', { schemas: [patchOp], Operations: [{ op: 'replace', value: { active: false } }] }],
      ['DELETE', undefined],
    ] as const)
      expect((await globex.send(method, `/Users/${id}`, body)).status).toBe(404);
    const groupId = await group('Ours', id);
    expect((await globex.send('GET', `/Groups/${groupId}`)).status).toBe(404);
    const stolen = { schemas: [groupSchema], displayName: 'Stolen', members: [{ value: id }] };
    expect((await globex.send('POST', '/Groups', stolen)).status).toBe(400);
    expect((await memberOf('tess@acme.example'))?.open).toBe(true);
  });

  it('tells one directory’s flood to wait, and not the other', async () => {
    const slow = http.over({ directoryLimit: { burst: 2, perSecond: 0.001 } });
    const ask = (one: TestDirectory) =>
      slow.request(`${one.base}/Users?count=0`, { headers: { authorization: `Bearer ${one.token}` } });
    expect([(await ask(okta)).status, (await ask(okta)).status]).toEqual([200, 200]);
    const flooded = await ask(okta);
    expect(flooded.status).toBe(429);
    expect(flooded.headers.get('retry-after')).toBe('1');
    expect(await flooded.json()).toMatchObject({ status: '429' });
    expect((await ask(globex)).status).toBe(200);
  });
});

describe('Discovery', () => {
  it('tells the truth', async () => {
    const config = (await okta.send('GET', '/ServiceProviderConfig')).body;
    expect(config).toMatchObject({
      patch: { supported: true },
      bulk: { supported: false },
      etag: { supported: true },
    });
    const schemas = (await okta.send('GET', '/Schemas')).body;
    expect(schemas).toMatchObject({ totalResults: 3, startIndex: 1 });
    expect(schemas.Resources.map(({ id }: { id: string }) => id)).toEqual([core, groupSchema, enterprise]);
    expect((await okta.send('GET', `/Schemas/${enterprise}`)).body.id).toBe(enterprise);
    expect((await okta.send('GET', '/Schemas/urn:none')).status).toBe(404);
    const types = (await okta.send('GET', '/ResourceTypes')).body.Resources;
    expect(types.map(({ endpoint }: { endpoint: string }) => endpoint)).toEqual(['/Users', '/Groups']);
  });
});

describe('Okta', () => {
  it('looks for a user, creates them, reads them back and pages through', async () => {
    expect(await found('userName eq "isaac@acme.example"')).toMatchObject({ totalResults: 0, Resources: [] });
    http.hurried.length = 0;
    const answer = await okta.send('POST', '/Users', {
      ...userOf('Isaac'),
      externalId: '00ujl29u0le5T6Aj10h7',
      locale: 'en-US',
      groups: [],
      password: '1mz050nq',
    });
    expect(answer).toMatchObject({
      status: 201,
      body: { active: true, userName: 'Isaac@acme.example', locale: 'en-US' },
    });
    const { id, meta } = answer.body;
    expect(answer.headers.get('location')).toBe(meta.location);
    expect(answer.headers.get('etag')).toBe(meta.version);
    expect(JSON.stringify(answer.body)).not.toContain('1mz050nq');
    expect((await okta.send('GET', `/Users/${id}`)).body).toEqual(answer.body);
    // The seat is taken now, and the process that gives access begins at once.
    expect(await memberOf('isaac@acme.example')).toMatchObject({ open: true, gone: false });
    expect(http.hurried).toHaveLength(1);
    const [process] = await rows(
      sql`select kind, cause, source, requested_by, wish from process order by id desc limit 1`,
    );
    expect(process).toEqual({
      kind: 'onboarding',
      cause: 'administrator',
      source: okta.tokenId,
      requested_by: null,
      wish: { welcome: false },
    });
    const [event] = await rows(
      sql`select actor_kind, actor_id from audit_event where type = 'membership.begun' order by id desc limit 1`,
    );
    expect(event).toEqual({ actor_kind: 'source', actor_id: okta.tokenId });

    expect(await found('userName eq "ISAAC@ACME.EXAMPLE"')).toMatchObject({
      totalResults: 1,
      Resources: [{ id }],
    });
    expect(await found('externalId eq "00ujl29u0le5T6Aj10h7"')).toMatchObject({ totalResults: 1 });
    expect(await found('externalId eq "00UJL29U0LE5T6AJ10H7"')).toMatchObject({ totalResults: 0 });
    const twice = await okta.send('POST', '/Users', userOf('ISAAC'));
    expect(twice).toMatchObject({ status: 409, body: { status: '409', scimType: 'uniqueness' } });
    for (const name of ['Page1', 'Page2', 'Page3']) await created(name);
    const first = await okta.send('GET', '/Users?startIndex=1&count=2&sortBy=userName');
    const second = await okta.send('GET', '/Users?startIndex=3&count=2&sortBy=userName');
    expect(first.body).toMatchObject({ startIndex: 1, itemsPerPage: 2 });
    expect(second.body.totalResults).toBe(first.body.totalResults);
    const ids = [...first.body.Resources, ...second.body.Resources].map((one: { id: string }) => one.id);
    expect(new Set(ids).size).toBe(4);
    expect((await okta.send('GET', '/Users?count=0')).body).toMatchObject({ Resources: [], itemsPerPage: 0 });
    const search = {
      filter: 'userName sw "page"',
      sortBy: 'userName',
      sortOrder: 'descending',
      count: 2,
      attributes: ['userName'],
    };
    const searched = (await okta.send('POST', '/Users/.search', search)).body;
    expect(searched.Resources.map(({ userName }: { userName: string }) => userName)).toEqual([
      'Page3@acme.example',
      'Page2@acme.example',
    ]);
    expect(Object.keys(searched.Resources[0]).sort()).toEqual(['id', 'schemas', 'userName']);
  });

  it('deactivates by PATCH: they are out at once, stay readable, and come back clean', async () => {
    const id = await created('Dara');
    const readers = await group('Readers', id);
    expect(await memberOf('dara@acme.example')).toMatchObject({ role: 'viewer' });
    // What the directory set off, and that the engine takes it up.
    const set = await rows<{ id: string; kind: string; cause: string }>(sql`
      select s.id, s.kind, s.cause from process s join person p on p.id = s.person_id where p.email = 'dara@acme.example' order by s.id`);
    expect(set.map(({ kind, cause }) => [kind, cause])).toEqual([
      ['onboarding', 'administrator'],
      ['role-change', 'roster'],
    ]);
    for (const { id: processId } of set) {
      await drawUp(http.ledger, processId);
      const story = await tellProcess(http.ledger.system.db, processId);
      expect(story).toMatchObject({ state: 'running', lastError: null, tasks: [] });
    }
    const token = await http.token('dara@acme.example');
    const me = () =>
      http.call(null, 'GET', '/v1/me', undefined, { headers: { authorization: `Bearer ${token}` } });
    expect((await me()).status).toBe(200);
    const off = await patch(`/Users/${id}`, { op: 'replace', value: { active: false } });
    expect(off).toMatchObject({ status: 200, body: { id, active: false } });
    expect(off.headers.get('etag')).toBe(off.body.meta.version);
    expect(await memberOf('dara@acme.example')).toMatchObject({ open: false, gone: true, suspended: true });
    expect((await me()).status).toBe(401);
    expect((await okta.send('GET', `/Users/${id}`)).body).toMatchObject({
      active: false,
      userName: 'Dara@acme.example',
    });
    expect(await found('active eq false')).toMatchObject({ totalResults: 1, Resources: [{ id }] });
    // A second time changes nothing, its version neither.
    const again = await patch(`/Users/${id}`, { op: 'replace', value: { active: false } });
    expect(again.body.meta.version).toBe(off.body.meta.version);
    expect(
      (await patch(`/Groups/${readers}`, { op: 'remove', path: `members[value eq "${id}"]` })).status,
    ).toBe(200);
    const on = await patch(`/Users/${id}`, { op: 'replace', value: { active: true } });
    expect(on).toMatchObject({ status: 200, body: { active: true } });
    expect(await memberOf('dara@acme.example')).toMatchObject({
      role: null,
      open: true,
      gone: false,
      suspended: false,
    });
  });

  it('puts a whole profile, and does not suspend by silence', async () => {
    const id = await created('Pia');
    const { active, ...silent } = userOf('Pia');
    const put = await okta.send('PUT', `/Users/${id}`, {
      ...silent,
      id,
      displayName: 'Pia Berg',
      externalId: 'x1',
    });
    expect(put).toMatchObject({
      status: 200,
      body: { active: true, displayName: 'Pia Berg', externalId: 'x1' },
    });
    const [person] = await rows<{ name: string }>(
      sql`select name from person where email = 'pia@acme.example'`,
    );
    expect(person?.name).toBe('Pia Berg');
    const version = put.body.meta.version;
    const stale = await okta.send('PUT', `/Users/${id}`, silent, { 'if-match': 'W/"1"' });
    expect(stale).toMatchObject({ status: 412, body: { status: '412' } });
    expect((await okta.send('PUT', `/Users/${id}`, silent, { 'if-match': version })).status).toBe(200);
    const read = (known: string) => okta.send('GET', `/Users/${id}`, undefined, { 'if-none-match': known });
    expect((await read(version)).status).toBe(200);
    expect((await read(String((await read('x')).headers.get('etag')))).status).toBe(304);
    const idle = await okta.send('POST', '/Users', { ...userOf('Idle'), active: false });
    expect(idle).toMatchObject({ status: 201, body: { active: false } });
    // Who is not active yet is nobody's member, takes no seat and leaves nothing.
    expect(await memberOf('idle@acme.example')).toEqual({
      role: null,
      open: true,
      gone: false,
      suspended: true,
    });
    const [made] = await rows<{ members: number; processes: number }>(sql`
      select (select count(*)::int from membership m where m.person_id = p.id) as members,
        (select count(*)::int from process s where s.person_id = p.id) as processes
      from person p where p.email = 'idle@acme.example'`);
    expect(made).toEqual({ members: 0, processes: 0 });
    expect(
      (await patch(`/Users/${idle.body.id}`, { op: 'replace', value: { active: true } })).body,
    ).toMatchObject({
      active: true,
    });
    expect(await memberOf('idle@acme.example')).toMatchObject({ open: true, gone: false, suspended: false });
    expect(active).toBe(true);
  });

  it('renames a group by an object without a path, and changes members in one request', async () => {
    const [one, two] = [await created('Gina'), await created('Hugo')];
    const id = await group('Nobody’s', one);
    const renamed = await patch(`/Groups/${id}`, { op: 'replace', value: { id, displayName: 'Analysts' } });
    expect(renamed).toMatchObject({
      status: 200,
      body: { displayName: 'Analysts', members: [{ value: one }] },
    });
    expect(await memberOf('gina@acme.example')).toMatchObject({ role: 'member' });
    const swapped = await patch(
      `/Groups/${id}`,
      { op: 'remove', path: `members[value eq "${one}"]` },
      { op: 'add', path: 'members', value: [{ value: two, display: 'Hugo' }] },
    );
    expect(swapped.body.members).toMatchObject([{ value: two }]);
    expect(await memberOf('gina@acme.example')).toMatchObject({ role: null });
    expect(await memberOf('hugo@acme.example')).toMatchObject({ role: 'member' });
    const roster = await okta.send('GET', `/Groups/${id}?excludedAttributes=members`);
    expect(roster.body.members).toBeUndefined();
    expect((await okta.send('GET', `/Users/${two}`)).body.groups).toMatchObject([
      { value: id, display: 'Analysts' },
    ]);
    expect((await okta.send('DELETE', `/Groups/${id}`)).status).toBe(204);
    expect((await okta.send('GET', `/Groups/${id}`)).status).toBe(404);
    expect(await memberOf('hugo@acme.example')).toMatchObject({ role: null });
  });
});

describe('Entra ID', () => {
  it('patches in its own spelling: capitals, texts for booleans, elements that are not there yet', async () => {
    const id = await created('Eve', { [enterprise]: { department: 'Sales' } });
    const answer = await patch(
      `/Users/${id}`,
      { op: 'Replace', path: 'displayName', value: 'Eve Stone' },
      { op: 'Add', path: 'emails[type eq "home"].value', value: 'eve@home.example' },
      { op: 'Add', path: 'name.givenName', value: 'Evelyn' },
      { op: 'Replace', path: `${enterprise}:department`, value: 'Finance' },
      { op: 'Add', path: `${enterprise}:manager`, value: id },
      { op: 'Replace', value: { 'name.familyName': 'Stone', [`${enterprise}:costCenter`]: '42' } },
    );
    expect(answer).toMatchObject({
      status: 200,
      body: {
        displayName: 'Eve Stone',
        name: { givenName: 'Evelyn', familyName: 'Stone' },
        [enterprise]: { department: 'Finance', costCenter: '42', manager: { value: id } },
      },
    });
    expect(answer.body.emails).toHaveLength(2);
    const cleared = await patch(
      `/Users/${id}`,
      { op: 'Replace', path: `${enterprise}:department`, value: '' },
      { op: 'Remove', path: `${enterprise}:manager` },
      { op: 'Replace', path: 'active', value: 'False' },
    );
    expect(cleared).toMatchObject({
      status: 200,
      body: { active: false, [enterprise]: { costCenter: '42' } },
    });
    expect(cleared.body[enterprise]).toEqual({ costCenter: '42' });
    expect(await found('emails[type eq "home" and value co "home.ex"] and displayName ne "x"')).toMatchObject(
      { totalResults: 1 },
    );
    expect(await found(`${enterprise}:costCenter eq "42"`)).toMatchObject({ totalResults: 1 });
  });

  it('removes members by a list of values, fifty at a time, and finds groups by name', async () => {
    const people: string[] = [];
    for (let i = 0; i < 5; i++) people.push(await created(`Many${i}`));
    const id = await group('Readers', ...people);
    const [one, two, ...rest] = people;
    const removed = await patch(`/Groups/${id}`, {
      op: 'Remove',
      path: 'members',
      value: [{ value: one }, { value: two }],
    });
    expect(removed.body.members.map(({ value }: { value: string }) => value)).toEqual([...rest].sort());
    const fifty = Array.from({ length: 50 }, (_, at) => ({
      op: at % 2 ? 'Remove' : 'Add',
      path: 'members',
      value: [{ value: one }],
    }));
    expect((await patch(`/Groups/${id}`, ...fifty)).status).toBe(200);
    const named = await okta.send(
      'GET',
      `/Groups?excludedAttributes=members&filter=${encodeURIComponent('displayName eq "readers"')}`,
    );
    expect(named.body.Resources.some((found: { id: string }) => found.id === id)).toBe(true);
    const having = await okta.send(
      'GET',
      `/Groups?filter=${encodeURIComponent(`members[value eq "${rest[0]}"]`)}`,
    );
    expect(having.body).toMatchObject({ totalResults: 1, Resources: [{ id }] });
  });

  it('patches whole or not at all', async () => {
    const id = await created('Whole');
    const before = (await okta.send('GET', `/Users/${id}`)).body;
    const half = await patch(
      `/Users/${id}`,
      { op: 'replace', path: 'displayName', value: 'Half' },
      { op: 'remove' },
    );
    expect(half).toMatchObject({ status: 400, body: { scimType: 'noTarget' } });
    const ours = await patch(
      `/Users/${id}`,
      { op: 'replace', path: 'displayName', value: 'Half' },
      { op: 'replace', path: 'id', value: 'x' },
    );
    expect(ours).toMatchObject({ status: 400, body: { scimType: 'mutability' } });
    expect((await okta.send('GET', `/Users/${id}`)).body).toEqual(before);
  });
});

describe('What a directory may not', () => {
  it('says roles: they follow from groups, within the tier', async () => {
    const direct = await okta.send('POST', '/Users', {
      ...userOf('Rolf'),
      roles: [{ value: 'customer-administrator' }],
    });
    expect(direct).toMatchObject({ status: 400, body: { scimType: 'invalidValue' } });
    const id = await created('Olga');
    await group('Owners', id);
    expect(await memberOf('olga@acme.example')).toMatchObject({ role: null });
    const [ignored] = await rows(
      sql`select type, actor_id from audit_event where type = 'groups.ignored' order by id desc limit 1`,
    );
    expect(ignored).toEqual({ type: 'groups.ignored', actor_id: okta.tokenId });
  });

  it('takes what an administrator gave with a group that gave it not', async () => {
    const id = await created('Hand');
    await http.call(anna, 'POST', '/v1/customers/acme/users/hand@acme.example/role-change', {
      contract_role: 'administrator',
      reason: 'x',
    });
    const readers = await group('Something else', id);
    await okta.send('DELETE', `/Groups/${readers}`);
    expect(await memberOf('hand@acme.example')).toMatchObject({ role: 'administrator' });
  });

  it('takes more seats than there are', async () => {
    const id = await created('Seated');
    await patch(`/Users/${id}`, { op: 'replace', value: { active: false } });
    const tier = (key: string) =>
      http.ledger.owner.db.execute(sql`update organization set tier_key = ${key} where key = 'acme'`);
    await tier('free');
    expect(await okta.send('POST', '/Users', userOf('Seatless'))).toMatchObject({ status: 403 });
    expect(await patch(`/Users/${id}`, { op: 'replace', value: { active: true } })).toMatchObject({
      status: 403,
      body: { status: '403' },
    });
    expect((await okta.send('GET', `/Users/${id}`)).body.active).toBe(false);
    await tier('enterprise');
    expect((await patch(`/Users/${id}`, { op: 'replace', value: { active: true } })).body.active).toBe(true);
  });

  it('takes an address that another organization’s person has', async () => {
    const refused = await okta.send('POST', '/Users', { schemas: [core], userName: gus });
    expect(refused).toMatchObject({ status: 409, body: { scimType: 'uniqueness' } });
  });

  it('sends anything it likes', async () => {
    const id = await created('Host');
    const raw = (method: string, path: string, body: string, type = 'application/scim+json') =>
      http.call(null, method, `${okta.base}${path}`, undefined, {
        raw: body,
        headers: { authorization: `Bearer ${okta.token}`, 'content-type': type },
      });
    const deep = '{"a":'.repeat(40) + '1' + '}'.repeat(40);
    for (const [body, status] of [
      ['{', 400],
      ['[]', 400],
      ['"x"', 400],
      [deep, 400],
      ['{"userName":"x\\u0000@acme.example"}', 400],
      ['{"userName":"\\ud800@acme.example"}', 400],
      ['{"userName":{"a":1}}', 400],
      ['{"userName":"no address"}', 400],
      ['{"__proto__":{"active":true},"userName":"p@acme.example"}', 400],
      [`{"userName":"big@acme.example","title":"${'x'.repeat(70_000)}"}`, 400],
      [`{"userName":"${'x'.repeat(1_100_000)}"}`, 413],
    ] as const)
      expect((await raw('POST', '/Users', body)).status, body.slice(0, 60)).toBe(status);
    expect((await raw('POST', '/Users', '{}', 'text/plain')).status).toBe(415);
    expect((await raw('POST', '/Users', JSON.stringify(userOf('Json')), 'application/json')).status).toBe(
      201,
    );
    for (const path of [
      '__proto__.x',
      'constructor.prototype.x',
      'emails[',
      'emails[type eq',
      'a..b',
      'x'.repeat(200),
    ]) {
      const answer = await patch(`/Users/${id}`, { op: 'add', path, value: 'x' });
      expect([200, 400], path).toContain(answer.status);
    }
    expect(Object.hasOwn(Object.prototype, 'x')).toBe(false);
    const nested = '('.repeat(60) + 'userName pr' + ')'.repeat(60);
    const long = Array.from({ length: 300 }, () => 'userName pr').join(' or ');
    for (const filter of [
      'userName eq "x\' or 1=1 --"',
      'id eq "\\u0000"',
      'emails[value eq "); drop table person; --"]',
    ])
      expect([200, 400], filter).toContain(
        (await okta.send('GET', `/Users?filter=${encodeURIComponent(filter)}`)).status,
      );
    for (const filter of [
      nested,
      long,
      'userName',
      'userName zz "x"',
      'userName eq x',
      'meta.created gt "soon"',
      '"',
      'eq eq eq eq',
    ])
      expect((await found(filter)).scimType, filter).toBe('invalidFilter');
    for (const query of ['startIndex=x', 'count=1.5', 'sortBy=a..b'])
      expect((await okta.send('GET', `/Users?${query}`)).status).toBe(400);
    expect((await okta.send('GET', '/Users?startIndex=-5&count=-1')).body).toMatchObject({
      startIndex: 1,
      itemsPerPage: 0,
    });
    for (const [method, path, status] of [
      ['GET', '/Nothing', 404],
      ['DELETE', '/Users', 405],
      ['GET', `/Users/${'x'.repeat(500)}`, 404],
    ] as const) {
      const answer = await okta.send(method, path);
      expect(answer).toMatchObject({ status, body: { status: String(status) } });
    }
  });
});

describe('Deleting', () => {
  it('frees the name, and resurrects nothing', async () => {
    const id = await created('Zoe');
    const readers = await group('Readers', id);
    expect(await memberOf('zoe@acme.example')).toMatchObject({ role: 'viewer', open: true });
    expect((await okta.send('DELETE', `/Users/${id}`)).status).toBe(204);
    for (const method of ['GET', 'DELETE'])
      expect((await okta.send(method, `/Users/${id}`)).status).toBe(404);
    expect(await found('userName eq "zoe@acme.example"')).toMatchObject({ totalResults: 0 });
    expect((await okta.send('GET', `/Groups/${readers}`)).body.members).toEqual([]);
    expect(await memberOf('zoe@acme.example')).toMatchObject({ open: false, gone: true });
    const anew = await created('Zoe');
    expect(anew).not.toBe(id);
    expect(await memberOf('zoe@acme.example')).toMatchObject({ role: null, open: true, gone: false });
  });

  it('links somebody whom an administrator had added, who stays what they are', async () => {
    const added = await http.call(anna, 'POST', '/v1/customers/acme/users', {
      email: 'known@acme.example',
      name: 'Known',
      contract_role: 'member',
      reason: 'x',
    });
    expect(added.status).toBe(201);
    await created('Known');
    expect(await memberOf('known@acme.example')).toMatchObject({ role: 'member', open: true });
    // Who is removed by hand is inactive for the directory, too.
    await http.call(anna, 'POST', '/v1/customers/acme/users/known@acme.example/removal', { reason: 'x' });
    expect(await found('userName eq "known@acme.example"')).toMatchObject({ Resources: [{ active: false }] });
  });
});
