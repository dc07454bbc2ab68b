import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ApiHarness, startApi } from '../support/api.ts';
import { connectDirectory, type TestDirectory } from '../support/directory.ts';

// What directories say in other words than the schema's, and what the standard has of it.

const core = 'urn:ietf:params:scim:schemas:core:2.0:User';
const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const patchOp = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
const anna = 'anna@acme.example';

let http: ApiHarness;
let directory: TestDirectory;
beforeAll(async () => {
  http = await startApi({ directoryLimit: { burst: 10_000, perSecond: 10_000 } });
  directory = await connectDirectory(http, 'acme', anna);
});
afterAll(() => http?.stop());
afterEach(() => expect(http.faults.splice(0)).toEqual([]));

let last = 0;
const fresh = () => `word${(last += 1)}@acme.example`;
const post = (body: object) => directory.send('POST', '/Users', { schemas: [core], ...body });
const patch = (path: string, ...Operations: object[]) =>
  directory.send('PATCH', path, { schemas: [patchOp], Operations });
const create = async (more: object = {}) => {
  const made = await post({ userName: fresh(), ...more });
  expect(made.status).toBe(201);
  return made.body;
};
const find = async (filter: string) =>
  (await directory.send('GET', `/Users?filter=${encodeURIComponent(filter)}`)).body;

describe('Names of attributes', () => {
  it('mean the same in any case, at every level, and a password is never kept', async () => {
    const userName = fresh();
    const made = await directory.send('POST', '/Users', {
      SCHEMAS: [core, enterprise],
      USERNAME: userName,
      ExternalID: 'any-case',
      Password: 'clear-text',
      DisplayName: 'Any Case',
      NAME: { GIVENNAME: 'Any', familyname: 'Case' },
      Emails: [{ VALUE: userName, Type: 'work', PRIMARY: 'True' }],
      ACTIVE: 'True',
      [enterprise.toUpperCase()]: { DEPARTMENT: 'Sales', Manager: 'boss' },
    });
    expect(made).toMatchObject({
      status: 201,
      body: {
        userName,
        externalId: 'any-case',
        displayName: 'Any Case',
        name: { givenName: 'Any', familyName: 'Case' },
        emails: [{ value: userName, type: 'work', primary: true }],
        active: true,
        [enterprise]: { department: 'Sales', manager: { value: 'boss' } },
      },
    });
    const { id } = made.body;
    await patch(`/Users/${id}`, { op: 'add', path: 'PassWord', value: 'clear-text' });
    const rows = await http.ledger.owner.db.execute(sql`
      select 1 from scim_user where attributes::text ilike '%password%' or attributes::text ilike '%clear-text%'`);
    expect([...rows]).toEqual([]);
    expect(await find('Password sw "clear"')).toMatchObject({ totalResults: 0 });
    expect(await find('displayname eq "any case"')).toMatchObject({ totalResults: 1 });
  });

  it('have a leaver leave, however `active` is written', async () => {
    const { id, userName } = await create();
    const put = await directory.send('PUT', `/Users/${id}`, { schemas: [core], userName, Active: false });
    expect(put).toMatchObject({ status: 200, body: { active: false } });
    const gone = await create();
    expect(await patch(`/Users/${gone.id}`, { op: 'replace', path: 'ACTIVE', value: 'False' })).toMatchObject(
      {
        status: 200,
        body: { active: false },
      },
    );
  });

  it('give nobody a role in any case, or as a text', async () => {
    for (const roles of [{ Roles: [{ value: 'admin' }] }, { roles: 'admin' }, { ENTITLEMENTS: ['x'] }])
      expect(await post({ userName: fresh(), ...roles })).toMatchObject({
        status: 400,
        body: { scimType: 'invalidValue' },
      });
    expect((await post({ userName: fresh(), roles: [] })).status).toBe(201);
  });

  it('are a group’s and its members’ as well', async () => {
    const { id } = await create();
    const made = await directory.send('POST', '/Groups', {
      DisplayName: 'Any case',
      Members: [{ Value: id }],
    });
    expect(made).toMatchObject({ status: 201, body: { displayName: 'Any case', members: [{ value: id }] } });
  });

  it('are written as the schema has them when a patch makes them', async () => {
    const { id } = await create();
    const done = await patch(
      `/Users/${id}`,
      { op: 'Add', path: 'displayname', value: 'Lower' },
      { op: 'Add', path: 'NAME.givenname', value: 'Lo' },
      { op: 'Add', path: 'phonenumbers[TYPE eq "work"].VALUE', value: '1' },
      { op: 'Add', path: `${enterprise.replace('urn:ietf', 'URN:IETF')}:department`, value: 'IT' },
      { op: 'Replace', value: { [core]: { title: 'T', nickname: 'N' } } },
    );
    expect(done).toMatchObject({
      status: 200,
      body: {
        displayName: 'Lower',
        name: { givenName: 'Lo' },
        phoneNumbers: [{ type: 'work', value: '1' }],
        [enterprise]: { department: 'IT' },
        title: 'T',
        nickName: 'N',
      },
    });
  });
});

