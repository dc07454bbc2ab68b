import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  accessRequest,
  after,
  anna,
  type FakeApi,
  grant,
  grantId,
  marek,
  nowIso,
  problem,
  sam,
  startFakeApi,
  waitingStage,
} from './fake-api.ts';
import { runWords } from './run-words.ts';

const list = (...items: unknown[]) => ({ body: { items, next_cursor: null } });

describe('who has access', () => {
  let api: FakeApi;
  beforeEach(async () => {
    process.env.TZ = 'Europe/Berlin';
    api = await startFakeApi();
  });
  afterEach(() => api.close());

  it('held asks for the caller of the token, ends first', async () => {
    const payload = Buffer.from(JSON.stringify({ sub: sam.id })).toString('base64url');
    api.on('GET /v1/grants', list(grant(), grant({ id: 'grant_2', due_at: after(30) })));
    const { code, out } = await runWords(api.url, ['held'], { token: `e30.${payload}.c2ln` });
    expect(code).toBe(0);
    expect(api.calls[0]?.query).toMatchObject({ person: sam.id, at: nowIso });
    expect(out).toBe(
      [
        '2 grants are held.',
        '  ENDS            LEFT    PERSON  ACCESS                       GRANT',
        '  15:32 (14:32Z)  30 min  Sam     read on globex-env (Globex)  grant_2',
        `  17:02 (16:02Z)  2 h     Sam     read on globex-env (Globex)  ${grantId}`,
        '',
      ].join('\n'),
    );
  });

  it('held and who-has show who is named, and act as who is named, wherever --as stands', async () => {
    api.on('GET /v1/grants', list());
    const { out } = await runWords(api.url, [
      '--as',
      'sita@northwind.example',
      'held',
      '--person',
      'sam@northwind.example',
    ]);
    expect(out).toBe('Nothing is held.\n');
    expect(api.calls[0]?.query.person).toBe('sam@northwind.example');
    expect(api.calls[0]?.headers.authorization).toBe('Bearer minted-for-sita@northwind.example');
    await runWords(api.url, ['held', '--as', 'sam@northwind.example']);
    expect(api.calls[1]?.query.person).toBe('sam@northwind.example');
  });

  it('a trial token goes to the installation it was minted for, not to a default address', async () => {
    api.on('GET /v1/grants', list());
    const mintLocalToken = () =>
      Promise.resolve({ token: 't', id: 'i', expiresAt: after(15), baseUrl: `${api.url}/` });
    const setting = { isUrlGiven: false, deps: { mintLocalToken } };
    expect(
      (await runWords('http://127.0.0.1:9', ['held', '--as', 'sam@northwind.example'], setting)).code,
    ).toBe(0);
  });

  it('who-has takes a name as a customer and as a resource', async () => {
    api.on('GET /v1/grants', ({ query }) =>
      query.customer
        ? problem(422, 'unknown-reference')
        : list(grant(), grant({ id: 'grant_2', person: marek })),
    );
    const { code, out } = await runWords(api.url, ['who-has', 'globex-env']);
    expect(code).toBe(0);
    expect(out.split('\n')[0]).toBe('2 people have access to globex-env at 15:02:00 (14:02:00Z).');
    expect(api.calls.map(({ query }) => query)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ customer: 'globex-env', at: nowIso }),
        expect.objectContaining({ resource: 'globex-env', at: nowIso }),
      ]),
    );
  });

  it('a name that is both is answered with both, each grant once', async () => {
    api.on('GET /v1/grants', ({ query }) =>
      query.customer ? list(grant()) : list(grant(), grant({ id: 'grant_2' })),
    );
    const { out } = await runWords(api.url, ['who-has', 'acme', '--json']);
    expect(JSON.parse(out)).toEqual({ items: [grant(), grant({ id: 'grant_2' })], next_cursor: null });
  });

  it('a name that is neither is not found', async () => {
    api.on('GET /v1/grants', problem(422, 'unknown-reference'));
    expect((await runWords(api.url, ['who-has', 'nobody'])).code).toBe(4);
  });

  it('an answer that is missing for one kind is never passed over', async () => {
    api.on('GET /v1/grants', ({ query }) =>
      query.customer ? problem(503, 'ledger-unavailable') : list(grant()),
    );
    expect(await runWords(api.url, ['who-has', 'acme'])).toMatchObject({ code: 6, out: '' });
  });

  it('who-had follows the cursors to the end', async () => {
    const pages = new Map([
      [
        '',
        {
          items: [
            grant({ state: 'ended', ended_at: after(-60), ended_by: 'revocation', ended_by_person: anna }),
          ],
          next_cursor: 'two',
        },
      ],
      ['two', { items: [grant({ id: 'grant_2' })], next_cursor: null }],
    ]);
    api.on('GET /v1/grants', ({ query }) =>
      query.resource ? problem(404, 'not-found') : { body: pages.get(query.cursor ?? '') },
    );
    const words = ['who-had', 'globex', '--from', '2026-11-01', '--to', '2026-11-22T15:00'];
    const { code, out } = await runWords(api.url, words);
    expect(code).toBe(0);
    expect(out).toContain(
      '1 person had access to globex between 1 Nov 00:00 (31 Oct 23:00Z) and 15:00:00 (14:00:00Z).',
    );
    expect(out).toContain('revocation, Anna');
    expect(out).toContain('grant_2');
    expect(api.calls[0]?.query).toMatchObject({
      from: '2026-10-31T23:00:00.000Z',
      to: '2026-11-22T14:00:00.000Z',
    });
    const json = await runWords(api.url, [...words, '--json']);
    expect(JSON.parse(json.out)).toMatchObject({
      items: [{ id: grantId }, { id: 'grant_2' }],
      next_cursor: null,
    });
  });

  it('a list that goes in circles ends', async () => {
    api.on('GET /v1/access-requests', { body: { items: [], next_cursor: 'again' } });
    expect((await runWords(api.url, ['waiting'])).code).toBe(1);
  });

  it('waiting shows who must decide, what lapses first at the top', async () => {
    api.on(
      'GET /v1/access-requests',
      list(accessRequest(), accessRequest({ reference: 'AR-2208', lapses_at: after(60) })),
    );
    const { out } = await runWords(api.url, ['waiting']);
    expect(api.calls[0]?.query).toMatchObject({ state: 'waiting' });
    expect(out).toContain('2 requests wait for a decision.');
    expect(out.indexOf('AR-2208')).toBeLessThan(out.indexOf('AR-2207'));
    expect(out).toContain('Priya or Marek');
  });

  it('fits a terminal: what does not stand beside stands below', async () => {
    api.on('GET /v1/access-requests', list(accessRequest()));
    const { out } = await runWords(api.url, ['waiting'], { columns: 80 });
    expect(out).toBe(
      [
        '1 request waits for a decision.',
        '  LAPSES          REQUEST  PERSON  ACCESS',
        '      WAITS FOR  WHY',
        '  17:02 (16:02Z)  AR-2207  Sam     read on globex-env (Globex), for 2 h',
        '      Priya or Marek  Invoices are missing',
        '',
      ].join('\n'),
    );
  });

  it.each([
    [{}, 'a support lead of Northwind Cloud: waits for Priya or Marek'],
    [{ people: [] }, 'a support lead of Northwind Cloud: waits for a support lead of Northwind Cloud'],
    [{ name: 'customer-administrator of customer' }, 'a customer administrator of Globex: waits for'],
    [{ needed: 2 }, '2 support leads of Northwind Cloud: waits for Priya and Marek'],
    [{ name: 'whoever' }, 'whoever: waits for'],
  ])('names a stage as people do: %j', async (more, words) => {
    const stage = { ...waitingStage, name: 'support-lead of vendor', ...more };
    api.on('GET /v1/access-requests/AR-2207', { body: accessRequest({ stages: [stage] }) });
    expect((await runWords(api.url, ['show', 'AR-2207'])).out).toContain(`  Decides  ${words}`);
  });

  it('prints a list of one page to the letter with --json', async () => {
    const letter = '{"items":[],  "next_cursor":null, "later":"é"}\n';
    api.on('GET /v1/access-requests', { body: letter });
    expect((await runWords(api.url, ['waiting', '--json'])).out).toBe(letter);
  });
});
