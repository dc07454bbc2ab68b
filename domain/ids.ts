/**
 * TypeIDs: a prefix that says what the id names, and a UUIDv7 in Crockford base32 (26 characters), so that ids
 * sort by the moment they were made. The form follows the TypeID specification 0.3.
 */
export const idPrefixes = [
  'org',
  'person',
  'res',
  'ent',
  'role',
  'req',
  'stage',
  'dec',
  'grant',
  'rev',
  'ret',
  'can',
  'task',
  'aud',
  'evt',
  'dlv',
  'proc',
  'fence',
  'item',
  'welcome',
  'mail',
  'imp',
  'renewal',
  'review',
  'search',
  'idp',
  'dom',
  'att',
  'ses',
  'grp',
  'pk',
  'chal',
  'ticket',
  'stk',
  'svt',
  'scu',
  'scg',
  'hook',
  'msg',
  'sigsrc',
  'sig',
] as const;

export type IdPrefix = (typeof idPrefixes)[number];

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const suffixPattern = /^[0-7][0-9a-hjkmnp-tv-z]{25}$/;

/** The last millisecond that an id was made in by this process, and how many followed in it. */
const last = { ms: 0, count: 0 };

/**
 * Makes a new id, e.g. `req_01kb3v5c2hf8jrxw7s9d0m4p6q`. Ids of one process sort in the order they were made, within a
 * millisecond too (RFC 9562, section 6.2: the 12 bits after the version count). Not for workflow code, which must replay.
 */
export function newId(prefix: IdPrefix): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const { ms, count } = nextStamp(Date.now());
  writeStamp(bytes, ms);
  bytes[6] = (count >> 8) | 0x70;
  bytes[7] = count & 0xff;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return `${prefix}_${encode(bytes)}`;
}

/** Never goes back: when the clock does, or a millisecond is full, it goes on from where it was. */
function nextStamp(nowMs: number): { ms: number; count: number } {
  if (nowMs > last.ms) Object.assign(last, { ms: nowMs, count: 0 });
  else if (last.count < 0xfff) last.count += 1;
  else Object.assign(last, { ms: last.ms + 1, count: 0 });
  return last;
}

/** The least id of that prefix that could be made at that moment, in milliseconds since 1970: whatever is made later sorts after it. */
export function leastIdAt(prefix: IdPrefix, ms: number): string {
  const bytes = new Uint8Array(16);
  writeStamp(bytes, Math.max(0, Math.floor(ms)));
  return `${prefix}_${encode(bytes)}`;
}

/** True when the text is a well-formed id of that prefix; it says nothing about whether such a thing exists. */
export function isId(prefix: IdPrefix, text: string): boolean {
  return text.startsWith(`${prefix}_`) && suffixPattern.test(text.slice(prefix.length + 1));
}

/** The 48 bits of the moment, the greatest first. */
function writeStamp(bytes: Uint8Array, ms: number): void {
  for (let at = 5, rest = ms; at >= 0; at -= 1, rest = Math.floor(rest / 256)) bytes[at] = rest % 256;
}

/** 128 bits as 26 letters of five bits each, from the last to the first, which has three; without large integers, which cost more. */
function encode(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let known = 0;
  for (let at = 15; at >= 0; at -= 1) {
    bits |= (bytes[at] ?? 0) << known;
    for (known += 8; known >= 5; known -= 5, bits >>= 5) text = `${alphabet[bits & 31] ?? ''}${text}`;
  }
  return `${alphabet[bits] ?? ''}${text}`;
}
