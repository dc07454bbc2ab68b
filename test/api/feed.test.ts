import { EventEmitter, once } from 'node:events';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appendAudit } from '../../db/audit.ts';
import type { Executor } from '../../db/client.ts';
import { actors } from '../../domain/audit-event.ts';
import { newId } from '../../domain/ids.ts';
import { type ApiHarness, startApi } from '../support/api.ts';

const [ada, sita, anna, gus] = [
  'ada@northwind.example',
  'sita@northwind.example',
  'anna@acme.example',
  'gus@globex.example',
];

let http: ApiHarness;
let vendor: string;
const customers: Record<string, string> = {};
beforeAll(async () => {
  http = await startApi();
  const rows = await http.ledger.owner.db.execute<{ id: string; key: string; kind: string }>(
    sql`select id, key, kind from organization`,
  );
  for (const { id, key, kind } of rows) {
    if (kind === 'vendor') vendor = id;
    customers[key] = id;
  }
});
afterAll(() => http.stop());

/** An event as the ledger's functions write it; its subject. */
async function happen(db: Executor, customer: string): Promise<string> {
  const id = newId('org');
  const organizationId = customers[customer] ?? '';
  await appendAudit(db, {
    type: 'consent.changed',
    actor: actors.system,
    subject: { kind: 'organization', id },
    organizationId,
    holderOrganizationId: vendor,
    reason: 'Sam was on the phone',
  });
  return id;
}

interface Event {
  id: string;
  data: { subject: { id: string } };
}

async function follow(who: string, after: string | null, limit = 1_000) {
  const place = after === null ? '' : `&after=${encodeURIComponent(after)}`;
  const { status, headers, body } = await http.call(who, 'GET', `/v1/feed?limit=${limit}${place}`);
  expect(status, JSON.stringify(body)).toBe(200);
  expect(headers.get('content-type')).toBe('application/cloudevents-batch+json');
  const events: Event[] = body;
  const [, next = ''] = /^<(\/v1\/feed\?.*)>; rel="next"$/.exec(headers.get('link') ?? '') ?? [];
  const wish = new URLSearchParams(next.split('?')[1]);
  expect(wish.get('limit')).toBe(String(limit));
  return { events, subjects: events.map(({ data }) => data.subject.id), after: wish.get('after') };
}

/** Everything from a place on, in small stretches. */
async function followAll(who: string, from: string | null, limit: number): Promise<string[]> {
  const subjects: string[] = [];
  for (let after = from; ; ) {
    const page = await follow(who, after, limit);
    subjects.push(...page.subjects);
    if (page.events.length === 0) {
      expect(page.after).toBe(after);
      return subjects;
    }
    ({ after } = page);
  }
}

describe('The feed', () => {
  it('tells everything once, in one order, however it is cut up, and each customer its own alone', async () => {
    const { db } = http.ledger.system;
    const told: string[] = [];
    for (let i = 0; i < 9; i += 1) told.push(await happen(db, i % 3 === 0 ? 'acme' : 'globex'));
    const all = await follow(sita, null);
    expect(all.subjects.slice(-9)).toEqual(told);
    expect(all.events).toHaveLength(await http.count('audit_event'));
    for (const limit of [1, 4]) expect(await followAll(sita, null, limit)).toEqual(all.subjects);
    expect((await follow(anna, null)).subjects).toEqual(told.filter((_, i) => i % 3 === 0));
    expect((await follow(gus, null)).subjects).toEqual(told.filter((_, i) => i % 3 !== 0));
    // A place that somebody else was given shows nobody more than their own.
    expect((await follow(anna, all.after)).subjects).toEqual([]);
    const more = await happen(db, 'acme');
    expect((await follow(sita, all.after)).subjects).toEqual([more]);
    expect((await follow(gus, all.after)).subjects).toEqual([]);
  });

  it('misses nothing that began before and ended after what was told', async () => {
    const { db } = http.ledger.system;
    const { after } = await follow(sita, null);
    const doors = new EventEmitter();
    let slow = '';
    const over = db.transaction(async (tx) => {
      slow = await happen(tx, 'acme');
      const ending = once(doors, 'end');
      doors.emit('begun');
      await ending;
    });
    await once(doors, 'begun');
    const quick = await happen(db, 'acme');
    // The quick one is there, and would be passed by whoever went on after it.
    const meanwhile = await follow(sita, after);
    expect(meanwhile).toMatchObject({ subjects: [], after });
    doors.emit('end');
    await over;
    expect((await follow(sita, meanwhile.after)).subjects).toEqual([slow, quick]);
  });

  it('goes on where a ledger was restored to another cluster, whose transactions are counted anew', async () => {
    const { owner, system } = http.ledger;
    const { after } = await follow(sita, null);
    const before = await happen(system.db, 'acme');
    const [row] = await owner.db.execute<{ cluster: string }>(sql`select cluster from installation`);
    await owner.db.execute(sql`update installation set cluster = '1'`);
    const later = [await happen(system.db, 'acme'), await happen(system.db, 'globex')];
    await owner.db.execute(sql`set session_replication_role = replica`);
    await owner.db.execute(sql`update audit_event set xid = '3' where cluster = '1'`);
    await owner.db.execute(sql`set session_replication_role = default`);
    expect((await follow(sita, after)).subjects).toEqual([before, ...later]);
    expect(await followAll(anna, after, 1)).toEqual([before, later[0]]);
    await owner.db.execute(sql`update installation set cluster = ${row?.cluster ?? ''}`);
  });

  it('refuses places that are none of its own', async () => {
    const { after } = await follow(sita, null);
    const [, xid, id] = after?.split('.') ?? [];
    const huge = 2n ** 64n;
    for (const wrong of [
      '',
      'x',
      `2.${xid}.${id}`,
      `1.${huge}.${id}`,
      `1.-1.${id}`,
      // A transaction that has not begun: whoever waited there would wait for ever.
      `${after?.split('.')[0]}.${huge - 1n}.${id}`,
      `1.1.${newId('evt')}`,
      `${after}'`,
    ]) {
      const { status, body } = await http.call(sita, 'GET', `/v1/feed?after=${encodeURIComponent(wrong)}`);
      expect({ wrong, status, pointer: body.errors[0].pointer }).toEqual({
        wrong,
        status: 422,
        pointer: 'after',
      });
    }
    for (const query of ['limit=0', 'limit=1001', 'limit=x', 'from=1', `after=${'x'.repeat(101)}`])
      expect((await http.call(sita, 'GET', `/v1/feed?${query}`)).status, query).toBe(400);
  });

  it('says ids and closed words in the form of CloudEvents, of which it publishes the schema', async () => {
    const { events } = await follow(ada, null);
    const { status, headers, body: schema } = await http.call(null, 'GET', '/v1/feed/schemas/event-v1');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toContain('application/schema+json');
    const members = Object.keys(schema.properties);
    expect(schema.required).toEqual(members);
    expect(JSON.stringify(schema)).not.toContain('additionalProperties":false');
    for (const event of events) {
      expect(event).toMatchObject({
        specversion: '1.0',
        type: expect.stringMatching(/^tenure\.[a-z_]+\.[a-z_]+\.v1$/),
        source: schema.$id.replace('/v1/feed/schemas/event-v1', ''),
        dataschema: schema.$id,
        time: expect.stringMatching(/Z$/),
      });
      expect(Object.keys(event.data)).toEqual(members);
    }
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    expect(JSON.stringify(events)).not.toMatch(/phone|Sam|@/);
  });
});
