import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { taskShape } from '../../api/schemas/task.ts';
import { closeTasks, openTask } from '../../db/queries/task.ts';
import { actors } from '../../domain/audit-event.ts';
import { newId } from '../../domain/ids.ts';
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

describe('What a person closes', () => {
  let processId: string;
  /** An offboarding of Globex's that left these to Omar. */
  const leave = async (...kinds: string[]): Promise<string[]> => {
    const { db } = http.ledger.system;
    processId = newId('proc');
    await db.execute(sql`
      insert into process (id, kind, organization_id, cause, wish)
      select ${processId}, 'offboarding', id, 'contract', '{}' from organization where key = 'globex'`);
    await db.execute(sql`update process set state = 'running' where id = ${processId}`);
    const ids: string[] = [];
    for (const [at, kind] of kinds.entries()) {
      const id = newId('task');
      await db.execute(sql`
        insert into task (id, kind, process_id, resource_id, organization_id, holder_organization_id, owner_person_id, cause)
        select ${id}, ${kind}, s.id, (select id from resource order by key offset ${at} limit 1), s.organization_id, s.organization_id,
          (select id from person where email = ${omar}), 'not-confirmed' from process s where s.id = ${processId}`);
      ids.push(id);
    }
    await db.execute(sql`update process set state = 'residue' where id = ${processId}`);
    return ids;
  };
  const close = (who: string, id: string, comment = 'Removed by hand', key?: string) =>
    http.call(
      who,
      'POST',
      `/v1/tasks/${id}/closing`,
      { comment },
      key ? { headers: { 'idempotency-key': key } } : {},
    );
  const processState = async () => {
    const rows = await http.ledger.system.db.execute<{ state: string }>(
      sql`select state from process where id = ${processId}`,
    );
    return rows[0]?.state;
  };

  it('is closed with a comment, once, and the last residue closes its process', async () => {
    const [first = '', second = '', handover = ''] = await leave('residue', 'residue', 'handover');
    expect((await close(omar, first, '')).status).toBe(422);
    const closed = await close(omar, first, 'Removed by hand', 'key-1');
    expect(closed.status).toBe(201);
    expect(taskShape.strict().parse(closed.body)).toMatchObject({
      state: 'closed',
      kind: 'residue',
      grant_id: null,
      process_id: processId,
      resource: { key: 'acme-env' },
      closed_by: { email: omar },
      comment: 'Removed by hand',
    });
    expect((await close(omar, first, 'Removed by hand', 'key-1')).body).toEqual(closed.body);
    expect(await close(omar, first)).toMatchObject({
      status: 409,
      body: { type: 'urn:tenure:problem:already-decided' },
    });
    expect(await processState()).toBe('residue');
    expect((await close(ada, second)).status).toBe(201);
    expect(await processState()).toBe('done');
    expect((await close(omar, handover)).status).toBe(201);
    const told = await http.ledger.owner.db.execute<{ type: string; actor: string }>(sql`
      select type, actor_kind as actor from audit_event where subject_id in (${first}, ${second}, ${handover}, ${processId}) order by id`);
    expect(told.map(({ type, actor }) => `${type} ${actor}`)).toEqual([
      'task.closed person',
      'task.closed person',
      'process.completed person',
      'task.closed person',
    ]);
  });

  it('is listed by process and by kind', async () => {
    await leave('residue', 'handover');
    const found = await http.call(ada, 'GET', `/v1/tasks?process=${processId}&kind=residue`);
    expect(found.body.items).toHaveLength(1);
    expect((await http.call(ada, 'GET', `/v1/tasks?process=${processId}`)).body.items).toHaveLength(2);
    expect((await http.call(ada, 'GET', '/v1/tasks?process=nothing')).status).toBe(400);
  });

  it.each([
    [sita, 403],
    [gus, 403],
    [sam, 404],
    [anna, 404],
  ])('is not for others: %s %i', async (who, status) => {
    const [id = ''] = await leave('residue');
    expect((await close(who, id)).status).toBe(status);
    expect(await processState()).toBe('residue');
    const refused = await http.ledger.owner.db.execute(
      sql`select from audit_event where subject_id = ${id} and type = 'decision.refused'`,
    );
    expect(refused).toHaveLength(status === 403 ? 1 : 0);
  });

  it('is not what Tenure closes itself', async () => {
    const { body } = await http.call(omar, 'GET', '/v1/tasks?kind=overdue');
    expect((await close(omar, body.items[0].id)).status).toBe(403);
    expect((await close(omar, newId('task'))).status).toBe(404);
    expect((await close(omar, 'x')).status).toBe(404);
  });
});
