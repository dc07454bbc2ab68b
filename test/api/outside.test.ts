import { expect, it } from 'vitest';
import { outside } from '../../api/outside.ts';

it('turns the names of members at any depth, and leaves values alone', () => {
  expect(outside({ endsAt: 'dueAt', stages: [{ lapsesAt: null, people: [{ isHere: true }] }] })).toEqual({
    ends_at: 'dueAt',
    stages: [{ lapses_at: null, people: [{ is_here: true }] }],
  });
});

it('keeps a member that is named like an object’s prototype a member', () => {
  const document: object = Object(JSON.parse('{"fieldNames":{"__proto__":{"isAdmin":true},"plain":1}}'));
  const turned: { field_names: object } = Object(outside(document));
  expect(Object.keys(turned.field_names)).toEqual(['__proto__', 'plain']);
  expect(Object.getPrototypeOf(turned.field_names)).toBe(Object.prototype);
  expect(JSON.stringify(turned)).toBe('{"field_names":{"__proto__":{"is_admin":true},"plain":1}}');
});
