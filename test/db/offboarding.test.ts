import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Executor, type Scope, within } from '../../db/client.ts';
import { orderReturn } from '../../db/queries/coming-back.ts';
import { orderCustomerLeaving, orderLeaving } from '../../db/queries/offboarding.ts';
import { readApprovedNeeds } from '../../db/queries/activation.ts';
import { readPrincipal } from '../../db/queries/person.ts';
import { createProcess } from '../../db/queries/process.ts';
import { createWelcome } from '../../db/queries/welcome.ts';
import { readSeats } from '../../db/queries/seats.ts';
import { type Actor, actors } from '../../domain/audit-event.ts';
import { newId } from '../../domain/ids.ts';
import type { ProcessCause } from '../../domain/process.ts';
import { ask, decide } from '../support/asking.ts';
import { giveBySql, holdBySql } from '../support/grant-by-sql.ts';
import { type EphemeralLedger, ephemeralLedger } from '../support/ledger.ts';
import { refusal } from '../support/ledger-roles.ts';

// What happens at once when people leave, in the transaction that accepts it.

let ledger: EphemeralLedger;
beforeAll(async () => {
  ledger = await ephemeralLedger();
});
afterAll(() => ledger?.stop());

const db = () => ledger.system.db;
const removal = { actor: actors.engine, why: 'removal', traceparent: null } as const;

async function scopeOf(email: string, reach: Scope['reach'] = 'own'): Promise<Scope> {
  const rows = await db().execute<{ personId: string; organizationId: string }>(
    sql`select id as "personId", organization_id as "organizationId" from person where email = ${email}`,
  );
  const [row] = rows;
  if (!row) throw new RangeError(email);
  return { ...row, reach };
}

const idOf = async (email: string) => (await scopeOf(email)).personId;

/** One more of an organization's people: with a membership where it is a customer's. */
async function addPerson(organization: string, ...roles: string[]): Promise<{ id: string; email: string }> {
  const id = newId('person');
  const email = `${id}@${organization}.example`;
  await db().execute(sql`
    insert into person (id, organization_id, email, name, employment)
    select ${id}, id, ${email}, 'Somebody', case kind when 'vendor' then 'employee' else 'customer' end
    from organization where key = ${organization}`);
  await db().execute(sql`
    insert into membership (person_id, organization_id, given_roles, origin)
    select ${id}, id, ${`{${roles.join()}}`}::text[], 'administrator' from organization where key = ${organization} and kind = 'customer'`);
  for (const role of roles)
    await db().execute(sql`
      insert into person_role (person_id, role_id, organization_id)
      select p.id, r.id, p.organization_id from person p, role r where p.id = ${id} and r.key = ${role}`);
  return { id, email };
}

/** A standing grant that is held, given by a process. */
async function holdStanding(
  personId: string,
  resource = 'northwind-app',
  entitlement = 'use',
): Promise<string> {
  const id = newId('grant');
  await db().transaction(async (tx) => {
    const rows = await tx.execute<{ organization: string }>(
      sql`select organization_id as organization from person where id = ${personId}`,
    );
    const organizationId = rows[0]?.organization ?? '';
    const wish = { kind: 'role-change', organizationId, personId, cause: 'operations' } as const;
    const made = await createProcess(tx, { ...wish, wish: {}, actor: actors.engine, traceparent: null });
    await tx.execute(
      sql`insert into process_person (process_id, person_id, organization_id) values (${made.id}, ${personId}, ${organizationId})`,
    );
    await tx.execute(sql`update process set state = 'running' where id = ${made.id}`);
    await tx.execute(sql`
      insert into access_grant (id, process_id, origin, state, person_id, organization_id, holder_organization_id, resource_id,
        entitlement_id, "from", until, policy_version, account)
      select ${id}, ${made.id}, 'role', 'provisioning', ${personId}, ${organizationId}, ${organizationId}, r.id, e.id,
        tenure_now(), tenure_now() + interval '90 days', 'test', ${id}
      from resource r join entitlement e on e.resource_id = r.id and e.key = ${entitlement} where r.key = ${resource}`);
    await tx.execute(sql`update access_grant set state = 'held' where id = ${id}`);
  });
  return id;
}

async function leavingOf(
  tx: Executor,
  personId: string,
  actor: Actor,
  cause: ProcessCause = 'operations',
): Promise<string> {
  const rows = await tx.execute<{ organization: string }>(
    sql`select organization_id as organization from person where id = ${personId}`,
  );
  const organizationId = rows[0]?.organization ?? '';
  const requestedBy = actor.kind === 'person' ? actor.id : null;
  const wish = {
    kind: 'offboarding',
    organizationId,
    personId,
    cause,
    wish: { why: 'removal' },
  } as const;
  return (await createProcess(tx, { ...wish, requestedBy, actor, traceparent: null })).id;
}

