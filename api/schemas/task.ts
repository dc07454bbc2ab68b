import { z } from '@hono/zod-openapi';
import { taskStates } from '../../db/queries/task.ts';
import { isId } from '../../domain/ids.ts';
import { taskKinds } from '../../domain/task.ts';
import {
  freeText,
  idParam,
  instantShape,
  keyedShape,
  listShape,
  nameText,
  pageQuery,
  personShape,
} from './common.ts';
import { examples } from './examples.ts';

export const taskShape = z
  .object({
    id: z.string(),
    kind: z.enum(taskKinds),
    state: z.enum(taskStates),
    grant_id: z.string().nullable(),
    request_id: z.string().nullable(),
    process_id: z.string().nullable(),
    person: personShape.nullable().openapi({ description: 'Whom it is about.' }),
    people: z.int().nullable().openapi({
      description:
        'Where it is about several: for how many of its process’s people the cause is this. `/v1/processes/{id}/people` lists them.',
    }),
    organization: keyedShape,
    resource: keyedShape.nullable(),
    owner: personShape,
    cause: z.string().nullable().openapi({ description: 'Closed code of what went wrong.' }),
    opened_at: instantShape,
    closed_at: instantShape.nullable(),
    closed_by: personShape
      .nullable()
      .openapi({ description: 'Null when what it was about settled by itself.' }),
    comment: z.string().nullable(),
  })
  .openapi('Task', {
    example: examples.task,
    description: [
      '`rollback`: access that did not begin could not be undone; `overdue`: access that is due is not confirmed gone. Tenure',
      'goes on trying, and closes these when it is done. `residue`: what an offboarding could not take away; `handover`: what',
      'somebody who left has owned is somebody else’s now; `onboarding`, `role-change`: one that failed and was taken back;',
      '`seats`: more users than seats. These are closed by people.',
    ].join(' '),
  });

export const taskParam = idParam('A task’s id.', 'task_01kb3wq8t3e5x7c1f4k6m9p2rd');

export const taskListShape = listShape(taskShape, 'TaskList');

export const taskQuery = z.strictObject({
  ...pageQuery('task'),
  state: z.enum(taskStates).optional(),
  kind: z.enum(taskKinds).optional(),
  process: z
    .string()
    .refine((text) => isId('proc', text), 'A process’s id.')
    .optional()
    .openapi({ description: 'What this process has left to people.' }),
  owner: nameText().optional().openapi({ description: 'The id or e-mail address of whose they are.' }),
});

export const closingBody = z
  .strictObject({ comment: freeText(2_000).openapi({ description: 'What was done about it.' }) })
  .openapi('CloseTask', { example: examples.closeTask });
