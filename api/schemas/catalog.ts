import { z } from '@hono/zod-openapi';
import { type CatalogSection, catalogSections } from '../../domain/catalog.ts';
import { freeText, instantShape, instantText, listShape, pageQuery, personShape } from './common.ts';
import { catalogExamples } from './examples/catalog.ts';
import { examples } from './examples.ts';

const entry = z.record(z.string(), z.unknown());

/** Its inside is checked by the catalog's own reader, whose sentences say what is wrong and where. */
const catalogDocumentShape = z
  .object({
    resources: z.array(entry),
    roles: z.array(entry),
    tiers: z.array(entry),
    customer_types: z.array(entry),
    overrides: z.array(entry),
    settings: entry,
  })
  .openapi('CatalogDocument', {
    example: examples.catalogDocument,
    description: 'The access catalog as a whole: what `tenure config export` writes into six files.',
  });

const sent = z.unknown().openapi({
  type: 'object',
  description: 'A CatalogDocument. What is wrong in it is told all at once, by JSON pointer.',
  example: examples.catalogDocument,
});

export const catalogShape = z
  .object({
    revision: z.number().int(),
    author: personShape.nullable(),
    reason: z.string().nullable(),
    created_at: instantShape.nullable(),
    catalog: catalogDocumentShape,
  })
  .openapi('Catalog', {
    example: examples.catalog,
    description: 'Revision 0 is before the first: nothing is in it, and nobody wrote it.',
  });

const revisionNumber = z
  .string()
  .regex(/^\d{1,10}$/, 'A revision’s number.')
  .transform(Number);

export const catalogQuery = z.strictObject({
  at: instantText().optional(),
  revision: revisionNumber.optional().openapi({ type: 'integer', minimum: 0 }),
});

export const revisionShape = z
  .object({
    revision: z.number().int(),
    author: personShape,
    reason: z.string(),
    created_at: instantShape,
  })
  .openapi('CatalogRevision', { example: examples.catalogRevision });

export const revisionListShape = listShape(revisionShape, 'CatalogRevisionList');

const cursorForm = /^revision:(\d{1,10})$/;

export const revisionQuery = z.strictObject({
  limit: pageQuery('res').limit,
  cursor: z
    .string()
    .max(100)
    .transform((text) => cursorForm.exec(Buffer.from(text, 'base64url').toString('utf8'))?.[1] ?? '')
    .refine((text) => text !== '', 'Not a cursor of this list.')
    .transform(Number)
    .optional()
    .openapi({ type: 'string', description: '`next_cursor` of the page before.' }),
});

/** The cursor that stands for going on with the revisions before this one. */
export function cursorBefore(revision: string | null): string | null {
  return revision === null ? null : Buffer.from(`revision:${revision}`, 'utf8').toString('base64url');
}

const baseRevision = z.int('A revision’s number.').min(0, 'A revision’s number.');

export const planBody = z
  .strictObject({ base_revision: baseRevision.optional(), catalog: sent })
  .openapi('CatalogPlanning', { example: { base_revision: 3, catalog: examples.catalogDocument } });

export const applyBody = z
  .strictObject({ base_revision: baseRevision, reason: freeText(2_000), catalog: sent })
  .openapi('CatalogApplying', {
    example: { base_revision: 3, reason: 'Forty seats as agreed', catalog: examples.catalogDocument },
  });

const editOf = { base_revision: baseRevision, reason: freeText(2_000) };

export const partBody = z
  .strictObject({ ...editOf, value: z.unknown().openapi({ example: { name: 'Guest' } }) })
  .openapi('CatalogPartChange', {
    example: { base_revision: 3, reason: 'A role for guests', value: { name: 'Guest' } },
  });

export const partRemovalBody = z
  .strictObject(editOf)
  .openapi('CatalogPartRemoval', { example: { base_revision: 4, reason: 'Nobody was ever a guest' } });

const parts: readonly [CatalogSection, ...CatalogSection[]] = catalogSections;

export const partParam = z.object({
  part: z.enum(parts).openapi({ description: 'Which part of the catalog.', example: 'roles' }),
  key: z
    .string()
    .regex(/^[a-z0-9_/-]{1,200}$/)
    .openapi({
      description:
        'Its key; of an override `globex/seats`, `globex/feature/sso` or `globex/role/analyst`, encoded; of a setting its name.',
      example: 'guest',
    }),
});

const changeShape = z.object({
  kind: z.enum(['added', 'changed', 'removed']),
  noun: z.enum(['resource', 'role', 'tier', 'customer type', 'override', 'settings']),
  key: z.string(),
  sentence: z.string(),
  fields: z.array(
    z.object({
      field: z.string(),
      before: z.string().nullable(),
      after: z.string().nullable(),
    }),
  ),
});

const organizationShape = z.object({ id: z.string(), key: z.string(), name: z.string() });

const effectShape = z.object({
  kind: z.enum(['gain', 'lose']),
  resource: z.string(),
  entitlement: z.string(),
  people: z.number().int(),
  organizations: z.number().int(),
  sentence: z.string(),
});

const touchedShape = z.object({
  id: z.string(),
  email: z.string(),
  name: z.string(),
  organization: organizationShape,
});

export const planShape = z
  .object({
    base_revision: z.number().int(),
    changes: z.array(changeShape),
    effects: z.array(
      effectShape.extend({
        examples: z.array(touchedShape).openapi({ description: 'The first of these people by name.' }),
      }),
    ),
    people: z.object({ touched: z.number().int(), kept: z.number().int() }).openapi({
      description: 'How many gain or lose anything, and how many keep what they hold by their roles.',
    }),
    role_changes: z.array(
      z.object({
        organization: organizationShape,
        people: z.number().int(),
        waiting: z.number().int().openapi({
          description: 'Of them those whom a fence would hold for a second person, if it were applied now.',
        }),
      }),
    ),
    problems: z.array(z.object({ pointer: z.string(), detail: z.string() })),
  })
  .openapi('CatalogPlan', {
    example: catalogExamples.plan,
    description:
      'Nothing is written. `effects` count people by their roles, each once, as far as policy lets them hold it; `role_changes` are the processes that applying it would start. Without `problems` it can be applied.',
  });

export const revisionParam = z.object({
  revision: revisionNumber.openapi({ type: 'integer', minimum: 1, description: 'A revision’s number.' }),
});

export const sinceQuery = z.strictObject({
  since: revisionNumber.optional().openapi({
    type: 'integer',
    minimum: 0,
    description: 'What it is compared with; the one before it unless given.',
  }),
});

export const revisionStoryShape = revisionShape
  .extend({ since: z.number().int(), changes: z.array(changeShape) })
  .openapi('CatalogRevisionStory', { example: catalogExamples.revisionStory });

export const returnBody = z
  .strictObject(editOf)
  .openapi('CatalogReturn', { example: { base_revision: 4, reason: 'The edit was a mistake' } });

export const appliedShape = z
  .object({
    revision: z.number().int(),
    changes: z.array(changeShape),
    effects: z.array(effectShape),
    processes: z.array(
      z.object({ id: z.string(), organization: organizationShape, people: z.number().int() }),
    ),
  })
  .openapi('AppliedCatalog', { example: catalogExamples.applied });
