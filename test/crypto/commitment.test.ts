import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { commit, opens } from '../../crypto/commitment.ts';

const text = { reason: 'Order 4711 is stuck', name: 'Sam' };

it('a commitment opens with its own salt and text, however the text is ordered', () => {
  const { salt, commitment } = commit(text);
  expect(salt).toMatch(/^[0-9a-f]{32}$/);
  expect(opens(commitment, salt, { name: 'Sam', reason: 'Order 4711 is stuck' })).toBe(true);
});

it('an outsider can check a commitment with nothing but SHA-256', () => {
  const { salt, commitment } = commit({ reason: 'x' });
  const hash = createHash('sha256').update(Buffer.from(salt, 'hex')).update('{"reason":"x"}').digest('hex');
  expect(commitment).toBe(`sha256:${hash}`);
});

it('the same text twice gives two commitments, so equal texts cannot be seen', () => {
  const [first, second] = [commit(text), commit(text)];
  expect(first.salt).not.toBe(second.salt);
  expect(first.commitment).not.toBe(second.commitment);
});

it('another text or another salt does not open it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (one, other) => {
      fc.pre(one !== other);
      const { salt, commitment } = commit({ reason: one });
      expect(opens(commitment, salt, { reason: other })).toBe(false);
      expect(opens(commitment, commit('').salt, { reason: one })).toBe(false);
    }),
  );
});

it.each(['', 'sha256:', 'zz', `${'0'.repeat(31)}g`, '0'.repeat(33)])(
  'a malformed salt or commitment %j opens nothing',
  (bad) => {
    const { salt, commitment } = commit(text);
    expect(opens(commitment, bad, text)).toBe(false);
    expect(opens(bad, salt, text)).toBe(false);
    expect(opens(commitment.toUpperCase(), salt, text)).toBe(false);
  },
);
