import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { taskShape } from '../../api/schemas/task.ts';
import { closeTasks, openTask } from '../../db/queries/task.ts';
import { actors } from '../../domain/audit-event.ts';
import { type ApiHarness, startApi } from '../support/api.ts';
import { standing } from '../support/standing.ts';

const omar = 'omar@northwind.example';
const sita = 'sita@northwind.example';
const ada = 'ada@northwind.example';
const sam = 'sam@northwind.example';
const priya = 'priya@northwind.example';
const gus = 'gus@globex.example';
const anna = 'anna@acme.example';

let http: ApiHarness;
let grantId: string;
let requestId: string;

beforeAll(async () => {
  http = await startApi();
  ({ id: requestId, grantId } = await standing(http, 'held'));
  const { db } = http.ledger.system;
  await db.transaction(async (tx) => {
    await openTask(tx, { kind: 'rollback', grantId, cause: 'not-confirmed', actor: actors.engine });
    await closeTasks(tx, { grantId, actor: actors.engine });
    await openTask(tx, { kind: 'overdue', grantId, cause: 'target-unreachable', actor: actors.reaper });
  });
});
afterAll(() => http.stop());
afterEach(() => expect(http.faults.splice(0)).toEqual([]));

const kinds = async (who: string, query = ''): Promise<string[]> => {
  const { body } = await http.call(who, 'GET', `/v1/tasks${query}`);
  return body.items.map((task: { kind: string }) => task.kind);
};

describe('What only a person can finish', () => {
  it('has an owner and a cause, and points to the grant and the request', async () => {
    const { body } = await http.call(omar, 'GET', '/v1/tasks?state=open');
    expect(body.next_cursor).toBeNull();
    expect(taskShape.strict().parse(body.items[0])).toMatchObject({
      kind: 'overdue',
      state: 'open',
      grant_id: grantId,
      request_id: requestId,
      organization: { key: 'globex' },
      resource: { key: 'globex-env' },
      owner: { email: omar },
      cause: 'target-unreachable',
      closed_at: null,
    });
  });

  it('is listed newest first, narrowed to a state, and in pages', async () => {
    expect(await kinds(omar)).toEqual(['overdue', 'rollback']);
    expect(await kinds(omar, '?state=open')).toEqual(['overdue']);
    expect(await kinds(omar, '?state=closed')).toEqual(['rollback']);
    const first = (await http.call(omar, 'GET', '/v1/tasks?limit=1')).body;
    expect(await kinds(omar, `?limit=1&cursor=${first.next_cursor}`)).toEqual(['rollback']);
  });

  it.each([
    [omar, 2],
    [sita, 2],
    [ada, 2],
    [gus, 2],
    [sam, 0],
    [priya, 0],
    [anna, 0],
  ])('is seen by its owner and by who reads such records: %s %i', async (who, seen) => {
    expect(await kinds(who)).toHaveLength(seen);
  });

  it('is counted while it is open', async () => {
    expect((await http.call(null, 'GET', '/metrics')).body).toMatch(/^tenure_open_tasks 1$/m);
  });
});
