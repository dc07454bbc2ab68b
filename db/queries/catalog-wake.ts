import { sql } from 'drizzle-orm';
import { type Catalog, overrideKey } from '../../domain/catalog.ts';
import { seatLimitOf, type TieredCustomer } from '../../domain/catalog-tier.ts';
import type { Executor } from '../client.ts';
import { createProcesses, type NewProcess } from './process.ts';

/**
 * Has the workflows of those customers look again to whom a change of the catalog matters though nobody gains or loses by it:
 * they have other seats, or for another time, or something of theirs waits for a time that the settings say. The relay
 * tells them.
 */
async function wakeConcerned(tx: Executor, before: Catalog, after: Catalog, now: string): Promise<void> {
  const customers = await tx.execute<{
    id: string;
    key: string;
    tier: string;
    agreed: number | null;
    waits: boolean;
  }>(sql`
    select o.id, o.key, coalesce(o.tier_key, '') as tier, c.seats as agreed, c.wake_at is not null as waits
    from contract c join organization o on o.id = c.organization_id
    where o.onboarded_at is not null and o.offboarded_at is null`);
  const hasOtherTimes = JSON.stringify(before.settings) !== JSON.stringify(after.settings);
  const concerned = customers.filter(
    (one) => (hasOtherTimes && one.waits) || seatsInWords(before, one, now) !== seatsInWords(after, one, now),
  );
  if (concerned.length === 0) return;
  await tx.execute(sql`
    insert into outbox (kind, subject_id, message, due_at)
    select 'engine', c.organization_id, jsonb_build_object('signal', 'nudge', 'id', c.organization_id,
      'organization', c.organization_id, 'run', c.engine_run), tenure_now()
    from contract c where c.organization_id in
      (select value from jsonb_array_elements_text(${JSON.stringify(concerned.map((one) => one.id))}::jsonb))`);
}

function seatsInWords(
  catalog: Catalog,
  customer: TieredCustomer & { agreed: number | null },
  now: string,
): string {
  const { seats, by } = seatLimitOf(catalog, customer, now);
  return `${seats} until ${by.kind === 'override' ? by.until : 'another word'}`;
}

/** Who changed the catalog, and why, as the processes that follow from it say. */
export type CatalogChangeStory = Pick<NewProcess, 'requestedBy' | 'actor' | 'reason' | 'traceparent'>;

/** What a change of the catalog leads to later: role changes when exceptions end, and another look at seats and times. */
export async function prepareForLater(
  tx: Executor,
  change: { before: Catalog; after: Catalog; now: string; story: CatalogChangeStory },
): Promise<void> {
  const { before, after, now, story } = change;
  const ends = await readRoleEnds(tx, before, after, now);
  await createProcesses(
    tx,
    ends.map(({ organizationId, until: dueAt }) => ({
      ...story,
      kind: 'role-change',
      cause: 'end-date',
      wish: { what: 'catalog' },
      organizationId,
      dueAt,
    })),
  );
  await wakeConcerned(tx, before, after, now);
}

/** When exceptions that allow a role end, of those that a change of the catalog brought or moved: who has it loses it then. */
async function readRoleEnds(
  tx: Executor,
  before: Catalog,
  after: Catalog,
  now: string,
): Promise<{ organizationId: string; until: Date }[]> {
  const former = new Map(before.overrides.map((one) => [overrideKey(one), one.until]));
  const ends = after.overrides.filter(
    (one) => one.what.kind === 'role' && now < one.until && former.get(overrideKey(one)) !== one.until,
  );
  if (ends.length === 0) return [];
  const rows = await tx.execute<{ id: string; key: string }>(sql`
    select id, key from organization where key in
      (select value from jsonb_array_elements_text(${JSON.stringify(ends.map((one) => one.customer))}::jsonb))`);
  const ids = new Map(rows.map((row) => [row.key, row.id]));
  return ends.flatMap(({ customer, until }) => {
    const organizationId = ids.get(customer);
    return organizationId === undefined ? [] : [{ organizationId, until: new Date(until) }];
  });
}
