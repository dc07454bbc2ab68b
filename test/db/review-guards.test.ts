import { type SQL, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Executor, within } from '../../db/client.ts';
import { newId } from '../../domain/ids.ts';
import { type LedgerRoles, refusal, scopeOf, startLedgerRoles } from '../support/ledger-roles.ts';

// Standing access is prolonged, and begins again after its time ran out, by the contract or a review alone: attacked in SQL.

let ledger: LedgerRoles;
beforeAll(async () => {
  ledger = await startLedgerRoles();
});
afterAll(() => ledger?.stop());

const omar = 'omar@northwind.example';
const sita = 'sita@northwind.example';
const ada = 'ada@northwind.example';
const mei = 'mei@northwind.example';
const sam = 'sam@northwind.example';
const anna = 'anna@acme.example';
const gus = 'gus@globex.example';

const system = () => ledger.system.db;
const asSystem = (attack: SQL) => refusal(system().execute(attack));

/** With the application's role and that person's eyes; the SQLSTATE of the refusal or `accepted`. */
async function as(email: string, attack: SQL): Promise<string> {
  const scope = await scopeOf(ledger, email, 'all');
  return refusal(within(ledger.application, scope, (tx: Executor) => tx.execute(attack)));
}

const personOf = (email: string) => sql`(select id from person where email = ${email})`;
const organizationOf = (key: string) => sql`(select id from organization where key = ${key})`;

/** A process at work on that person alone, by the system's hands. */
async function process(person: string, cause = 'contract', wish: object = {}): Promise<string> {
  const id = newId('proc');
  await system().execute(sql`
    insert into process (id, kind, organization_id, cause, wish)
    select ${id}, 'role-change', organization_id, ${cause}, ${JSON.stringify(wish)}::jsonb from person where email = ${person}`);
  await system().execute(sql`
    insert into process_person (process_id, person_id, organization_id)
    select ${id}, id, organization_id from person where email = ${person}`);
  await system().execute(sql`update process set state = 'running' where id = ${id}`);
  return id;
}

function grant(processId: string, person: string, { id = newId('grant'), lastsMs = 86_400_000 } = {}): SQL {
  return sql`insert into access_grant (id, process_id, origin, state, person_id, organization_id, holder_organization_id, resource_id,
      entitlement_id, "from", until, policy_version, account)
    select ${id}, ${processId}, 'role', 'provisioning', p.id, p.organization_id, p.organization_id, r.id, e.id, tenure_now(),
      tenure_now() + ${lastsMs} * interval '1 millisecond', 'test', ${id}
    from person p, resource r join entitlement e on e.resource_id = r.id and e.key = 'use' where p.email = ${person} and r.key = 'northwind-app'`;
}

async function held(person: string): Promise<{ processId: string; grantId: string }> {
  const [processId, grantId] = [await process(person), newId('grant')];
  expect(await asSystem(grant(processId, person, { id: grantId }))).toBe('accepted');
  await system().execute(sql`update access_grant set state = 'held' where id = ${grantId}`);
  return { processId, grantId };
}

const moved = (grantId: string, hours: number) =>
  sql`update access_grant set until = until + ${hours} * interval '1 hour' where id = ${grantId}`;

/** A renewal by that process, by so many hours. */
function renewal(
  grantId: string,
  by: string,
  hours: number,
  { cause, reviewId = null }: { cause: string; reviewId?: string | null },
): SQL {
  return sql`
    insert into renewal (id, grant_id, process_id, organization_id, holder_organization_id, former_until, until, cause, review_id)
    select ${newId('renewal')}, id, ${by}, organization_id, holder_organization_id, until, until + ${hours} * interval '1 hour', ${cause},
      ${reviewId} from access_grant where id = ${grantId}`;
}

