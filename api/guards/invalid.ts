import type { ValidationTargets } from 'hono';
import type { z } from 'zod';
import { type FieldError, TenureError } from '../../domain/errors.ts';

/**
 * What is wrong with a request's form, all fields at once: a body's by JSON pointer (RFC 6901), a parameter's by its name.
 */
export function invalidOf(target: keyof ValidationTargets, error: z.ZodError): TenureError {
  if (target === 'param') return new TenureError('not-found', 'There is nothing here that you may see.');
  const errors = error.issues.flatMap((issue) => fieldErrors(target, issue));
  if (target === 'json') return new TenureError('invalid-input', 'Some fields are wrong.', errors);
  const names = [...new Set(errors.map((field) => field.pointer))].join(', ');
  return new TenureError('malformed-parameter', `Malformed or unknown: ${names}.`, errors);
}

function fieldErrors(target: keyof ValidationTargets, issue: z.core.$ZodIssue): FieldError[] {
  const pointerTo = (path: readonly PropertyKey[]) =>
    target === 'json'
      ? path.map((part) => `/${escapePointer(String(part))}`).join('')
      : path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      pointer: pointerTo([...issue.path, key]),
      detail: 'There is no such field.',
    }));
  }
  // What came is not in the issue, whose words say of a field that is not there that nothing did.
  const isMissing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
  return [{ pointer: pointerTo(issue.path), detail: isMissing ? 'This is required.' : issue.message }];
}

function escapePointer(part: string): string {
  return part.replaceAll('~', '~0').replaceAll('/', '~1');
}
