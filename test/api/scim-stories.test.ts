import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ApiHarness, startApi } from '../support/api.ts';
import { connectDirectory, letProviderMap, type TestDirectory } from '../support/directory.ts';

// Whole provisioning cycles in the words that Okta and Entra ID document, from the first look-up to the last goodbye.

const core = 'urn:ietf:params:scim:schemas:core:2.0:User';
const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const groupSchema = 'urn:ietf:params:scim:schemas:core:2.0:Group';
const patchOp = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
const [anna, omar] = ['anna@acme.example', 'omar@northwind.example'];

let http: ApiHarness;
let directory: TestDirectory;
beforeAll(async () => {
  http = await startApi();
  await letProviderMap(http, 'acme', [{ group: 'Analysts', role: 'member' }]);
  directory = await connectDirectory(http, 'acme', anna);
});
afterAll(() => http?.stop());
afterEach(() => expect(http.faults.splice(0)).toEqual([]));

const patch = (path: string, ...Operations: object[]) =>
  directory.send('PATCH', path, { schemas: [patchOp], Operations });
const find = async (kind: string, filter: string, more = '') =>
  (await directory.send('GET', `/${kind}?filter=${encodeURIComponent(filter)}${more}`)).body;
const roleOf = async (email: string) => {
  const rows = await http.ledger.owner.db.execute<{ role: string | null; open: boolean }>(sql`
    select m.contract_role as role, m.until is null as open from membership m join person p on p.id = m.person_id
    where p.email = ${email} order by m.seq desc limit 1`);
  return rows[0];
};

describe('Okta', () => {
  it('assigns, updates by PUT, pushes a group, unassigns, and assigns again', async () => {
    const paging = '&startIndex=1&count=100';
    expect(await find('Users', 'userName eq "nora@acme.example"', paging)).toMatchObject({ totalResults: 0 });
    const profile = {
      schemas: [core],
      userName: 'nora@acme.example',
      name: { givenName: 'Nora', familyName: 'Lind' },
      emails: [{ primary: true, value: 'nora@acme.example', type: 'work' }],
      displayName: 'Nora Lind',
      locale: 'en-US',
      externalId: '00u1',
      groups: [],
      password: 'X9!x9x9x9',
      active: true,
    };
    const created = await directory.send('POST', '/Users', profile);
    expect(created.status).toBe(201);
    const { id } = created.body;
    expect((await directory.send('GET', `/Users/${id}`)).body).toEqual(created.body);
    const { name, password, ...rest } = profile;
    const put = await directory.send('PUT', `/Users/${id}`, {
      ...rest,
      id,
      name: { ...name, familyName: 'Berg' },
      displayName: 'Nora Berg',
      meta: { resourceType: 'User' },
    });
    expect(put).toMatchObject({ status: 200, body: { id, name: { familyName: 'Berg' }, active: true } });
    expect(JSON.stringify(put.body)).not.toContain(password);
    // Group push: looked for by name, created empty, then its members in one PATCH with both of its operations.
    expect(await find('Groups', 'displayName eq "Analysts"', paging)).toMatchObject({ totalResults: 0 });
    const pushed = await directory.send('POST', '/Groups', {
      schemas: [groupSchema],
      displayName: 'Analysts',
      members: [],
    });
    const group = pushed.body.id;
    const members = await patch(
      `/Groups/${group}`,
      { op: 'remove', path: 'members[value eq "scu_00000000000000000000000000"]' },
      { op: 'add', path: 'members', value: [{ value: id, display: 'nora@acme.example' }] },
    );
    expect(members).toMatchObject({ status: 200, body: { members: [{ value: id }] } });
    expect(await roleOf('nora@acme.example')).toEqual({ role: 'member', open: true });
    const off = await patch(`/Users/${id}`, { op: 'replace', value: { active: false } });
    expect(off.body.active).toBe(false);
    expect(await roleOf('nora@acme.example')).toMatchObject({ open: false });
    expect(await find('Users', 'userName eq "nora@acme.example"', paging)).toMatchObject({
      totalResults: 1,
      Resources: [{ id, active: false }],
    });
    const on = await directory.send('PUT', `/Users/${id}`, { ...rest, name, id, active: true });
    expect(on).toMatchObject({ status: 200, body: { active: true } });
    // Still in the group, which gives its role anew.
    expect(await roleOf('nora@acme.example')).toEqual({ role: 'member', open: true });
    expect((await directory.send('DELETE', `/Groups/${group}`)).status).toBe(204);
    expect(await roleOf('nora@acme.example')).toEqual({ role: null, open: true });
  });
});

