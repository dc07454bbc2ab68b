import { sql } from 'drizzle-orm';
import type { ProcessPersonState } from '../../domain/process.ts';
import type { Executor } from '../client.ts';
import { allOf, iso, type Page, type PageWish, pageOf } from './instant.ts';
import { type PersonView, personJson } from './person.ts';

/** How far a process is with one of its people. Instants are ISO 8601 UTC. */
export interface ProcessPersonView {
  person: PersonView;
  state: ProcessPersonState;
  /** Closed code of what went wrong last. */
  lastError: string | null;
  /** When it was last tried. */
  triedAt: string | null;
}

/** People of a process that the scope may see, in the order of their ids. */
export async function listProcessPeople(
  tx: Executor,
  processId: string,
  { state }: { state?: ProcessPersonState | undefined },
  page: PageWish,
): Promise<Page<ProcessPersonView>> {
  const conditions = [
    sql`w.process_id = ${processId}`,
    state === undefined ? null : sql`w.state = ${state}`,
    page.after ? sql`w.person_id > ${page.after}` : null,
  ];
  const rows = await tx.execute<ProcessPersonView & Record<string, unknown>>(sql`
    select ${personJson(sql`w.person_id`)} as person, w.state, w.last_error as "lastError", ${iso(sql`w.tried_at`)} as "triedAt"
    from process_person w where ${allOf(conditions)} order by w.person_id limit ${page.limit + 1}`);
  return pageOf(rows, page.limit, (one) => one.person.id);
}

/** Why a process failed for good for so many of its people. */
export interface Failure {
  /** Closed code. */
  cause: string;
  /** The one, where it is one. */
  personId: string | null;
}

/** For however many it failed of whom no task tells yet: one for each cause. */
export async function readFailures(tx: Executor, processId: string): Promise<Failure[]> {
  const rows = await tx.execute<Failure & Record<string, unknown>>(sql`
    select coalesce(w.last_error, 'internal-error') as cause, case when count(*) = 1 then min(w.person_id) end as "personId"
    from process_person w where w.process_id = ${processId} and w.state = 'failed' and not exists (
      select 1 from task t where t.process_id = w.process_id and t.person_id = w.person_id and t.kind <> 'account')
    group by 1 order by 1`);
  return [...rows];
}
