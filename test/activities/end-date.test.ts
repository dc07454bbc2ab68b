import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { assessProcess } from '../../activities/processes/assess.ts';
import { drawUpProcess } from '../../activities/processes/draw-up.ts';
import { takeAwayPage } from '../../activities/processes/take-away.ts';
import { createReaper } from '../../activities/reaper.ts';
import { newId } from '../../domain/ids.ts';
import { memoryTarget, type MemoryTarget, sharedMemoryTarget } from '../support/memory-connector.ts';
import { processTrail, tellProcess } from '../support/processes.ts';
import { bringAll, type Roster, startRoster } from '../support/roster.ts';
import { eventually } from '../support/wait.ts';

// Whoever has an end leaves by it: the reaper alone begins that, with neither Temporal nor a worker.

const targets: Record<'app' | 'vault', MemoryTarget> = { app: sharedMemoryTarget(), vault: memoryTarget() };
let roster: Roster;

beforeAll(async () => {
  roster = await startRoster(targets);
});
beforeEach(() => {
  for (const target of Object.values(targets)) target.before = async () => undefined;
});
afterAll(() => roster?.stop());

const db = () => roster.ledger.db;

/** One round of the reaper, and all that it has begun. */
async function reap(): Promise<void> {
  const reaper = createReaper(roster.deps, 8);
  await reaper.round();
  await reaper.settled();
}

/** Somebody of the vendor with an end in so many seconds. */
async function colleague(inSeconds: number): Promise<string> {
  const id = newId('person');
  await db().execute(sql`
    insert into person (id, organization_id, email, name, employment, ends_at)
    values (${id}, ${roster.vendorId}, ${`${id}@vendor.example`}, 'Con Tractor', 'contractor',
      tenure_now() + ${inSeconds} * interval '1 second')`);
  await db().execute(sql`
    insert into person_role (person_id, role_id, organization_id) select ${id}, id, ${roster.vendorId} from role where key = 'viewer'`);
  return id;
}

const endsIn = (personId: string, inSeconds: number | null) =>
  db().execute(
    sql`update person set ends_at = tenure_now() + ${inSeconds} * interval '1 second' where id = ${personId}`,
  );

type Leaving = { id: string; state: string; cause: string; wish: unknown; by: string | null };

async function leavingsOf(personId: string): Promise<Leaving[]> {
  return [
    ...(await db().execute<Leaving>(sql`
      select id, state, cause, wish, requested_by as by from process where person_id = ${personId} and kind = 'offboarding'`)),
  ];
}

async function hasLeft(personId: string): Promise<boolean> {
  const rows = await db().execute(
    sql`select from person where id = ${personId} and offboarded_at is not null and suspended_at is not null`,
  );
  return rows.length > 0;
}

