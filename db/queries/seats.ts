import { sql } from 'drizzle-orm';
import type { Catalog } from '../../domain/catalog.ts';
import { seatLimitOf } from '../../domain/catalog-tier.ts';
import { TenureError } from '../../domain/errors.ts';
import { refusedSeat, seatsLeft } from '../../domain/seats.ts';
import { type Executor, together } from '../client.ts';
import { readActiveCatalog, readCatalogAt } from './catalog-revision.ts';
import { iso } from './instant.ts';

/** How many users a customer may have and has. */
export interface SeatsView {
  /** Null: any number, as is `left` then. */
  limit: number | null;
  used: number;
  left: number | null;
  /** What says the limit. */
  source: 'tier' | 'contract' | 'override';
  /** When an override ends, ISO 8601 UTC. */
  until: string | null;
}

/** What seats depend on, at an instant. */
type Seating = { key: string; tier: string; agreed: number | null; used: number; at: string };

/**
 * The seats of a customer now, or at an instant of the past (ISO 8601 UTC with milliseconds). What its contract agrees on is
 * always that of now. Null when there is no such customer to be seen.
 */
export async function readSeats(
  tx: Executor,
  organizationId: string,
  at: string | null = null,
): Promise<SeatsView | null> {
  const seating = await readSeating(tx, organizationId, at);
  if (!seating) return null;
  const { catalog } = at === null ? await readActiveCatalog(tx) : await readCatalogAt(tx, at);
  const { seats, by } = seatLimitOf(catalog, seating, seating.at);
  return {
    limit: seats,
    used: seating.used,
    left: seatsLeft(seats, seating.used),
    source: by.kind,
    until: by.kind === 'override' ? by.until : null,
  };
}

/**
 * Makes sure that so many users can be added to a customer, and keeps anybody else from adding some until the transaction
 * ends: the caller writes their memberships in it. Nothing is needed for the vendor's own people.
 * @throws TenureError `no-seat-left` in words for a customer's administrator; `not-found` when there is no such customer to
 * be seen
 */
export async function takeSeats(tx: Executor, organizationId: string, wanted: number): Promise<void> {
  // Sent together, read one after the other: who was added meanwhile is counted.
  const [kind, seating, { catalog }] = await together([
    holdKind(tx, organizationId),
    readSeating(tx, organizationId, null),
    readActiveCatalog(tx),
  ]);
  if (kind === 'vendor') return;
  if (!kind || !seating) throw new TenureError('not-found', 'There is nothing here that you may see.');
  const refused = refusedSeat(catalog, { customer: seating, used: seating.used, wanted }, seating.at);
  if (refused === null) return;
  const { seats } = seatLimitOf(catalog, seating, seating.at);
  throw new TenureError('no-seat-left', refused, [], { limit: seats, used: seating.used });
}

async function holdKind(tx: Executor, organizationId: string): Promise<string | undefined> {
  const rows = await tx.execute<{ kind: string }>(
    sql`select kind from organization where id = ${organizationId} for no key update`,
  );
  return rows[0]?.kind;
}

/** How many users can be added to a customer under this catalog; null: any number, or there is no such customer. */
export async function readSeatsLeft(
  tx: Executor,
  organizationId: string,
  catalog: Catalog,
): Promise<number | null> {
  const seating = await readSeating(tx, organizationId, null);
  return seating && seatsLeft(seatLimitOf(catalog, seating, seating.at).seats, seating.used);
}

async function readSeating(tx: Executor, organizationId: string, at: string | null): Promise<Seating | null> {
  const instant = sql`coalesce(${at}::timestamptz, (select tenure_now()))`;
  const rows = await tx.execute<Seating>(sql`
    select o.key, coalesce((select t.tier_key from contract_term t where t.organization_id = o.id and t."from" <= ${instant}
        and (t.until is null or t.until > ${instant}) order by t.seq desc limit 1), o.tier_key, '') as tier,
      (select c.seats from contract c where c.organization_id = o.id) as agreed,
      (select count(*)::int from membership m where m.organization_id = o.id and m."from" <= ${instant}
        and (m.until is null or m.until > ${instant})) as used, ${iso(instant)} as at
    from organization o where o.id = ${organizationId} and o.kind = 'customer'`);
  return rows[0] ?? null;
}
