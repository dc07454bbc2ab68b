import { z } from '@hono/zod-openapi';
import { processCauses, processKinds, processPersonStates, processStates } from '../../domain/process.ts';
import { instantShape, keyedShape, listShape, nameText, pageQuery, personShape } from './common.ts';
import { examples } from './examples.ts';

const people = z.int().min(0);

export const processShape = z
  .object({
    id: z.string(),
    kind: z.enum(processKinds),
    state: z.enum(processStates),
    organization: keyedShape,
    person: personShape.nullable(),
    cause: z.enum(processCauses),
    source: z.string().nullable(),
    requested_by: personShape.nullable(),
    reason: z.string().nullable(),
    due_at: instantShape,
    created_at: instantShape,
    started_at: instantShape.nullable(),
    settled_at: instantShape.nullable(),
    catalog_revision: z.int().nullable(),
    policy_version: z.string().nullable(),
    last_error: z.string().nullable().openapi({ description: 'Closed code of what went wrong last.' }),
    replaced_by: z.string().nullable(),
    progress: z.object({
      total: people,
      waiting: people,
      fenced: people,
      applying: people,
      done: people,
      failed: people,
      undone: people,
    }),
    tasks: z.array(z.string()).openapi({ description: 'Ids of the open tasks that it left.' }),
  })
  .openapi('Process', {
    example: examples.process,
    description:
      'One story about the standing access of some people. `waiting`: its time has not come. `fenced`: a second person must release what is left. `residue`: over, but its tasks list what is left.',
  });

export const processListShape = listShape(processShape, 'ProcessList');

export const processQuery = z.strictObject({
  ...pageQuery('proc'),
  customer: nameText().optional(),
  person: nameText().optional(),
  state: z.enum(['open', 'stuck', ...processStates]).optional(),
  kind: z.enum(processKinds).optional(),
});

export const processPersonShape = z
  .object({
    person: personShape,
    state: z.enum(processPersonStates),
    last_error: z.string().nullable().openapi({ description: 'Closed code of what went wrong last.' }),
    tried_at: instantShape.nullable(),
  })
  .openapi('ProcessPerson', { example: examples.processPerson });

export const processPeopleShape = listShape(processPersonShape, 'ProcessPersonList');

export const processPeopleQuery = z.strictObject({
  ...pageQuery('person'),
  state: z.enum(processPersonStates).optional(),
});
