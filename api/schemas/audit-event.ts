import { z } from '@hono/zod-openapi';
import { actorKinds, auditEventTypes } from '../../domain/audit-event.ts';
import { instantShape, instantText, listShape, nameText, pageQuery } from './common.ts';
import { examples } from './examples.ts';

export const auditEventShape = z
  .object({
    id: z.string(),
    type: z.enum(auditEventTypes),
    occurred_at: instantShape,
    actor: z.object({ kind: z.enum(actorKinds), id: z.string(), name: z.string().nullable() }),
    subject: z.object({ kind: z.string(), id: z.string() }),
    organization_id: z.string().nullable(),
    holder_organization_id: z.string().nullable(),
    request_id: z.string().nullable(),
    grant_id: z.string().nullable(),
    reason: z.string().nullable(),
    policy_version: z.string().nullable(),
    commitment: z.string(),
    forgotten: z.boolean(),
  })
  .openapi('AuditEvent', { example: examples.auditEvent });

export const auditEventListShape = listShape(auditEventShape, 'AuditEventList');

export const auditEventQuery = z.strictObject({
  ...pageQuery('aud'),
  request: nameText().optional(),
  grant: nameText().optional(),
  type: z.enum(auditEventTypes).optional(),
  customer: nameText().optional(),
  person: nameText().optional().openapi({
    description:
      'About them, their access or what they asked for; or done by them in their own organization.',
  }),
  order: z
    .enum(['oldest', 'newest'])
    .optional()
    .openapi({ description: 'Which come first; `oldest` unless given.' }),
  from: instantText().optional(),
  to: instantText().optional(),
});
