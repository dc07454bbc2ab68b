import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Executor, within } from '../../db/client.ts';
import { readSeats, takeSeats } from '../../db/queries/seats.ts';
import { TenureError } from '../../domain/errors.ts';
import { newId } from '../../domain/ids.ts';
import { type EphemeralLedger, ephemeralLedger } from '../support/ledger.ts';

let ledger: EphemeralLedger;
beforeAll(async () => {
  ledger = await ephemeralLedger();
});
afterAll(() => ledger?.stop());

const db = () => ledger.system.db;

/** A customer of a tier of the example, with so many users. */
async function customer(tier: string, users = 0): Promise<string> {
  const id = newId('org');
  await db().execute(sql`
    insert into organization (id, key, kind, name, region, tier_key, onboarded_at)
    values (${id}, ${id.slice(4)}, 'customer', 'Somebody', 'eu', ${tier}, tenure_now())`);
  for (let user = 0; user < users; user++) await addUser(db(), id);
  return id;
}

async function addUser(tx: Executor, organizationId: string): Promise<string> {
  const id = newId('person');
  await tx.execute(sql`
    insert into person (id, organization_id, email, name, employment)
    values (${id}, ${organizationId}, ${`${id}@somebody.example`}, 'A user', 'customer')`);
  await tx.execute(sql`
    insert into membership (person_id, organization_id, origin) values (${id}, ${organizationId}, 'administrator')`);
  return id;
}

const add = (organizationId: string, wanted = 1) =>
  db().transaction(async (tx) => {
    await takeSeats(tx, organizationId, wanted);
    for (let user = 0; user < wanted; user++) await addUser(tx, organizationId);
  });

const agree = (organizationId: string, seats: number) =>
  db().execute(sql`
    insert into contract (organization_id, content, seats) values (${organizationId}, '{}', ${seats})
    on conflict (organization_id) do update set seats = excluded.seats`);

describe('seats', () => {
  it('are never more than there are, however many users are added at once', async () => {
    const id = await customer('free');
    const tried = await Promise.allSettled(Array.from({ length: 50 }, () => add(id)));
    const refused = tried.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    expect(tried.length - refused.length).toBe(3);
    for (const reason of refused) {
      expect(reason).toBeInstanceOf(TenureError);
      expect(reason).toMatchObject({ code: 'no-seat-left', extra: { limit: 3, used: 3 } });
    }
    expect(await readSeats(db(), id)).toEqual({ limit: 3, used: 3, left: 0, source: 'tier', until: null });
  });

  it('are refused in words that say what to do', async () => {
    const id = await customer('free', 3);
    await expect(add(id)).rejects.toMatchObject({
      detail:
        'All 3 seats of the Free tier are used. Remove a user, or upgrade to Professional for 25 seats.',
    });
    await expect(add(await customer('free', 2), 2)).rejects.toMatchObject({
      detail: expect.stringContaining('1 of 3 seats of the Free tier is left, not 2.'),
    });
  });

  it('are free again when somebody leaves', async () => {
    const id = await customer('free', 3);
    await db().execute(sql`
      update membership set until = tenure_now() where seq = (select min(seq) from membership where organization_id = ${id})`);
    await add(id);
    await expect(add(id)).rejects.toMatchObject({ code: 'no-seat-left' });
  });

  it('are what the contract agrees on, else the tier’s; a number for everybody is no limit', async () => {
    const id = await customer('free', 3);
    await agree(id, 5);
    await add(id, 2);
    expect(await readSeats(db(), id)).toMatchObject({ limit: 5, used: 5, left: 0, source: 'contract' });
    await expect(add(id)).rejects.toMatchObject({ code: 'no-seat-left' });
    await agree(id, 4);
    expect(await readSeats(db(), id)).toMatchObject({ limit: 4, used: 5, left: 0 });
    const unlimited = await customer('enterprise', 4);
    await add(unlimited, 30);
    expect(await readSeats(db(), unlimited)).toMatchObject({ limit: null, used: 34, left: null });
  });

  it('can be asked as they were', async () => {
    const id = await customer('free', 1);
    const [then] = await db().execute<{ at: string }>(
      sql`select to_char(tenure_now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at`,
    );
    await new Promise((resolve) => setTimeout(resolve, 5));
    await db().execute(sql`update organization set tier_key = 'professional' where id = ${id}`);
    await add(id);
    expect(await readSeats(db(), id, then?.at)).toMatchObject({ limit: 3, used: 1 });
    expect(await readSeats(db(), id)).toMatchObject({ limit: 25, used: 2 });
  });

  it('are nobody’s business but the customer’s and the vendor’s, and the vendor’s own people need none', async () => {
    const [gus] = await db().execute<{
      personId: string;
      organizationId: string;
      acme: string;
      vendor: string;
    }>(sql`
      select id as "personId", organization_id as "organizationId", (select id from organization where key = 'acme') as acme,
        tenure_vendor() as vendor from person where email = 'gus@globex.example'`);
    if (!gus) throw new RangeError('Gus is not there.');
    const scope = { personId: gus.personId, organizationId: gus.organizationId, reach: 'own' } as const;
    expect(await within(ledger.app, scope, (tx) => readSeats(tx, gus.acme))).toBeNull();
    await expect(within(ledger.app, scope, (tx) => takeSeats(tx, gus.acme, 1))).rejects.toMatchObject({
      code: 'not-found',
    });
    await within(ledger.app, scope, (tx) => takeSeats(tx, gus.organizationId, 1));
    await db().transaction((tx) => takeSeats(tx, gus.vendor, 1_000));
  });
});