const stateOf = async (requestId: string) =>
  (await db().execute<{ state: string }>(sql`select state from access_request where id = ${requestId}`))[0]
    ?.state;
const orderOf = async (grantId: string) =>
  (
    await db().execute<{ order: string | null; due: boolean; by: string | null }>(sql`
      select end_order as order, due_at <= tenure_now() as due, (select email from person where id = end_ordered_by) as by
      from access_grant where id = ${grantId}`)
  )[0];

describe('a removal by an operations person, who does not read all records', () => {
  it('stops everything at once: standing and asked for, held, being made and waiting, of whatever customer', async () => {
    const user = await addPerson('acme', 'member');
    const standing = await holdStanding(user.id);
    const own = await holdBySql(db(), { person: user.email, resource: 'acme-env' });
    const waiting = await ask(db(), { person: user.email, resource: 'acme-env', stages: ['support-lead'] });
    const made = await ask(db(), { person: user.email, resource: 'acme-env' });
    const making = newId('grant');
    expect(await giveBySql(db(), made.requestId, { id: making })).toBe('accepted');
    const processId = await db().transaction((tx) => leavingOf(tx, user.id, actors.engine));
    const omar = await scopeOf('omar@northwind.example', 'own');
    const actor = { kind: 'person', id: omar.personId, name: 'Omar' } as const;
    const lines = await within(ledger.app, omar, (tx) =>
      orderLeaving(tx, { ...removal, personIds: [user.id], processId, actor }),
    );
    for (const grant of [standing, own.grantId, making])
      expect(await orderOf(grant)).toEqual({ order: 'offboarding', due: true, by: 'omar@northwind.example' });
    expect(await stateOf(waiting.requestId)).toBe('cancelled');
    expect(await stateOf(made.requestId)).toBe('cancelled');
    expect(new Map(lines.map(({ subjectId, message }) => [subjectId, message.signal]))).toEqual(
      new Map([
        [waiting.requestId, 'cancel'],
        [made.requestId, 'cancel'],
        [own.requestId, 'revoke'],
      ]),
    );
    const [now] = await db().execute(sql`
      select p.suspended_at is not null as suspended, p.offboarded_at is not null as gone,
        (select count(*)::int from membership m where m.person_id = p.id and m.until is null) as members,
        (select count(*)::int from person_role h where h.person_id = p.id and h.until is null) as roles,
        (select state from process_person w where w.process_id = ${processId} and w.person_id = p.id) as state
      from person p where p.id = ${user.id}`);
    expect(now).toEqual({ suspended: true, gone: true, members: 0, roles: 0, state: 'applying' });
    const told = await db().execute<{ type: string; actor: string; count: number }>(sql`
      select type, actor_id as actor, count(*)::int as count from audit_event
      where subject_id in (${user.id}, ${standing}, ${own.grantId}, ${making}, ${waiting.requestId}, ${made.requestId})
        and type in ('person.offboarded', 'membership.ended', 'grant.end_intended', 'access_request.cancelled')
      group by 1, 2 order by 1`);
    expect([...told]).toEqual([
      { type: 'access_request.cancelled', actor: omar.personId, count: 2 },
      { type: 'grant.end_intended', actor: omar.personId, count: 3 },
      { type: 'membership.ended', actor: omar.personId, count: 1 },
      { type: 'person.offboarded', actor: omar.personId, count: 1 },
    ]);
    // The eyes are the same as before: nothing of what was seen for it is left.
    const reach = await within(ledger.app, omar, async (tx) => {
      await orderLeaving(tx, { ...removal, personIds: [user.id], processId, actor });
      const rows = await tx.execute<{ reach: string }>(sql`select current_setting('tenure.reach') as reach`);
      return rows[0]?.reach;
    });
    expect(reach).toBe('own');
    expect(await readPrincipal(ledger.app, user.id)).toBeNull();
  });

  it('a second time changes nothing, by the system neither', async () => {
    const user = await addPerson('acme', 'member');
    const grant = await holdStanding(user.id);
    const order = { ...removal, personIds: [user.id], processId: null };
    await db().transaction((tx) => orderLeaving(tx, order));
    const before = await db().execute(sql`select offboarded_at::text from person where id = ${user.id}`);
    const count = async () =>
      (await db().execute(sql`select from audit_event where subject_id in (${user.id}, ${grant})`)).length;
    const events = await count();
    expect(await db().transaction((tx) => orderLeaving(tx, order))).toEqual([]);
    expect(await count()).toBe(events);
    expect(await db().execute(sql`select offboarded_at::text from person where id = ${user.id}`)).toEqual(
      before,
    );
  });
});

