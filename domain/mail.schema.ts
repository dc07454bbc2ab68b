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
  /** To whoever made a passkey: that it was made, and when. */
  z.object({ kind: z.literal('passkey-enrolled'), data: z.object({ at: instant }) }),
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
  /** To those who may decide: requests wait for them; and once more while they do. What about is in their notices. */
  z.object({ kind: z.literal('request-waits'), data: z.object({}) }),
  z.object({ kind: z.literal('request-still-waits'), data: z.object({}) }),
  /** To whom requests are about, and who made them: what became of these. */
  z.object({ kind: z.literal('request-decided'), data: z.object({}) }),
  /** To who holds access, and who asked for it: it has begun, ends soon, has ended. */
  z.object({ kind: z.literal('access-begun'), data: z.object({}) }),
  z.object({ kind: z.literal('ends-soon'), data: z.object({}) }),
  z.object({ kind: z.literal('access-ended'), data: z.object({}) }),
  /** To the same and to security: access is past its end and not confirmed gone. */
  z.object({ kind: z.literal('access-overdue'), data: z.object({}) }),
  /** To a customer's administrators and security: access that policy wants reported has begun, or lasts longer. Written with its row. */
  z.object({ kind: z.literal('emergency-access'), data: z.object({ isLonger: z.boolean().default(false) }) }),
  /** To a customer's other administrators and security: the vendor's people made one. Written with the role; they agree from then on. */
  z.object({ kind: z.literal('administrator-added'), data: z.object({ from: instant }) }),
  /** To a customer's administrators: an override that says whose consent is needed was confirmed. Written with that. */
  z.object({ kind: z.literal('consent-override'), data: z.object({ until: instant }) }),
  /** To the vendor's administrators: one was let in anew on the machine. */
  z.object({ kind: z.literal('sign-in-recovered'), data: z.object({}) }),
  /** To everybody else who manages access at the vendor: one who does was sent a way in. Written with the welcome. */
  z.object({ kind: z.literal('colleague-invited'), data: z.object({ personId: z.string() }) }),
  /** To who may mend it: a webhook was sent nothing any more. Which is in its notice. */
  z.object({ kind: z.literal('webhook-stopped'), data: z.object({}) }),
  /** To who manages people: what these hold by their roles lapses unless somebody keeps it. */
  z.object({ kind: z.literal('reviews-due'), data: z.object({}) }),
]);

/** One message to one person, as far as it is more than its address. */
export type Mail = z.infer<typeof mailShape>;
export type MailKind = Mail['kind'];
