import { z } from 'zod';
import type { Alert } from './signal.ts';

const text = z
  .string()
  .min(1)
  .max(300)
  .refine((value) => !/\p{Cc}|\p{Surrogate}/u.test(value), 'Plain text, without control characters.');
const instant = z.iso.datetime({ offset: true });

/** So many are taken at once. */
const alertsAtMost = 100;

const alertSchema = z
  .looseObject({
    /** The sender's own, by which it is kept once however often it comes. */
    id: text,
    /** By e-mail address, or by the id that a directory gave them. */
    subject: z.union([z.looseObject({ email: text }), z.looseObject({ id: text })]),
    /** What policies call it. */
    signal: z
      .string()
      .max(60)
      .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'Small letters, digits and hyphens.'),
    /** False: it is over. */
    active: z.boolean().default(true),
    occurred_at: instant,
    ends_at: instant.nullish(),
  })
  .transform(
    ({ id, subject, signal, active, occurred_at: occurredAt, ends_at: endsAt }): Alert => ({
      id,
      subject: 'email' in subject ? { email: String(subject.email) } : { id: subject.id },
      signal,
      active,
      occurredAt,
      endsAt: endsAt ?? null,
    }),
  );

/** One alert, or several, as a security information system sends them. What it says beyond is not read. */
export const alertsSchema = z.union([
  alertSchema.transform((one) => [one]),
  z.array(alertSchema).min(1).max(alertsAtMost),
]);