describe('a removal by a customer’s administrator', () => {
  it('works for its own people and for nobody else', async () => {
    const anna = await scopeOf('anna@acme.example');
    const actor = { kind: 'person', id: anna.personId, name: 'Anna' } as const;
    const own = await addPerson('acme', 'member');
    const grant = await holdStanding(own.id);
    await within(ledger.app, anna, async (tx) => {
      const processId = await leavingOf(tx, own.id, actor, 'administrator');
      await orderLeaving(tx, { ...removal, personIds: [own.id], processId, actor });
    });
    expect(await orderOf(grant)).toMatchObject({ order: 'offboarding', due: true });
    for (const email of ['gus@globex.example', 'sam@northwind.example']) {
      const personId = await idOf(email);
      const order = { ...removal, personIds: [personId], processId: null, actor };
      const tried = await refusal(within(ledger.app, anna, (tx) => orderLeaving(tx, order)));
      expect(['accepted', 'TN020', '42501']).toContain(tried);
      expect(await readPrincipal(ledger.app, personId)).not.toBeNull();
    }
  });

  it('nobody removes themselves, and nobody who manages nothing removes anybody', async () => {
    for (const email of ['anna@acme.example', 'sam@northwind.example']) {
      const scope = await scopeOf(email);
      const actor = { kind: 'person', id: scope.personId, name: null } as const;
      const order = { ...removal, personIds: [scope.personId], processId: null, actor };
      expect(await refusal(within(ledger.app, scope, (tx) => orderLeaving(tx, order)))).toBe('TN020');
    }
    const sam = await scopeOf('sam@northwind.example');
    const mei = await idOf('mei@northwind.example');
    const actor = { kind: 'person', id: sam.personId, name: null } as const;
    const order = { ...removal, personIds: [mei], processId: null, actor };
    expect(await refusal(within(ledger.app, sam, (tx) => orderLeaving(tx, order)))).toBe('TN020');
    expect(await readPrincipal(ledger.app, mei)).not.toBeNull();
  });
});

describe('what a leaver had a part in', () => {
  it('is cancelled when they had asked for it, for somebody else too, while it has not begun', async () => {
    const lead = await addPerson('northwind', 'support-lead');
    const asked = await ask(db(), { resource: 'globex-env', stages: ['support-lead'] });
    await ledger.owner.db.execute(sql`alter table access_request disable trigger guard_request_words`);
    await ledger.owner.db.execute(
      sql`update access_request set requested_by = ${lead.id} where id = ${asked.requestId}`,
    );
    await ledger.owner.db.execute(sql`alter table access_request enable trigger guard_request_words`);
    await db().transaction((tx) => orderLeaving(tx, { ...removal, personIds: [lead.id], processId: null }));
    expect(await stateOf(asked.requestId)).toBe('cancelled');
  });

  it('counts no more when they had approved it and it has not begun, and stays when it has', async () => {
    const lead = await addPerson('northwind', 'support-lead');
    const before = await ask(db(), { resource: 'globex-env', stages: ['support-lead'] });
    await decide(db(), before.requestId, lead.email);
    await db().execute(
      sql`update access_request set state = 'approved', settled_at = tenure_now() where id = ${before.requestId}`,
    );
    expect(await readApprovedNeeds(db(), before.requestId)).toMatchObject([{ approvals: 1 }]);
    const begun = await holdBySql(db(), { resource: 'globex-env' });
    await db().transaction((tx) => orderLeaving(tx, { ...removal, personIds: [lead.id], processId: null }));
    expect(await readApprovedNeeds(db(), before.requestId)).toMatchObject([{ approvals: 0 }]);
    expect(await giveBySql(db(), before.requestId)).toBe('TN012');
    expect(await orderOf(begun.grantId)).toMatchObject({ order: null });
  });

  it('gains nothing while suspended, whoever approved it', async () => {
    const person = await addPerson('northwind', 'support-engineer');
    const asked = await ask(db(), { person: person.email });
    await db().execute(sql`update person set suspended_at = tenure_now() where id = ${person.id}`);
    expect(await giveBySql(db(), asked.requestId)).toBe('TN012');
    await db().execute(sql`update person set suspended_at = null where id = ${person.id}`);
    expect(await giveBySql(db(), asked.requestId)).toBe('accepted');
  });

  it('loses an open invitation', async () => {
    const user = await addPerson('acme', 'member');
    const organizationId = (await scopeOf('anna@acme.example')).organizationId;
    await db().transaction((tx) =>
      createWelcome(tx, {
        personId: user.id,
        organizationId,
        processId: null,
        forMs: 1_000_000,
        invitedBy: null,
        sealing: ledger.keys.sealing,
      }),
    );
    await db().transaction((tx) => orderLeaving(tx, { ...removal, personIds: [user.id], processId: null }));
    const [open] = await db().execute(
      sql`select voided_at is not null as void, sealed_token as token from welcome where person_id = ${user.id}`,
    );
    expect(open).toEqual({ void: true, token: null });
  });
});

