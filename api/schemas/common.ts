import { z } from '@hono/zod-openapi';
import { isId } from '../../domain/ids.ts';
import { periodMs } from '../../domain/period.ts';

/** Control characters other than line ends and tabs, and halves of surrogate pairs: no text, and nothing to hash. */
const control = /(?![\n\r\t])\p{Cc}|\p{Surrogate}/u;
const anyControl = /\p{Cc}|\p{Surrogate}/u;

/** Free text by a person: trimmed, well-formed Unicode, no control characters. */
export function freeText(max: number) {
  return z
    .string()
    .trim()
    .min(1, 'Say something here.')
    .max(max, `At most ${max} characters.`)
    .refine((text) => !control.test(text), 'Contains characters that are not text.');
}

/** The name of a thing: its id, key or e-mail. */
export function nameText() {
  return z
    .string()
    .min(1, 'Name one.')
    .max(320, 'At most 320 characters.')
    .refine((text) => !anyControl.test(text), 'Contains characters that no name has.');
}

/** A period as it is asked for: ISO 8601 without years and months. */
export function periodText() {
  return z
    .string()
    .refine(
      (text) => periodMs(text) !== null,
      'An ISO 8601 period such as PT2H or P1DT12H; no years or months.',
    )
    .openapi({ format: 'duration', example: 'PT2H' });
}

/** An instant as it is sent: ISO 8601 with a zone; turned into UTC with milliseconds. */
export function instantText() {
  return z
    .string()
    .regex(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/,
      'An instant such as 2026-11-22T14:02:00.000Z.',
    )
    .refine((text) => !Number.isNaN(Date.parse(text)), 'There is no such instant.')
    .transform((text) => new Date(text).toISOString())
    .openapi({ type: 'string', format: 'date-time', example: '2026-11-22T14:02:00.000Z' });
}

/** An instant as it is answered. */
export const instantShape = z.string().openapi({ format: 'date-time', example: '2026-11-22T14:02:00.000Z' });

export const personShape = z
  .object({ id: z.string(), email: z.string().nullable(), name: z.string().nullable() })
  .openapi('Person', {
    example: { id: 'person_01kb3v5c2hf8jrxw7s9d0m4p6q', email: 'sam@northwind.example', name: 'Sam' },
  });

export const keyedShape = z
  .object({ id: z.string(), key: z.string().nullable(), name: z.string().nullable() })
  .openapi('Named', { example: { id: 'org_01kb3v5c2hf8jrxw7s9d0m4p6q', key: 'acme', name: 'Acme' } });

export const policyShape = z
  .object({ id: z.string(), title: z.string() })
  .openapi('Policy', { example: { id: 'support-read', title: 'Support may read with an approval' } });

const cursorPrefix = /^(req|grant|aud)_/;

/** `limit` and `cursor` of every list. */
export const pageQuery = {
  limit: z
    .string()
    .regex(/^\d{1,4}$/, 'A whole number from 1 to 200.')
    .transform(Number)
    .refine((limit) => limit >= 1 && limit <= 200, 'A whole number from 1 to 200.')
    .optional()
    .openapi({
      type: 'integer',
      minimum: 1,
      maximum: 200,
      default: 50,
      description: 'How many items at most.',
    }),
  cursor: z
    .string()
    .max(100)
    .transform((text) => Buffer.from(text, 'base64url').toString('utf8'))
    .refine(isCursor, 'Not a cursor of this list.')
    .optional()
    .openapi({ type: 'string', description: '`next_cursor` of the page before.' }),
};

function isCursor(text: string): boolean {
  const prefix = cursorPrefix.exec(text)?.[1];
  return (prefix === 'req' || prefix === 'grant' || prefix === 'aud') && isId(prefix, text);
}

/** What a list's query says about its page. */
export function pageWish(query: { limit?: number | undefined; cursor?: string | undefined }) {
  return { limit: query.limit ?? 50, after: query.cursor ?? null };
}

/** The cursor that stands for going on after an id. */
export function cursorAfter(id: string | null): string | null {
  return id === null ? null : Buffer.from(id, 'utf8').toString('base64url');
}

/** A list of items and where it goes on. */
export function listShape<T extends z.ZodType>(item: T, name: string) {
  return z
    .object({ items: z.array(item), next_cursor: z.string().nullable() })
    .openapi(name, { description: '`next_cursor` is null at the end.' });
}

/** The id in a path. What could not be one is not there, rather than malformed. */
export const idParam = (description: string, example: string) =>
  z.object({
    id: z
      .string()
      .regex(/^[\w.-]{1,128}$/)
      .openapi({ description, example }),
  });
