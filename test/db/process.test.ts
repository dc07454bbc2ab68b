import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { within } from '../../db/client.ts';
import { sqlState } from '../../db/errors.ts';
import { createProcesses, type NewProcess } from '../../db/queries/process.ts';
import { actors } from '../../domain/audit-event.ts';
import { type EphemeralLedger, ephemeralLedger } from '../support/ledger.ts';

// Many processes are written as one is: each with its record and the line that has it carried, or none of them at all.

let ledger: EphemeralLedger;
let organizations: { id: string; key: string }[];
beforeAll(async () => {
  ledger = await ephemeralLedger();
  organizations = [
    ...(await ledger.owner.db.execute<{ id: string; key: string }>(
      sql`select id, key from organization order by key`,
    )),
  ];
});
afterAll(() => ledger?.stop());

function wishes(more: Partial<NewProcess> = {}): NewProcess[] {
  return organizations.map(({ id: organizationId, key }) => ({
    kind: 'role-change',
    organizationId,
    cause: 'operations',
    wish: { what: 'roles' },
    reason: `Of ${key}`,
    actor: actors.engine,
    traceparent: `00-${key}`,
    ...more,
  }));
}

const count = async () => {
  const rows = await ledger.owner.db.execute(sql`
    select (select count(*)::int from process) as processes, (select count(*)::int from outbox) as lines,
      (select count(*)::int from audit_event) as events`);
  return rows[0];
};

it('has each its row, its record and its line, in the order they were wished', async () => {
  const dueAt = new Date('2035-01-01T00:00:00.000Z');
  const made = await ledger.system.db.transaction((tx) => createProcesses(tx, wishes({ dueAt })));
  expect(made.map(({ line }) => line.message.organization)).toEqual(organizations.map(({ id }) => id));
  for (const [at, { id, line }] of made.entries()) {
    const { id: organization, key } = organizations[at] ?? {};
    const rows = await ledger.owner.db.execute(sql`
      select s.organization_id as organization, s.reason, s.wish, s.due_at = ${dueAt.toISOString()} as due, s.person_id as person,
        x.seq::int as seq, x.kind, x.message, x.traceparent, x.due_at > tenure_now() as "toWriter",
        e.type, e.organization_id as "ofOrganization", t.reason as said
      from process s join outbox x on x.subject_id = s.id join audit_event e on e.subject_id = s.id
        join audit_text t on t.event_id = e.id where s.id = ${id}`);
    expect([...rows]).toEqual([
      {
        organization,
        reason: `Of ${key}`,
        wish: { what: 'roles' },
        due: true,
        person: null,
        seq: line.seq,
        kind: 'engine',
        message: { signal: null, id, organization, run: 1, kind: 'role-change' },
        traceparent: `00-${key}`,
        toWriter: true,
        type: 'process.asked',
        ofOrganization: organization,
        said: `Of ${key}`,
      },
    ]);
  }
});

it('is all or nothing, and for nobody no statement', async () => {
  const before = await count();
  const [anna] = await ledger.owner.db.execute<{ personId: string; organizationId: string }>(
    sql`select id as "personId", organization_id as "organizationId" from person where email = 'anna@acme.example'`,
  );
  const scope = { personId: '', organizationId: '', ...anna, reach: 'own' as const };
  // Anna manages Acme's people, and nobody else's.
  const tried = within(ledger.app, scope, (tx) =>
    createProcesses(tx, wishes({ requestedBy: scope.personId })),
  );
  expect(await tried.then(() => 'accepted', sqlState)).toMatch(/^(TN020|42501)$/);
  expect(await createProcesses(ledger.app.db, [])).toEqual([]);
  expect(await count()).toEqual(before);
});
