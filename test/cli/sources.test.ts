import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeApi, problem, startFakeApi } from './fake-api.ts';
import { type Ran, runWords } from './run-words.ts';

const source = {
  key: 'erp',
  name: 'Our ERP',
  scheme: 'standard',
  mapping: { customer: 'data.customer' },
  secrets: [
    { id: 'a', created_at: '2026-11-21T14:00:00.000Z', expires_at: '2026-11-23T14:00:00.000Z' },
    { id: 'b', created_at: '2026-11-22T14:00:00.000Z', expires_at: null },
  ],
  has_api_key: false,
  url: 'https://tenure.example.com/v1/events/erp',
  changed_at: '2026-11-22T14:00:00.000Z',
};

describe('sources', () => {
  let api: FakeApi;
  let folder: string;
  beforeEach(async () => {
    process.env.TZ = 'UTC';
    api = await startFakeApi();
    folder = mkdtempSync(join(tmpdir(), 'source-'));
  });
  afterEach(async () => {
    rmSync(folder, { recursive: true });
    await api.close();
  });

  const run = (...words: string[]): Promise<Ran> => runWords(api.url, words);
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  it('are listed, and shown with what their words mean', async () => {
    api.on('GET /v1/event-sources', { body: { items: [source] } });
    api.on('GET /v1/event-sources/erp', { body: source });
    expect((await run('sources')).out).toBe(
      [
        '  SOURCE  NAME     SIGNS BY  SECRETS  CHANGED    DELIVERS TO',
        '  erp     Our ERP  standard  2        14:00:00Z  https://tenure.example.com/v1/events/erp',
        '',
      ].join('\n'),
    );
    const { out } = await run('source', 'erp');
    expect(out).toContain('since 21 Nov 14:00Z, until 23 Nov 14:00Z; since 14:00:00Z');
    expect(out).toContain('"customer": "data.customer"');
    expect(JSON.parse((await run('source', 'show', 'erp', '--json')).out)).toEqual(source);
    expect((await run('source', 'crm')).code).toBe(4);
  });

  it('are added with a mapping and a secret from files, never over one that is there', async () => {
    api.on('GET /v1/event-sources/crm', problem(404, 'not-found'));
    api.on('PUT /v1/event-sources/crm', { body: { ...source, key: 'crm', secrets: [] } });
    const mapping = file('mapping.yaml', 'portal_id: 4\ntiers:\n  Gold: professional\n');
    const secret = file('secret', 'a-secret-of-theirs\n');
    const words = ['source', 'add', 'crm', '--scheme', 'hubspot', '--mapping', mapping];
    const { code, out } = await run(...words, '--name', 'CRM', '--secret-file', secret);
    expect(code).toBe(0);
    expect(api.calls.at(-1)?.body).toEqual({
      scheme: 'hubspot',
      mapping: { portal_id: 4, tiers: { Gold: 'professional' } },
      name: 'CRM',
      secret: 'a-secret-of-theirs',
    });
    expect(out).toContain('Make one:  npm run -s tenure -- source rotate crm');
    api.on('GET /v1/event-sources/erp', { body: source });
    const again = await run('source', 'add', 'erp', '--scheme', 'standard', '--mapping', mapping);
    expect(again).toMatchObject({ code: 2, err: expect.stringContaining('erp is there already') });
    expect(api.calls.at(-1)?.method).toBe('GET');
    expect((await run('source', 'add', 'x', '--scheme', 'fax', '--mapping', mapping)).code).toBe(2);
  });

  it('are mapped anew; a mapping that is wrong is told field by field', async () => {
    api.on('GET /v1/event-sources/erp', { body: source });
    api.on('PUT /v1/event-sources/erp', [
      { body: source },
      problem(422, 'invalid-input', { errors: [{ pointer: '/mapping/customer', detail: 'Too long' }] }),
    ]);
    const mapping = file('mapping.json', '{"customer": "data.company"}');
    const { out } = await run('source', 'map', 'erp', mapping);
    expect(api.calls.at(-1)?.body).toEqual({ scheme: 'standard', mapping: { customer: 'data.company' } });
    expect(out).toContain('Read again what waits:  npm run -s tenure -- event replay --source erp');
    expect(await run('source', 'map', 'erp', mapping)).toMatchObject({
      code: 2,
      err: expect.stringContaining('/mapping/customer'),
    });
    for (const bad of [file('bad.json', '{"customer": '), join(folder, 'none')])
      expect((await run('source', 'map', 'erp', bad)).code).toBe(2);
  });

  it('have their secrets rotated: a new one is shown once, one of theirs is not', async () => {
    const body = { id: 'c', secret: 'whsec_new', created_at: source.changed_at, former_expires_at: null };
    api.on('POST /v1/event-sources/erp/secrets', [
      { status: 201, body: { ...body, former_expires_at: '2026-11-25T14:00:00.000Z' } },
      { status: 201, body },
      { status: 201, body: { ...body, secret: null } },
    ]);
    expect((await run('source', 'rotate', 'erp', '--former-for', '3d')).out).toBe(
      'Shown once:  whsec_new\nThe one before is valid until 25 Nov 14:00Z.\n',
    );
    expect((await run('source', 'rotate', 'erp', '--at-once')).out).toBe('Shown once:  whsec_new\n');
    const theirs = file('secret', 'whsec_theirs-is-long\n');
    const given = await run('source', 'rotate', 'erp', '--secret-file', theirs);
    expect(given.out).toBe('erp signs by it from now on.\n');
    expect(api.calls.map((call) => call.body)).toEqual([
      { former_valid_for: 'P3D' },
      { former_valid_for: 'PT0S' },
      { secret: 'whsec_theirs-is-long' },
    ]);
    expect((await run('source', 'rotate', 'erp', '--at-once', '--former-for', '1d')).code).toBe(2);
    expect((await run('source', 'rotate', 'erp', '--secret-file', file('empty', '\n'))).code).toBe(2);
    expect(api.calls).toHaveLength(3);
  });
});
