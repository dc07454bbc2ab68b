import * as fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { idPrefixes, isId, leastIdAt, newId } from '../../domain/ids.ts';

afterEach(() => {
  vi.useRealTimers();
});

// The clock that the last test plays with stays with the module, so that test comes last.
describe('ids', () => {
  it('are well formed, of their own kind only, and never the same', () => {
    const made = idPrefixes.flatMap((prefix) => Array.from({ length: 200 }, () => newId(prefix)));
    expect(new Set(made).size).toBe(made.length);
    for (const id of made) {
      const known = idPrefixes.filter((prefix) => isId(prefix, id));
      expect(known).toEqual([id.slice(0, id.indexOf('_'))]);
      expect(id).toMatch(/^[a-z]+_[0-7][0-9a-hjkmnp-tv-z]{25}$/);
    }
  });

  it('carry the version and variant of a UUIDv7 (RFC 9562)', () => {
    const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
    const suffix = newId('dec').slice('dec_'.length);
    let value = 0n;
    for (const letter of suffix) value = value * 32n + BigInt(alphabet.indexOf(letter));
    expect((value >> 76n) & 0xfn).toBe(7n);
    expect((value >> 62n) & 0x3n).toBe(2n);
    expect(Math.abs(Number(value >> 80n) - Date.now())).toBeLessThan(5_000);
  });

  it('are refused when anything is added, missing or in capitals', () => {
    const id = newId('grant');
    for (const wrong of [
      '',
      'grant_',
      id.slice(1),
      `${id}0`,
      id.slice(0, -1),
      ` ${id}`,
      `${id}\n`,
      id.toUpperCase(),
      id.replace('grant', 'req'),
      `grant_8${id.slice(7)}`,
      id.replace(/.$/, 'u'),
    ]) {
      expect(isId('grant', wrong)).toBe(false);
    }
  });

  it('sort in the order they were made, also within a millisecond and when the clock goes back', () => {
    vi.useFakeTimers();
    const instants = fc.array(fc.integer({ min: 0, max: Date.UTC(2300, 0) }), {
      minLength: 2,
      maxLength: 20,
    });
    fc.assert(
      fc.property(instants, (times) => {
        const made = times.flatMap((time) => {
          vi.setSystemTime(time);
          return [newId('req'), newId('req')];
        });
        expect([...made].sort()).toEqual(made);
      }),
    );
    const many = Array.from({ length: 10_000 }, () => newId('aud'));
    expect([...many].sort()).toEqual(many);
  });

  it('of a moment has one that sorts before whatever is made then or later, and after all before', () => {
    vi.useFakeTimers();
    const instant = fc.integer({ min: 0, max: Date.UTC(2300, 0) });
    fc.assert(
      fc.property(instant, (time) => {
        vi.setSystemTime(time);
        const least = leastIdAt('mail', Date.now());
        expect(isId('mail', least)).toBe(true);
        expect(newId('mail') > least).toBe(true);
        expect(leastIdAt('mail', time + 1) > least).toBe(true);
      }),
    );
    expect(leastIdAt('mail', -1)).toBe(leastIdAt('mail', 0));
  });
});
