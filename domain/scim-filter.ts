import { assertNever } from './errors.ts';
import { enterpriseSchema, extensionAttributes, spelledUrn } from './scim-schema.ts';

/** An attribute as a filter or a path names it: its extension's URN or null, its name, and a part of it. */
export interface ScimAttribute {
  urn: string | null;
  name: string;
  sub: string | null;
}

export const scimOperators = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le', 'pr'] as const;
export type ScimOperator = (typeof scimOperators)[number];
export type ScimValue = string | number | boolean | null;

/** A filter (RFC 7644, section 3.4.2.2) as it was read. `any`: one element of a list fulfils all of `of`. */
export type ScimFilter =
  | { kind: 'and' | 'or'; left: ScimFilter; right: ScimFilter }
  | { kind: 'not'; of: ScimFilter }
  | { kind: 'any'; attribute: ScimAttribute; of: ScimFilter }
  | { kind: 'compare'; attribute: ScimAttribute; operator: ScimOperator; value: ScimValue };

/** A filter or a path that cannot be read. The message says where, never what was sent. */
export class ScimFilterError extends Error {
  override readonly name = 'ScimFilterError';
}

/** NUL, and halves of surrogate pairs: no database keeps them. */
const unstorable = /\u{0}|\p{Surrogate}/u;
const longest = 4_000;
const deepest = 20;
const mostTerms = 100;

const token = /\s*(?:([()[\]])|("(?:[^"\\\p{Cc}]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*")|([^\s()[\]"]+))/uy;
const attributeForm = /^(?:(urn:[\w:.-]+):)?(\$?[A-Z][\w$-]{0,63})(?:\.(\$?[A-Z][\w$-]{0,63}))?$/i;

interface Reader {
  tokens: string[];
  at: number;
  depth: number;
  terms: number;
}

/** Reads a filter. @throws ScimFilterError */
export function readScimFilter(text: string): ScimFilter {
  const reader = readerOf(text);
  const filter = readOr(reader);
  if (reader.at < reader.tokens.length) throw new ScimFilterError('Something follows the filter.');
  return filter;
}

function readerOf(text: string): Reader {
  if (text.length > longest) throw new ScimFilterError(`A filter has at most ${longest} characters.`);
  const tokens: string[] = [];
  token.lastIndex = 0;
  const end = text.trimEnd().length;
  while (token.lastIndex < end) {
    const [found] = token.exec(text) ?? [];
    if (found === undefined) throw new ScimFilterError('A part of the filter is no word and no text.');
    tokens.push(found.trim());
  }
  return { tokens, at: 0, depth: 0, terms: 0 };
}

function readOr(reader: Reader): ScimFilter {
  let left = readAnd(reader);
  while (takeWord(reader, 'or')) left = { kind: 'or', left, right: readAnd(reader) };
  return left;
}

function readAnd(reader: Reader): ScimFilter {
  let left = readTerm(reader);
  while (takeWord(reader, 'and')) left = { kind: 'and', left, right: readTerm(reader) };
  return left;
}

function readTerm(reader: Reader): ScimFilter {
  reader.terms += 1;
  if (reader.terms > mostTerms) throw new ScimFilterError(`A filter has at most ${mostTerms} parts.`);
  if (reader.tokens[reader.at] === '(') return readGroup(reader, '(', ')');
  const isNot = /^not$/i.test(reader.tokens[reader.at] ?? '') && reader.tokens[reader.at + 1] === '(';
  if (isNot) {
    reader.at += 1;
    return { kind: 'not', of: readGroup(reader, '(', ')') };
  }
  const attribute = readScimAttribute(take(reader));
  if (reader.tokens[reader.at] === '[') return readAny(reader, attribute);
  return readComparison(reader, attribute);
}

/** `emails[type eq "work"]`, and what Entra ID sends: `emails[type eq "work"].value eq "…"`, which one element fulfils as a whole. */
function readAny(reader: Reader, attribute: ScimAttribute): ScimFilter {
  const of = readGroup(reader, '[', ']');
  const part = reader.tokens[reader.at];
  if (!part?.startsWith('.')) return { kind: 'any', attribute, of };
  reader.at += 1;
  const right = readComparison(reader, readScimAttribute(part.slice(1)));
  return { kind: 'any', attribute, of: { kind: 'and', left: of, right } };
}

function readGroup(reader: Reader, open: string, close: string): ScimFilter {
  reader.depth += 1;
  if (reader.depth > deepest) throw new ScimFilterError(`A filter nests at most ${deepest} deep.`);
  expect(reader, open);
  const of = readOr(reader);
  expect(reader, close);
  reader.depth -= 1;
  return of;
}

