import { z } from '@hono/zod-openapi';
import { type IdPrefix, isId } from '../../domain/ids.ts';
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

/** One line of text, e.g. a person's name: trimmed, no control characters. */
export function lineText(max: number) {
  return z
    .string()
    .trim()
    .min(1, 'Say something here.')
    .max(max, `At most ${max} characters.`)
    .refine((text) => !anyControl.test(text), 'Contains characters that are not text.');
}

/** The name of a thing: its id, key or e-mail. */
export function nameText() {
  return z
    .string()
    .min(1, 'Name one.')
    .max(320, 'At most 320 characters.')
    .refine((text) => !anyControl.test(text), 'Contains characters that no name has.');
}

/** With what somebody has signed what they do now. */
export function signedText() {
  return z
    .string()
    .regex(/^chal_[0-9a-z]{26}$/, 'The id that a step-up by passkey was answered with.')
    .optional()
    .openapi({
      description:
        'The step-up in which the caller has just signed exactly this with a passkey; the records then name it.',
      example: 'chal_01kb3x6m2pf4r7t0w3y6b9e2hk',
    });
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

const instantForm =
  /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?:(:\d\d)(?:\.(\d{1,9}))?)?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/**
 * The instant in UTC with milliseconds, or null where the calendar has none: 31 February is not 3 March. Years are 1 to 9999,
 * in UTC too, for nothing else can be written in this form.
 */
function instantOf(text: string): string | null {
  const [, day = '', minute = '', second = ':00', fraction = '', zone = ''] = instantForm.exec(text) ?? [];
  // Read as if it were UTC, every time of the calendar comes back as it was written; what comes back otherwise is none.
  const asWritten = `${day}T${minute}${second}.${fraction.slice(0, 3).padEnd(3, '0')}`;
  if (isoOf(`${asWritten}Z`) !== `${asWritten}Z`) return null;
  const utc = isoOf(`${asWritten}${zone}`);
  return utc !== null && /^(?!0000)\d{4}-/.test(utc) ? utc : null;
}

function isoOf(text: string): string | null {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

/** An instant as it is sent: ISO 8601 with a zone; turned into UTC with milliseconds. */
export function instantText() {
  return z
    .string()
    .regex(instantForm, 'An instant such as 2026-11-22T14:02:00.000Z.')
    .refine((text) => !instantForm.test(text) || instantOf(text) !== null, 'There is no such instant.')
    .transform((text) => instantOf(text) ?? text)
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

/** `limit` and `cursor` of a list whose items have ids of that prefix: another list's cursor is none of its own. */
export const pageQuery = (prefix: IdPrefix) => ({
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
    .refine((text) => isId(prefix, text), 'Not a cursor of this list.')
    .optional()
    .openapi({ type: 'string', description: '`next_cursor` of the page before.' }),
});

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