/** A line of a review, by Omar unless told otherwise. */
function reviewLine(person: string, more: { id?: string; by?: string; organization?: SQL } = {}): SQL {
  const { id = newId('review'), by = omar, organization = sql`p.organization_id` } = more;
  return sql`insert into review_line (id, person_id, organization_id, reviewer, reason)
    select ${id}, p.id, ${organization}, b.id, 'Still needed' from person p, (values (${personOf(by)})) b (id) where p.email = ${person}`;
}

async function reviewed(person: string): Promise<string> {
  const id = newId('review');
  await system().execute(reviewLine(person, { id }));
  return id;
}

/** Somebody of that organization to whom nothing was given yet; their e-mail address. */
async function newcomer(organization: string): Promise<string> {
  const id = newId('person');
  const email = `${id}@${organization}.example`;
  await system().execute(sql`
    insert into person (id, organization_id, email, name, employment)
    values (${id}, ${organizationOf(organization)}, ${email}, 'Kim', 'employee')`);
  return email;
}

describe('The end of standing access', () => {
  it('moves to a later instant by nothing but the contract or a review, and nearer by any process', async () => {
    const kim = await newcomer('northwind');
    const { grantId } = await held(kim);
    for (const cause of ['operations', 'configuration', 'convergence', 'roster', 'dunning']) {
      const by = await process(kim, cause);
      for (const why of ['contract', 'review', 'shortening', 'whatever'])
        expect(await asSystem(renewal(grantId, by, 1, { cause: why }))).toMatch(/^(TN013|23514)$/);
    }
    const by = await process(kim, 'operations');
    expect(await asSystem(renewal(grantId, by, -1, { cause: 'contract' }))).toMatch(/^(TN013|23514)$/);
    await system().execute(renewal(grantId, by, -1, { cause: 'shortening' }));
    expect(await asSystem(moved(grantId, -1))).toBe('accepted');
    const imported = await process(kim, 'roster', { what: 'contract' });
    await system().execute(renewal(grantId, imported, 5, { cause: 'contract' }));
    expect(await asSystem(moved(grantId, 5))).toBe('accepted');
  });

  it('moves without its renewal in no state', async () => {
    const kim = await newcomer('northwind');
    const [processId, grantId] = [await process(kim), newId('grant')];
    await system().execute(grant(processId, kim, { id: grantId }));
    for (const hours of [1, -1]) expect(await asSystem(moved(grantId, hours))).toBe('TN013');
    expect(await asSystem(sql`update access_grant set because = '{x}' where id = ${grantId}`)).toBe('TN013');
  });

  it('moves by a line of a review of this very person that is newer than its last renewal, once', async () => {
    const kim = await newcomer('northwind');
    const before = await reviewed(kim);
    const { grantId, processId } = await held(kim);
    const byReview = (reviewId: string) =>
      asSystem(renewal(grantId, processId, 1, { cause: 'review', reviewId }));
    expect(await byReview(before)).toBe('TN013');
    expect(await byReview(await reviewed(mei))).toBe('TN013');
    expect(await byReview(newId('review'))).toBe('TN013');
    const line = await reviewed(kim);
    expect(await byReview(line)).toBe('accepted');
    expect(await asSystem(moved(grantId, 1))).toBe('accepted');
    expect(await byReview(line)).toBe('TN013');
    // Unless the process that did it has failed and took it back.
    await system().execute(renewal(grantId, processId, -1, { cause: 'shortening' }));
    expect(await asSystem(moved(grantId, -1))).toBe('accepted');
    expect(await byReview(line)).toBe('accepted');
  });
});

