import { type SQL, sql } from 'drizzle-orm';

/** An instant as the outside sees it, ISO 8601 UTC with milliseconds: `2026-11-22T14:02:00.000Z`. Null stays null. */
export function iso(instant: SQL): SQL<string> {
  return sql`to_char((${instant}) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}

/** One page of a list: how many items at most, and the id after which it goes on. */
export interface PageWish {
  limit: number;
  after: string | null;
}

/** A page as it was read: whether more follows is known by having read one more. */
export interface Page<T> {
  items: T[];
  /** The id that the next page goes on after; null at the end. */
  next: string | null;
}

/** Cuts off the one item that was read beyond the page. */
export function pageOf<T>(rows: readonly T[], limit: number, idOf: (row: T) => string): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last !== undefined ? idOf(last) : null };
}

/** The conditions that are given, joined by `and`; true when none is. */
export function allOf(conditions: readonly (SQL | null)[]): SQL {
  const given = conditions.filter((condition) => condition !== null);
  return given.length > 0 ? sql.join(given, sql` and `) : sql`true`;
}
