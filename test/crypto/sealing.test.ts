import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deriveKeys } from '../../crypto/keys.ts';
import { SealingError, seal, unseal } from '../../crypto/sealing.ts';

const master = () => randomBytes(32).toString('base64url');
const keys = deriveKeys(master()).sealing;
const here = 'grant:grant_01';

describe('sealing', () => {
  it('gives back every text in its own context', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (text, context) => {
        expect(unseal(keys, seal(keys, text, context), context)).toBe(text);
      }),
    );
  });

  it('never seals the same text to the same value, and names version and key in the open', () => {
    const [first, second] = [seal(keys, 'pw', here), seal(keys, 'pw', here)];
    expect(first).not.toBe(second);
    expect(first.split('.').slice(0, 2)).toEqual(['v1', keys.current.id]);
  });

  it('refuses a value that was moved to another row', () => {
    expect(problem(() => unseal(keys, seal(keys, 'pw', here), 'grant:grant_02'))).toBe('not-genuine');
  });

  it('refuses a value in which any one character differs', () => {
    const sealed = seal(keys, 'a password', here);
    for (let i = 0; i < sealed.length; i++) {
      for (const other of ['A', 'B', '-', '.', ' ', '=']) {
        if (sealed[i] === other) continue;
        const altered = sealed.slice(0, i) + other + sealed.slice(i + 1);
        expect(() => unseal(keys, altered, here), altered).toThrow(SealingError);
      }
    }
  });

  it.each(['', '.', '...', 'v1.abc', 'v2.00000000.AAAAAAAAAAAAAAAA.AAAA', 'plain text'])(
    'refuses %j',
    (text) => {
      expect(problem(() => unseal(keys, text, here))).toBe('malformed');
    },
  );

  it('opens with a former key what it sealed, and seals with the current one', () => {
    const [old, young] = [master(), master()];
    const sealedBefore = seal(deriveKeys(old).sealing, 'pw', here);
    const rotated = deriveKeys(young, [old]).sealing;
    expect(unseal(rotated, sealedBefore, here)).toBe('pw');
    expect(seal(rotated, 'pw', here)).toContain(`.${deriveKeys(young).keyId}.`);
    expect(problem(() => unseal(deriveKeys(young).sealing, sealedBefore, here))).toBe('unknown-key');
  });

  it('refuses a value whose key id was swapped for that of another key', () => {
    const [old, young] = [master(), master()];
    const rotated = deriveKeys(young, [old]).sealing;
    const swapped = seal(rotated, 'pw', here).replace(deriveKeys(young).keyId, deriveKeys(old).keyId);
    expect(problem(() => unseal(rotated, swapped, here))).toBe('not-genuine');
  });

  it('says why without repeating anything of the value', () => {
    const sealed = seal(keys, 'canary-password', here);
    try {
      unseal(keys, sealed, 'grant:canary-context');
      expect.unreachable();
    } catch (error) {
      expect(String(error)).not.toMatch(/canary/);
      expect(String(error)).not.toContain(sealed.slice(12, 24));
      expect(error).not.toHaveProperty('cause');
    }
  });
});

function problem(attempt: () => unknown): string | undefined {
  try {
    attempt();
  } catch (error) {
    if (error instanceof SealingError) return error.problem;
  }
  return undefined;
}
