import { afterEach, beforeEach, expect, it } from 'vitest';
import { consentExample } from '../../api/schemas/examples/consent.ts';
import { type FakeApi, startFakeApi } from './fake-api.ts';
import { runWords } from './run-words.ts';

let api: FakeApi;
beforeEach(async () => {
  globalThis.process.env.TZ = 'UTC';
  api = await startFakeApi();
});
afterEach(() => api.close());

it('says which of our access a customer approves', async () => {
  api.on('GET /v1/customers/acme/consent', { body: consentExample });
  const run = () => runWords(api.url, ['consent', 'acme'], { columns: 80 });
  expect(await run()).toMatchObject({
    code: 0,
    out: [
      'Acme approves our access.',
      '  DATA          WITHIN  IN AN EMERGENCY',
      '  public        PT2H    at once, and told',
      '  internal      PT2H    at once, and told',
      '  confidential  PT2H    at once, and told',
      '  restricted    PT30M   not without it',
      '',
    ].join('\n'),
  });
  const override = {
    rules: [],
    reason: 'Agreed by mail',
    until: '2027-01-31T23:00:00.000Z',
    made_by: { id: 'person_1', email: 'omar@northwind.example', name: 'Omar' },
    confirmed_at: '2026-11-22T13:40:00.000Z',
  };
  api.on('GET /v1/customers/acme/consent', { body: { ...consentExample, in_force: [], override } });
  expect((await run()).out).toBe(
    'Acme approves none of our access.\nChanged until 2027-01-31T23:00:00.000Z, asked for by Omar: Agreed by mail\nIt says: none of it needs approval.\n',
  );

  // What waits says so, with the way to confirm it.
  const waiting = { ...consentExample, override: { ...override, confirmed_at: null } };
  api.on('GET /v1/customers/acme/consent', { body: waiting });
  const { out } = await run();
  expect(out).toContain('To be changed, once a second person confirms it, until 2027-01-31');
  expect(out).toContain('consent confirm acme --why …');
});

it('confirms an exception as a second person, of the catalog that is there', async () => {
  api.on('GET /v1/catalog', { body: { revision: 7 } });
  api.on('POST /v1/customers/acme/consent/override-confirmation', { body: consentExample });
  const words = ['consent', 'confirm', 'acme', '--why', 'I spoke with Anna'];
  expect(await runWords(api.url, words, { columns: 80 })).toMatchObject({
    code: 0,
    out: expect.stringContaining('Confirmed.\nAcme approves our access.') as string,
  });
  expect(api.calls.at(-1)).toMatchObject({ body: { base_revision: 7, reason: 'I spoke with Anna' } });
  expect((await runWords(api.url, words.slice(0, 3), { columns: 80 })).code).toBe(2);
});