describe('a return', () => {
  it('gives back the place and the roles, each anew, and no grant', async () => {
    const user = await addPerson('acme', 'member');
    const staff = await addPerson('northwind', 'support-engineer');
    const grant = await holdStanding(user.id);
    await db().transaction((tx) => orderLeaving(tx, { ...removal, personIds: [user.id], processId: null }));
    await db().transaction((tx) => orderLeaving(tx, { ...removal, personIds: [staff.id], processId: null }));
    const personIds = [user.id, staff.id];
    const order = { personIds, actor: actors.engine, reason: 'a mistake', roles: 'former' } as const;
    expect(await db().transaction((tx) => orderReturn(tx, order))).toEqual(personIds.toSorted());
    expect(await db().transaction((tx) => orderReturn(tx, order))).toEqual([]);
    const [members] = await db().execute(sql`
      select count(*)::int as all, count(*) filter (where until is null)::int as open, min(given_roles::text) as roles
      from membership where person_id = ${user.id}`);
    expect(members).toEqual({ all: 2, open: 1, roles: '{member}' });
    expect((await readPrincipal(ledger.app, staff.id))?.roles.map(({ key }) => key)).toEqual([
      'support-engineer',
    ]);
    // A user's roles follow from the membership, by a process.
    expect((await readPrincipal(ledger.app, user.id))?.roles).toEqual([]);
    expect(await orderOf(grant)).toMatchObject({ order: 'offboarding' });
  });

  it('needs a seat that is free', async () => {
    const { organizationId } = await scopeOf('ines@initech.example');
    const user = await addPerson('initech', 'viewer');
    await db().transaction((tx) => orderLeaving(tx, { ...removal, personIds: [user.id], processId: null }));
    await addPerson('initech', 'viewer');
    await addPerson('initech', 'viewer');
    expect(await readSeats(db(), organizationId)).toMatchObject({
      limit: 3,
      used: 3,
      left: 0,
      source: 'tier',
    });
    const order = { personIds: [user.id], actor: actors.engine, reason: null, roles: 'former' } as const;
    await expect(db().transaction((tx) => orderReturn(tx, order))).rejects.toMatchObject({
      code: 'no-seat-left',
    });
    expect(await readPrincipal(ledger.app, user.id)).toBeNull();
  });
});

describe('a customer that leaves', () => {
  it('is out at once, and everybody else is out of its data; its users follow page by page', async () => {
    const users = [await addPerson('globex', 'member'), await addPerson('globex', 'viewer')];
    const grants = await Promise.all(users.map(({ id }) => holdStanding(id)));
    const held = await holdBySql(db(), { resource: 'globex-env' });
    const elsewhere = await holdBySql(db(), { resource: 'initech-env' });
    const asked = await ask(db(), { resource: 'globex-env', stages: ['support-lead'] });
    const { organizationId } = await scopeOf('gus@globex.example');
    const gus = await idOf('gus@globex.example');
    const processId = await db().transaction(async (tx) => {
      const wish = {
        kind: 'offboarding',
        organizationId,
        cause: 'contract',
        wish: { why: 'churn' },
      } as const;
      return (await createProcess(tx, { ...wish, actor: actors.engine, traceparent: null })).id;
    });
    const page = () =>
      db().transaction((tx) =>
        orderCustomerLeaving(tx, { ...removal, why: 'churn', organizationId, processId, limit: 2 }),
      );
    expect(await page()).toMatchObject({ isDone: false });
    expect(await readPrincipal(ledger.app, gus)).toBeNull();
    expect(await orderOf(held.grantId)).toMatchObject({ order: 'offboarding' });
    expect(await orderOf(elsewhere.grantId)).toMatchObject({ order: null });
    expect(await stateOf(asked.requestId)).toBe('cancelled');
    expect(await page()).toMatchObject({ isDone: true });
    for (const grant of grants)
      expect(await orderOf(grant)).toMatchObject({ order: 'offboarding', due: true });
    const [left] = await db().execute(sql`
      select count(*)::int as people from person where organization_id = ${organizationId} and offboarded_at is null`);
    expect(left).toEqual({ people: 0 });
  });
});
