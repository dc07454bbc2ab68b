import { z } from '@hono/zod-openapi';
import { webhookSchemes } from '../../crypto/webhook-signature.ts';
import { inboundEventStates } from '../../domain/inbound-event.ts';
import { keyMaxLength, keyPattern } from '../../domain/keys.ts';
import {
  freeText,
  idParam,
  instantShape,
  keyedShape,
  listShape,
  nameText,
  pageQuery,
  periodText,
} from './common.ts';

const eventId = 'evt_01kb4c1q0efv3m8r6x2t9d5wzk';
const problem = { code: 'unknown-price', field: 'data.object.items.data.0.price.id', value: 'price_new' };

export const eventParam = idParam('An event’s id.', eventId);
export const deliveryParam = idParam('The source’s key.', 'stripe');
export const sourceParam = z.object({
  key: z
    .string()
    .max(keyMaxLength)
    .regex(keyPattern)
    .openapi({ description: 'The source’s key.', example: 'stripe' }),
});

export const receivedShape = z
  .object({
    received: z.int().openapi({ description: 'Events that are new.' }),
    duplicates: z
      .int()
      .openapi({ description: 'Events whose id was delivered before; they change nothing.' }),
  })
  .openapi('Received', { example: { received: 1, duplicates: 0 } });

const problemShape = z.object({
  code: z.string(),
  field: z.string().openapi({ description: 'Where it stands in the event, as a dotted path.' }),
  value: z
    .string()
    .optional()
    .openapi({ description: 'The source’s own word that the mapping does not have.' }),
});

const event = {
  id: z.string(),
  source: z.string(),
  event_id: z.string().openapi({ description: 'The source’s own id of it.' }),
  state: z.enum(inboundEventStates),
  problems: z.array(problemShape),
  ignored: z.string().nullable().openapi({ description: 'Closed code of why it says nothing.' }),
  customer: keyedShape.nullable(),
  conflicts_with: z.string().nullable().openapi({
    description: 'Of a conflicting event the one that came first under the same id.',
  }),
  received_at: instantShape,
  read_at: instantShape.nullable(),
};
const example = {
  id: eventId,
  source: 'stripe',
  event_id: 'evt_1QnK2eLkdIwHu7ixT9hQ3f4v',
  state: 'waiting' as const,
  problems: [problem],
  ignored: null,
  customer: null,
  conflicts_with: null,
  received_at: '2026-11-22T14:02:00.000Z',
  read_at: '2026-11-22T14:02:00.240Z',
};

export const eventShape = z.object(event).openapi('Event', {
  example,
  description:
    '`waiting`: it cannot be read, or not all of it, until the mapping of its source is corrected; then it is replayed. `conflicting`: its id came before with other words; it is not read, and a person looks at it.',
});

const signed = {
  method: 'POST',
  url: 'https://tenure.example.com/v1/events/stripe',
  headers: {
    'stripe-signature': 't=1795356120,v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd',
  },
};

export const signedShape = z.object({
  method: z.string(),
  url: z.string(),
  headers: z.record(z.string(), z.string()),
});

export const eventWholeShape = z
  .object({
    ...event,
    content_type: z.string(),
    body: z.string(),
    signed: signedShape
      .nullable()
      .openapi({ description: 'How the first delivery that brought it was signed.' }),
    delivery_body: z.string().nullable().openapi({
      description: 'The whole delivery as it was signed, where it held several events; else `body` is.',
    }),
  })
  .openapi('EventWhole', {
    example: {
      ...example,
      content_type: 'application/json',
      body: '{"id":"evt_…"}',
      signed,
      delivery_body: null,
    },
  });

export const eventListShape = listShape(eventShape, 'EventList');

export const eventQuery = z.strictObject({
  ...pageQuery('evt'),
  state: z
    .enum(['open', ...inboundEventStates])
    .optional()
    .openapi({ description: '`open`: those that wait for a person.' }),
  source: nameText().optional(),
  customer: nameText().optional(),
});

export const discardBody = z.strictObject({ reason: freeText(1_000) });
export const nothingBody = z.strictObject({});

/** A source's own words are the names in a mapping, so its schema is open here; the scheme's own is checked by the operation. */
const mappingShape = z.record(z.string(), z.unknown());

export const sourceShape = z
  .object({
    key: z.string(),
    name: z.string(),
    scheme: z.enum(webhookSchemes),
    mapping: mappingShape,
    secrets: z.array(
      z.object({ id: z.string(), created_at: instantShape, expires_at: instantShape.nullable() }),
    ),
    has_api_key: z.boolean(),
    url: z.string().openapi({ description: 'Where it delivers to.' }),
    changed_at: instantShape,
  })
  .openapi('EventSource', {
    example: {
      key: 'stripe',
      name: 'Stripe',
      scheme: 'stripe',
      mapping: { prices: { price_northwind_professional: 'professional' } },
      secrets: [{ id: 'first-stripe', created_at: '2026-11-22T14:02:00.000Z', expires_at: null }],
      has_api_key: false,
      url: 'https://tenure.example.com/v1/events/stripe',
      changed_at: '2026-11-22T14:02:00.000Z',
    },
  });

export const sourceListShape = z.object({ items: z.array(sourceShape) }).openapi('EventSourceList');

const secretText = z
  .string()
  .regex(/^[\x21-\x7e]{16,255}$/, '16 to 255 visible ASCII characters.')
  .openapi({ description: 'The signing secret that the other side made.' });

export const sourceBody = z
  .strictObject({
    name: freeText(100).optional(),
    scheme: z.enum(webhookSchemes),
    mapping: mappingShape,
    secret: secretText.optional(),
    api_key: z
      .string()
      .regex(/^[\x21-\x7e]{8,255}$/, 'Eight to 255 visible ASCII characters.')
      .nullable()
      .optional()
      .openapi({ description: 'What its own API is read with when events alone leave a doubt (Stripe).' }),
  })
  .openapi('PutEventSource', {
    example: {
      name: 'Stripe',
      scheme: 'stripe',
      mapping: { prices: { price_northwind_professional: 'professional' } },
    },
  });

export const secretBody = z.strictObject({
  secret: secretText.optional(),
  former_valid_for: z
    .union([z.literal('PT0S'), periodText()])
    .optional()
    .openapi({ type: 'string', format: 'duration', default: 'P1D', example: 'P1D' }),
});

export const secretShape = z
  .object({
    id: z.string(),
    secret: z.string().nullable().openapi({ description: 'Shown this once; null when the caller gave it.' }),
    created_at: instantShape,
    former_expires_at: instantShape.nullable(),
  })
  .openapi('NewSourceSecret', {
    example: {
      id: '5a0c1d2e-1f3b-4c5d-8e9f-0a1b2c3d4e5f',
      secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw5u1C2Yd0p3E=',
      created_at: '2026-11-22T14:02:00.000Z',
      former_expires_at: '2026-11-23T14:02:00.000Z',
    },
  });

export const replayedShape = z
  .object({ replayed: z.int() })
  .openapi('Replayed', { example: { replayed: 3 } });
