import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ApiHarness, startApi } from '../support/api.ts';
import { connectDirectory, letProviderMap, type TestDirectory } from '../support/directory.ts';
import { connect, email, follow, risc, type Transmitter } from '../support/signals.ts';

// A directory's word about somebody whom a signal has suspended: it counts, and does not lift what it did not lay on.

const anna = 'anna@acme.example';

let http: ApiHarness;
let okta: TestDirectory;
let watch: Transmitter;
beforeAll(async () => {
  http = await startApi();
  await letProviderMap(http, 'acme', [{ group: 'Analysts', role: 'member' }]);
  okta = await connectDirectory(http, 'acme', anna);
  watch = await connect(http, anna, 'acme');
});
afterAll(() => http?.stop());

const before = Math.floor(Date.now() / 1_000) - 10;
const say = async (event: 'account-disabled' | 'account-enabled', address: string) => {
  const at = event === 'account-disabled' ? before : before + 5;
  await watch.say(`${risc}${event}`, email(address), { event_timestamp: at });
  await follow(http);
};
const stands = async (address: string) => {
  const [found] = await http.ledger.owner.db.execute(sql`
    select p.suspended_at is not null as suspended, p.offboarded_at is not null as left,
      (select m.contract_role from membership m where m.person_id = p.id and m.until is null) as role
    from person p where p.email = ${address}`);
  return found;
};
const patch = (id: string, path: string, value: unknown) =>
  okta.send('PATCH', `/Users/${id}`, { Operations: [{ op: 'replace', path, value }] });
const made = async (userName: string): Promise<string> =>
  (await okta.send('POST', '/Users', { userName, active: true })).body.id;

it.each(['PATCH', 'PUT'])(
  'who is taken away meanwhile has left, and no signal brings them back: %s',
  async (method) => {
    const address = `leaver-${method.toLowerCase()}@acme.example`;
    const id = await made(address);
    await say('account-disabled', address);
    // What else is said of them changes nothing about that.
    expect((await patch(id, 'title', 'Analyst')).body.active).toBe(false);
    expect(await stands(address)).toMatchObject({ suspended: true, left: false });
    const answer =
      method === 'PATCH'
        ? await patch(id, 'active', 'False')
        : await okta.send('PUT', `/Users/${id}`, { userName: address, active: false });
    expect([answer.status, answer.body.active]).toEqual([200, false]);
    expect(await stands(address)).toEqual({ suspended: true, left: true, role: null });
    await say('account-enabled', address);
    expect(await stands(address)).toEqual({ suspended: true, left: true, role: null });
  },
);

it.each(['toggled', 'deleted'])(
  'who comes back stays suspended until the signal is over: %s',
  async (how) => {
    const address = `back-${how}@acme.example`;
    const id = await made(address);
    await say('account-disabled', address);
    if (how === 'deleted') {
      await okta.send('DELETE', `/Users/${id}`);
      expect((await okta.send('POST', '/Users', { userName: address, active: true })).body.active).toBe(
        false,
      );
    } else {
      await patch(id, 'active', false);
      expect((await patch(id, 'active', true)).body.active).toBe(false);
    }
    expect(await stands(address)).toMatchObject({ suspended: true, left: false });
    expect((await http.call(address, 'GET', '/v1/me')).status).toBe(401);
    await say('account-enabled', address);
    expect(await stands(address)).toMatchObject({ suspended: false, left: false });
  },
);

it('a group that is taken away meanwhile gives nothing afterwards', async () => {
  const address = 'grouped@acme.example';
  const id = await made(address);
  const group = await okta.send('POST', '/Groups', { displayName: 'Analysts', members: [{ value: id }] });
  const usual = await stands(address);
  expect(usual).toMatchObject({ role: 'member' });
  await say('account-disabled', address);
  await okta.send('PATCH', `/Groups/${group.body.id}`, {
    Operations: [{ op: 'remove', path: 'members', value: [{ value: id }] }],
  });
  await say('account-enabled', address);
  const after = await stands(address);
  expect(after).toMatchObject({ suspended: false, left: false });
  expect(after?.['role']).not.toBe('member');
});

it('who has another address in the directory by now is known by it, and nobody by an address that is somebody’s own', async () => {
  for (const [nth, known] of ['Married@acme.example', 'Private.Name@HOME.example'].entries()) {
    const [address, userName] = [`maiden${nth}@acme.example`, `married${nth || ''}@acme.example`];
    const id = await made(address);
    const emails = [{ value: 'private.name@home.example' }];
    const renamed = await okta.send('PUT', `/Users/${id}`, { userName, emails: nth === 1 ? emails : [] });
    expect(renamed).toMatchObject({ status: 200, body: { userName } });
    await say('account-disabled', known);
    expect(await stands(address), known).toMatchObject({ suspended: true });
    const namesake = await made(`namesake${nth}@acme.example`);
    expect((await patch(namesake, 'emails', [{ value: address }])).status).toBe(200);
    await say('account-enabled', address);
    expect(await stands(address), known).toMatchObject({ suspended: false });
  }
});
