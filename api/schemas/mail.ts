import { z } from '@hono/zod-openapi';
import { mailStates } from '../../db/queries/mail-view.ts';
import { idParam, instantShape, keyedShape, listShape, pageQuery, personShape } from './common.ts';

const example = {
  id: 'mail_01kb4c1q0efv3m8r6x2t9d5wzk',
  kind: 'fence-waits',
  state: 'failed' as const,
  to: { id: 'person_01kb3v5c2hf8jrxw7s9d0m4p6q', email: 'sita@northwind.example', name: 'Sita' },
  organization: { id: 'org_01kb3v5c2hexbm3f7r5c1v0zqd', key: 'northwind', name: 'Northwind Cloud' },
  process_id: null,
  tries: 12,
  last_error: 'address-refused',
  created_at: '2026-11-22T14:02:00.000Z',
  sent_at: null,
};

export const mailShape = z
  .object({
    id: z.string(),
    kind: z.string().openapi({ description: 'Which message; what it says is told to its reader alone.' }),
    state: z.enum(mailStates),
    to: personShape,
    organization: keyedShape,
    process_id: z.string().nullable(),
    tries: z.int().min(0),
    last_error: z.string().nullable().openapi({ description: 'Closed code of why it did not go out.' }),
    created_at: instantShape,
    sent_at: instantShape.nullable(),
  })
  .openapi('Mail', {
    example,
    description:
      '`failed`: it should have gone out and could not. `dropped`: when its turn came there was no reason to send it any more.',
  });

export const mailListShape = listShape(mailShape, 'MailList');
export const mailParam = idParam('A message’s id.', example.id);
export const mailQuery = z.strictObject({ ...pageQuery('mail'), state: z.enum(mailStates).optional() });
export const resendBody = z.strictObject({});
