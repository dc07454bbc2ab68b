import { z } from 'zod';
import { keySchema, sourceIdSchema } from './event-mapping.schema.ts';

/** Seconds since 1970, as Stripe writes instants. */
const secondsSchema = z.number().int().min(0).max(1e11);
const metadataSchema = z.record(z.string(), z.string()).nullish();
/** An object by its id, or whole where the sender asked Stripe to expand it. */
const referenceSchema = z
  .union([sourceIdSchema, z.object({ id: sourceIdSchema }).transform((object) => object.id)])
  .nullish();

/** The envelope of every Stripe event; the object inside is read by its own kind. */
export const stripeEventSchema = z.object({
  id: sourceIdSchema,
  type: z.string().min(1).max(255),
  created: secondsSchema,
  data: z.object({ object: z.looseObject({ object: z.string().max(255) }) }),
});

/**
 * A subscription, of API versions before and after 2025-03-31, when the current period moved from the subscription to
 * its items. `status` is open: a word that Stripe adds later is a problem to report, not a malformed body.
 */
export const stripeSubscriptionSchema = z.object({
  id: sourceIdSchema,
  customer: referenceSchema,
  status: z.string().max(64),
  created: secondsSchema.nullish(),
  metadata: metadataSchema,
  cancel_at: secondsSchema.nullish(),
  cancel_at_period_end: z.boolean().nullish(),
  current_period_end: secondsSchema.nullish(),
  items: z.object({
    data: z
      .array(
        z.object({
          current_period_end: secondsSchema.nullish(),
          quantity: z.number().int().min(0).max(1_000_000).nullish(),
          price: z.object({ id: sourceIdSchema, product: referenceSchema }),
        }),
      )
      .max(100),
  }),
});

/** An invoice; what it is for moved into `parent` in 2025-03-31. */
export const stripeInvoiceSchema = z.object({
  id: sourceIdSchema,
  customer: referenceSchema,
  status: z.string().max(64).nullish(),
  attempted: z.boolean().nullish(),
  attempt_count: z.number().int().min(0).nullish(),
  subscription: referenceSchema,
  parent: z
    .object({
      subscription_details: z.object({ subscription: referenceSchema, metadata: metadataSchema }).nullish(),
    })
    .nullish(),
  subscription_details: z.object({ metadata: metadataSchema }).nullish(),
});

export const stripeCheckoutSchema = z.object({
  id: sourceIdSchema,
  mode: z.string().max(64),
  status: z.string().max(64).nullish(),
  payment_status: z.string().max(64).nullish(),
  customer: referenceSchema,
  subscription: referenceSchema,
  metadata: metadataSchema,
  customer_details: z
    .object({
      email: z.string().nullish(),
      name: z.string().nullish(),
      individual_name: z.string().nullish(),
      business_name: z.string().nullish(),
    })
    .nullish(),
});

/** What one unit of a price or product buys. */
const boughtSchema = z.union([
  keySchema.transform((tier) => ({ tier, seats_per_unit: 1 })),
  z.strictObject({
    tier: keySchema,
    /** 0: the quantity says nothing about seats, the tier's own number counts. */
    seats_per_unit: z.number().int().min(0).max(100_000).default(1),
  }),
]);

/** The configuration that gives Stripe's prices a meaning. */
export const stripeMappingSchema = z.strictObject({
  /** Price → tier. */
  prices: z.record(sourceIdSchema, boughtSchema).default({}),
  /** Product → tier, where the price is not named. */
  products: z.record(sourceIdSchema, boughtSchema).default({}),
  /** Prices and products that say nothing about a tier, e.g. support hours. */
  ignored: z.array(sourceIdSchema).default([]),
  /** The entry of `metadata` that holds the customer's key. Only the vendor's own server writes metadata. */
  customer_key: z.string().min(1).max(40).default('tenure_customer'),
  /** The contract role of the person who bought. */
  buyer_role: keySchema.default('administrator'),
});

export type StripeMapping = z.infer<typeof stripeMappingSchema>;
export type StripeSubscription = z.infer<typeof stripeSubscriptionSchema>;
export type StripeInvoice = z.infer<typeof stripeInvoiceSchema>;
export type StripeCheckout = z.infer<typeof stripeCheckoutSchema>;
