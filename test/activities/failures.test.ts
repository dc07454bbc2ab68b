import { expect, it } from 'vitest';
import { failureCode, isRetryable } from '../../activities/failures.ts';

it('a target that lets a limit run out is one that does not answer, and is tried again', async () => {
  const signal = AbortSignal.timeout(1);
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  expect(failureCode(signal.reason)).toBe('target-unreachable');
  expect(isRetryable(signal.reason)).toBe(true);
  expect(failureCode(new Error('anything else'))).toBe('internal-error');
});
