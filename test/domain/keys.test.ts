import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { catalogDocument } from '../../domain/catalog-document.ts';
import { readCatalog } from '../../domain/catalog.schema.ts';
import { readKey } from '../../domain/event-mapping.schema.ts';
import { newId } from '../../domain/ids.ts';
import { catalogWith, tierWith } from '../support/catalog.ts';

function catalogTakes(key: string): boolean {
  const tier = tierWith('free', { defaultRoles: { [key]: [] }, features: { [key]: true } });
  return readCatalog(catalogDocument(catalogWith({ tiers: [tier, tierWith(key)] }))).problems === null;
}

describe('A key', () => {
  it('has one form, whether a source or a file says it', () => {
    const piece = fc.constantFrom('a', '1', '-', '_', 'A', ':', '/', 'ä', 'a'.repeat(31), '\n');
    const text = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(text, (key) => {
        expect(readKey(key) === key).toBe(catalogTakes(key));
      }),
    );
  });

  it('may begin with a digit and is a label of a host name', () => {
    for (const key of ['3m', '1-2-3-party', 'a', 'a'.repeat(63)]) expect(readKey(key)).toBe(key);
    for (const wrong of ['', '-a', 'a-', 'a--b', 'A', 'a_b', 'a:b', 'a'.repeat(64), 'a\n', 7, null])
      expect(readKey(wrong)).toBeNull();
  });

  it('is never an id', () => {
    expect(readKey(newId('org'))).toBeNull();
  });
});
