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
  const override = { rules: [], reason: 'Agreed by mail', until: '2027-01-31T23:00:00.000Z' };
  api.on('GET /v1/customers/acme/consent', { body: { ...consentExample, in_force: [], override } });
  expect((await run()).out).toBe(
    'Acme approves none of our access.\nChanged until 2027-01-31T23:00:00.000Z: Agreed by mail\n',
  );
});