describe('Where and in which version a resource is', () => {
  it('can be asked for as its `meta` says it', async () => {
    const user = await create();
    await patch(`/Users/${user.id}`, { op: 'replace', path: 'active', value: false });
    const group = (await directory.send('POST', '/Groups', { displayName: 'Where' })).body;
    for (const kind of ['Users', 'Groups']) {
      const { id } = kind === 'Users' ? user : group;
      const { meta } = (await directory.send('GET', `/${kind}/${id}`)).body;
      const count = async (filter: string) => {
        const all = `id eq "${id}" and ${filter}`;
        return (await directory.send('GET', `/${kind}?filter=${encodeURIComponent(all)}`)).body.totalResults;
      };
      for (const filter of ['meta pr', 'meta.version pr', 'meta.location pr'])
        expect(await count(filter)).toBe(1);
      expect(await count(`meta.version eq ${JSON.stringify(meta.version)}`)).toBe(1);
      expect(await count('meta.version eq "W/\\"99\\""')).toBe(0);
      expect(await count(`meta.location eq "${meta.location}"`)).toBe(1);
      expect(await count(`meta.location ew "/${kind}/${id}"`)).toBe(1);
      expect(await count(`meta.location eq "${meta.location}x"`)).toBe(0);
    }
  });
});

describe('What Entra ID says in fewer words', () => {
  it('the extension’s attributes by their names alone, in a patch, a filter and a whole resource', async () => {
    const made = await create({ department: 'Sales', [enterprise]: { costCenter: '7' } });
    expect(made[enterprise]).toEqual({ department: 'Sales', costCenter: '7' });
    expect(made).not.toHaveProperty('department');
    const patched = await patch(
      `/Users/${made.id}`,
      { op: 'Add', path: 'manager', value: 'boss-by-word' },
      { op: 'Replace', value: { Department: 'Finance' } },
    );
    const all = { department: 'Finance', costCenter: '7', manager: { value: 'boss-by-word' } };
    expect(patched).toMatchObject({ status: 200, body: { [enterprise]: all } });
    expect(await find('manager eq "boss-by-word" and department eq "finance"')).toMatchObject({
      totalResults: 1,
    });
    const shown = await directory.send('GET', `/Users/${made.id}?attributes=department`);
    expect(shown.body[enterprise]).toEqual({ department: 'Finance' });
    const removed = await patch(`/Users/${made.id}`, { op: 'Remove', path: 'manager' });
    expect(removed.body[enterprise]).toEqual({ department: 'Finance', costCenter: '7' });
  });

  it('one value as a list of one object, as in its older requests', async () => {
    const { id } = await create({ displayName: 'Before', title: 'Before' });
    const patched = await patch(
      `/Users/${id}`,
      { op: 'Replace', path: 'displayName', value: [{ $ref: null, value: 'After' }] },
      { op: 'Replace', path: 'title', value: [{ value: '' }] },
      { op: 'Add', path: 'name.givenName', value: [{ value: 'Ada' }] },
      { op: 'Add', path: `${enterprise}:manager`, value: [{ value: 'boss' }] },
      { op: 'Replace', path: 'active', value: [{ value: 'True' }] },
    );
    expect(patched).toMatchObject({
      status: 200,
      body: {
        displayName: 'After',
        name: { givenName: 'Ada' },
        active: true,
        [enterprise]: { manager: { value: 'boss' } },
      },
    });
    expect(patched.body).not.toHaveProperty('title');
    const group = await directory.send('POST', '/Groups', { displayName: 'Old words' });
    const renamed = await patch(`/Groups/${group.body.id}`, {
      op: 'Replace',
      path: 'displayName',
      value: [{ value: 'Older words' }],
    });
    expect(renamed).toMatchObject({ status: 200, body: { displayName: 'Older words' } });
    const two = { op: 'Replace', path: 'displayName', value: [{ value: 'One' }, { value: 'Two' }] };
    expect((await patch(`/Users/${id}`, two)).status).toBe(400);
  });
});

