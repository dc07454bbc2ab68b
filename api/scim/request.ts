import type { Context } from 'hono';
import type { ScimPage } from '../../db/queries/scim-user.ts';
import type { ApiEnv } from '../env.ts';
import { filterOf, orderOf, type ResourceKind } from './core.ts';
import { ScimRefusal } from './refusal.ts';
import { isObject, type Json } from './json.ts';

/** How many a page has unless the client says, and at most (ServiceProviderConfig says so). */
export const pageCount = { usual: 100, most: 200 };

const jsonType = /^application\/(?:scim\+)?json\s*(?:;|$)/i;
/** Text that no database keeps, or looks for: NUL, and halves of surrogate pairs. */
export const unstorable = /\u{0}|\p{Surrogate}/u;
const deepest = 12;

/**
 * The body of a request: a JSON object, by either media type (RFC 7644, section 3.8).
 * @throws ScimRefusal 415; `invalidSyntax` for what is no JSON object, or nests deeper than any resource; `invalidValue` for text
 * that cannot be kept
 */
export async function bodyOf(c: Context<ApiEnv>): Promise<Json> {
  const type = c.req.header('content-type');
  if (type !== undefined && !jsonType.test(type))
    throw new ScimRefusal(415, null, 'Send the body as application/scim+json or application/json.');
  const body = parsed(await c.req.text());
  if (!isObject(body)) throw new ScimRefusal(400, 'invalidSyntax', 'The body is no JSON object.');
  refuseUnfit(body, 0);
  return body;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ScimRefusal(400, 'invalidSyntax', 'The body cannot be read as JSON.');
  }
}

function refuseUnfit(value: unknown, depth: number): void {
  if (depth > deepest) throw new ScimRefusal(400, 'invalidSyntax', 'The body nests too deeply.');
  if (typeof value === 'string' && unstorable.test(value))
    throw new ScimRefusal(400, 'invalidValue', 'A text holds characters that are none.');
  if (typeof value !== 'object' || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    if (name === '__proto__') throw new ScimRefusal(400, 'invalidSyntax', 'This is no attribute.');
    refuseUnfit(name, depth);
    refuseUnfit(member, depth + 1);
  }
}

/** What a list asks for, and with which attributes it wants what it finds. */
export interface ListWish {
  page: ScimPage;
  startIndex: number;
  shown: Shown;
}

/** Which attributes a client wants, and which not (RFC 7644, section 3.9). */
export interface Shown {
  attributes: string[] | null;
  excluded: string[];
}

type Said = (name: string) => unknown;

/** Of a GET's query (RFC 7644, section 3.4.2), and of the body of a POST to `/.search` (section 3.4.3). */
export function listWish(kind: ResourceKind, said: Said): ListWish {
  const startIndex = Math.max(1, numberOf('startIndex', said('startIndex')) ?? 1);
  const count = Math.max(0, numberOf('count', said('count')) ?? pageCount.usual);
  const filter = textOf(said('filter'));
  const page = {
    filter: filter === null ? null : filterOf(kind, filter),
    order: orderOf(kind, textOf(said('sortBy')), textOf(said('sortOrder'))),
    offset: startIndex - 1,
    limit: Math.min(count, pageCount.most),
  };
  return { page, startIndex, shown: shownOf(said) };
}

export function shownOf(said: Said): Shown {
  const attributes = namesOf(said('attributes'));
  return {
    attributes: attributes.length > 0 ? attributes : null,
    excluded: namesOf(said('excludedAttributes')),
  };
}

const furthest = 1_000_000_000;

/** A query has texts, a search's body numbers; what is neither is refused. */
function numberOf(name: string, value: unknown): number | null {
  if (value === undefined || value === null || value === '') return null;
  const text = typeof value === 'number' || typeof value === 'string' ? String(value) : '';
  if (!/^[+-]?\d{1,15}$/.test(text)) throw new ScimRefusal(400, 'invalidValue', `${name}: a whole number.`);
  return Math.max(-furthest, Math.min(furthest, Number(text)));
}

function textOf(value: unknown): string | null {
  if (value === undefined || value === null || value === '') return null;
  if (typeof value !== 'string' || unstorable.test(value))
    throw new ScimRefusal(400, 'invalidValue', 'A parameter is no text.');
  return value;
}

function namesOf(value: unknown): string[] {
  const list: unknown[] = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : [];
  return list
    .filter((one): one is string => typeof one === 'string')
    .map((one) => one.trim())
    .filter(Boolean);
}
