import { z } from 'zod';
import { contractStatuses } from './contract-fact.ts';
import { keySchema, sourceIdSchema } from './event-mapping.schema.ts';

/** Where a field stands in a body: names and array indexes between dots, e.g. `data.plan.seats`. At most ten deep. */
const pathSchema = z
  .string()
  .max(500)
  .regex(/^[^.\s]+(\.[^.\s]+){0,9}$/, 'names separated by dots, at most ten');

const plainSchema = z.union([z.string().max(255), z.number(), z.boolean()]);

/**
 * CloudEvents 1.0 in its structured JSON form; only what is used here. A body is one when it says `specversion`.
 */
export const cloudEventSchema = z.looseObject({
  specversion: z.literal('1.0'),
  id: sourceIdSchema,
  type: z.string().min(1).max(255),
  source: z.string().min(1).max(2_048),
  time: z.iso.datetime({ offset: true }).optional(),
});

/** The configuration that gives any system's events a meaning: for each thing where it stands in the body. */
export const eventMappingSchema = z.strictObject({
  /** The kinds of event that count; without it all. */
  types: z.array(z.string().min(1).max(255)).min(1).optional(),
  /** Where the kind stands; a CloudEvent's is `type`. */
  type: pathSchema.default('type'),
  /** The event's id; a CloudEvent's is `id`, a plain body without one goes by the delivery's. */
  id: pathSchema.optional(),
  /** When it was so; a CloudEvent's is `time`. Without it events count in the order of their first arrival. */
  occurred_at: pathSchema.optional(),
  /** The source's own id of the customer. */
  customer: pathSchema,
  /** Our key of the customer, where the source knows it. */
  customer_key: pathSchema.optional(),
  name: pathSchema.optional(),
  region: pathSchema.optional(),
  tier: pathSchema.optional(),
  /** The source's words → tier; without it the word is the tier's key. */
  tiers: z.record(z.string().max(255), keySchema).optional(),
  seats: pathSchema.optional(),
  ends_at: pathSchema.optional(),
  /** Where the contract stands, word by word. Without it an event that is not a churn says `active`. */
  status: z
    .strictObject({
      path: pathSchema,
      values: z.record(z.string().max(255), z.enum(contractStatuses)),
    })
    .optional(),
  /** An event is a churn when this field has one of the values. */
  churn: z.strictObject({ path: pathSchema, values: z.array(plainSchema).min(1).default([true]) }).optional(),
  /** The users the contract names: a list of addresses, or of objects. */
  people: z
    .strictObject({
      path: pathSchema,
      email: pathSchema.default('email'),
      name: pathSchema.default('name'),
      role: pathSchema.default('role'),
      /** The source's words → contract role; without it the word is the role. */
      roles: z.record(z.string().max(255), keySchema).optional(),
      /** For whom no role is named. */
      default_role: keySchema.default('member'),
    })
    .optional(),
});

export type EventMapping = z.infer<typeof eventMappingSchema>;
export type PeopleMapping = NonNullable<EventMapping['people']>;