describe('Values', () => {
  it('of another type are refused, naming the attribute, and nothing is done', async () => {
    const { id } = await create({ displayName: 'Before' });
    for (const [name, value] of [
      ['name', 5],
      ['title', { a: 1 }],
      ['nickName', [1]],
      ['emails', 5],
      ['active', 'perhaps'],
      [enterprise, { department: {} }],
    ] as const) {
      const refused = await post({ userName: fresh(), [name]: value });
      expect(refused, name).toMatchObject({ status: 400, body: { scimType: 'invalidValue' } });
      const patched = await patch(`/Users/${id}`, { op: 'replace', value: { active: false, [name]: value } });
      expect(patched.status, name).toBe(400);
    }
    expect((await directory.send('GET', `/Users/${id}`)).body).toMatchObject({
      active: true,
      displayName: 'Before',
    });
  });

  it('have one primary: of several the first, and in a patch the one that is made it', async () => {
    const [one, two] = [fresh(), fresh()];
    const made = await create({
      userName: 'nobody-in-particular',
      emails: [
        { type: 'home', value: one },
        { type: 'work', value: two, primary: 'True' },
        { type: 'other', value: 'third@acme.example', primary: true },
      ],
    });
    const primaries = (body: { emails: { primary?: boolean; value: string }[] }) =>
      body.emails.filter(({ primary }) => primary).map(({ value }) => value);
    expect(primaries(made)).toEqual([two]);
    // They sign in with it.
    const people = await http.ledger.owner.db.execute(
      sql`select email from person where email in (${one}, ${two})`,
    );
    expect([...people]).toEqual([{ email: two }]);
    const turned = await patch(`/Users/${made.id}`, {
      op: 'replace',
      path: 'emails[type eq "home"].primary',
      value: 'True',
    });
    expect(primaries(turned.body)).toEqual([one]);
    const added = await patch(`/Users/${made.id}`, {
      op: 'add',
      path: 'emails',
      value: [{ value: 'fourth@acme.example', type: 'new', primary: 'true' }],
    });
    expect(primaries(added.body)).toEqual(['fourth@acme.example']);
  });

  it('that are missing where they are needed, or required and removed, are refused as the standard says', async () => {
    const { id } = await create({ displayName: 'Stays' });
    for (const [operation, scimType] of [
      [{ op: 'add', path: 'displayName' }, 'invalidValue'],
      [{ op: 'replace', path: 'active' }, 'invalidValue'],
      [{ op: 'remove', path: 'userName' }, 'mutability'],
      [{ op: 'replace', path: 'userName', value: '' }, 'mutability'],
    ] as const)
      expect(await patch(`/Users/${id}`, operation)).toMatchObject({ status: 400, body: { scimType } });
    const group = (await directory.send('POST', '/Groups', { displayName: 'Kept' })).body;
    for (const operation of [
      { op: 'remove', path: 'displayName' },
      { op: 'replace', path: 'members[value eq "nobody"]', value: { value: id } },
    ])
      expect((await patch(`/Groups/${group.id}`, operation)).status).toBe(400);
    expect((await directory.send('GET', `/Users/${id}`)).body.displayName).toBe('Stays');
  });

  it('are removed by what is said of them, and what is empty is not there', async () => {
    const { id } = await create({
      phoneNumbers: [
        { type: 'mobile', value: '1' },
        { type: 'work', value: '2' },
      ],
    });
    const one = await patch(`/Users/${id}`, {
      op: 'remove',
      path: 'phoneNumbers',
      value: [{ type: 'mobile' }],
    });
    expect(one.body.phoneNumbers).toEqual([{ type: 'work', value: '2' }]);
    const none = await patch(`/Users/${id}`, { op: 'remove', path: 'phoneNumbers[type eq "work"]' });
    expect(none.body).not.toHaveProperty('phoneNumbers');
    const extended = await patch(`/Users/${id}`, {
      op: 'add',
      path: `${enterprise}:department`,
      value: 'IT',
    });
    expect(extended.body.schemas).toEqual([core, enterprise]);
    const plain = await patch(`/Users/${id}`, { op: 'remove', path: `${enterprise}:department` });
    expect(plain.body.schemas).toEqual([core]);
    expect(plain.body).not.toHaveProperty(enterprise);
    const foreign = await patch(`/Users/${id}`, { op: 'add', path: 'urn:custom:2.0:User:x', value: '1' });
    expect(JSON.stringify(foreign.body)).not.toContain('urn:custom');
  });
});

