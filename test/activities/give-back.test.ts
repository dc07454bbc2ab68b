import { type SQL, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ConnectorError } from '../../activities/connectors/errors.ts';
import { assessProcess } from '../../activities/processes/assess.ts';
import { bringAboutPage } from '../../activities/processes/bring-about.ts';
import type { Change } from '../../domain/plan.ts';
import { memoryTarget, type MemoryTarget, sharedMemoryTarget } from '../support/memory-connector.ts';
import { tellProcess } from '../support/processes.ts';
import { bringAll, type Customer, type Roster, rosterCatalog, startRoster } from '../support/roster.ts';

// What somebody gets back whose role change fails, and what stays gone whatever fails.

let roster: Roster;
const targets: Record<'app' | 'vault', MemoryTarget> = { app: sharedMemoryTarget(), vault: memoryTarget() };
const names = ['app', 'vault'] as const;

/** `payer` and `approver` exclude each other and reach both targets; `reader` and `member` do not. */
const catalog = rosterCatalog();
for (const role of catalog.roles) {
  if (role.key === 'payer') role.entitlements.push('vault:read');
  if (role.key === 'approver') role.entitlements.push('vault:write');
}

beforeAll(async () => {
  roster = await startRoster(targets, { catalog });
});
beforeEach(async () => {
  for (const target of Object.values(targets)) target.before = async () => undefined;
  await roster.publish((active) => ({ ...catalog, settings: active.settings }));
});
afterAll(() => roster?.stop());

const db = () => roster.ledger.db;
const signal = new AbortController().signal;
const page = (processId: string) => bringAboutPage(roster.deps, processId, signal, () => undefined);

async function onboarded(contractRole: string): Promise<Customer & { person: string }> {
  const customer = await roster.customer({ contractRole });
  const { id: organizationId, people } = customer;
  await bringAll(roster.deps, await roster.process({ organizationId, people, kind: 'onboarding' }));
  return { ...customer, person: people[0] ?? '' };
}

async function becoming(
  { id: organizationId, people }: Customer,
  contractRole: string,
  cause: 'contract' | 'dunning' = 'contract',
): Promise<string> {
  await db().execute(
    sql`update membership set contract_role = ${contractRole} where organization_id = ${organizationId} and until is null`,
  );
  return roster.process({ organizationId, people, cause });
}

/** From now on these changes are refused for good. */
function refusing(which: (change: Change, on: (typeof names)[number]) => boolean): void {
  for (const name of names)
    targets[name].before = async (change) => {
      if (which(change, name)) throw new ConnectorError('target-refused');
    };
}
const begins = (entitlement: string) => (change: Change) =>
  change.kind === 'add' && change.holding.entitlement === entitlement;

async function held(person: string, more: SQL = sql`true`): Promise<string[]> {
  const rows = await db().execute<{ name: string }>(sql`
    select r.key || ':' || e.key as name from access_grant g join resource r on r.id = g.resource_id
      join entitlement e on e.id = g.entitlement_id
    where g.person_id = ${person} and g.state = 'held' and g.due_at > tenure_now() and ${more} order by 1`);
  return rows.map(({ name }) => name);
}

async function tasks(processId: string): Promise<string[]> {
  const rows = await db().execute<{ told: string }>(sql`
    select concat_ws(' ', t.kind, r.key, t.cause) as told from task t left join resource r on r.id = t.resource_id
    where t.process_id = ${processId} and t.closed_at is null order by 1`);
  return rows.map(({ told }) => told);
}

/** Page by page until the process is over. */
async function over(processId: string) {
  for (let pages = 0; pages < 10; pages += 1) {
    const { phase } = await assessProcess(roster.deps, processId);
    if (phase === 'over') break;
    await page(processId).catch(() => undefined);
  }
  return tellProcess(db(), processId);
}

const asPayer = ['app:pay', 'app:sign-in', 'vault:read'];
const asApprover = ['app:approve', 'app:sign-in', 'vault:write'];

