import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { takeAwayPage } from '../../activities/processes/take-away.ts';
import { createReaper } from '../../activities/reaper.ts';
import { releaseFence } from '../../db/queries/fence-decision.ts';
import { createProcess, moveProcess, nudgeProcess, type ProcessWish } from '../../db/queries/process.ts';
import { actors } from '../../domain/audit-event.ts';
import { newId } from '../../domain/ids.ts';
import { workflowId } from '../../workflows/contract.ts';
import {
  confirmWelcomeOf,
  decideAsSita,
  hear,
  processBecomes,
  processMails,
  processTrail,
  prospect,
  someUsers,
  startProcess,
  tellProcess,
  unheardOf,
} from '../support/processes.ts';
import { heldBy } from '../support/process-stack.ts';
import { type SkippingStack, startSkippingStack } from '../support/skipping-stack.ts';
import { deliverNow } from '../support/story.ts';
import { eventually } from '../support/wait.ts';

const day = 24 * 60 * 60_000;

let stack: SkippingStack;

beforeAll(async () => {
  stack = await startSkippingStack();
});

afterAll(async () => {
  await stack?.stop();
});

const db = () => stack.ledger.db;

describe('a welcome to one of the vendor’s people', () => {
  it('goes to them alone, takes nothing from them, and everybody else who manages access is told where they do', async () => {
    const invited = async (email: string) => {
      const rows = await db().execute<{ id: string; organization_id: string }>(
        sql`select id, organization_id from person where email = ${email}`,
      );
      const [person] = rows;
      const wish: ProcessWish = { what: 'invitation' };
      const about = { organizationId: person?.organization_id ?? '', personId: person?.id ?? '' };
      const processId = await startProcess(db(), { kind: 'onboarding', ...about, wish });
      await deliverNow(stack);
      await processBecomes(db(), processId, 'confirming');
      const told = await db().execute<{ words: string }>(sql`
        select m.kind || ' ' || p.email as words from mail m join person p on p.id = m.to_person_id
        where m.process_id = ${processId} order by 1`);
      const roles = await db().execute(sql`
        select 1 from person_role where person_id = ${about.personId} and (until is null or until > tenure_now())`);
      expect(roles.length).toBeGreaterThan(0);
      await confirmWelcomeOf(db(), processId, email);
      await deliverNow(stack);
      await processBecomes(db(), processId, 'done');
      return told.map(({ words }) => words);
    };
    expect(await invited('sam@northwind.example')).toEqual(['welcome sam@northwind.example']);
    expect(await invited('ada@northwind.example')).toEqual([
      'colleague-invited omar@northwind.example',
      'welcome ada@northwind.example',
    ]);
  });
});

describe('an onboarding over weeks', () => {
  it('waits for the confirmations, reminds those who are silent, and is over when the last of them is there', async () => {
    const { organizationId, wish } = await prospect(db(), {
      name: 'Umbra & Söhne',
      people: someUsers(3, 'umbra.example'),
    });
    const processId = await startProcess(db(), { kind: 'onboarding', organizationId, wish });
    await deliverNow(stack);
    await processBecomes(db(), processId, 'confirming');
    const [customer] = await db().execute(sql`
      select key, name, tier_key, region, customer_type, onboarded_at is not null as onboarded from organization where id = ${organizationId}`);
    expect(customer).toEqual({
      key: 'umbra-sohne',
      name: 'Umbra & Söhne',
      tier_key: 'professional',
      region: 'us',
      customer_type: 'business',
      onboarded: true,
    });
    expect(await tellProcess(db(), processId)).toMatchObject({ people: { done: 3 }, tasks: [] });
    expect(new Set(stack.application.holdings().map(({ account }) => account)).size).toBe(3);
    expect(await processMails(db(), processId)).toEqual(['welcome', 'welcome', 'welcome']);

    await confirmWelcomeOf(db(), processId, 'user0@umbra.example');
    await deliverNow(stack);
    await stack.pass(2 * day + 60_000);
    expect((await processMails(db(), processId)).slice(3)).toEqual(['welcome-reminder', 'welcome-reminder']);
    await confirmWelcomeOf(db(), processId, 'user1@umbra.example');
    await deliverNow(stack);
    await stack.pass(3 * day);
    expect((await processMails(db(), processId)).slice(5)).toEqual(['welcome-reminder']);
    await confirmWelcomeOf(db(), processId, 'user2@umbra.example');
    await deliverNow(stack);
    await processBecomes(db(), processId, 'done');
    await stack.finished(processId, 'onboarding');
    expect(await processTrail(db(), processId)).toEqual([
      'process.asked',
      'process.started',
      'process.completed',
    ]);
  });

  it('ends without those whose links expired; they keep what they were given, and can be invited anew', async () => {
    const { organizationId, wish } = await prospect(db(), {
      name: 'Silent',
      people: someUsers(2, 'silent.example'),
    });
    const processId = await startProcess(db(), { kind: 'onboarding', organizationId, wish });
    await deliverNow(stack);
    await processBecomes(db(), processId, 'confirming');
    await stack.pass(6 * day);
    expect(await tellProcess(db(), processId)).toMatchObject({ state: 'confirming' });
    await stack.finished(processId, 'onboarding');
    expect(await tellProcess(db(), processId)).toMatchObject({
      state: 'done',
      people: { done: 2 },
      tasks: [],
    });
    expect(await processMails(db(), processId)).toEqual([
      ...Array.from({ length: 2 }, () => 'welcome'),
      ...Array.from({ length: 4 }, () => 'welcome-reminder'),
    ]);
    expect(await accountsOf(organizationId)).toBe(2);
  });

  it('writes to nobody where it shall not, e.g. to users who were adopted', async () => {
    const { organizationId, wish } = await prospect(db(), {
      name: 'Adopted',
      people: someUsers(2, 'adopted.example'),
    });
    const processId = await startProcess(db(), {
      kind: 'onboarding',
      organizationId,
      wish: { ...wish, welcome: false },
    });
    await deliverNow(stack);
    await processBecomes(db(), processId, 'done');
    expect(await processMails(db(), processId)).toEqual([]);
  });
});

