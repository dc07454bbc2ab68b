import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { within } from '../../db/client.ts';
import { claimUnchecked } from '../../db/queries/repair.ts';
import { newId } from '../../domain/ids.ts';
import { ask, type Asking, decide } from '../support/asking.ts';
import { extendBySql, holdBySql } from '../support/grant-by-sql.ts';
import { type LedgerRoles, refusal, scopeOf, startLedgerRoles } from '../support/ledger-roles.ts';
import { askExtension } from '../support/story.ts';

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

/** Everybody who could try it: the application with the widest eyes, the system, and the owner with a plain statement. */
async function refusals(attack: string): Promise<Record<'application' | 'system' | 'owner', string>> {
  const scope = await scopeOf(ledger, 'sita@northwind.example', 'all');
  return {
    application: await refusal(within(ledger.application, scope, (tx) => tx.execute(sql.raw(attack)))),
    system: await refusal(system().execute(sql.raw(attack))),
    owner: await refusal(ledger.owner.unsafe(attack)),
  };
}

/** A row in every table that the attacks are about: one that changes nothing is refused by nobody. */
async function everyKindOfRow(): Promise<void> {
  const requestId = await asked();
  await decide(system(), requestId, 'priya@northwind.example');
  const { requestId: heldBy, grantId } = await holdBySql(system());
  const extensionId = await askExtension(system(), heldBy, 'PT1M');
  await extendBySql(system(), extensionId, grantId, sql`interval '1 minute'`);
  await ledger.owner.begin(async (tx) => {
    const id = newId('aud');
    await tx`insert into audit_event (id, type, actor_kind, actor_id, subject_kind, subject_id, commitment)
      values (${id}, 'grant.begun', 'engine', 'engine', 'grant', ${grantId}, 'sha256:test')`;
    await tx`insert into audit_text (event_id, salt, reason) values (${id}, 'salt', 'a test')`;
    await tx`insert into ending (id, kind, request_id, organization_id, holder_organization_id, actor_kind)
      select ${newId('rev')}, 'revocation', id, organization_id, holder_organization_id, 'engine'
      from access_request where id = ${heldBy}`;
  });
}

describe('what was recorded', () => {
  it.each([
    ['audit_event', "update audit_event set actor_id = 'somebody else'"],
    ['audit_event', 'delete from audit_event'],
    ['decision', "update decision set decision = 'approve'"],
    ['decision', 'delete from decision'],
    ['stage', 'update stage set needed = 0'],
    ['stage', 'delete from stage'],
    ['ending', "update ending set reason = 'another'"],
    ['ending', 'delete from ending'],
  ])('is neither changed nor deleted, by any role: %s, %s', async (_table, attack) => {
    await everyKindOfRow();
    const refused = await refusals(attack);
    expect(refused).toEqual({ application: '42501', system: '42501', owner: 'TN011' });
  });

  it.each([
    'audit_event',
    'audit_text',
    'decision',
    'stage',
    'ending',
    'access_request',
    'access_grant',
    'extension',
  ])('is not emptied at a stroke, by any role: %s', async (table) => {
    const refused = await refusals(`truncate ${table} cascade`);
    expect(refused).toEqual({ application: '42501', system: '42501', owner: 'TN011' });
  });

  it.each(['access_request', 'access_grant', 'extension'])('stays: %s is not deleted from', async (table) => {
    await everyKindOfRow();
    const refused = await refusals(`delete from ${table}`);
    expect(refused).toEqual({ application: '42501', system: '42501', owner: 'TN011' });
  });

  it.each([
    'alter table audit_event disable trigger append_only',
    'drop trigger append_only on audit_event',
    'set local session_replication_role = replica',
    "create or replace function refuse_change() returns trigger language plpgsql as 'begin return new; end'",
    'drop table audit_event cascade',
    'create or replace function tenure_now() returns timestamptz language sql as $$ select now() $$',
  ])('keeps its guards, whoever but the owner tries: %s', async (attack) => {
    for (const { db } of [ledger.application, ledger.system])
      expect(await refusal(db.transaction((tx) => tx.execute(sql.raw(attack))))).toBe('42501');
  });

  it('can be forgotten beside an event, and nothing else', async () => {
    await everyKindOfRow();
    const attacks = [
      "update audit_text set reason = 'another'",
      'update audit_text set salt = null, reason = null, actor_name = null',
      'delete from audit_text',
    ];
    for (const attack of attacks) {
      expect(await refusal(ledger.owner.unsafe(attack))).toBe('TN011');
      expect(await refusal(system().execute(sql.raw(attack)))).toMatch(/TN011|42501/);
    }
    const forgetting = sql`update audit_text set salt = null, reason = null, actor_name = null, forgotten_at = tenure_now()`;
    expect(await refusal(system().execute(forgetting))).toBe('accepted');
  });
});

