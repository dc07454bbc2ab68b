import { sql } from 'drizzle-orm';
import { customType, text, timestamp } from 'drizzle-orm/pg-core';

/** A TypeID, made by the application (`domain/ids.ts`). */
export const id = () => text('id').primaryKey();

/** An instant in UTC to the millisecond, so that what is read back equals what was written. */
export const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: 'date' });

/** The ledger's own clock (`tenure_now()`), the only authority on time. */
export const ledgerNow = sql`tenure_now()`;

/** A full transaction id, written by the database itself; as text on our side, because it has 64 bits. */
export const xid8 = customType<{ data: string }>({ dataType: () => 'xid8' });
