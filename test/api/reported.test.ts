import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ApiHarness, startApi } from '../support/api.ts';

// Whoever is on call gets in without being asked first. What is left is that those who watch find it.

const mei = 'mei@northwind.example';
const sam = 'sam@northwind.example';
const priya = 'priya@northwind.example';
const sita = 'sita@northwind.example';
const gus = 'gus@globex.example';
const wish = {
  resource: 'globex-env',
  period: 'PT1H',
  justification: 'The database is down',
  ticket: 'SUP-1',
};
const everything = 'from=2026-01-01T00:00:00Z&to=2036-01-01T00:00:00Z';

let http: ApiHarness;
beforeAll(async () => {
  http = await startApi();
});
afterAll(() => http.stop());

it('access that policy wants reported is marked before, in the request and in the customer’s report', async () => {
  const emergency = { ...wish, entitlement: 'administer' };
  const ordinary = { ...wish, entitlement: 'read' };
  const preview = async (who: string, body: object) =>
    (await http.call(who, 'POST', '/v1/access-requests/preview', body)).body.reported;
  expect(await preview(mei, emergency)).toBe(true);
  expect(await preview(sam, ordinary)).toBe(false);

  const reported = await http.call(mei, 'POST', '/v1/access-requests', emergency);
  expect(reported).toMatchObject({ status: 201, body: { state: 'approved', reported: true } });
  const asked = await http.call(sam, 'POST', '/v1/access-requests', ordinary);
  expect(asked).toMatchObject({ status: 201, body: { reported: false } });
  await http.call(priya, 'POST', `/v1/access-requests/${asked.body.id}/decisions`, { decision: 'approve' });
  for (const { body } of [reported, asked]) await http.provision(body.id);

  for (const who of [sita, gus]) {
    const report = await http.call(who, 'GET', `/v1/customers/globex/access-report?${everything}`);
    const marks = report.body.items.map((item: { request_id: string; reported: boolean }) => [
      item.request_id,
      item.reported,
    ]);
    expect(marks).toEqual([
      [asked.body.id, false],
      [reported.body.id, true],
    ]);
  }
  const csv = await http.call(gus, 'GET', `/v1/customers/globex/access-report?${everything}`, undefined, {
    headers: { accept: 'text/csv' },
  });
  const lines = csv.body.trimEnd().split('\r\n');
  const header = lines[0].split(',');
  // Counted from the end: what stands before may have commas of its own.
  const place = header.indexOf('"reported"') - header.length;
  expect(lines.map((line: string) => line.split(',').at(place))).toEqual(['"reported"', '"false"', '"true"']);
});
