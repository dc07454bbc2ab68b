import { type SQL, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { within } from '../../db/client.ts';
import { listReportItems } from '../../db/queries/access-report.ts';
import { confirmEnded, noteEndError, readEndCase } from '../../db/queries/end.ts';
import { listGrants } from '../../db/queries/grant.ts';
import { actors } from '../../domain/audit-event.ts';
import { newId } from '../../domain/ids.ts';
import { ask, type Asking, decide } from '../support/asking.ts';
import { changeBySql, extendBySql, giveBySql, holdBySql } from '../support/grant-by-sql.ts';
import { type LedgerRoles, refusal, scopeOf, startLedgerRoles } from '../support/ledger-roles.ts';
import { askExtension, orderEnding, tell } from '../support/story.ts';

let ledger: LedgerRoles;

beforeAll(async () => {
  ledger = await startLedgerRoles();
});

afterAll(async () => {
  await ledger?.stop();
});

const system = () => ledger.system.db;
const globex: Asking = { resource: 'globex-env', stages: ['support-lead'] };

async function asked(wish: Asking = globex): Promise<string> {
  return (await ask(system(), wish)).requestId;
}

describe('a grant', () => {
  it('exists only with all its approvals, whatever the request’s state says', async () => {
    const requestId = await asked({ ...globex, stages: ['support-lead', 'security'] });
    expect(await giveBySql(system(), requestId)).toBe('TN012');
    await decide(system(), requestId, 'priya@northwind.example');
    await system().execute(sql`update access_request set state = 'approved' where id = ${requestId}`);
    expect(await giveBySql(system(), requestId)).toBe('TN012');
    const denied = await asked();
    await decide(system(), denied, 'priya@northwind.example', 'deny');
    await system().execute(sql`update access_request set state = 'approved' where id = ${denied}`);
    expect(await giveBySql(system(), denied)).toBe('TN012');
  });

  it('begins as an intent, once, for who and what was approved, and not for longer', async () => {
    const requestId = await asked({});
    expect(await giveBySql(system(), requestId, { state: 'held' })).toBe('TN012');
    expect(await giveBySql(system(), requestId, { person: 'mei@northwind.example' })).toBe('TN012');
    expect(await giveBySql(system(), requestId, { until: sql`tenure_now() + interval '2 hours'` })).toBe(
      'TN012',
    );
    const grantId = newId('grant');
    expect(await giveBySql(system(), requestId, { id: grantId })).toBe('accepted');
    expect(await giveBySql(system(), requestId)).toBe('23505');
    const longer = sql`until = until + interval '1 year'`;
    expect(await changeBySql(system(), grantId, longer)).toBe('TN012');
    // In the same statement in which access begins, too.
    expect(await changeBySql(system(), grantId, sql`state = 'held', ${longer}`)).toBe('TN012');
    expect(await changeBySql(system(), grantId, sql`until = null`)).toBe('23502');
  });

  it('is not made by the application at all', async () => {
    const sita = await scopeOf(ledger, 'sita@northwind.example', 'all');
    for (const attack of [
      sql`insert into access_grant (id) values ('grant')`,
      sql`update access_grant set until = until + interval '1 day'`,
      sql`update access_grant set state = 'held'`,
      sql`insert into extension (request_id) values ('req')`,
    ])
      expect(await refusal(within(ledger.application, sita, (tx) => tx.execute(attack)))).toBe('42501');
  });

  it('ends later only by an approved extension of its own, by no more than was approved', async () => {
    const { requestId, grantId } = await holdBySql(system());
    const byMinute = sql`until = until + interval '1 minute'`;
    expect(await changeBySql(system(), grantId, byMinute)).toBe('TN013');
    expect(await changeBySql(system(), grantId, sql`until = until - interval '1 second'`)).toBe('TN013');

    const waiting = await askExtension(system(), requestId, 'PT1M', true);
    await extendBySql(system(), waiting, grantId, sql`interval '1 minute'`);
    expect(await changeBySql(system(), grantId, byMinute)).toBe('TN013');
    await system().execute(sql`update access_request set state = 'approved' where id = ${waiting}`);
    expect(await changeBySql(system(), grantId, byMinute)).toBe('TN013');

    const anotherAccess = await asked({});
    await extendBySql(system(), anotherAccess, grantId, sql`interval '3 minutes'`);
    expect(await changeBySql(system(), grantId, sql`until = until + interval '3 minutes'`)).toBe('TN013');

    const tooLong = await askExtension(system(), requestId, 'PT1M');
    await extendBySql(system(), tooLong, grantId, sql`interval '1 year'`);
    expect(await changeBySql(system(), grantId, sql`until = until + interval '1 year'`)).toBe('TN013');

    const foreign = await askExtension(system(), (await holdBySql(system())).requestId, 'PT2M');
    await extendBySql(system(), foreign, grantId, sql`interval '2 minutes'`);
    expect(await changeBySql(system(), grantId, sql`until = until + interval '2 minutes'`)).toBe('TN013');

    const approved = await askExtension(system(), requestId, 'PT1M');
    await extendBySql(system(), approved, grantId, sql`interval '1 minute'`);
    expect(await changeBySql(system(), grantId, byMinute)).toBe('accepted');
    expect(await changeBySql(system(), grantId, byMinute)).toBe('TN013');
  });

  it('stays ended, stays ordered to end, and stays what it is', async () => {
    const { requestId, grantId } = await holdBySql(system());
    expect(await changeBySql(system(), grantId, sql`state = 'provisioning'`)).toBe('TN013');
    expect(await changeBySql(system(), grantId, sql`"from" = "from" - interval '1 day'`)).toBe('TN013');
    for (const other of [
      sql`account = 'another'`,
      sql`entitlement_id = (select id from entitlement where id <> entitlement_id limit 1)`,
    ])
      expect(await changeBySql(system(), grantId, other)).toMatch(/TN013|21000|23503/);
    await changeBySql(system(), grantId, sql`end_at = tenure_now(), end_order = 'revocation'`);
    expect(await changeBySql(system(), grantId, sql`end_at = null, end_order = null`)).toBe('TN013');
    expect(await changeBySql(system(), grantId, sql`end_at = tenure_now() + interval '1 day'`)).toBe('TN013');
    expect(await changeBySql(system(), grantId, sql`end_order = 'return'`)).toBe('TN013');
    expect(await changeBySql(system(), grantId, sql`end_ordered_by = (select id from person limit 1)`)).toBe(
      'TN013',
    );
    expect(
      await changeBySql(
        system(),
        grantId,
        sql`state = 'ended', ended_at = tenure_now(), ended_by = 'revocation'`,
      ),
    ).toBe('accepted');
    for (const revived of [
      sql`state = 'held', ended_at = null, ended_by = null`,
      sql`until = until + interval '1 hour'`,
      sql`ended_at = ended_at - interval '1 hour'`,
      sql`ended_by = 'time'`,
      sql`sealed_password = 'v1'`,
    ])
      expect(await changeBySql(system(), grantId, revived)).toBe('TN013');
    expect(await tell(system(), requestId)).toMatchObject({
      grant: { state: 'ended', endedBy: 'revocation' },
    });
  });

  it('is ordered to end for now and by something that ends, and access that began is never called none', async () => {
    const { grantId } = await holdBySql(system());
    const order = (at: SQL, by: string) =>
      changeBySql(system(), grantId, sql`end_at = ${at}, end_order = ${by}, end_ordered_by = null`);
    const now = sql`tenure_now()`;
    expect(await order(sql`'infinity'`, 'revocation')).toBe('TN013');
    expect(await order(sql`tenure_now() + interval '1 second'`, 'revocation')).toBe('TN013');
    for (const hiding of ['cancellation', 'rollback', 'time', 'forgotten'])
      expect(await order(now, hiding)).toBe('TN013');
    expect(await changeBySql(system(), grantId, sql`begun_at = null`)).toMatch(/TN013|23514/);
    expect(await changeBySql(system(), grantId, sql`begun_at = begun_at + interval '1 minute'`)).toBe(
      'TN013',
    );
    expect(await order(now, 'revocation')).toBe('accepted');
  });

  it('began when it was read back: one that ended before is in no report', async () => {
    const { requestId: neverBegun } = await ask(system());
    const grantId = newId('grant');
    expect(await giveBySql(system(), neverBegun, { id: grantId })).toBe('accepted');
    expect(await changeBySql(system(), grantId, sql`begun_at = tenure_now()`)).toBe('TN013');
    await orderEnding(system(), neverBegun, 'revocation');
    const subject = await readEndCase(system(), grantId);
    if (!subject) throw new TypeError('This is open.');
    expect(await confirmEnded(system(), subject, actors.reaper)).toBe(true);
    expect(await tell(system(), neverBegun)).toMatchObject({
      grant: { state: 'ended', endedBy: 'revocation' },
    });
    const begun = await holdBySql(system());
    const sita = await scopeOf(ledger, 'sita@northwind.example', 'all');
    const viewer = { ...sita, seesAll: true, administers: false, manages: false };
    const [customer] = await ledger.owner<
      { id: string }[]
    >`select id from organization where key = 'initech'`;
    const during = { from: '2020-01-01T00:00:00Z', to: '2100-01-01T00:00:00Z' };
    const page = { limit: 200, after: null };
    const reported = await within(ledger.application, sita, (tx) =>
      listReportItems(tx, customer?.id ?? '', during, page),
    );
    const listed = await within(ledger.application, sita, (tx) => listGrants(tx, viewer, { during }, page));
    for (const ids of [reported.items.map((item) => item.grantId), listed.items.map((item) => item.id)]) {
      expect(ids).toContain(begun.grantId);
      expect(ids).not.toContain(grantId);
    }
  });

  it('leaves no task about a rollback that somebody else has finished', async () => {
    const { requestId } = await ask(system());
    const grantId = newId('grant');
    await giveBySql(system(), requestId, { id: grantId });
    await changeBySql(system(), grantId, sql`end_at = tenure_now(), end_order = 'rollback'`);
    const subject = await readEndCase(system(), grantId);
    if (!subject) throw new TypeError('This is open.');
    await noteEndError(system(), subject, 'target-unreachable', actors.engine);
    expect(await confirmEnded(system(), subject, actors.reaper)).toBe(true);
    await noteEndError(system(), subject, 'target-unreachable', actors.engine);
    const tasks = await ledger.owner`select closed_at is null as open from task where grant_id = ${grantId}`;
    expect([...tasks]).toEqual([{ open: false }]);
  });
});
