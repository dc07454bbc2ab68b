import { z } from '@hono/zod-openapi';
import { activityKindNames, activityKinds } from '../../domain/activity.ts';
import { actorKinds } from '../../domain/audit-event.ts';
import { instantShape, listShape, nameText, pageQuery } from './common.ts';

const types = activityKindNames.flatMap((kind) => [...activityKinds[kind]]);

const activityShape = z
  .object({
    id: z.string(),
    type: z.enum(types),
    occurred_at: instantShape,
    actor: z.object({ kind: z.enum(actorKinds), id: z.string(), name: z.string().nullable() }),
    actor_organization: z.string().nullable(),
    about: z.object({ kind: z.string(), id: z.string(), name: z.string().nullable() }),
    person: z.object({ id: z.string(), name: z.string() }).nullable(),
    access: z
      .object({ entitlement: z.string(), resource: z.string(), reference: z.string().nullable() })
      .nullable(),
    reason: z.string().nullable(),
  })
  .openapi('Activity', {
    example: {
      id: 'aud_01kb3v5c2hf8jrxw7s9d0m4p6q',
      type: 'membership.changed',
      occurred_at: '2026-11-22T14:02:00.000Z',
      actor: { kind: 'person', id: 'person_01kb3v5c2hfb0nq4t7w9y1c3ea', name: 'Anna' },
      actor_organization: 'Acme',
      about: { kind: 'person', id: 'person_01kb3v5c2hf2b5d8f0h3j6m9pr', name: 'Tom' },
      person: { id: 'person_01kb3v5c2hf2b5d8f0h3j6m9pr', name: 'Tom' },
      access: null,
      reason: 'Leads the team now',
    },
  });

export const activityListShape = listShape(activityShape, 'ActivityList');

export const activityQuery = z.strictObject({
  ...pageQuery('aud'),
  person: nameText()
    .optional()
    .openapi({ description: 'Who did it, or whom it is about: an id or an address.' }),
  kind: z.enum(activityKindNames).optional(),
});