function readComparison(reader: Reader, attribute: ScimAttribute): ScimFilter {
  const said = take(reader).toLowerCase();
  const operator = scimOperators.find((one) => one === said);
  if (!operator) throw new ScimFilterError('There is no such operator.');
  const value = operator === 'pr' ? null : valueOf(take(reader));
  const isOrdered = operator === 'gt' || operator === 'ge' || operator === 'lt' || operator === 'le';
  if (isOrdered && (value === null || typeof value === 'boolean'))
    throw new ScimFilterError('Only texts, numbers and dates come before others.');
  return { kind: 'compare', attribute, operator, value };
}

function valueOf(word: string): ScimValue {
  if (/^"|^(?:true|false|null)$|^-?\d/i.test(word)) {
    try {
      const value: unknown = JSON.parse(word.startsWith('"') ? word : word.toLowerCase());
      if (typeof value === 'string' && unstorable.test(value)) throw new ScimFilterError('This is no text.');
      if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
      if (value === null) return null;
    } catch (error) {
      if (error instanceof ScimFilterError) throw error;
    }
  }
  throw new ScimFilterError('A value is a text in quotes, a number, true, false or null.');
}

/** Reads the name of an attribute. @throws ScimFilterError */
export function readScimAttribute(text: string): ScimAttribute {
  const [, urn = null, name, sub = null] = attributeForm.exec(text) ?? [];
  if (name === undefined) throw new ScimFilterError('This is no attribute’s name.');
  // RFC 7643, section 8.2: what the core schema's URN stands before is the attribute itself.
  const extension = urn === null || /:core:2\.0:(?:User|Group)$/i.test(urn) ? null : spelledUrn(urn);
  // Entra ID names the manager by that word alone.
  const isBare = extension === null && extensionAttributes.has(name.toLowerCase());
  return { urn: isBare ? enterpriseSchema : extension, name, sub };
}

function take(reader: Reader): string {
  const found = reader.tokens[reader.at];
  if (found === undefined) throw new ScimFilterError('The filter ends too early.');
  reader.at += 1;
  return found;
}

function takeWord(reader: Reader, word: string): boolean {
  if (reader.tokens[reader.at]?.toLowerCase() !== word) return false;
  reader.at += 1;
  return true;
}

function expect(reader: Reader, sign: string): void {
  if (take(reader) !== sign) throw new ScimFilterError('A bracket is missing.');
}

/** Whether an element of a list, or a plain value, fulfils a filter; names and texts whatever their case. */
export function meetsScimFilter(filter: ScimFilter, value: unknown): boolean {
  switch (filter.kind) {
    case 'and':
      return meetsScimFilter(filter.left, value) && meetsScimFilter(filter.right, value);
    case 'or':
      return meetsScimFilter(filter.left, value) || meetsScimFilter(filter.right, value);
    case 'not':
      return !meetsScimFilter(filter.of, value);
    case 'any':
      return listOf(memberOf(value, filter.attribute.name)).some((one) => meetsScimFilter(filter.of, one));
    case 'compare':
      return compares(filter.operator, memberOf(value, filter.attribute.name), filter.value);
    default:
      return assertNever(filter);
  }
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return name.toLowerCase() === 'value' ? value : undefined;
  const key = Object.keys(value).find((one) => one.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : Reflect.get(value, key);
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}

function compares(operator: ScimOperator, has: unknown, said: ScimValue): boolean {
  if (operator === 'pr') return has !== undefined && has !== null && has !== '';
  const [one, other] = [folded(has), folded(said)];
  if (operator === 'eq') return one === other;
  if (operator === 'ne') return one !== other;
  if (typeof one === 'string' && typeof other === 'string') {
    if (operator === 'co') return one.includes(other);
    if (operator === 'sw') return one.startsWith(other);
    if (operator === 'ew') return one.endsWith(other);
  }
  if (typeof one === 'string' && typeof other === 'string')
    return isOrdered(operator, one < other, one === other);
  if (typeof one === 'number' && typeof other === 'number')
    return isOrdered(operator, one < other, one === other);
  return false;
}

function isOrdered(operator: ScimOperator, isLess: boolean, isSame: boolean): boolean {
  if (operator === 'lt') return isLess;
  if (operator === 'le') return isLess || isSame;
  if (operator === 'gt') return !isLess && !isSame;
  return operator === 'ge' && !isLess;
}

/** Entra ID's default sends booleans as texts. */
function folded(value: unknown): unknown {
  if (typeof value !== 'string') return value ?? null;
  const lower = value.toLowerCase();
  return lower === 'true' ? true : lower === 'false' ? false : lower;
}
