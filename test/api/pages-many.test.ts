import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiHarness, startApi } from '../support/api.ts';
import { roles } from '../support/matrix.ts';

// What a list has no room for: what is urgent stands in it, and the rest is counted and can be reached.

const { sam, mei, priya, anna } = roles;
const plain = (page: unknown) =>
  String(page)
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll('\u00a0', ' ')
    .replaceAll(/\s+/g, ' ');

let http: ApiHarness;
beforeAll(async () => {
  http = await startApi({ rateLimit: { burst: 1e6, perSecond: 1e6 } });
});
afterAll(() => http?.stop());

const look = async (who: string, path: string): Promise<string> => {
  const { status, body } = await http.call(who, 'GET', path, undefined, { headers: { accept: 'text/html' } });
  expect(status).toBe(200);
  return String(body);
};

async function ask(who: string, period = 'PT1H'): Promise<{ id: string; reference: string }> {
  const { status, body } = await http.call(who, 'POST', '/v1/access-requests', {
    resource: 'acme-env',
    entitlement: 'read',
    period,
    ticket: 'NW-1',
    justification: 'Invoices fail to load',
  });
  expect(status).toBe(201);
  return body;
}

async function hold(who: string, period?: string): Promise<{ grant: string; reference: string }> {
  const { id, reference } = await ask(who, period);
  for (const by of [priya, anna])
    await http.call(by, 'POST', `/v1/access-requests/${id}/decisions`, { decision: 'approve' });
  return { grant: await http.provision(id), reference };
}

describe('More requests wait than a list has room for', () => {
  let first: string;
  beforeAll(async () => {
    first = (await ask(mei)).reference;
    for (let count = 0; count < 51; count += 1) await ask(sam);
  });

  it('has what lapses next on top, and says how many there are', async () => {
    const inbox = await look(priya, '/approvals');
    expect(inbox).toContain(`/approvals/${first}`);
    expect(plain(inbox)).toContain('52 requests wait for you');
    expect(plain(inbox)).toContain('And 2 more, which lapse later');
    const home = await look(priya, '/');
    expect(home).toContain(`/approvals/${first}`);
    expect(plain(home)).toContain('All 52 requests that wait');
  });

  it('lets each of them be decided', async () => {
    const { body } = await http.call(priya, 'GET', '/v1/access-requests?waiting_for=me&limit=200');
    expect(body.items).toHaveLength(52);
    for (const { reference } of [body.items[0], body.items.at(-1)])
      for (const [who, path] of [
        [priya, '/approvals'],
        [anna, '/admin/access'],
      ] as const)
        expect(await look(who, `${path}/${reference}`)).toContain('id="decision"');
  });
});

describe('More is held than a list has room for', () => {
  it('has what ends next on top, and counts the rest', async () => {
    const next = await hold(mei, 'PT1H');
    for (let count = 0; count < 101; count += 1) await hold(sam, 'PT8H');
    const page = await look(anna, '/admin/access');
    expect(page).toContain(next.reference);
    expect(page).toContain(`/admin/access/${next.grant}/end`);
    expect(plain(page)).toMatch(/2 people from Northwind Cloud can reach your data now/);
    expect(plain(page)).toContain('And 2 more, which end later');
    expect(plain(await look(roles.sita, '/customers/acme'))).toContain('2 people');
    const person = plain(await look(roles.sita, `/people/${sam}`));
    expect(person).toContain('Sam holds 101 accesses beyond the role');
    expect(person).toContain('And 1 more, which end later');
  });
});
