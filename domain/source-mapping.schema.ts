import { hubspotMappingSchema } from './hubspot-event.schema.ts';
import { eventMappingSchema } from './mapped-event.schema.ts';
import { stripeMappingSchema } from './stripe-event.schema.ts';

/** What a source's mapping must look like, by how the source signs. */
export const sourceMappingSchemas = {
  stripe: stripeMappingSchema,
  hubspot: hubspotMappingSchema,
  standard: eventMappingSchema,
} as const;

/** How a source signs, and with it how what it sends is read. */
export type SourceScheme = keyof typeof sourceMappingSchemas;