describe('Questions', () => {
  it('are understood for schemas, versions, members and dates without a zone', async () => {
    const { id, userName } = await create({ [enterprise]: { department: 'Filters' } });
    const group = (
      await directory.send('POST', '/Groups', { displayName: 'Asked', members: [{ value: id }] })
    ).body;
    const both = (filter: string) => `userName eq "${userName}" and (${filter})`;
    for (const filter of [
      `schemas eq "${core}"`,
      `schemas eq "${enterprise}"`,
      'meta.version pr',
      'meta.location pr',
      'meta.created gt "2011-05-13T04:42:34"',
      `${core.replace('urn:ietf', 'URN:IETF')}:userName pr`,
    ])
      expect(await find(both(filter)), filter).toMatchObject({ totalResults: 1 });
    expect(await find(both('schemas eq "urn:other"'))).toMatchObject({ totalResults: 0 });
    for (const filter of ['members.type eq "User"', 'members[type eq "User"]']) {
      const found = await directory.send('GET', `/Groups?filter=${encodeURIComponent(filter)}`);
      expect(found.body.Resources.map(({ id: one }: { id: string }) => one)).toContain(group.id);
    }
  });

  it('order by the primary element of a list, else its first', async () => {
    const mark = `order-${last}`;
    const emails = (...values: [string, boolean][]) =>
      values.map(([value, primary]) => ({ value: `${value}-${mark}@acme.example`, primary, type: value }));
    await create({ title: mark, userName: `b${mark}`, emails: emails(['a', false], ['z', true]) });
    await create({ title: mark, userName: `c${mark}`, emails: emails(['m', false]) });
    const sorted = async (by: string) => {
      const filter = encodeURIComponent(`title eq "${mark}"`);
      const { body } = await directory.send('GET', `/Users?filter=${filter}&sortBy=${by}`);
      return body.Resources.map(({ userName }: { userName: string }) => userName[0]);
    };
    expect(await sorted('emails')).toEqual(['c', 'b']);
    expect(await sorted('emails.value')).toEqual(['c', 'b']);
    expect((await directory.send('GET', '/Users?sortBy=groups')).status).toBe(400);
  });

  it('for what is not spoken here are answered so', async () => {
    for (const [method, path, status] of [
      ['GET', '/Me', 501],
      ['POST', '/Bulk', 501],
      ['GET', '/Schemas?filter=id%20pr', 403],
      ['GET', '/ResourceTypes?filter=id%20pr', 403],
      ['GET', '/Nowhere', 404],
    ] as const) {
      const said = await directory.send(method, path, method === 'POST' ? {} : undefined);
      expect(said, path).toMatchObject({ status, body: { status: String(status) } });
      expect(said.headers.get('content-type')).toContain('application/scim+json');
    }
  });

  it('find an address with a slash at its end', async () => {
    expect((await directory.send('GET', '/Users/?count=0')).status).toBe(200);
    expect((await directory.send('POST', '/Groups/', { displayName: 'Slash' })).status).toBe(201);
  });
});

describe('A version', () => {
  const versionOf = async (path: string) => (await directory.send('GET', path)).body.meta.version;

  it('counts when a member of a group goes, and when a group of a user is called something else', async () => {
    const [stays, goes] = [await create(), await create()];
    const members = [{ value: stays.id }, { value: goes.id }];
    const { id } = (await directory.send('POST', '/Groups', { displayName: 'Counted', members })).body;
    const before = { group: await versionOf(`/Groups/${id}`), user: await versionOf(`/Users/${stays.id}`) };
    expect((await directory.send('DELETE', `/Users/${goes.id}`)).status).toBe(204);
    expect(await versionOf(`/Groups/${id}`)).not.toBe(before.group);
    await patch(`/Groups/${id}`, { op: 'replace', value: { id, displayName: 'Renamed' } });
    expect(await versionOf(`/Users/${stays.id}`)).not.toBe(before.user);
  });

  it('is another when somebody is removed in the panel, and so is the time of the last change', async () => {
    const { id, meta, userName } = await create();
    const removed = await http.call(anna, 'POST', `/v1/customers/acme/users/${userName}/removal`, {
      reason: 'Left',
    });
    expect(removed.status).toBe(201);
    const { body } = await directory.send('GET', `/Users/${id}`);
    expect(body.active).toBe(false);
    expect(body.meta.version).not.toBe(meta.version);
    expect(body.meta.lastModified > meta.lastModified).toBe(true);
    expect(await find(`id eq "${id}" and meta.lastModified gt "${meta.lastModified}"`)).toMatchObject({
      totalResults: 1,
    });
  });
});

it('Tokens that nobody knows are looked up so often and no more, whatever they cost those who are known', async () => {
  const other = await startApi();
  try {
    const known = await connectDirectory(other, 'acme', anna);
    expect((await known.send('GET', '/Users?count=0')).status).toBe(200);
    const guess = (number: number) =>
      other.call(null, 'GET', '/scim/v2/acme/Users?count=0', undefined, {
        headers: { authorization: `Bearer ${known.token.slice(0, -6)}${String(number).padStart(6, '0')}` },
      });
    const statuses = new Set<number>();
    for (let number = 0; number < 320 && !statuses.has(429); number += 1)
      statuses.add((await guess(number)).status);
    expect(statuses).toEqual(new Set([401, 429]));
    expect((await known.send('GET', '/Users?count=0')).status).toBe(200);
  } finally {
    await other.stop();
  }
});
