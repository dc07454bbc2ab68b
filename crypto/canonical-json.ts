/**
 * RFC 8785 (JSON Canonicalization Scheme): one text for one JSON value, whatever order its members were written in, so
 * that it can be hashed. Members are sorted by UTF-16 code units, numbers are written as ECMAScript writes them, and no
 * space stands between tokens.
 *
 * Takes strings, finite numbers, booleans, null, arrays and plain objects; a member that is `undefined` is left out.
 * @throws TypeError for anything else (dates, maps, functions, big integers, NaN, lone surrogates, `undefined` in an
 * array). The message names the kind only, never the content.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return text(value);
  if (typeof value === 'number') return number(value);
  if (typeof value !== 'object') throw notJson(typeof value);
  return Array.isArray(value) ? `[${Array.from(value, canonicalJson).join(',')}]` : object(value);
}

function number(value: number): string {
  if (!Number.isFinite(value)) throw notJson('a number that is not finite');
  return JSON.stringify(value);
}

// In Unicode mode a surrogate matches only when it stands alone; such text has no UTF-8 form to hash.
const loneSurrogate = /\p{Surrogate}/u;

function text(value: string): string {
  if (loneSurrogate.test(value)) throw notJson('a string with a lone surrogate');
  return JSON.stringify(value);
}

function object(value: object): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw notJson('an object that is not plain');
  const members: string[] = [];
  // The default order of `sort` is the order of UTF-16 code units that RFC 8785 asks for. Keys are unique.
  for (const [key, member] of Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (member !== undefined) members.push(`${text(key)}:${canonicalJson(member)}`);
  }
  return `{${members.join(',')}}`;
}

function notJson(what: string): TypeError {
  return new TypeError(`Canonical JSON takes plain JSON values only, not ${what}.`);
}
