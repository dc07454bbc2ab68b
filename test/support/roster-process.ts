import { sql } from 'drizzle-orm';
import type { Executor } from '../../db/client.ts';
import { newId } from '../../domain/ids.ts';
import type { ProcessCause, ProcessKind } from '../../domain/process.ts';

/** A process at work, and its people written beside it, as draw-up leaves them. Returns its id. */
export async function newProcess(
  db: Executor,
  wish: {
    organizationId: string;
    people: readonly string[];
    kind?: ProcessKind;
    cause?: ProcessCause;
  },
): Promise<string> {
  const { organizationId, people, kind = 'role-change', cause = 'contract' } = wish;
  const id = newId('proc');
  await db.execute(sql`
    insert into process (id, kind, organization_id, cause, wish) values (${id}, ${kind}, ${organizationId}, ${cause}, '{}')`);
  await db.execute(sql`
    insert into process_person (process_id, person_id, organization_id)
    select ${id}, p, ${organizationId} from unnest(${`{${people.join()}}`}::text[]) p`);
  await db.execute(
    sql`update process set state = 'running', started_at = tenure_now(), drawn_up_at = tenure_now() where id = ${id}`,
  );
  return id;
}
