import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../crypto/canonical-json.ts';
import { digestOf, sha256, sha256Hex } from '../../crypto/digest.ts';

describe('canonical JSON', () => {
  it('writes the literals, numbers and strings of RFC 8785 as its section 3.2 shows', () => {
    const value = {
      numbers: [333333333.3333333, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '\u20ac$\u000f\u000aA\'\u0042\u0022\u005c\\"/',
      literals: [null, true, false],
    };
    expect(canonicalJson(value)).toBe(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    );
  });

  it('sorts members by UTF-16 code units, not by code points', () => {
    const value = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\u{1f600}': 5, '\u0080': 6, '\u00f6': 7 };
    const keys = Object.keys(Object.fromEntries(JSON.parse(entries(canonicalJson(value)))));
    // Integer-like keys come first in an object whatever their order in the text, so the text itself is looked at too.
    expect(canonicalJson(value).startsWith(String.raw`{"\r":2,"1":4,`)).toBe(true);
    expect(keys.slice(2)).toEqual(['\u0080', '\u00f6', '\u20ac', '\u{1f600}', '\ufb33']);
  });

  it.each([
    [-0, '0'],
    [Number.MIN_VALUE, '5e-324'],
    [-Number.MIN_VALUE, '-5e-324'],
    [Number.MAX_VALUE, '1.7976931348623157e+308'],
    [Number.MAX_SAFE_INTEGER, '9007199254740991'],
    [295147905179352830000, '295147905179352830000'],
    [999999999999999900000, '999999999999999900000'],
    [1e21, '1e+21'],
    [0.000001, '0.000001'],
    [1e-7, '1e-7'],
  ])('writes %d as ECMAScript does', (value, text) => expect(canonicalJson(value)).toBe(text));

  it('does not depend on the order in which members were added, and is JSON of the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        const plain: unknown = JSON.parse(JSON.stringify(value));
        expect(canonicalJson(reversed(plain))).toBe(canonicalJson(plain));
        expect(JSON.parse(canonicalJson(plain))).toEqual(plain);
      }),
    );
  });

  it('leaves out members that are undefined and keeps a member named __proto__', () => {
    expect(canonicalJson({ b: undefined, a: 1 })).toBe('{"a":1}');
    expect(canonicalJson(JSON.parse('{"__proto__":{"x":1}}'))).toBe('{"__proto__":{"x":1}}');
  });

  it.each([
    ['NaN', Number.NaN],
    ['infinity', [Number.POSITIVE_INFINITY]],
    ['undefined', undefined],
    ['undefined in an array', [undefined]],
    // oxlint-disable-next-line no-sparse-arrays -- A hole is what this case is about.
    ['a hole in an array', [1, , 2]],
    ['a big integer', 1n],
    ['a date', { at: new Date(0) }],
    ['a map', new Map()],
    ['a function', { f: () => 1 }],
    ['a symbol', Symbol('s')],
    ['a lone surrogate', 'a\ud800b'],
    ['a lone surrogate in a key', { '\udc00': 1 }],
    ['bytes', Buffer.from('secret')],
  ])('refuses %s and does not repeat it', (_name, value) => {
    expect(() => canonicalJson(value)).toThrow(TypeError);
    expect(() => canonicalJson(value)).not.toThrow(/secret/);
  });
});

describe('digests', () => {
  it('agree with the vectors of FIPS 180-4', () => {
    expect(sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(Buffer.from(sha256(new Uint8Array())).toString('hex')).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
  });

  it('are the same for two ways of writing one value and differ for two values', () => {
    expect(digestOf({ a: 1, b: [2] })).toBe(digestOf({ b: [2], a: 1 }));
    expect(digestOf({ a: 1 })).toBe(`sha256:${sha256Hex('{"a":1}')}`);
    expect(digestOf({ a: '1' })).not.toBe(digestOf({ a: 1 }));
  });
});

/** `{"a":1,"b":2}` as `[["a",1],["b",2]]`, so that the order of members can be read back. */
function entries(flatObject: string): string {
  return `[${flatObject.slice(1, -1).replaceAll(/("(?:[^"\\]|\\.)*"):(\d+)/g, '[$1,$2]')}]`;
}

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).reverse();
  const result = {};
  for (const [key, member] of members) {
    Object.defineProperty(result, key, { value: reversed(member), enumerable: true, configurable: true });
  }
  return result;
}