describe('Entra ID', () => {
  it('tests the connection, matches, provisions, disables by a text, restores and deletes', async () => {
    // The connection is tested with a user that nobody can be.
    expect(await find('Users', 'userName eq "9f6b0c5e-0f6c-4f1e-9d59-0b7d2c5e8a11"')).toMatchObject({
      totalResults: 0,
      Resources: [],
    });
    const created = await directory.send('POST', '/Users?aadOptscim062020', {
      schemas: [core, enterprise],
      externalId: 'ole',
      userName: 'ole@acme.example',
      active: true,
      displayName: 'Ole Moe',
      emails: [{ primary: true, type: 'work', value: 'ole@acme.example' }],
      meta: { resourceType: 'User' },
      name: { formatted: 'Ole Moe', familyName: 'Moe', givenName: 'Ole' },
      roles: [],
      [enterprise]: { employeeNumber: '7', department: 'Sales' },
    });
    expect(created.status).toBe(201);
    const { id } = created.body;
    expect(await find('Users', 'externalId eq "ole"')).toMatchObject({ totalResults: 1 });
    expect(await find('Users', 'emails[type eq "work"].value eq "OLE@acme.example"')).toMatchObject({
      totalResults: 1,
    });
    const plain = await patch(
      `/Users/${id}`,
      { op: 'Replace', path: 'name.familyName', value: 'Dahl' },
      { op: 'Add', path: 'phoneNumbers[type eq "mobile"].value', value: '+47 1' },
      { op: 'Replace', path: `${enterprise}:department`, value: 'Finance' },
      { op: 'Remove', path: `${enterprise}:employeeNumber` },
    );
    expect(plain).toMatchObject({
      status: 200,
      body: { name: { familyName: 'Dahl' }, phoneNumbers: [{ type: 'mobile', value: '+47 1' }] },
    });
    expect(plain.body[enterprise]).toEqual({ department: 'Finance' });
    // The same by its newer flag: an object without a path, with dotted and URN keys.
    const dotted = await patch(`/Users/${id}?aadOptscim062020`, {
      op: 'replace',
      value: {
        'name.givenName': 'Olav',
        [`${enterprise}:department`]: 'Law',
        'emails[type eq "home"].value': 'o@home.example',
      },
    });
    expect(dotted.body).toMatchObject({ name: { givenName: 'Olav' }, [enterprise]: { department: 'Law' } });
    const group = (await directory.send('POST', '/Groups', { displayName: 'Team', externalId: 'g1' })).body
      .id;
    const held = { value: [{ $ref: null, value: id }] };
    expect(
      (await patch(`/Groups/${group}`, { op: 'Add', path: 'members', ...held })).body.members,
    ).toHaveLength(1);
    const asked = `id eq "${group}" and members[value eq "${id}"]`;
    expect(await find('Groups', asked, '&excludedAttributes=members')).toMatchObject({ totalResults: 1 });
    expect(
      (await patch(`/Groups/${group}`, { op: 'Remove', path: 'members', ...held })).body.members,
    ).toEqual([]);
    expect(await find('Groups', asked)).toMatchObject({ totalResults: 0 });
    for (const [text, active] of [
      ['False', false],
      ['True', true],
      ['False', false],
    ] as const) {
      const answer = await patch(`/Users/${id}`, { op: 'Replace', path: 'active', value: text });
      expect(answer).toMatchObject({ status: 200, body: { active } });
      expect((await directory.send('GET', `/Users/${id}`)).body.active).toBe(active);
    }
    expect((await directory.send('DELETE', `/Users/${id}`)).status).toBe(204);
    expect((await directory.send('GET', `/Users/${id}`)).status).toBe(404);
    expect(await find('Users', 'externalId eq "ole"')).toMatchObject({ totalResults: 0 });
  });
});

describe('Somebody whose address changes', () => {
  it('has the new one in the directory and goes on signing in with the one they came with, which nobody else gets', async () => {
    const made = {
      schemas: [core],
      userName: 'ida.holm@acme.example',
      externalId: 'ida',
      displayName: 'Ida Holm',
    };
    const { id } = (await directory.send('POST', '/Users', made)).body;
    const renamed = await patch(`/Users/${id}`, {
      op: 'replace',
      value: {
        userName: 'ida.vik@acme.example',
        displayName: 'Ida Vik',
        emails: [{ value: 'ida.vik@acme.example', type: 'work', primary: true }],
      },
    });
    expect(renamed).toMatchObject({ status: 200, body: { id, userName: 'ida.vik@acme.example' } });
    for (const filter of ['userName eq "ida.vik@acme.example"', 'emails.value eq "ida.vik@acme.example"'])
      expect(await find('Users', filter)).toMatchObject({ totalResults: 1, Resources: [{ id }] });
    const people = await http.ledger.owner.db.execute(
      sql`select email, name from person where email like 'ida%'`,
    );
    expect([...people]).toEqual([{ email: 'ida.holm@acme.example', name: 'Ida Vik' }]);
    // A new colleague of the old name is told so, instead of becoming her.
    const heir = await directory.send('POST', '/Users', {
      ...made,
      externalId: 'other',
      displayName: 'Ida Holm Jr',
    });
    expect(heir).toMatchObject({ status: 409, body: { scimType: 'uniqueness' } });
  });
});

describe('A token whose maker leaves', () => {
  it('is the customer’s, stays good, and says that they are gone', async () => {
    const left = await http.call(omar, 'POST', `/v1/customers/acme/users/${anna}/removal`, {
      reason: 'She left.',
    });
    expect(left.status).toBe(201);
    const written = await directory.send('POST', '/Users', {
      schemas: [core],
      userName: 'after@acme.example',
    });
    expect(written.status).toBe(201);
    expect((await directory.send('DELETE', `/Users/${written.body.id}`)).status).toBe(204);
    const { items } = (await http.call(omar, 'GET', '/v1/organizations/acme/scim-tokens')).body;
    expect(items).toMatchObject([
      { id: directory.tokenId, state: 'good', maker_has_left: true, made_by: { email: anna } },
    ]);
    const revoked = await http.call(omar, 'POST', `/v1/scim-tokens/${directory.tokenId}/revocation`, {});
    expect(revoked.body).toMatchObject({ state: 'revoked' });
    expect((await directory.send('GET', '/Users')).status).toBe(401);
  });
});
