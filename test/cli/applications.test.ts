import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeApi, startFakeApi } from './fake-api.ts';
import { runWords } from './run-words.ts';

const token = {
  id: 'svt_01kb3x6m2pf4r7t0w3y6b9e2hk',
  label: 'Support desk',
  state: 'good',
  made_by: { id: 'person_1', email: 'omar@northwind.example', name: 'Omar' },
  created_at: '2026-11-22T14:00:00.000Z',
  expires_at: '2026-11-23T14:00:00.000Z',
  last_used_at: null,
  revoked_at: null,
  revoked_by: null,
};

describe('applications', () => {
  let api: FakeApi;
  beforeEach(async () => {
    process.env.TZ = 'UTC';
    api = await startFakeApi();
  });
  afterEach(() => api.close());
  const run = (...words: string[]) => runWords(api.url, words);

  it('are listed, added with a token that alone is printed, and removed', async () => {
    api.on('GET /v1/service-tokens', { body: { items: [token] } });
    expect((await run('applications')).out).toBe(
      [
        '  TOKEN                           APPLICATION   STATE  MADE BY  UNTIL          LAST USED',
        '  svt_01kb3x6m2pf4r7t0w3y6b9e2hk  Support desk  good   Omar     23 Nov 14:00Z  never',
        '',
      ].join('\n'),
    );
    api.on('POST /v1/service-tokens', { status: 201, body: { ...token, token: 'tenure_service_x' } });
    expect((await run('application', 'add', 'Support desk', '--days', '1')).out).toBe('tenure_service_x\n');
    expect(api.calls.at(-1)?.body).toEqual({ label: 'Support desk', for_days: 1 });
    api.on(`POST /v1/service-tokens/${token.id}/revocation`, {
      status: 201,
      body: { ...token, state: 'revoked' },
    });
    expect((await run('application', 'remove', token.id)).out).toBe(
      'Support desk: nothing is answered to this token any more.\n',
    );
    api.on('GET /v1/service-tokens', { body: { items: [] } });
    expect((await run('applications')).out).toBe('No application.\n');
  });
});
