import { describe, expect, it } from 'vitest';
import {
  meetsScimFilter,
  readScimAttribute,
  readScimFilter,
  ScimFilterError,
} from '../../domain/scim-filter.ts';
import { patchScim, ScimPatchError } from '../../domain/scim-patch.ts';

// The pure parts of SCIM: filters (RFC 7644, section 3.4.2.2) and patches (section 3.5.2), without a ledger.

const eve = {
  userName: 'Eve@acme.example',
  active: true,
  age: 30,
  emails: [
    { type: 'work', value: 'eve@acme.example', primary: true },
    { type: 'home', value: 'eve@home.example' },
  ],
};
const meets = (filter: string) => meetsScimFilter(readScimFilter(filter), eve);

describe('A filter', () => {
  it.each([
    ['userName eq "EVE@ACME.EXAMPLE"', true],
    ['USERNAME Eq "eve@acme.example"', true],
    ['userName ne "eve@acme.example"', false],
    ['userName co "acme" and userName sw "eve" and userName ew "example"', true],
    ['userName gt "eva" and userName ge "eve@acme.example" and not (userName lt "eve@acme.example")', true],
    ['age le 30 and age lt 31 and not (age gt 30)', true],
    ['title pr', false],
    ['active eq true', true],
    ['active eq "True"', true],
    ['title eq null', true],
    // `and` binds more than `or`.
    ['userName eq "x" and active eq true or active eq true', true],
    ['userName eq "x" and (active eq true or active eq true)', false],
    ['emails[type eq "home" and value co "home.example"]', true],
    ['emails[type eq "home" and value co "acme"]', false],
  ])('%s', (filter, is) => expect(meets(filter)).toBe(is));

  it.each([
    '',
    'userName',
    'userName eq',
    'userName eq eve',
    'userName zz "eve"',
    '(userName pr',
    'userName pr)',
    'emails[type eq "work"',
    'active gt true',
    'userName eq "a" userName eq "b"',
    'userName eq "\\u0000"',
    `${'('.repeat(30)}userName pr${')'.repeat(30)}`,
    Array.from({ length: 200 }, () => 'active pr').join(' and '),
    `userName eq "${'x'.repeat(5_000)}"`,
  ])('is refused: %.40s', (filter) => expect(() => readScimFilter(filter)).toThrow(ScimFilterError));

  it('names attributes with or without their schema', () => {
    const core = 'urn:ietf:params:scim:schemas:core:2.0:User:name.givenName';
    expect(readScimAttribute(core)).toEqual({ urn: null, name: 'name', sub: 'givenName' });
    const more = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
    expect(readScimAttribute(`${more}:department`)).toEqual({ urn: more, name: 'department', sub: null });
    expect(() => readScimAttribute('__proto__')).toThrow(ScimFilterError);
  });
});

const patch = (...Operations: unknown[]) => patchScim(eve, { Operations });

describe('A patch', () => {
  it('leaves what it is given as it is', () => {
    const before = structuredClone(eve);
    expect(patch({ op: 'replace', path: 'emails[type eq "work"].value', value: 'x' })).not.toEqual(eve);
    expect(eve).toEqual(before);
  });

  it('adds to a list once, and has one that is primary', () => {
    const added = { type: 'other', value: 'e@other.example', primary: true };
    const { emails } = patch({ op: 'add', path: 'emails', value: [added, added, eve.emails[1]] });
    expect(emails).toEqual([{ ...eve.emails[0], primary: false }, eve.emails[1], added]);
  });

  it('replaces and removes what a filter means, and makes what it describes', () => {
    expect(patch({ op: 'remove', path: 'emails[type eq "home"]' })['emails']).toEqual([eve.emails[0]]);
    expect(patch({ op: 'remove', path: 'emails[type eq "home"].value' })['emails']).toEqual([
      eve.emails[0],
      { type: 'home' },
    ]);
    const made = patch({ op: 'add', path: 'phoneNumbers[type eq "work"].value', value: '1' });
    expect(made['phoneNumbers']).toEqual([{ type: 'work', value: '1' }]);
  });

  it.each([
    [{ op: 'remove' }, 'noTarget'],
    [{ op: 'move', path: 'a', value: 1 }, 'invalidSyntax'],
    [{ op: 'add', value: 'x' }, 'invalidValue'],
    [{ op: 'replace', path: 'emails[', value: 'x' }, 'invalidPath'],
    [{ op: 'replace', path: 'emails[type co "zz"].value', value: 'x' }, 'noTarget'],
    [{ op: 'replace', path: 'meta.created', value: 'x' }, 'mutability'],
    ['x', 'invalidSyntax'],
  ])('%j is %s', (operation, scimType) => {
    expect(() => patch(operation)).toThrow(ScimPatchError);
    expect(() => patch(operation)).toThrow(expect.objectContaining({ scimType }));
  });

  it('has at least one operation, and no more than a thousand', () => {
    expect(() => patch()).toThrow(ScimPatchError);
    expect(() => patch(...Array.from({ length: 1_001 }, () => ({ op: 'add', path: 'a', value: 1 })))).toThrow(
      ScimPatchError,
    );
  });
});
