import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { examples } from '../../api/schemas/examples.ts';
import { effectiveShape, featuresShape } from '../../bin/cli/entitlement-commands.ts';
import { type FakeApi, problem, startFakeApi } from './fake-api.ts';
import { type Ran, runWords } from './run-words.ts';

let api: FakeApi;
beforeEach(async () => {
  process.env.TZ = 'UTC';
  api = await startFakeApi();
});
afterEach(() => api.close());

const run = (...words: string[]): Promise<Ran> => runWords(api.url, words);

describe('features', () => {
  const answer = {
    ...examples.features,
    features: { api: true, sso: false },
    overrides: [{ feature: 'api', enabled: true, until: '2026-11-30T22:00:00.000Z' }],
  };

  it('says what is on for a customer, and by what', async () => {
    api.on('GET /v1/customers/acme/features', { body: answer });
    const { code, out } = await run('features', 'acme', '--at', '2026-11-22T14:00Z');
    expect(code).toBe(0);
    expect(api.calls[0]?.query).toEqual({ at: '2026-11-22T14:00:00.000Z' });
    expect(out).toBe(
      [
        'Acme  tier Enterprise',
        '  FEATURE  STANDS  BY',
        '  api      on      an exception until 30 Nov 22:00Z',
        '  sso      off     the tier',
        '',
      ].join('\n'),
    );
    expect(JSON.parse((await run('features', 'acme', '--json')).out)).toEqual(answer);
    expect((await run('features', 'umbra')).code).toBe(4);
  });

  it('reads the API’s own example', () => {
    featuresShape.parse(examples.features);
    effectiveShape.parse(examples.effectiveEntitlements);
  });
});

describe('effective', () => {
  const item = {
    ...examples.effectiveEntitlements.items[0],
    derivations: [
      { roles: ['analyst', 'member'], sentence: 'x' },
      { roles: ['customer-administrator', 'member'], sentence: 'y' },
    ],
  };
  const forbidden = { ...item, entitlement: 'export', held: false, reason: 'Only in its region.' };

  it('shows what a person has, by which ways, and what policy forbids', async () => {
    const body = { ...examples.effectiveEntitlements, items: [item, forbidden] };
    api.on('GET /v1/effective-entitlements', { body });
    const { out } = await run('effective', '--person', 'anna@acme.example');
    expect(api.calls[0]?.query).toEqual({ person: 'anna@acme.example' });
    const ways = 'analyst > member; customer-administrator > member';
    expect(out).toBe(
      [
        'anna@acme.example  2 entitlements, 1 of them forbidden by policy',
        'Roles: customer-administrator. Revision 3 of the catalog.',
        '  ACCESS                   HELD  BY                                                 WHY NOT',
        `  use on northwind-app     yes   ${ways}`,
        `  export on northwind-app  no    ${ways}  Only in its region.`,
        '',
      ].join('\n'),
    );
    expect(JSON.parse((await run('effective', '--person', 'anna', '--json')).out)).toEqual(body);
  });

  it('of a role or a tier says that it depends on who has it', async () => {
    api.on('GET /v1/effective-entitlements', {
      body: {
        ...examples.effectiveEntitlements,
        subject: { kind: 'role', id: 'member' },
        items: [{ ...item, held: null }],
      },
    });
    const { out } = await run('effective', '--role', 'member', '--at', '2026-11-01T00:00Z');
    expect(api.calls[0]?.query).toEqual({ role: 'member', at: '2026-11-01T00:00:00.000Z' });
    expect(out).toContain('use on northwind-app  depends on who');
    expect(out).not.toContain('WHY NOT');
  });

  it('wants exactly one of them, and tells what is not there', async () => {
    for (const words of [[], ['--role', 'a', '--tier', 'b']])
      expect(await run('effective', ...words)).toMatchObject({
        code: 2,
        err: expect.stringContaining('Name one: --person, --role or --tier.'),
      });
    expect(api.calls).toEqual([]);
    api.on('GET /v1/effective-entitlements', problem(422, 'unknown-reference'));
    expect((await run('effective', '--tier', 'gold')).code).toBe(2);
  });
});

describe('reach', () => {
  const [held] = examples.accessReport.items;
  const body = {
    resource: { key: 'postgres-eu', name: 'Production PostgreSQL EU' },
    roles: [{ roles: ['support-lead', 'support-engineer'], entitlements: ['read'], people: 2 }],
    items: [
      {
        ...held,
        organization: examples.accessReport.organization,
        due_at: '2026-11-30T22:00:00.000Z',
        ended_at: null,
      },
    ],
    next_cursor: null,
  };

  it('says who can reach a resource, until when, and which way it came', async () => {
    api.on('GET /v1/reach', { body });
    const { code, out } = await run(
      'reach',
      'postgres-eu',
      'read',
      '--customer',
      'acme',
      '--at',
      '2026-11-22T14:00Z',
    );
    expect(code).toBe(0);
    expect(api.calls[0]?.query).toEqual({
      resource: 'postgres-eu',
      entitlement: 'read',
      customer: 'acme',
      at: '2026-11-22T14:00:00.000Z',
      limit: '200',
    });
    expect(out).toContain('Production PostgreSQL EU  1 person');
    expect(out).toMatch(/30 Nov 22:00Z +Sam +Read data \(Acme\) +AR-2207 +Priya/);
    expect(out).toMatch(/support-lead > support-engineer +read +2 people/);
    expect(JSON.parse((await run('reach', 'postgres-eu', '--json')).out)).toEqual(body);
  });

  it('says that nobody can', async () => {
    api.on('GET /v1/reach', { body: { ...body, items: [], roles: [] } });
    expect((await run('reach', 'postgres-eu')).out).toBe(
      'Production PostgreSQL EU  nobody\nNo role gives it.\n',
    );
  });
});
