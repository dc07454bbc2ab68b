import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writePagePlan } from '../../activities/processes/bring-about.ts';
import { wantShared } from '../../db/queries/account.ts';
import { choosePage, lockPeople } from '../../db/queries/standing.ts';
import { confirmPage } from '../../db/queries/standing-confirm.ts';
import { confirmStandingEnded } from '../../db/queries/standing-end.ts';
import { actors } from '../../domain/audit-event.ts';
import { memoryTarget, sharedMemoryTarget } from '../support/memory-connector.ts';
import { refusal } from '../support/ledger-roles.ts';
import { type Customer, type Roster, startRoster } from '../support/roster.ts';

// What stands in the ledger about standing access, and who waits for whom.

let roster: Roster;

beforeAll(async () => {
  roster = await startRoster({ app: sharedMemoryTarget(), vault: memoryTarget() });
});

afterAll(() => roster?.stop());

const db = () => roster.ledger.db;

async function planned(users = 1): Promise<{ customer: Customer; processId: string }> {
  const customer = await roster.customer({ users });
  const processId = await roster.process({ organizationId: customer.id, people: customer.people });
  await writePagePlan(roster.deps, processId, customer.people);
  return { customer, processId };
}

async function grants(processId: string) {
  const rows = await db().execute<{ id: string; state: string; endedBy: string | null; begun: boolean }>(sql`
    select id, state, ended_by as "endedBy", begun_at is not null as begun from access_grant where process_id = ${processId} order by id`);
  return [...rows];
}

function confirm(
  processId: string,
  people: readonly { personId: string; error: string | null; isFinal?: boolean }[],
  lists: { held?: readonly string[]; gone?: readonly string[] } = {},
): Promise<string[]> {
  return confirmPage(db(), {
    processId,
    personIds: people.map((one) => one.personId),
    held: lists.held ?? [],
    gone: lists.gone ?? [],
    people: people.map((one) => ({ aim: 'give', isUnfinished: false, isFinal: false, ...one })),
    limitMs: 60_000,
    givesBack: true,
  });
}

describe('a page', () => {
  it('is of those whom nothing was tried for, then of those tried least often', async () => {
    const customer = await roster.customer({ users: 6 });
    const processId = await roster.process({ organizationId: customer.id, people: customer.people });
    const [a, b, c, d, e, f] = customer.people;
    await db().execute(sql`update process_person set state = 'applying', tries = case person_id when ${a} then 5 else 1 end
      where process_id = ${processId} and person_id in (${a}, ${b})`);
    await db().execute(
      sql`update process_person set state = 'done' where process_id = ${processId} and person_id = ${c}`,
    );
    const page = (limit: number) =>
      choosePage(db(), processId, { first: ['waiting'], next: ['applying'] }, limit);
    expect(await page(2)).toEqual([d, e]);
    expect(await page(4)).toEqual([d, e, f, b]);
    expect(await page(200)).toEqual([d, e, f, b, a]);
  });

  it('waits for whoever removes one of its people, and gives them nothing then', async () => {
    const customer = await roster.customer({ users: 2 });
    const [leaver = ''] = customer.people;
    const processId = await roster.process({ organizationId: customer.id, people: customer.people });
    let writing: Promise<unknown> = Promise.resolve();
    await db().transaction(async (tx) => {
      await lockPeople(tx, [leaver]);
      writing = writePagePlan(roster.deps, processId, customer.people);
      await tx.execute(
        sql`update person set suspended_at = tenure_now(), offboarded_at = tenure_now() where id = ${leaver}`,
      );
    });
    await writing;
    const given = await db().execute<{ person: string }>(
      sql`select distinct person_id as person from access_grant where process_id = ${processId}`,
    );
    expect(given.map((row) => row.person)).toEqual(customer.people.slice(1));
  });

  it('is written whole or not at all', async () => {
    const customer = await roster.customer({ users: 3 });
    const processId = await roster.process({ organizationId: customer.id, people: customer.people });
    const owner = roster.owner.db;
    await owner.execute(
      sql`create function broken() returns trigger language plpgsql as $$ begin raise exception 'broken'; end $$`,
    );
    await owner.execute(
      sql`create trigger broken before insert on audit_event for each row execute function broken()`,
    );
    try {
      await expect(writePagePlan(roster.deps, processId, customer.people)).rejects.toThrow();
    } finally {
      await owner.execute(sql`drop function broken() cascade`);
    }
    expect(await grants(processId)).toEqual([]);
    const roles = await db().execute(sql`select 1 from person_role where organization_id = ${customer.id}`);
    expect(roles).toEqual([]);
  });
});

