import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Listening, startIdentity } from '../support/identity.ts';
import { startWeb, type WebApi } from '../support/web.ts';

// The form to ask for access: whatever is typed stays in it, and what is wrong is said beside its field.

const sam = 'sam@northwind.example';

let web: WebApi;
let identity: Listening;
beforeAll(async () => {
  web = await startWeb();
  identity = await startIdentity(web.ledger, web.url);
});
afterAll(async () => {
  await identity.stop();
  await web.stop();
});
afterEach(() => expect(web.http.faults.splice(0)).toEqual([]));

const typed = {
  resource: 'acme-env',
  entitlement: 'read',
  period: 'PT1H',
  ticket: 'NW-1',
  why: 'Invoices fail to load',
};
const send = (changed: Record<string, string>) =>
  web.send(sam, '/requests/new', '/requests', { ...typed, ...changed });
const look = async (query: string) => (await web.as(sam)).open(`${web.url}/requests/new?${query}`);
const customersIn = (text: string) =>
  [...(/<select id="customer".*?<\/select>/s.exec(text)?.[0] ?? '').matchAll(/value="([^"]+)"/g)].map(
    (one) => one[1],
  );

describe('What customers share', () => {
  it.each([
    ['resource=postgres-us', ['globex', 'initech']],
    ['resource=postgres-us&customer=acme', ['globex', 'initech']],
    ['resource=postgres-eu&customer=nobody', ['acme']],
  ])('offers the customers whose data lie there: %s', async (query, customers) => {
    const { status, text } = await look(query);
    expect([status, customersIn(text).toSorted((a = '', b = '') => (a < b ? -1 : 1))]).toEqual([
      200,
      customers,
    ]);
  });

  it('is asked for, for one of them', async () => {
    const none = await send({ resource: 'postgres-us' });
    expect([none.status, none.text.includes(typed.why)]).toEqual([422, true]);
    expect(none.text).toContain('name the one whose data it is about');
    const other = await send({ resource: 'postgres-eu', customer: 'globex' });
    expect([other.status, other.text.includes(typed.why)]).toEqual([422, true]);
    expect(other.text).toContain('do not lie here');
  });
});

describe('What is too long', () => {
  it.each([
    ['why', 'x'.repeat(2_001)],
    ['ticket', `https://tickets.example/${'x'.repeat(200)}`],
    ['resource', 'x'.repeat(400)],
    ['entitlement', 'x'.repeat(400)],
    ['period', 'x'.repeat(400)],
  ])('is said at its field, and nothing that was typed is lost: %s', async (field, value) => {
    const { status, text } = await send({ [field]: value });
    expect(status).toBe(422);
    expect(text).toContain(field === 'why' ? typed.ticket : typed.why);
  });

  it('is counted as it was typed: an end of a line is one character', async () => {
    const why = Array.from({ length: 100 }, () => 'x'.repeat(19)).join('\r\n');
    expect(why.replaceAll('\r\n', '\n')).toHaveLength(1_999);
    expect((await send({ why })).status).toBe(303);
  });

  it('is shown again to whoever comes back with it', async () => {
    const why = 'x'.repeat(2_001);
    const { status, text } = await look(new URLSearchParams({ ...typed, why }).toString());
    expect([status, text.includes(why)]).toEqual([200, true]);
  });
});

it('what it will take is seen before anything is sent, and no mark of the session stands in an address', async () => {
  const before = (await web.http.call(sam, 'GET', '/v1/access-requests')).body.items.length;
  const page = await look('');
  expect(page.text).not.toMatch(/formmethod/i);
  const { status, text } = await send({ preview: 'yes', why: '' });
  expect([status, text.includes('One of our support leads approves')]).toEqual([200, true]);
  expect((await web.http.call(sam, 'GET', '/v1/access-requests')).body.items).toHaveLength(before);
});