describe('a customer that leaves', () => {
  async function customer(name: string): Promise<{ organizationId: string; wish: ProcessWish }> {
    const known = await prospect(db(), { name, people: someUsers(2, `${name.toLowerCase()}.example`) });
    const wish = { ...known.wish, welcome: false };
    const processId = await startProcess(db(), { kind: 'onboarding', ...known, wish });
    await deliverNow(stack);
    await processBecomes(db(), processId, 'done');
    expect(await accountsOf(known.organizationId)).toBe(2);
    return { ...known, wish };
  }

  const leaving = async (organizationId: string) => ({
    kind: 'offboarding' as const,
    organizationId,
    wish: { why: 'churn' as const },
    dueAt: new Date((await stack.now()) + 7 * day),
  });

  it('keeps everything for the grace and loses it all afterwards; won back, it begins clean', async () => {
    const { organizationId, wish } = await customer('Leaver');
    const processId = await startProcess(db(), await leaving(organizationId));
    await deliverNow(stack);
    await stack.pass(7 * day - 60_000);
    expect(await tellProcess(db(), processId)).toMatchObject({ state: 'waiting', people: {} });
    expect(await accountsOf(organizationId)).toBe(2);
    await stack.finished(processId, 'offboarding');
    expect(await tellProcess(db(), processId)).toMatchObject({ state: 'done', people: { done: 2 } });
    expect(await accountsOf(organizationId)).toBe(0);

    const again = await startProcess(db(), {
      kind: 'onboarding',
      organizationId,
      wish: { ...wish, again: true },
    });
    await deliverNow(stack);
    expect(await processBecomes(db(), again, 'done')).toMatchObject({ people: { done: 2 }, tasks: [] });
    expect(await accountsOf(organizationId)).toBe(2);
    const [people] = await db().execute(sql`
      select count(distinct p.id)::int as people, count(m.*)::int as memberships, count(m.*) filter (where m.until is null)::int as open
      from person p join membership m on m.person_id = p.id where p.organization_id = ${organizationId}`);
    expect(people).toEqual({ people: 2, memberships: 4, open: 2 });
  });

  it('and was held by a fence keeps its grace when it is released, whoever calls for its end', async () => {
    const { organizationId } = await customer('Released');
    const processId = await startProcess(db(), await leaving(organizationId));
    const [fence, item] = [newId('fence'), newId('item')];
    await db().transaction(async (tx) => {
      await tx.execute(sql`
        insert into fence (id, kind, subject, cause, "limit") values (${fence}, 'source', 'test', 'contract', 5)`);
      await tx.execute(sql`
        insert into fence_item (id, fence_id, process_id, organization_id, difference)
        values (${item}, ${fence}, ${processId}, ${organizationId}, '{"gain": [], "lose": []}')`);
      await moveProcess(tx, processId, ['waiting'], 'fenced');
    });
    await deliverNow(stack);
    // Between two looks at it: a signal in the very moment of a timer is more than the skipping server can take.
    await stack.pass(1.5 * day);
    await decideAsSita(db(), releaseFence, { fenceId: fence });
    await deliverNow(stack);
    await stack.pass(4.5 * day);
    const signal = AbortSignal.timeout(5_000);
    await takeAwayPage(stack.deps, processId, signal, () => undefined);
    expect(await accountsOf(organizationId)).toBe(2);
    await stack.finished(processId, 'offboarding');
    expect(await tellProcess(db(), processId)).toMatchObject({ state: 'done', people: { done: 2 } });
    expect(await accountsOf(organizationId)).toBe(0);
  });

  it('and comes back within the grace loses nothing: a newer process takes the place of the old one', async () => {
    const { organizationId } = await customer('Returner');
    const before = stack.application.holdings();
    const processId = await startProcess(db(), await leaving(organizationId));
    await deliverNow(stack);
    await stack.pass(3 * day);
    const newer = await db().transaction(async (tx) => {
      const wish = {
        kind: 'role-change',
        organizationId,
        cause: 'contract',
        wish: { what: 'contract' },
      } as const;
      const { id: by } = await createProcess(tx, { ...wish, actor: actors.engine, traceparent: null });
      await moveProcess(tx, processId, ['waiting'], 'discarded', { replacedBy: by });
      await nudgeProcess(tx, processId, 'discard', null);
      return by;
    });
    await deliverNow(stack);
    await processBecomes(db(), processId, 'discarded');
    await stack.finished(processId, 'offboarding');
    await processBecomes(db(), newer, 'done');
    await stack.pass(10 * day);
    expect(stack.application.holdings()).toEqual(before);
    expect(await processTrail(db(), processId)).toEqual(['process.asked', 'process.discarded']);
  });
});

