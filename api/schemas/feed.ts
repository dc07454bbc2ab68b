import { z } from '@hono/zod-openapi';
import { actorKinds, auditEventTypes } from '../../domain/audit-event.ts';
import { cloudEventType } from '../../domain/cloud-event.ts';
import { instantShape } from './common.ts';
import { feedExample } from './examples/feed.ts';

/** What an event of the feed says, version 1. Members may be added to it; one that goes or means something else makes version 2. */
export const eventDataShape = z
  .object({
    actor: z.object({ kind: z.enum(actorKinds), id: z.string() }),
    subject: z.object({ kind: z.string(), id: z.string() }),
    organization_id: z.string().nullable().describe('Whose data it is about.'),
    holder_organization_id: z.string().nullable().describe('Whose people it is about.'),
    request_id: z.string().nullable(),
    grant_id: z.string().nullable(),
    policy_version: z.string().nullable(),
    commitment: z
      .string()
      .describe('The salted commitment to the names and reasons, which are not told here.'),
  })
  .openapi('FeedEventData');

/** An event as CloudEvents 1.0.2 has it, in the JSON event format. */
const cloudEventShape = z
  .object({
    specversion: z.literal('1.0'),
    id: z
      .string()
      .openapi({ description: 'The same whenever it is told: a reader keeps those it has seen.' }),
    source: z.string(),
    type: z.enum(auditEventTypes.map(cloudEventType)).openapi({
      description: '`tenure.`, the audit event’s type, and the version of its data. More may come.',
    }),
    subject: z.string(),
    time: instantShape,
    datacontenttype: z.literal('application/json'),
    dataschema: z.string(),
    data: eventDataShape,
  })
  .openapi('CloudEvent');

/** The JSON batch format: nothing but events, so that the place to go on from is in the Link header. */
export const feedShape = z.array(cloudEventShape).openapi('Feed', { example: feedExample });

export const feedQuery = z.strictObject({
  after: z
    .string()
    .max(100, 'At most 100 characters.')
    .optional()
    .openapi({ description: 'As in the Link header of the answer before; without it, from the beginning.' }),
  limit: z
    .string()
    .regex(/^\d{1,4}$/, 'A whole number from 1 to 1000.')
    .transform(Number)
    .refine((limit) => limit >= 1 && limit <= 1_000, 'A whole number from 1 to 1000.')
    .default(200)
    .openapi({ type: 'integer', minimum: 1, maximum: 1_000, default: 200 }),
});
