import { z } from 'zod';

/** What the command line reads of the API's answers about the catalog: only what it prints. */
const author = z
  .object({ id: z.string(), email: z.string().nullish(), name: z.string().nullish() })
  .nullish();

export const revisionShape = z.object({
  revision: z.number(),
  author,
  reason: z.string().nullish(),
  created_at: z.string().nullish(),
});

export type Revision = z.infer<typeof revisionShape>;

export const catalogShape = revisionShape.extend({ catalog: z.unknown() });

const organization = z.object({ key: z.string(), name: z.string() });
const change = z.object({ sentence: z.string() });

export const planShape = z.object({
  base_revision: z.number(),
  changes: z.array(change),
  effects: z.array(change),
  role_changes: z.array(z.object({ organization, people: z.number(), waiting: z.number() })),
  problems: z.array(z.object({ pointer: z.string(), detail: z.string() })),
});

export type Plan = z.infer<typeof planShape>;

export const appliedShape = z.object({
  revision: z.number(),
  changes: z.array(change),
  processes: z.array(z.object({ id: z.string(), organization, people: z.number() })),
});

export type Applied = z.infer<typeof appliedShape>;
