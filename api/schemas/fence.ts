import { z } from '@hono/zod-openapi';
import { fenceItemStates, fenceStates } from '../../db/queries/fence-view.ts';
import { isId } from '../../domain/ids.ts';
import { processCauses, processKinds } from '../../domain/process.ts';
import { freeText, instantShape, keyedShape, listShape, pageQuery, personShape } from './common.ts';
import { examples } from './examples.ts';

const number = z.int().min(0);

const fence = z.object({
  id: z.string(),
  kind: z.enum(['source', 'people']),
  state: z.enum(fenceStates),
  source: z.string().nullable(),
  organization: keyedShape.nullable(),
  cause: z.enum(processCauses),
  author: personShape.nullable(),
  limit: number,
  opened_at: instantShape,
  closed_at: instantShape.nullable(),
  waiting: number,
  released: number,
  discarded: number,
  difference: z.array(z.string()).openapi({ description: 'What would happen to those that wait, in words.' }),
});

export const fenceShape = fence.openapi('Fence', {
  example: examples.fence,
  description:
    'More changes than may happen at once without a second person. `source`: customers that one source reduces or ends; `people`: people of one organization whom a feed or an edit of the configuration changes. Whoever set them off (`author`) does not release them.',
});
export const decidedFenceShape = fence
  .extend({
    returns_to: z.int().nullable().openapi({
      description:
        'All that was held of an edit of the configuration was dropped and nothing newer lies on top of it: the revision to which the configuration returns. Else null.',
    }),
    stays: z.string().nullable().openapi({
      description: 'What stays in force although it was dropped for these people, and what to do about it.',
    }),
  })
  .openapi('DecidedFence', { example: examples.decidedFence });
export const fenceListShape = listShape(fenceShape, 'FenceList');
export const fenceQuery = z.strictObject({ ...pageQuery('fence'), state: z.enum(fenceStates).optional() });

export const fenceItemShape = z
  .object({
    id: z.string(),
    state: z.enum(fenceItemStates),
    process_id: z.string(),
    process_kind: z.enum(processKinds),
    person: personShape.nullable().openapi({ description: 'Null: the customer as a whole.' }),
    organization: keyedShape,
    difference: z.object({ gain: z.array(z.string()), lose: z.array(z.string()) }),
    suspended: z.boolean().openapi({ description: 'Sign-in is suspended until this is decided.' }),
    decided_by: personShape.nullable(),
    decided_at: instantShape.nullable(),
    comment: z.string().nullable(),
  })
  .openapi('FenceItem', { example: examples.fenceItem });
export const fenceItemListShape = listShape(fenceItemShape, 'FenceItemList');
export const fenceItemQuery = z.strictObject({
  ...pageQuery('item'),
  state: z.enum(fenceItemStates).optional(),
});

export const fenceWithItemsShape = fence
  .extend({ items: z.array(fenceItemShape), next_cursor: z.string().nullable() })
  .openapi('FenceWithItems', {
    example: examples.fenceWithItems,
    description: 'With the first of its items; `next_cursor` leads on in its list of items.',
  });

const items = z
  .array(z.string().refine((text) => isId('item', text), 'An item’s id.'))
  .min(1, 'Name one, or leave this out for all.')
  .max(1_000)
  .optional();

export const releaseBody = z
  .strictObject({ items, comment: freeText(2_000).optional() })
  .openapi('ReleaseFence', { example: examples.releaseFence });
export const discardBody = z
  .strictObject({ items, comment: freeText(2_000).openapi({ description: 'Why not.' }) })
  .openapi('DiscardFence', { example: examples.discardFence });