describe('somebody with an end', () => {
  it('keeps what they have until it comes, whenever it is moved to, and then leaves by a process that hands over', async () => {
    const person = newId('person');
    const endAt = async (days: number) =>
      db().execute(sql`
        update person set ends_at = ${new Date((await stack.now()) + days * day).toISOString()}::timestamptz where id = ${person}`);
    await db().execute(sql`
      insert into person (id, organization_id, email, name, employment)
      select ${person}, id, 'con@northwind.example', 'Con', 'contractor' from organization where kind = 'vendor'`);
    await db().execute(sql`update person set manager_id = ${person} where email = 'mei@northwind.example'`);
    const reaper = createReaper(stack.deps, 8);
    const leaving = async () => {
      await reaper.round();
      await reaper.settled();
      return [
        ...(await db().execute<{ id: string; state: string }>(
          sql`select id, state from process where person_id = ${person} and kind = 'offboarding'`,
        )),
      ];
    };
    await endAt(30);
    await stack.pass(29 * day);
    expect(await leaving()).toEqual([]);
    await endAt(60);
    await stack.pass(59 * day);
    expect(await leaving()).toEqual([]);
    await stack.pass(day + 60_000);
    // Temporal has heard of nothing yet: they are out all the same.
    const [process] = await leaving();
    expect(process).toMatchObject({ state: 'waiting' });
    const [out] = await db().execute(
      sql`select offboarded_at is not null as gone, suspended_at is not null as out from person where id = ${person}`,
    );
    expect(out).toEqual({ gone: true, out: true });
    await deliverNow(stack);
    const story = await processBecomes(db(), process?.id ?? '', 'done');
    expect(story).toMatchObject({ people: { done: 1 }, tasks: ['handover'] });
    expect(await processMails(db(), process?.id ?? '')).toEqual(['handover']);
    expect(await leaving()).toHaveLength(1);
  });
});

describe('a customer by its events', () => {
  it('is onboarded, restricted and suspended for not paying, back when it pays, and gone when it never does', async () => {
    const organizationId = await unheardOf(db());
    const say = async (fact: Omit<Parameters<typeof hear>[2], 'occurredAt'>) => {
      await stack.pass(1_000);
      await hear(db(), organizationId, { occurredAt: new Date(await stack.now()).toISOString(), ...fact });
      await deliverNow(stack);
    };
    const people = someUsers(2, 'dunned.example');
    await say({ status: 'active', tier: 'professional', region: 'us', people, customer: named('Dunned') });
    await eventually('its access', async () => (await entitlementsOf(organizationId)).length === 5);

    await say({ status: 'past_due', payment: 'failed' });
    await stack.pass(day);
    expect(await mailsTo(organizationId)).toContain('payment-failed');
    expect(await entitlementsOf(organizationId)).toHaveLength(5);
    await stack.pass(7 * day);
    await eventually(
      'what is left',
      async () => (await entitlementsOf(organizationId)).join() === 'sign-in,view',
    );
    await stack.pass(14 * day);
    await eventually('nothing', async () => (await entitlementsOf(organizationId)).length === 0);

    await say({ status: 'active', payment: 'paid' });
    await eventually('all of it', async () => (await entitlementsOf(organizationId)).length === 5);
    expect(await accountsOf(organizationId)).toBe(2);

    await say({ status: 'past_due', payment: 'failed' });
    await stack.pass(46 * day);
    const gone = sql`
      select from organization where id = ${organizationId} and offboarded_at is not null and suspended_at is not null`;
    await eventually('its end', async () => (await db().execute(gone)).length > 0);
    expect(await entitlementsOf(organizationId)).toEqual([]);
    const open = sql`select from process where organization_id = ${organizationId} and settled_at is null`;
    expect(await db().execute(open)).toHaveLength(0);
  });
});

