import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { accessRequest, after, type FakeApi, grantId, startFakeApi } from './fake-api.ts';
import { runWords } from './run-words.ts';

describe('What goes wrong is said in a sentence', () => {
  let api: FakeApi;
  beforeEach(async () => {
    process.env.TZ = 'Europe/Berlin';
    api = await startFakeApi();
  });
  afterEach(() => api.close());

  const show = async (more: Record<string, unknown>) => {
    api.on('GET /v1/access-requests/AR-2207', { body: accessRequest(more) });
    return (await runWords(api.url, ['show', 'AR-2207'])).out;
  };

  it('while it is tried again, and when it was given up', async () => {
    const lastError = { last_error: 'target-unreachable' };
    expect(await show({ state: 'approved', ...lastError })).toContain(
      'Trouble  the target system does not answer (target-unreachable); it is tried again\n',
    );
    expect(await show({ state: 'failed', ...lastError })).toContain(
      'Trouble  the target system does not answer (target-unreachable)\n',
    );
    expect(await show({ state: 'refused', last_error: 'grant-ended' })).toContain(
      'AR-2207  refused when it was to be carried out\n',
    );
    expect(await show({ state: 'refused', last_error: 'policy' })).toContain('refused by policy');
    expect(await show({ state: 'failed', last_error: 'new-code' })).toMatch(/Trouble +new-code\n/);
    expect(await show({ state: 'granted', last_error: null })).not.toContain('Trouble');
  });

  it('and what is reported says so', async () => {
    expect(await show({ reported: true })).toMatch(/Reported +security and the customer/);
    expect(await show({ reported: false })).not.toContain('Reported');
  });

  it('tasks lists what is open, the oldest first', async () => {
    const entity = (name: string) => ({ id: name, key: null, email: null, name });
    const task = (minutes: number, more: object) => ({
      id: `task_${minutes}`,
      kind: 'overdue',
      state: 'open',
      grant_id: grantId,
      resource: entity('Globex’ environment'),
      owner: entity('Omar'),
      cause: 'target-unreachable',
      opened_at: after(minutes),
      ...more,
    });
    const items = [task(-20, {}), task(-40, { kind: 'rollback', cause: null })];
    api.on('GET /v1/tasks', { body: { items, next_cursor: null } });
    const { code, out } = await runWords(api.url, ['tasks']);
    expect(code).toBe(0);
    expect(api.calls[0]?.query).toMatchObject({ state: 'open' });
    const lines = out.trimEnd().split('\n');
    expect(lines[0]).toBe('2 tasks are open.');
    expect(lines[2]).toMatch(/undo what did not begin .* Omar/);
    expect(lines[3]).toMatch(
      /end what is overdue .* Omar .*the target system does not answer \(target-unreachable\)/,
    );
    api.on('GET /v1/tasks', { body: { items: [], next_cursor: null } });
    expect((await runWords(api.url, ['tasks'])).out).toBe('No task is open.\n');
  });
});
