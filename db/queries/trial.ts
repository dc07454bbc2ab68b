import { sql } from 'drizzle-orm';
import type { Executor } from '../client.ts';
import { installation } from '../schema/installation.ts';
import { person } from '../schema/person.ts';

/** A person by e-mail, whatever the case of its letters; read with the owner's or the system's eyes. */
export async function findPersonByEmail(db: Executor, email: string): Promise<{ id: string } | null> {
  const [row] = await db
    .select({ id: person.id })
    .from(person)
    .where(sql`lower(${person.email}) = lower(${email})`);
  return row ?? null;
}

/** Which installation this ledger is. */
export async function readInstallationId(db: Executor): Promise<string> {
  const [row] = await db.select({ id: installation.id }).from(installation);
  if (!row) throw new RangeError('This ledger has not been prepared yet.');
  return row.id;
}
