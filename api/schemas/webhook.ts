import { z } from '@hono/zod-openapi';
import { auditEventTypes } from '../../domain/audit-event.ts';
import { cloudEventType } from '../../domain/cloud-event.ts';
import { subjectFormats } from '../../domain/security-event.ts';
import {
  deliveryErrors,
  deliveryStates,
  disabledFor,
  longestWebhookUrl,
  webhookStates,
} from '../../domain/webhook.ts';
import {
  idParam,
  instantShape,
  instantText,
  keyedShape,
  lineText,
  listShape,
  pageQuery,
  periodText,
  personShape,
} from './common.ts';
import { webhookExamples as examples } from './examples/webhook.ts';

const eventType = z.enum(auditEventTypes.map(cloudEventType));

const audience = lineText(500).openapi({ description: 'Whom the events are for: `aud`.' });
const subjectFormat = z
  .enum(subjectFormats)
  .openapi({ description: 'How people are named (RFC 9493): by our id, or by their address.' });

const askedStatus = z
  .enum(['paused', 'disabled'])
  .nullable()
  .openapi({ description: 'What its receiver has asked for instead of being sent events; null: nothing.' });

const streamBody = z.strictObject({
  audience,
  subject_format: subjectFormat.default('iss_sub'),
  authorization: z
    .string()
    .regex(/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/, 'What stands in an Authorization header.')
    .max(4_000, 'At most 4000 characters.')
    .optional()
    .openapi({ description: 'The Authorization header of every delivery; it is kept sealed and not shown.' }),
});

export const webhookBody = z
  .strictObject({
    url: z.string().max(longestWebhookUrl, `At most ${longestWebhookUrl} characters.`).openapi({
      description:
        'An address of https on port 443 or 8443. It is looked up whenever something is sent, and must lead into no inner network.',
    }),
    description: lineText(100).openapi({ description: 'What you call it.' }),
    types: z
      .array(eventType)
      .max(auditEventTypes.length)
      .default([])
      .openapi({ description: 'Which events; all of them unless given.' }),
    security_events: streamBody.optional().openapi({
      description:
        'For who takes security events (OpenID SSF 1.0, push): it is told that somebody’s access has ended, and of nothing else.',
    }),
  })
  .refine(({ types, security_events: stream }) => !stream || types.length === 0, {
    path: ['types'],
    error: 'Leave them out: a stream tells of access that has ended.',
  })
  .openapi('WebhookWish', { example: examples.wish });

const webhookFields = {
  id: z.string(),
  organization: keyedShape.openapi({
    description: 'Whose events are sent: what its people would see in the feed.',
  }),
  url: z.string(),
  description: z.string(),
  types: z.array(eventType),
  security_events: z
    .object({
      audience,
      subject_format: subjectFormat,
      has_authorization: z.boolean(),
      asked_status: askedStatus,
    })
    .nullable(),
  state: z.enum(webhookStates).openapi({ description: '`disabled`: it was stopped by itself.' }),
  disabled_for: z.enum(disabledFor).nullable().openapi({
    description: '`gone`: the other side said so (410). `failing`: nothing was taken for five days.',
  }),
  failing_since: instantShape.nullable(),
  pending: z.int().min(0).openapi({ description: 'Deliveries that wait, counted to 1000.' }),
  dead: z.int().min(0).openapi({ description: 'Deliveries that were given up, counted to 1000.' }),
  former_secret_until: instantShape.nullable(),
  made_by: personShape,
  created_at: instantShape,
};

export const webhookShape = z.object(webhookFields).openapi('Webhook', { example: examples.webhook });

export const webhookSecretShape = z
  .object({
    ...webhookFields,
    secret: z.string().openapi({
      description:
        'Shown here and never again: what deliveries are signed with or, for security events, which are signed with published keys, the token that their receiver manages the stream with.',
    }),
  })
  .openapi('WebhookWithSecret', { example: examples.secret });

export const webhookListShape = z.object({ items: z.array(webhookShape) }).openapi('WebhookList');

export const rotationBody = z.strictObject({
  former_valid_for: z
    .union([z.literal('PT0S'), periodText()])
    .optional()
    .openapi({
      type: 'string',
      format: 'duration',
      default: 'P1D',
      example: 'P1D',
      description: '`PT0S` ends the former one at once.',
    }),
});

export const deliveryShape = z
  .object({
    id: z.string().openapi({ description: 'The `webhook-id` of every try.' }),
    webhook_id: z.string(),
    event_id: z.string(),
    type: eventType,
    state: z.enum(deliveryStates),
    tries: z.int().min(0),
    last_status: z.int().nullable(),
    last_error: z.enum(deliveryErrors).nullable(),
    created_at: instantShape,
    tried_at: instantShape.nullable(),
    due_at: instantShape.nullable(),
  })
  .openapi('WebhookDelivery', { example: examples.delivery });

export const deliveryListShape = listShape(deliveryShape, 'WebhookDeliveryList');
export const deliveryQuery = z.strictObject({
  ...pageQuery('msg'),
  state: z.enum(deliveryStates).optional(),
});
export const replayBody = z.strictObject({
  since: instantText().openapi({ description: 'Those that were written from then on.' }),
});
export const replayedShape = z.object({ replayed: z.int().min(0) });

export const webhookParam = idParam('A webhook’s id.', examples.webhook.id);
export const deliveryParams = z.object({
  ...webhookParam.shape,
  delivery: z
    .string()
    .regex(/^[\w.-]{1,128}$/)
    .openapi({ description: 'A delivery’s id.', example: examples.delivery.id }),
});
