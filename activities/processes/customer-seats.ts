import { haveLostSeats, listAdministrators, listSeatHolders } from '../../db/queries/contract.ts';
import { queueMail } from '../../db/queries/mail.ts';
import { createProcess } from '../../db/queries/process.ts';
import { actors } from '../../domain/audit-event.ts';
import { seatsOf } from '../../domain/catalog-tier.ts';
import { stands } from '../../domain/contract-effects.ts';
import { losingSeats } from '../../domain/seats.ts';
import { graceOf, type Made, type Step } from './customer-scene.ts';

/** Since when there are more users than seats, and when some lose theirs. ISO 8601 UTC. */
export interface SeatsStepped {
  since: string | null;
  nextAt: string | null;
  made: Made[];
}

const enough: SeatsStepped = { since: null, nextAt: null, made: [] };

/**
 * More users than seats keep their access for the configured grace, of which the administrators are told; then some leave in
 * the order of `domain/seats.ts`, each as by a removal. Whoever adds seats or removes users before undoes it.
 */
export async function stepSeats(the: Step): Promise<SeatsStepped> {
  const { tx, was, contract, catalog } = the;
  const { terms } = contract;
  if (was.standing !== 'customer' || !stands(terms)) return enough;
  const seated = { key: was.applied.key, tier: terms.tier, agreed: terms.seats };
  const seats = seatsOf(catalog, seated, was.now);
  if (seats === null || was.used <= seats) return enough;
  const since = was.overSeatsSince ?? was.now;
  const until = new Date(Date.parse(since) + graceOf(catalog.settings.downgradeGrace)).toISOString();
  if (was.now < until) {
    if (was.overSeatsSince === null) await tell(the, { seats, used: was.used, until });
    return { since, nextAt: until, made: [] };
  }
  if (await haveLostSeats(tx, was.organizationId, since)) return { since, nextAt: null, made: [] };
  return { since, nextAt: null, made: await takeSeats(the, seats) };
}

async function tell({ tx, was }: Step, data: { seats: number; used: number; until: string }): Promise<void> {
  const { organizationId } = was;
  for (const toPersonId of await listAdministrators(tx, organizationId))
    await queueMail(tx, { mail: { kind: 'seats-over-limit', data }, toPersonId, organizationId });
}

async function takeSeats({ tx, was }: Step, seats: number): Promise<Made[]> {
  const { organizationId } = was;
  const made: Made[] = [];
  for (const personId of losingSeats(await listSeatHolders(tx, organizationId), seats)) {
    const { id } = await createProcess(tx, {
      kind: 'offboarding',
      organizationId,
      personId,
      cause: 'seats',
      wish: { why: 'removal' },
      actor: actors.engine,
      traceparent: null,
    });
    made.push({ id, kind: 'offboarding', isReady: true });
  }
  return made;
}