describe('What ran out', () => {
  async function ran(person: string): Promise<void> {
    const id = newId('grant');
    expect(await asSystem(grant(await process(person), person, { id, lastsMs: 60 }))).toBe('accepted');
    await system().execute(sql`select pg_sleep(0.08)`);
    await system().execute(
      sql`update access_grant set end_at = tenure_now(), end_order = 'role-change' where id = ${id}`,
    );
  }
  const again = async (person: string, cause: string) =>
    asSystem(grant(await process(person, cause), person));

  it('begins again by an event of the contract, and by no other process', async () => {
    const kim = await newcomer('acme');
    await ran(kim);
    for (const cause of ['operations', 'administrator', 'configuration', 'convergence', 'roster', 'dunning'])
      expect(await again(kim, cause)).toBe('TN012');
    expect(await again(kim, 'contract')).toBe('accepted');
  });

  it('begins again by a review that came after it was given', async () => {
    const kim = await newcomer('northwind');
    await reviewed(kim);
    await ran(kim);
    expect(await again(kim, 'operations')).toBe('TN012');
    await reviewed(kim);
    expect(await again(kim, 'operations')).toBe('accepted');
  });

  it('begins again where a role was given since', async () => {
    const kim = await newcomer('northwind');
    await ran(kim);
    await system().execute(sql`
      insert into person_role (person_id, role_id, organization_id)
      select p.id, r.id, p.organization_id from person p, role r where p.email = ${kim} and r.key = 'on-call'`);
    expect(await again(kim, 'operations')).toBe('accepted');
  });
});

describe('a line of a review', () => {
  it('is written in one’s own name, by who manages the person, never about oneself', async () => {
    expect(await as(omar, reviewLine(sam))).toBe('accepted');
    expect(await as(omar, reviewLine(anna))).toBe('accepted');
    expect(await as(anna, reviewLine('tom@acme.example', { by: anna }))).toBe('accepted');
    expect(await as(omar, reviewLine(sam, { by: ada }))).toBe('TN020');
    expect(await as(omar, reviewLine(omar))).toBe('TN021');
    expect(await as(anna, reviewLine(anna, { by: anna }))).toBe('TN021');
    expect(await as(sita, reviewLine(sam, { by: sita }))).toBe('TN020');
    expect(await as(mei, reviewLine(sam, { by: mei }))).toBe('TN020');
    expect(await as(anna, reviewLine(sam, { by: anna }))).toMatch(/^(TN020|42501)$/);
    expect(await as(anna, reviewLine(gus, { by: anna, organization: organizationOf('acme') }))).toMatch(
      /^(TN026|accepted)$/,
    );
    const [foreign] = await ledger.owner`
      select 1 from review_line l join person p on p.id = l.person_id where l.organization_id <> p.organization_id`;
    expect(foreign).toBeUndefined();
    expect(await asSystem(reviewLine(omar))).toBe('TN021');
    expect(await asSystem(reviewLine(sam, { by: sita }))).toBe('TN020');
  });

  it('is about somebody who is here', async () => {
    const kim = await newcomer('northwind');
    await system().execute(sql`
      update person set offboarded_at = tenure_now(), suspended_at = tenure_now() where email = ${kim}`);
    expect(await as(omar, reviewLine(kim))).toBe('TN026');
  });

  it('is of the moment it is written in, and stays as it is', async () => {
    const id = await reviewed(sam);
    for (const attack of [
      sql`update review_line set at = tenure_now() + interval '1 year' where id = ${id}`,
      sql`update review_line set reason = 'x' where id = ${id}`,
      sql`delete from review_line where id = ${id}`,
      sql`truncate review_line cascade`,
    ])
      for (const attempt of [await as(omar, attack), await asSystem(attack)])
        expect(attempt).toMatch(/^(42501|TN011)$/);
    await expect(ledger.owner`delete from review_line`).rejects.toMatchObject({ code: 'TN011' });
    const dated = sql`insert into review_line (id, person_id, organization_id, reviewer, reason, at)
      select ${newId('review')}, id, organization_id, ${personOf(omar)}, 'x', '2099-01-01' from person where email = ${sam}`;
    expect(await as(omar, dated)).toBe('42501');
    await system().execute(dated);
    const late = await system().execute(sql`select 1 from review_line where at > tenure_now()`);
    expect(late).toHaveLength(0);
  });
});
