import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openTask } from '../../db/queries/task.ts';
import { actors } from '../../domain/audit-event.ts';
import { type ApiHarness, startApi } from '../support/api.ts';
import { standing } from '../support/standing.ts';

const sita = 'sita@northwind.example';
const everything = 'from=2026-01-01T00:00:00Z&to=2036-01-01T00:00:00Z';

let http: ApiHarness;
beforeAll(async () => {
  http = await startApi();
  const overdue = { kind: 'overdue', cause: 'target-unreachable', actor: actors.reaper } as const;
  for (let i = 0; i < 2; i += 1) {
    const { grantId } = await standing(http, 'held');
    await http.ledger.system.db.transaction((tx) => openTask(tx, { ...overdue, grantId }));
  }
});
afterAll(() => http.stop());
afterEach(() => expect(http.faults.splice(0)).toEqual([]));

const list = async (who: string, path: string) => {
  const answer = await http.call(who, 'GET', path);
  expect(answer.status).toBe(200);
  return answer.body;
};
const ids = async (who: string, path: string): Promise<string[]> =>
  (await list(who, path)).items.map((item: { id: string }) => item.id);

describe('What a list is asked', () => {
  const wrong: [string, number, string, string][] = [
    ['/v1/grants?colour=red', 400, 'malformed-parameter', 'colour'],
    ['/v1/grants?limit=0', 400, 'malformed-parameter', 'limit'],
    ['/v1/grants?limit=201', 400, 'malformed-parameter', 'limit'],
    ['/v1/grants?limit=ten', 400, 'malformed-parameter', 'limit'],
    ['/v1/grants?cursor=xyz', 400, 'malformed-parameter', 'cursor'],
    ['/v1/grants?state=gone', 400, 'malformed-parameter', 'state'],
    ['/v1/grants?state=held&state=ended', 400, 'malformed-parameter', 'state'],
    ['/v1/grants?at=yesterday', 400, 'malformed-parameter', 'at'],
    ['/v1/grants?person=%00', 400, 'malformed-parameter', 'person'],
    ['/v1/grants?at=2026-02-31T00:00:00Z', 400, 'malformed-parameter', 'at'],
    ['/v1/grants?at=2026-11-22T14:02.5Z', 400, 'malformed-parameter', 'at'],
    ['/v1/grants?at=2026-11-22T24:00:00Z', 400, 'malformed-parameter', 'at'],
    ['/v1/grants?at=2026-11-22T14:02:60Z', 400, 'malformed-parameter', 'at'],
    ['/v1/grants?at=2026-11-22T14:02:00%2B24:00', 400, 'malformed-parameter', 'at'],
    ['/v1/grants?at=0000-12-31T00:00:00Z', 400, 'malformed-parameter', 'at'],
    ['/v1/grants?at=0001-01-01T00:00:00%2B00:01', 400, 'malformed-parameter', 'at'],
    ['/v1/grants?at=9999-12-31T23:59:59-00:01', 400, 'malformed-parameter', 'at'],
    [
      '/v1/grants?at=2026-01-01T00:00:00Z&from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z',
      422,
      'invalid-input',
      'at',
    ],
    ['/v1/grants?from=2026-01-01T00:00:00Z', 422, 'invalid-input', 'to'],
    ['/v1/grants?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z', 422, 'invalid-input', 'from'],
    ['/v1/grants?resource=nowhere', 422, 'unknown-reference', 'resource'],
    ['/v1/grants?entitlement=fly', 422, 'unknown-reference', 'entitlement'],
    ['/v1/access-requests?person=nobody@northwind.example', 422, 'unknown-reference', 'person'],
    ['/v1/access-requests?waiting_for=sam', 400, 'malformed-parameter', 'waiting_for'],
    ['/v1/access-requests?state=held', 400, 'malformed-parameter', 'state'],
    ['/v1/audit-events?type=gossip', 400, 'malformed-parameter', 'type'],
    ['/v1/audit-events?customer=umbra', 422, 'unknown-reference', 'customer'],
    ['/v1/audit-events?request=AR-999999', 422, 'unknown-reference', 'request'],
    ['/v1/audit-events?request=x', 422, 'unknown-reference', 'request'],
    ['/v1/audit-events?grant=x', 422, 'unknown-reference', 'grant'],
    ['/v1/tasks?state=held', 400, 'malformed-parameter', 'state'],
    ['/v1/customers/acme/access-report', 400, 'malformed-parameter', 'from'],
    [
      '/v1/customers/acme/access-report?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z',
      422,
      'invalid-input',
      'from',
    ],
  ];
  it.each(wrong)('%s is refused and named', async (path, status, code, name) => {
    const answer = await http.call(sita, 'GET', path);
    expect(answer).toMatchObject({ status, body: { type: `urn:tenure:problem:${code}` } });
    expect(answer.body.errors.map((error: { pointer: string }) => error.pointer)).toContain(name);
  });

  it('takes every instant that the calendar has, to its edges', async () => {
    for (const instant of [
      '2024-02-29T23:59:59.999999999Z',
      '0001-01-01T00:00Z',
      '9999-12-31T23:59:59.999Z',
      '2026-11-22T14:02:00-23:59',
    ]) {
      const path = `/v1/grants?at=${encodeURIComponent(instant)}`;
      expect((await http.call(sita, 'GET', path)).status, instant).toBe(200);
    }
  });

  it('takes the cursors that it gave itself, and no other list’s', async () => {
    const lists = {
      grants: '/v1/grants?',
      requests: '/v1/access-requests?',
      events: '/v1/audit-events?',
      tasks: '/v1/tasks?',
      report: `/v1/customers/globex/access-report?${everything}&`,
    };
    const cursors = new Map<string, string>();
    for (const [name, path] of Object.entries(lists))
      cursors.set(name, (await list(sita, `${path}limit=1`)).next_cursor);
    for (const [name, path] of Object.entries(lists)) {
      for (const [from, cursor] of cursors) {
        const { status } = await http.call(sita, 'GET', `${path}cursor=${cursor}`);
        // The report's items are grants.
        const isItsOwn = from === name || (/grants|report/.test(from) && /grants|report/.test(name));
        expect(status, `${name} with a cursor of ${from}`).toBe(isItsOwn ? 200 : 400);
      }
    }
  });

  it('at an instant to come has what will still be held then, as far as is known now', async () => {
    const held = (await list(sita, '/v1/grants?state=held')).items[0];
    const after = new Date(Date.parse(held.until) + 1).toISOString();
    const before = new Date(Date.parse(held.until) - 1).toISOString();
    expect(await ids(sita, `/v1/grants?at=${before}`)).toContain(held.id);
    expect(await ids(sita, `/v1/grants?at=${after}`)).not.toContain(held.id);
    const later = 'to=2036-01-01T00:00:00Z';
    expect(await ids(sita, `/v1/grants?from=${before}&${later}`)).toContain(held.id);
    expect(await ids(sita, `/v1/grants?from=${after}&${later}`)).not.toContain(held.id);
  });
});
