import { keyMaxLength } from './keys.ts';

/** Left for a number that tells it from others. */
const longest = keyMaxLength - 6;

/**
 * A key for what has this name: `Müller & Söhne` is `muller-sohne`. Letters that have no Latin form are left out; `customer`
 * where nothing is left. Of names that give the same, `taken` says which are used already: the next is `acme-2`.
 */
export function keyFor(name: string, taken: ReadonlySet<string>): string {
  const plain = name
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, longest)
    .replaceAll(/^-+|-+$/g, '');
  const base = plain === '' ? 'customer' : plain;
  let key = base;
  for (let number = 2; taken.has(key); number += 1) key = `${base}-${number}`;
  return key;
}

/** The part that all keys for this name begin with. */
export function keyBase(name: string): string {
  return keyFor(name, new Set());
}
