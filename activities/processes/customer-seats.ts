import { haveLostSeats, listAdministrators, listSeatHolders } from '../../db/queries/contract.ts';
import { queueMail } from '../../db/queries/mail.ts';
import { createProcesses } from '../../db/queries/process.ts';
import { actors } from '../../domain/audit-event.ts';
import { type SeatLimit, seatLimitOf } from '../../domain/catalog-tier.ts';
import { stands } from '../../domain/contract-effects.ts';
import { losingSeats } from '../../domain/seats.ts';
import { graceMsOrThrow } from '../../domain/period.ts';
import { earliest, type Made, type Step } from './customer-scene.ts';

/** Since when there are more users than seats, and when some lose theirs or the number may change. ISO 8601 UTC. */
export interface SeatsStepped {
  since: string | null;
  /** How often the administrators were told of it. */
  notices: number;
  nextAt: string | null;
  made: Made[];
}

const enough: SeatsStepped = { since: null, notices: 0, nextAt: null, made: [] };
/** The second notice comes so long before the end of the grace, but not in its first half. Milliseconds. */
const lastNoticeMs = 3 * 24 * 60 * 60_000;

/**
 * More users than seats keep their access for the configured grace, of which the administrators are told at once and again
 * before it ends; then some leave in the order of `domain/seats.ts`, each as by a removal. Whoever adds seats or removes users before undoes it.
 */
export async function stepSeats(the: Step): Promise<SeatsStepped> {
  const { tx, was, contract, catalog } = the;
  const { terms } = contract;
  if (was.standing !== 'customer' || !stands(terms)) return enough;
  const seated = { key: was.applied.key, tier: terms.tier, agreed: terms.seats };
  const { seats, by } = seatLimitOf(catalog, seated, was.now);
  const exceptionEnds = endOf(by);
  if (seats === null || was.used <= seats) return { ...enough, nextAt: exceptionEnds };
  const since = was.overSeatsSince ?? was.now;
  const graceMs = graceMsOrThrow(catalog.settings.downgradeGrace);
  const untilMs = Date.parse(since) + graceMs;
  const told = was.overSeatsSince === null ? 0 : was.seatNotices;
  if (Date.parse(was.now) < untilMs) {
    const until = new Date(untilMs).toISOString();
    const lastNoticeAt = new Date(untilMs - Math.min(lastNoticeMs, graceMs / 2)).toISOString();
    const notices = was.now < lastNoticeAt ? 1 : 2;
    if (told < notices) await tell(the, { seats, used: was.used, until, isLast: notices === 2 });
    return {
      since,
      notices,
      nextAt: earliest([notices === 1 ? lastNoticeAt : until, exceptionEnds]),
      made: [],
    };
  }
  const haveLost = await haveLostSeats(tx, was.organizationId, since);
  const made = haveLost ? [] : await takeSeats(the, seats);
  return { since, notices: told, nextAt: exceptionEnds, made };
}

/** From then on a customer may have another number of seats, although nothing is said about it. */
function endOf(by: SeatLimit['by']): string | null {
  return by.kind === 'override' ? by.until : null;
}

interface SeatsNotice {
  seats: number;
  used: number;
  until: string;
  isLast: boolean;
}

async function tell({ tx, was }: Step, data: SeatsNotice): Promise<void> {
  const { organizationId } = was;
  for (const toPersonId of await listAdministrators(tx, organizationId))
    await queueMail(tx, { mail: { kind: 'seats-over-limit', data }, toPersonId, organizationId });
}

async function takeSeats({ tx, was }: Step, seats: number): Promise<Made[]> {
  const { organizationId } = was;
  const leaving = losingSeats(await listSeatHolders(tx, organizationId), seats);
  const made = await createProcesses(
    tx,
    leaving.map((personId) => ({
      kind: 'offboarding',
      organizationId,
      personId,
      cause: 'seats',
      wish: { why: 'removal' },
      actor: actors.engine,
      traceparent: null,
    })),
  );
  return made.map(({ id }) => ({ id, kind: 'offboarding', isReady: true }));
}