describe('who writes a record', () => {
  it.each([
    ['audit_event', 'occurred_at', "now() - interval '1 year'"],
    ['audit_event', 'cluster', "'another'"],
    ['audit_event', 'xid', "'1'"],
    ['audit_text', 'forgotten_at', 'now()'],
    ['ending', 'recorded_at', "now() - interval '1 year'"],
  ])('does not say when, neither the application nor the system: %s.%s', async (table, column, value) => {
    const refused = await refusals(`insert into ${table} (${column}) values (${value})`);
    expect(refused).toMatchObject({ application: '42501', system: '42501' });
  });

  it('notes facts that change, and not who looked at them or how often something was tried', async () => {
    const { requestId, grantId } = await holdBySql(system());
    const changes = () =>
      ledger.owner<{ table: string; operation: string }[]>`
        select table_name as table, operation from change where row_id in (${requestId}, ${grantId}) order by seq`;
    const before = (await changes()).length;
    await claimUnchecked(system(), -1, 1_000);
    await system().execute(
      sql`update access_grant set end_tries = end_tries + 1, end_tried_at = tenure_now() where id = ${grantId}`,
    );
    await system().execute(sql`update access_grant set last_error = last_error where id = ${grantId}`);
    expect(await changes()).toHaveLength(before);
    await system().execute(sql`update access_grant set last_error = 'x' where id = ${grantId}`);
    await system().execute(sql`update access_request set tried_at = tenure_now() where id = ${requestId}`);
    expect((await changes()).slice(before)).toEqual([
      { table: 'access_grant', operation: 'UPDATE' },
      { table: 'access_request', operation: 'UPDATE' },
    ]);
    const staged = await asked();
    const [stage] =
      await ledger.owner`select operation from change where table_name = 'stage' and row_id = ${staged}`;
    expect(stage).toEqual({ operation: 'INSERT' });
  });
});

describe('a request', () => {
  it.each([
    "justification = 'another'",
    'period_ms = period_ms * 10',
    "lapses_at = lapses_at + interval '1 day'",
    "digest = 'another'",
    "person_id = (select id from person where email = 'mei@northwind.example')",
    "kind = 'extension'",
    'reported = not reported',
    'needs_mfa = not needs_mfa',
    'fresh_ms = 86400000',
    "signed_by = 'chal_of_nobody'",
  ])('is immutable: %s', async (change) => {
    await asked();
    const { application, system, owner } = await refusals(`update access_request set ${change}`);
    expect([application, system, owner]).toEqual(['42501', 'TN010', 'TN010']);
  });

  it('says once when it was first tried', async () => {
    const requestId = await asked();
    const tried = (value: string) =>
      refusal(
        system().execute(sql`update access_request set tried_at = ${sql.raw(value)} where id = ${requestId}`),
      );
    expect(await tried('tenure_now()')).toBe('accepted');
    expect(await tried('coalesce(tried_at, tenure_now())')).toBe('accepted');
    expect(await tried("tried_at + interval '1 hour'")).toBe('TN010');
    expect(await tried('null')).toBe('TN010');
  });

  it('never leaves an end that it has reached', async () => {
    for (const end of ['denied', 'lapsed', 'cancelled', 'refused']) {
      const requestId = await asked();
      await system().execute(sql`update access_request set state = ${end} where id = ${requestId}`);
      for (const next of ['waiting', 'approved', 'granted'])
        expect(
          await refusal(
            system().execute(sql`update access_request set state = ${next} where id = ${requestId}`),
          ),
        ).toBe('TN010');
    }
    const requestId = await asked();
    expect(
      await refusal(
        system().execute(sql`update access_request set state = 'granted' where id = ${requestId}`),
      ),
    ).toBe('TN010');
  });
});
