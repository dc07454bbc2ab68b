import { z } from 'zod';
import { type Answer, type Query, parseAs, readAs } from './client.ts';
import { UnexpectedAnswerError } from './errors.ts';
import type { Session } from './session.ts';
import { listShape } from './shapes.ts';

const pageSize = '200';

/** A whole list: its items as they came, and the answer to print for `--json`. */
export interface WholeList {
  answer: Answer;
  items: unknown[];
}

/**
 * Follows the cursors to the end. A list of one page is the API's body to the letter; several pages become one list of
 * the same shape, whose cursor is null.
 */
export async function wholeList(session: Session, path: string, query: Query): Promise<WholeList> {
  const first = await session.client.get(path, { ...query, limit: pageSize });
  const page = readAs(listShape, first);
  if (!page.next_cursor) return { answer: first, items: page.items };
  const items = [...page.items];
  const seen = new Set<string>();
  for (let cursor: string | null = page.next_cursor; cursor; ) {
    if (seen.has(cursor))
      throw new UnexpectedAnswerError('The list goes in circles: the same cursor came twice.');
    seen.add(cursor);
    const answer: Answer = await session.client.get(path, { ...query, limit: pageSize, cursor });
    const next = readAs(listShape, answer);
    items.push(...next.items);
    cursor = next.next_cursor ?? null;
  }
  return { answer: listAnswer(items), items };
}

/** One list out of several, each item once. */
export function mergeLists(lists: readonly WholeList[]): WholeList {
  const [only, ...others] = lists;
  if (only && others.length === 0) return only;
  const byId = new Map(lists.flatMap((list) => list.items).map((item) => [parseAs(withId, item).id, item]));
  const items = [...byId.values()];
  return { answer: listAnswer(items), items };
}

const withId = z.object({ id: z.string() });

function listAnswer(items: unknown[]): Answer {
  const json = { items, next_cursor: null };
  return { json, body: JSON.stringify(json) };
}
