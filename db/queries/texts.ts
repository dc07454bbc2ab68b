import { type SQL, sql } from 'drizzle-orm';

/** Texts as one parameter of a statement, which is then the same for any number of them and planned once. */
export function textArray(texts: readonly string[]): SQL {
  return sql`${`{${texts.map(quoted).join()}}`}::text[]`;
}

/** The condition's right side: equal to one of these texts. */
export function anyOf(texts: readonly string[]): SQL {
  return sql`any(${textArray(texts)})`;
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}
