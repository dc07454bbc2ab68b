import { type SQL, sql } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';

const dialect = new PgDialect();

/**
 * A piece of SQL that takes no values, put together once: Drizzle would do it again for every statement that it is part of, which for
 * the larger ones costs more than sending them.
 * @throws TypeError where it takes one
 */
export function fixed<T = unknown>(piece: SQL<T>): SQL<T> {
  const { sql: text, params } = dialect.sqlToQuery(piece);
  if (params.length > 0) throw new TypeError(`This takes values and cannot be fixed: ${text.slice(0, 80)}`);
  return sql.raw(text) as SQL<T>;
}
