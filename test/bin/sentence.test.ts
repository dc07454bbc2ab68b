import { DrizzleQueryError } from 'drizzle-orm/errors';
import { expect, it } from 'vitest';
import { sentenceOf } from '../../bin/sentence.mjs';

it('says what is wrong without the parameters of the statement that failed', () => {
  const wrapped = new DrizzleQueryError('select $1', ['a secret'], new Error('connection refused'));
  expect(wrapped.message).toContain('a secret');
  expect(sentenceOf(wrapped)).toBe('connection refused');
  expect(sentenceOf(new Error('Port 3000 is in use'))).toBe('Port 3000 is in use');
  expect(sentenceOf('odd')).toBe('odd');
});
