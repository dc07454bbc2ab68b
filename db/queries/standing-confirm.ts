import { sql } from 'drizzle-orm';
import { actors } from '../../domain/audit-event.ts';
import { appendAudits, type NewAuditEvent } from '../audit.ts';
import { type Executor, together } from '../client.ts';
import { lockPeople } from './standing.ts';
import { type GivenUp, giveUp, stopGivingBack } from './give-back.ts';
import { endStanding } from './standing-end.ts';
import { eventOf, type Written, written } from './standing-event.ts';
import { anyOf } from './texts.ts';

/**
 * What was tried for somebody. `give`: what they shall hold. `end`: they have all of it, and what it took the place of ends:
 * of that nothing is taken back. `give-back`: their change has failed, and they get back what they had.
 */
export type OutcomeAim = 'give' | 'end' | 'give-back';

/** How a try for one person came out. */
export interface PersonOutcome {
  personId: string;
  aim: OutcomeAim;
  /** It was not all that is to be done for them. */
  isUnfinished: boolean;
  /** Null: everything is as it shall be. */
  error: string | null;
  /** Trying again cannot help. */
  isFinal: boolean;
}

/** What targets were read back to hold, and what that means for a page's people. */
export interface PageOutcome {
  processId: string;
  /** Whose grants these are. */
  personIds: readonly string[];
  /** Ids of grants. */
  held: readonly string[];
  gone: readonly string[];
  people: readonly PersonOutcome[];
  /** How long a person is tried for before the process gives them up, in milliseconds. */
  limitMs: number;
  /** See `StandingWrites`. */
  givesBack: boolean;
}

/**
 * Writes down what was read back: what began, what has ended, and who is done. Who failed for good, or for too long, loses
 * again what the process gave them: its end is ordered, and what made room for it is given back next. Returns the ids of those
 * for whom this try was the last.
 */
export function confirmPage(db: Executor, outcome: PageOutcome): Promise<string[]> {
  const { personIds, held, gone } = outcome;
  return db.transaction(async (tx) => {
    // Before any grant, as whoever plans for them or removes them does.
    const [, begun] = await together([lockPeople(tx, personIds), confirmHeld(tx, held)]);
    const ended = await endStanding(tx, gone, actors.engine);
    const failed = await noteOutcomes(tx, outcome);
    const by = (aim: OutcomeAim) => failed.filter((one) => one.aim === aim);
    const undone = await giveUp(tx, outcome, by('give'));
    const stopped = await stopGivingBack(tx, outcome.processId, by('give-back'));
    await appendAudits(tx, [...begun, ...ended, ...undone, ...stopped]);
    return failed.map((one) => one.personId);
  });
}

async function confirmHeld(tx: Executor, grantIds: readonly string[]): Promise<NewAuditEvent[]> {
  if (grantIds.length === 0) return [];
  const rows = await tx.execute<Written>(sql`
    with chosen as materialized (select id from access_grant where id = ${anyOf(grantIds)}
      and request_id is null and state = 'provisioning' and end_at is null and until > tenure_now() order by id for no key update)
    update access_grant g set state = 'held', last_error = null from chosen where g.id = chosen.id returning ${written}`);
  return rows.map((row) => eventOf('grant.begun', row, actors.engine, null));
}

/**
 * Returns those who have failed now. `last_error` is what giving failed of last: whom nothing but ends is left for keeps none, so
 * that the next page sees that all of it was given.
 */
async function noteOutcomes(
  tx: Executor,
  { processId, people, limitMs }: PageOutcome,
): Promise<(GivenUp & { aim: OutcomeAim })[]> {
  if (people.length === 0) return [];
  const lines = people.map(({ personId, aim, isUnfinished, error, isFinal }) => ({
    personId,
    aim,
    isUnfinished,
    error,
    isFinal,
  }));
  // Of the row as it was, without a second look at the table: a plan that joins it to itself takes the whole table for each row.
  const over = sql`x.error is not null and (x."isFinal" or w.tried_at + ${limitMs} * interval '1 millisecond' <= tenure_now())`;
  const rows = await tx.execute<{ personId: string; isOver: boolean }>(sql`
    update process_person w set changed_at = tenure_now(),
      last_error = case when x.aim = 'give-back' then coalesce(w.last_error, x.error) when x.aim = 'give' or ${over} then x.error end,
      tries = case when x.error is not null then w.tries + 1 when x."isUnfinished" then 0 else w.tries end,
      tried_at = case when x.error is not null then coalesce(w.tried_at, tenure_now()) when not x."isUnfinished" then w.tried_at end,
      state = case when ${over} then 'failed' when x.error is not null or x."isUnfinished" then w.state
        when x.aim = 'give-back' then 'failed' else 'done' end
    from jsonb_to_recordset(${JSON.stringify(lines)}::jsonb)
      as x ("personId" text, aim text, "isUnfinished" boolean, error text, "isFinal" boolean)
    where w.process_id = ${processId} and w.person_id = x."personId" and w.state = 'applying'
    returning w.person_id as "personId", x.error is not null and w.state = 'failed' as "isOver"`);
  const failed = new Set(rows.flatMap((row) => (row.isOver ? [row.personId] : [])));
  return people.flatMap(({ personId, aim, error }) =>
    error !== null && failed.has(personId) ? [{ personId, aim, error }] : [],
  );
}
