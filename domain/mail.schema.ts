import { z } from 'zod';

const instant = z.iso.datetime();

/** What follows when an invoice stays unpaid, and when; null when nothing does by itself. */
const dunning = z.object({
  next: z.enum(['restricted', 'suspended', 'offboarded']).nullable(),
  at: instant.nullable(),
});

/**
 * Every message there is, by kind, with what its template needs beside the rows it belongs to: ids, counts, instants
 * (ISO 8601 UTC) and closed codes; no names, no free text and no secrets.
 */
export const mailShape = z.discriminatedUnion('kind', [
  /** To a new user: the link by which they say that they are there. `invitedBy`: a person, when one asked for it. */
  z.object({ kind: z.literal('welcome'), data: z.object({ invitedBy: z.string().nullable() }) }),
  z.object({ kind: z.literal('welcome-reminder'), data: z.object({}) }),
  /** To a customer's administrators: how it stands about an invoice that is not paid. */
  z.object({ kind: z.literal('payment-failed'), data: dunning }),
  z.object({ kind: z.literal('restricted'), data: dunning }),
  z.object({ kind: z.literal('suspended'), data: dunning }),
  /** To the same: there are more users than seats since a downgrade, and some lose their access at `until`. Once more shortly before. */
  z.object({
    kind: z.literal('seats-over-limit'),
    data: z.object({
      seats: z.int().min(0),
      used: z.int().min(0),
      until: instant,
      isLast: z.boolean().default(false),
    }),
  }),
  /** To whoever owns a customer's onboarding: it failed and was taken back. */
  z.object({ kind: z.literal('onboarding-failed'), data: z.object({ cause: z.string() }) }),
  /** To those who may release: so many changes wait behind a fence. */
  z.object({
    kind: z.literal('fence-waits'),
    data: z.object({ fenceId: z.string(), waiting: z.int().min(1) }),
  }),
  /** To whoever finds it an owner: what somebody who left has owned. */
  z.object({
    kind: z.literal('handover'),
    data: z.object({ formerOwnerId: z.string(), resourceId: z.string().nullable(), taskId: z.string() }),
  }),
]);

/** One message to one person, as far as it is more than its address. */
export type Mail = z.infer<typeof mailShape>;
export type MailKind = Mail['kind'];