describe('at the end that was written down for somebody', () => {
  it('they leave by themselves: roles, membership and all that they hold end at once, and one process follows', async () => {
    const { id: organizationId, people } = await roster.customer({ users: 2 });
    await bringAll(roster.deps, await roster.process({ organizationId, people }));
    const [user = '', other = ''] = people;
    await endsIn(user, -1);
    await Promise.all([reap(), reap()]);
    const [leaving, ...more] = await leavingsOf(user);
    expect(more).toEqual([]);
    expect(leaving).toMatchObject({ cause: 'end-date', wish: { why: 'end-date' }, by: null });
    expect(await hasLeft(user)).toBe(true);
    expect(await hasLeft(other)).toBe(false);
    await eventually('nothing is held any more', async () => {
      await reap();
      const open = await db().execute(
        sql`select from access_grant where person_id = ${user} and state in ('provisioning', 'held')`,
      );
      return open.length === 0;
    });
    const members = await db().execute(
      sql`select from membership where organization_id = ${organizationId} and until is null`,
    );
    expect(members).toHaveLength(1);
    expect(await processTrail(db(), leaving?.id ?? '')).toEqual(['process.asked']);
    expect(await processTrail(db(), user)).toContain('person.offboarded');
    await reap();
    expect(await leavingsOf(user)).toHaveLength(1);
  });

  it('what they own is handed over, whom they manage too, and the process comes to its end', async () => {
    const person = await colleague(-1);
    const report = await colleague(3_600);
    await roster.owner.db.execute(sql`update resource set owner_person_id = ${person} where key = 'vault'`);
    await db().execute(sql`update person set manager_id = ${person} where id = ${report}`);
    await reap();
    const [{ id: processId } = { id: '' }] = await leavingsOf(person);
    await drawUpProcess(roster.deps, processId, () => undefined);
    await takeAwayPage(roster.deps, processId, new AbortController().signal, () => undefined);
    await assessProcess(roster.deps, processId);
    expect(await tellProcess(db(), processId)).toMatchObject({ state: 'done', tasks: ['handover'] });
    const [after] = await db().execute(sql`
      select (select p.email from resource r join person p on p.id = r.owner_person_id where r.key = 'vault') as owner,
        (select manager_id from person where id = ${report}) as manager`);
    expect(after).toEqual({ owner: 'omar@vendor.example', manager: null });
  });

  it('and neither before, nor when it was moved or taken back in time', async () => {
    const [later, moved, lifted] = [await colleague(60), await colleague(1), await colleague(1)];
    await endsIn(moved, 60);
    await endsIn(lifted, null);
    await eventually('a second has passed', async () => {
      const rows = await db().execute(
        sql`select where (select max(created_at) from person) < tenure_now() - interval '1.2 seconds'`,
      );
      return rows.length > 0;
    });
    await reap();
    for (const person of [later, moved, lifted]) {
      expect(await leavingsOf(person)).toEqual([]);
      expect(await hasLeft(person)).toBe(false);
    }
    await endsIn(moved, -1);
    await reap();
    expect(await leavingsOf(moved)).toHaveLength(1);
  });

  it('many at once are held by the fence beyond its limit: suspended, until a second person lets them go', async () => {
    const { id: organizationId, people } = await roster.customer({ users: 9 });
    await bringAll(roster.deps, await roster.process({ organizationId, people }));
    await db().execute(
      sql`update person set ends_at = tenure_now() where organization_id = ${organizationId}`,
    );
    await reap();
    const standing = async () => {
      const [row] = await db().execute(sql`
        select count(*) filter (where offboarded_at is not null)::int as gone,
          count(*) filter (where offboarded_at is null and suspended_at is not null)::int as suspended,
          count(*) filter (where suspended_at is null)::int as here
        from person where organization_id = ${organizationId}`);
      return row;
    };
    expect(await standing()).toEqual({ gone: 5, suspended: 4, here: 0 });
    const held = [
      ...(await db().execute<{ id: string; person: string }>(sql`
        select id, person_id as person from process where organization_id = ${organizationId} and state = 'fenced' order by id`)),
    ];
    expect(held).toHaveLength(4);
    // One is let go, one dropped, and of one the date was wrong.
    const [released, discarded, moved] = held;
    const decide = async (one: typeof released, state: string) => {
      await roster.owner.db.execute(sql`alter table fence_item disable trigger guard_fence_item`);
      await db().execute(sql`update fence_item set state = ${state} where process_id = ${one?.id ?? ''}`);
      await roster.owner.db.execute(sql`alter table fence_item enable trigger guard_fence_item`);
    };
    await decide(released, 'released');
    await assessProcess(roster.deps, released?.id ?? '');
    await takeAwayPage(roster.deps, released?.id ?? '', new AbortController().signal, () => undefined);
    expect(await hasLeft(released?.person ?? '')).toBe(true);
    await decide(discarded, 'discarded');
    await assessProcess(roster.deps, discarded?.id ?? '');
    expect((await tellProcess(db(), discarded?.id ?? '')).state).toBe('discarded');
    await endsIn(moved?.person ?? '', 3_600);
    await reap();
    expect(await tellProcess(db(), moved?.id ?? '')).toMatchObject({
      state: 'discarded',
      lastError: 'end-moved',
    });
    const back = await db().execute(sql`
      select from person where id = ${moved?.person ?? ''} and suspended_at is null and offboarded_at is null`);
    expect(back).toHaveLength(1);
    // Whom somebody has dropped stays dropped, as long as nobody says another date.
    await reap();
    expect(await leavingsOf(discarded?.person ?? '')).toHaveLength(1);
    await endsIn(discarded?.person ?? '', -1);
    await reap();
    expect(await leavingsOf(discarded?.person ?? '')).toHaveLength(2);
  });

  it('and whoever cannot leave keeps nobody else from it', async () => {
    const [stuck, next] = [await colleague(-10), await colleague(-5)];
    await roster.owner.db.execute(sql`create function stuck() returns trigger language plpgsql as
      $$ begin raise exception 'stuck'; end $$`);
    await roster.owner.db.execute(sql`create trigger stuck before insert on process for each row
      when (new.person_id = ${sql.raw(`'${stuck}'`)}) execute function stuck()`);
    await reap();
    expect(await hasLeft(stuck)).toBe(false);
    expect(await hasLeft(next)).toBe(true);
    await roster.owner.db.execute(sql`drop function stuck() cascade`);
    await reap();
    expect(await hasLeft(stuck)).toBe(true);
  });
});
