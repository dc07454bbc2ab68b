import { z } from 'zod';
import { keySchema } from './event-mapping.schema.ts';

const wholeSchema = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
/** HubSpot's ids are numbers in most places and digits in a text in others. */
const idSchema = z.union([wholeSchema.transform(String), z.string().regex(/^\d{1,20}$/)]);

/** A delivery is an array, of up to 100 events. */
export const hubspotDeliverySchema = z.array(z.unknown()).max(1_000);

/** One event. What only some kinds of event carry is optional; the reader asks for what it needs. */
export const hubspotEventSchema = z.object({
  eventId: idSchema,
  subscriptionId: idSchema,
  portalId: idSchema,
  /** Milliseconds since 1970. */
  occurredAt: wholeSchema,
  subscriptionType: z.string().min(1).max(100),
  objectId: idSchema.optional(),
  objectTypeId: z.string().max(32).optional(),
  propertyName: z.string().max(255).optional(),
  propertyValue: z.union([z.string().max(65_536), z.number(), z.boolean()]).nullish(),
  associationType: z.string().max(100).optional(),
  associationRemoved: z.boolean().optional(),
  fromObjectId: idSchema.optional(),
  toObjectId: idSchema.optional(),
});

/** What a property of a deal or company says. */
const meaningSchema = z.enum([
  'tier',
  'seats',
  'ends_at',
  'region',
  'name',
  'customer_key',
  'administrator_email',
]);

/** What it means that a deal, or a company, is in a stage. Other stages say nothing. */
const stageSchema = z.strictObject({
  status: z.enum(['trialing', 'active', 'paused', 'ended']),
  tier: keySchema.optional(),
});

const objectMappingSchema = z.strictObject({
  /** The property that holds the stage. */
  stage: z.string().min(1).max(255).optional(),
  stages: z.record(z.string().max(255), stageSchema).default({}),
  /** Property → what it says. */
  properties: z.record(z.string().max(255), meaningSchema).default({}),
});

/** The configuration that gives HubSpot's deals and companies a meaning. */
export const hubspotMappingSchema = z.strictObject({
  /** The only account whose events count; without it, any that the signature admits. */
  portal_id: wholeSchema.optional(),
  deal: objectMappingSchema.default({ stages: {}, properties: {} }),
  company: objectMappingSchema.default({ stages: {}, properties: {} }),
  /** The words of a property that means a tier → tier. */
  tiers: z.record(z.string().max(255), keySchema).default({}),
  /** The contract role of a person named by `administrator_email`. */
  administrator_role: keySchema.default('administrator'),
});

export type HubspotMapping = z.infer<typeof hubspotMappingSchema>;
export type HubspotEvent = z.infer<typeof hubspotEventSchema>;