describe('what was read back', () => {
  it('is written once, and of what has ended meanwhile not at all', async () => {
    const { customer, processId } = await planned();
    const [personId = ''] = customer.people;
    const held = (await grants(processId)).map((one) => one.id);
    const [ending = ''] = held;
    await db().execute(
      sql`update access_grant set end_at = tenure_now(), end_order = 'revocation' where id = ${ending}`,
    );
    await confirm(processId, [{ personId, error: null }], { held });
    await confirm(processId, [{ personId, error: null }], { held });
    expect((await grants(processId)).map((one) => one.state)).toEqual(['provisioning', 'held', 'held']);
    const begun = await db().execute(sql`
      select 1 from audit_event where type = 'grant.begun' and grant_id in (select id from access_grant where process_id = ${processId})`);
    expect(begun).toHaveLength(2);
  });

  it('that was held and is rolled back has ended, and what never began has failed', async () => {
    const { customer, processId } = await planned();
    const [personId = ''] = customer.people;
    const all = (await grants(processId)).map((one) => one.id);
    const [first = ''] = all;
    await confirm(processId, [], { held: [first] });
    expect(await confirm(processId, [{ personId, error: 'target-refused', isFinal: true }])).toEqual([
      personId,
    ]);
    await confirmStandingEnded(db(), all, actors.reaper);
    expect(await grants(processId)).toMatchObject([
      { state: 'ended', endedBy: 'rollback', begun: true },
      { state: 'failed', endedBy: 'rollback', begun: false },
      { state: 'failed', endedBy: 'rollback', begun: false },
    ]);
  });

  it('says nothing of what is not due', async () => {
    const { processId } = await planned();
    const all = (await grants(processId)).map((one) => one.id);
    await confirmStandingEnded(db(), all, actors.reaper);
    expect((await grants(processId)).map((one) => one.state)).toEqual(all.map(() => 'provisioning'));
  });
});

describe('the numbers of a shared account', () => {
  it('grow with every look, of many accounts at once as of one', async () => {
    const { customer, processId } = await planned(2);
    const refs = await db().execute<{ resourceId: string; account: string }>(sql`
      select distinct g.resource_id as "resourceId", g.account from access_grant g join resource r on r.id = g.resource_id
      where g.process_id = ${processId} and r.key = 'app' order by g.account`);
    expect(refs.map((one) => one.account)).toEqual(customer.people);
    const looks = await Promise.all(
      Array.from({ length: 8 }, (_, at) => wantShared(db(), at % 2 === 0 ? refs : refs.toReversed())),
    );
    const numbers = looks.map(
      (look) => look.find((one) => one?.holder?.email.startsWith(customer.people[0] ?? ' '))?.number,
    );
    expect(new Set(numbers)).toEqual(new Set([1, 2, 3, 4, 5, 6, 7, 8]));
  });

  it('stand for nothing where nothing is open', async () => {
    const { processId } = await planned();
    const [ref] = await db().execute<{ resourceId: string }>(
      sql`select resource_id as "resourceId" from access_grant where process_id = ${processId}`,
    );
    expect(await wantShared(db(), [{ resourceId: ref?.resourceId ?? '', account: 'nobody' }])).toEqual([
      null,
    ]);
  });
});

it('moves no end of held standing access without its renewal', async () => {
  const { processId } = await planned();
  const all = (await grants(processId)).map((one) => one.id);
  await confirm(processId, [], { held: all });
  const moved = db().execute(
    sql`update access_grant set until = until + interval '1 day' where id = ${all[0] ?? ''}`,
  );
  expect(await refusal(moved)).toBe('TN013');
});