describe('a customer that moves', () => {
  it('loses by its contract’s event what policy lets nobody hold there, and has it again when it comes back', async () => {
    const organizationId = await unheardOf(db());
    const say = async (region: string) => {
      await stack.pass(1_000);
      const occurredAt = new Date(await stack.now()).toISOString();
      const people = someUsers(2, 'mover.example');
      const fact = {
        status: 'active',
        tier: 'professional',
        region,
        people,
        customer: named('Mover'),
      } as const;
      await hear(db(), organizationId, { occurredAt, ...fact });
      await deliverNow(stack);
    };
    const classified = (classification: string, region: string) =>
      db().execute(
        sql`update resource set classification = ${classification}, region = ${region} where key = 'northwind-app'`,
      );
    await classified('restricted', 'us');
    try {
      await say('us');
      await eventually('its access', async () => (await entitlementsOf(organizationId)).length === 5);
      await say('eu');
      await eventually('nothing there, and its record', async () => {
        const open = await db().execute(sql`
          select from access_grant where holder_organization_id = ${organizationId} and state in ('provisioning', 'held')`);
        return open.length === 0 && (await entitlementsOf(organizationId)).length === 0;
      });
      const [now] = await db().execute(sql`
        select (select count(*)::int from membership m where m.organization_id = o.id and m.until is null) as users,
          o.region, o.suspended_at is null as open from organization o where o.id = ${organizationId}`);
      expect(now).toEqual({ users: 2, region: 'eu', open: true });
      await say('us');
      await eventually('all of it again', async () => (await entitlementsOf(organizationId)).length === 5);
      expect(await accountsOf(organizationId)).toBe(2);
      const made = await db().execute<{ kind: string; state: string }>(sql`
        select kind, state from process where organization_id = ${organizationId} order by id`);
      await eventually('the end of the last', async () => {
        const open = await db().execute(
          sql`select from process where organization_id = ${organizationId} and kind = 'role-change' and state <> 'done'`,
        );
        return open.length === 0;
      });
      expect(made.map(({ kind }) => kind)).toEqual(['onboarding', 'role-change', 'role-change']);
    } finally {
      await classified('confidential', 'eu');
    }
  });
});

describe('a customer with nothing to say', () => {
  it('costs the engine nothing after a day, and the next event is taken by its next run', async () => {
    const organizationId = await unheardOf(db());
    const say = async (status: 'pending' | 'active') => {
      const occurredAt = new Date(await stack.now()).toISOString();
      await hear(db(), organizationId, { occurredAt, status, customer: named('Quiet') });
      await deliverNow(stack);
    };
    await say('pending');
    await stack.pass(day + 60_000);
    await stack.finished(organizationId, 'customer');
    await say('active');
    const run = workflowId('customer', organizationId, 2);
    await eventually('its next run', () =>
      stack.env.client.workflow
        .getHandle(run)
        .describe()
        .catch(() => null),
    );
    const heard = sql`select from contract where organization_id = ${organizationId} and state = 'active'`;
    await eventually('the event', async () => (await db().execute(heard)).length > 0);
  });
});

const named = (name: string) => ({ id: name, key: null, name });

/** What anybody of that customer holds in the vendor's application. */
async function entitlementsOf(organizationId: string): Promise<string[]> {
  const held = await heldBy(stack, organizationId);
  return [...new Set(held.map(({ entitlement }) => entitlement))].sort();
}

/** How many of that customer have an account in it. */
async function accountsOf(organizationId: string): Promise<number> {
  return new Set((await heldBy(stack, organizationId)).map(({ account }) => account)).size;
}

async function mailsTo(organizationId: string): Promise<string[]> {
  const rows = await db().execute<{ kind: string }>(
    sql`select kind from mail where organization_id = ${organizationId} order by id`,
  );
  return rows.map(({ kind }) => kind);
}
