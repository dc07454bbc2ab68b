import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeApi, startFakeApi } from './fake-api.ts';
import { runWords } from './run-words.ts';

const waiting = {
  id: 'evt_01kb4c1q0efv3m8r6x2t9d5wzk',
  source: 'stripe',
  event_id: 'evt_1Umbra',
  state: 'waiting',
  problems: [{ code: 'unknown-price', field: 'data.object.items.data.0.price.id', value: 'price_new' }],
  ignored: null,
  customer: null,
  received_at: '2026-11-22T14:01:00.000Z',
  read_at: '2026-11-22T14:01:00.250Z',
};

describe('events', () => {
  let api: FakeApi;
  beforeEach(async () => {
    process.env.TZ = 'UTC';
    api = await startFakeApi();
  });
  afterEach(() => api.close());

  it('shows what waits, and why', async () => {
    api.on('GET /v1/events', { body: { items: [waiting], next_cursor: null } });
    const { code, out } = await runWords(api.url, ['events', '--state', 'waiting', '--source', 'stripe']);
    expect(code).toBe(0);
    expect(api.calls[0]?.query).toMatchObject({ state: 'waiting', source: 'stripe' });
    expect(out).toContain('1 event waiting.');
    expect(out).toContain('unknown price price_new at data.object.items.data.0.price.id');
    expect(out).toContain('evt_1Umbra');
    expect((await runWords(api.url, ['events', '--state', 'lost'])).code).toBe(2);
  });

  it('shows what came again with other words, and beside what', async () => {
    const other = { ...waiting, state: 'conflicting', problems: [], conflicts_with: 'evt_first' };
    api.on('GET /v1/events', { body: { items: [other], next_cursor: null } });
    const { out } = await runWords(api.url, ['events', '--state', 'conflicting']);
    expect(api.calls[0]?.query).toMatchObject({ state: 'conflicting' });
    expect(out).toContain('says otherwise than evt_first, which came first');
  });

  it('shows one whole, and nothing in it can steer a terminal', async () => {
    const whole = { ...waiting, content_type: 'application/json', body: '{"name":"\u001b[31mred"}' };
    api.on(`GET /v1/events/${waiting.id}`, { body: whole });
    const { out } = await runWords(api.url, ['event', waiting.id]);
    expect(out).toContain('evt_1Umbra');
    expect(out).not.toContain('\u001b');
    const { out: json } = await runWords(api.url, ['event', waiting.id, '--json']);
    expect(JSON.parse(json)).toEqual(whole);
  });

  it('reads one again or all that wait, and takes one off the list with a reason', async () => {
    api.on(`POST /v1/events/${waiting.id}/replay`, { status: 202, body: { ...waiting, state: 'received' } });
    api.on('POST /v1/event-sources/stripe/replay', { status: 202, body: { replayed: 3 } });
    api.on(`POST /v1/events/${waiting.id}/discarding`, { body: { ...waiting, state: 'discarded' } });
    expect((await runWords(api.url, ['event', 'replay', waiting.id])).out).toContain(`event ${waiting.id}`);
    expect((await runWords(api.url, ['event', 'replay', '--source', 'stripe'])).out).toBe(
      '3 events are read again.\n',
    );
    expect((await runWords(api.url, ['event', 'replay'])).code).toBe(2);
    expect((await runWords(api.url, ['event', 'discard', waiting.id])).code).toBe(2);
    await runWords(api.url, ['event', 'discard', waiting.id, '--why', 'A test price']);
    expect(api.calls.at(-1)?.body).toEqual({ reason: 'A test price' });
  });

  it('prints a signing secret and nothing else, and none in production', async () => {
    expect((await runWords(api.url, ['secret', 'stripe'])).out).toBe('whsec_for-tests\n');
    const { out } = await runWords(api.url, ['secret', 'stripe', '--json']);
    expect(JSON.parse(out)).toEqual({
      secret: 'whsec_for-tests',
      id: 'first',
      expires_at: null,
      base_url: api.url,
    });
    expect(await runWords(api.url, ['secret', 'stripe'], { isProduction: true })).toMatchObject({
      code: 5,
      out: '',
    });
  });
});