describe('what made room for something that cannot begin', () => {
  it('is given back when that is gone, by new grants of the same process, and never held beside it', async () => {
    const customer = await onboarded('payer');
    const first = targets.vault.log.length;
    const processId = await becoming(customer, 'approver');
    refusing(begins('approve'));
    expect(await over(processId)).toMatchObject({ state: 'residue', people: { failed: 1 } });
    expect(await held(customer.person)).toEqual(asPayer);
    expect(await held(customer.person, sql`g.process_id = ${processId}`)).toEqual(['app:pay', 'vault:read']);
    expect(await tasks(processId)).toEqual(['role-change target-refused']);
    const told = targets.vault.log
      .slice(first)
      .map(({ change }) => `${change.kind} ${change.holding.entitlement}`);
    expect(told.filter((one, at) => one !== told[at - 1])).toEqual([
      'remove read',
      'add write',
      'remove write',
      'add read',
    ]);
    const ends = await db().execute<{ until: string }>(sql`
      select distinct g.until from access_grant g join entitlement e on e.id = g.entitlement_id
      where g.person_id = ${customer.person} and e.key in ('pay', 'read')`);
    expect(ends).toHaveLength(1);
  });

  it('is not given back where policy forbids it by now, which its owner is told', async () => {
    const customer = await onboarded('payer');
    const processId = await becoming(customer, 'approver');
    refusing(begins('approve'));
    await page(processId);
    await roster.publish((active) => ({
      ...active,
      resources: active.resources.map((one) =>
        one.key === 'vault' ? { ...one, region: 'us', classification: 'restricted' } : one,
      ),
    }));
    expect(await over(processId)).toMatchObject({ state: 'residue', people: { failed: 1 } });
    expect(await held(customer.person)).toEqual(['app:pay', 'app:sign-in']);
    expect(await tasks(processId)).toEqual(['role-change target-refused', 'role-change vault policy']);
  });

  it('is not given back where its target refuses it, and the rest is', async () => {
    const customer = await onboarded('payer');
    const processId = await becoming(customer, 'approver');
    refusing((change) => begins('approve')(change) || begins('read')(change));
    expect(await over(processId)).toMatchObject({ state: 'residue', people: { failed: 1 } });
    expect(await held(customer.person)).toEqual(['app:pay', 'app:sign-in']);
    expect(await tasks(processId)).toEqual([
      'role-change target-refused',
      'role-change vault target-refused',
    ]);
  });

  it('is given back where nothing may begin any more after all', async () => {
    const customer = await onboarded('payer');
    const processId = await becoming(customer, 'approver');
    // Between the two somebody gives the other role back, too: both together nobody may hold.
    targets.vault.before = async ({ kind }) => {
      if (kind === 'remove')
        await roster.owner.db.execute(
          sql`update membership set given_roles = '{payer}' where person_id = ${customer.person} and until is null`,
        );
    };
    expect(await over(processId)).toMatchObject({ state: 'residue', people: { failed: 1 } });
    expect(await held(customer.person)).toEqual(asPayer);
    expect(await tasks(processId)).toEqual(['role-change conflicting-roles']);
  });

  it('is not given back to who is suspended meanwhile', async () => {
    const customer = await onboarded('payer');
    const processId = await becoming(customer, 'approver');
    refusing(begins('approve'));
    await page(processId);
    await db().execute(sql`update person set suspended_at = tenure_now() where id = ${customer.person}`);
    await over(processId);
    expect(await held(customer.person, sql`g.process_id = ${processId}`)).toEqual([]);
    expect(await tasks(processId)).toEqual(['role-change target-refused']);
  });

  it('waits for a newer change that is at work, and is not given back when that is through', async () => {
    const customer = await onboarded('payer');
    const processId = await becoming(customer, 'approver');
    refusing(begins('approve'));
    await page(processId);
    const newer = await becoming(customer, 'member');
    await page(processId);
    await page(processId);
    expect(await held(customer.person, sql`g.process_id = ${processId}`)).toEqual([]);
    refusing(() => false);
    expect(await over(newer)).toMatchObject({ state: 'done' });
    expect(await over(processId)).toMatchObject({ state: 'residue', people: { failed: 1 } });
    expect(await held(customer.person)).toEqual(['app:edit', 'app:sign-in', 'vault:read']);
    expect(await held(customer.person, sql`g.process_id = ${processId}`)).toEqual([]);
  });
});

describe('what ends without making room', () => {
  it('is untouched while what takes its place cannot begin', async () => {
    const customer = await onboarded('payer');
    const grants = () =>
      db().execute(
        sql`select id, state, end_at from access_grant where person_id = ${customer.person} order by id`,
      );
    const before = [...(await grants())];
    const processId = await becoming(customer, 'boss');
    refusing(begins('manage'));
    expect(await over(processId)).toMatchObject({ state: 'residue', people: { failed: 1 } });
    expect([...(await grants())].slice(0, before.length)).toEqual(before);
    refusing(() => false);
    expect(await over(await becoming(customer, 'boss'))).toMatchObject({ state: 'done' });
    expect(await held(customer.person)).toEqual([
      'app:edit',
      'app:manage',
      'app:sign-in',
      'vault:read',
      'vault:write',
    ]);
  });

  it.each([
    ['a customer does not pay', async () => undefined, 'dunning'],
    [
      'a customer is restricted',
      ({ id }: Customer) =>
        db().execute(sql`
          insert into contract (organization_id, content, dunning_state)
          values (${id}, '{"objects":{},"terms":{"state":"active","carrier":null}}', 'restricted')`),
      'contract',
    ],
  ] as const)('ends at once where %s, whatever fails, and stays gone', async (_, happens, cause) => {
    await roster.publish((active) => ({
      ...active,
      settings: { ...active.settings, restrictedRoles: ['manager'] },
    }));
    const customer = await onboarded('payer');
    await happens(customer);
    const processId = await becoming(customer, 'boss', cause);
    refusing(begins('manage'));
    expect(await over(processId)).toMatchObject({ state: 'residue', people: { failed: 1 } });
    expect(await held(customer.person)).not.toContain('app:pay');
  });

  it('ends at once where policy forbids it, whatever fails, and stays gone', async () => {
    const customer = await onboarded('member');
    await roster.publish((active) => ({
      ...active,
      resources: active.resources.map((one) =>
        one.key === 'vault' ? { ...one, region: 'us', classification: 'restricted' } : one,
      ),
    }));
    const processId = await becoming(customer, 'boss');
    refusing(begins('manage'));
    expect(await over(processId)).toMatchObject({ state: 'residue', people: { failed: 1 } });
    expect(await held(customer.person)).toEqual(['app:edit', 'app:sign-in']);
  });

  it('is not taken back when a target does not let it go: what has begun stays', async () => {
    const customer = await onboarded('payer');
    const processId = await becoming(customer, 'member');
    refusing((change) => change.kind === 'remove');
    expect(await over(processId)).toMatchObject({ state: 'residue', people: { failed: 1 } });
    expect(await held(customer.person)).toEqual(['app:edit', 'app:sign-in', 'vault:read']);
    expect(await tasks(processId)).toEqual(['role-change target-refused']);
  });
});

it('is gone first, and the other begins, where nothing fails', async () => {
  const customer = await onboarded('payer');
  expect(await over(await becoming(customer, 'approver'))).toMatchObject({ state: 'done' });
  expect(await held(customer.person)).toEqual(asApprover);
});
