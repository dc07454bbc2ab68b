import { z } from '@hono/zod-openapi';
import { taskStates } from '../../db/queries/task.ts';
import { instantShape, keyedShape, listShape, pageQuery, personShape } from './common.ts';
import { examples } from './examples.ts';

export const taskShape = z
  .object({
    id: z.string(),
    kind: z.enum(['rollback', 'overdue']),
    state: z.enum(taskStates),
    grant_id: z.string(),
    request_id: z.string().nullable(),
    organization: keyedShape,
    resource: keyedShape,
    owner: personShape,
    cause: z.string().nullable().openapi({ description: 'Closed code of what went wrong.' }),
    opened_at: instantShape,
    closed_at: instantShape.nullable(),
  })
  .openapi('Task', {
    example: examples.task,
    description:
      '`rollback`: access that did not begin could not be undone; `overdue`: access that is due is not confirmed gone. Tenure goes on trying, and closes the task when it is done.',
  });

export const taskListShape = listShape(taskShape, 'TaskList');

export const taskQuery = z.strictObject({ ...pageQuery('task'), state: z.enum(taskStates).optional() });
