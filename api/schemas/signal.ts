import { z } from '@hono/zod-openapi';
import { signalEffects, signalKinds, signalSourceKinds, signalStates } from '../../domain/signal.ts';
import {
  freeText,
  idParam,
  instantShape,
  keyedShape,
  lineText,
  listShape,
  pageQuery,
  periodText,
  personShape,
} from './common.ts';
import { signalExamples as examples } from './examples/signal.ts';
import { keySetShape } from './signal-keys.ts';

const transmitterFields = ['transmitter', 'issuer', 'audience', 'jwks', 'jwks_uri'] as const;
/** One of them, and the one alone, says what a transmitter's tokens are verified by. */
const keyFields = ['transmitter', 'jwks', 'jwks_uri'] as const;

export const signalSourceBody = z
  .strictObject({
    organization: lineText(100).openapi({
      description: 'Of whose people it speaks, by id or key: of theirs and of nobody else’s.',
    }),
    name: lineText(100),
    kind: z.enum(signalSourceKinds).default('push').openapi({
      description:
        '`push` and `poll`: a transmitter of security event tokens, which sends them or is asked. `alert`: a system that sends alerts, signed with a secret.',
    }),
    transmitter: lineText(500).optional().openapi({
      description:
        'Of a transmitter of SSF 1.0 its issuer, in place of `issuer` and keys: they are as its `/.well-known/ssf-configuration` says.',
    }),
    issuer: lineText(500)
      .optional()
      .openapi({ description: 'Of a transmitter: the `iss` of what it sends.' }),
    audience: lineText(500).optional().openapi({ description: 'The `aud` that it was told to send for.' }),
    jwks: keySetShape.optional(),
    jwks_uri: lineText(2_000).optional().openapi({
      description:
        'Where its keys stand: they are fetched at once, every day, and whenever a token names one that is not known.',
    }),
    poll: z
      .strictObject({
        url: lineText(2_000),
        authorization: lineText(4_000)
          .optional()
          .openapi({ description: 'The Authorization header that it is asked with.' }),
      })
      .optional()
      .openapi({ description: 'Of `poll`: where it is asked (RFC 8936).' }),
  })
  .superRefine((wish, context) => {
    const complain = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (wish.kind === 'alert') {
      for (const field of transmitterFields)
        if (wish[field] !== undefined) complain(field, 'Not of a source of alerts.');
    } else {
      const [said, ...more] = keyFields.filter((field) => wish[field] !== undefined);
      if (said === undefined) complain('jwks', 'Give one of jwks, jwks_uri and transmitter.');
      for (const field of more) complain(field, `Give this or ${said}, not both.`);
      if (wish.audience === undefined) complain('audience', 'This is required.');
      if (said === 'transmitter' && wish.issuer !== undefined) complain('issuer', 'It is the transmitter.');
      if (said !== 'transmitter' && wish.issuer === undefined) complain('issuer', 'This is required.');
    }
    if (wish.kind === 'poll' && !wish.poll) complain('poll', 'This is required.');
    if (wish.kind !== 'poll' && wish.poll) complain('poll', 'Only of a source that is asked.');
  })
  .openapi('SignalSourceWish', { example: examples.wish });

const sourceFields = {
  id: z.string(),
  organization: keyedShape,
  kind: z.enum(signalSourceKinds),
  name: z.string(),
  issuer: z.string().nullable(),
  audience: z.string().nullable(),
  keys: z.array(z.string()).openapi({ description: 'The ids of its keys.' }),
  keys_from: z
    .object({ jwks_uri: z.string(), fetched_at: instantShape, last_error: z.string().nullable() })
    .nullable()
    .openapi({
      description:
        'Where they are fetched from, and why they could not be since; null where they were given.',
    }),
  endpoint: z.string().nullable().openapi({ description: 'Where it sends to; null for one that is asked.' }),
  poll: z
    .object({ url: z.string(), polled_at: instantShape.nullable(), last_error: z.string().nullable() })
    .nullable(),
  former_secret_until: instantShape.nullable(),
  made_by: personShape,
  created_at: instantShape,
  ended_at: instantShape.nullable(),
};

export const signalSourceShape = z.object(sourceFields).openapi('SignalSource', { example: examples.source });

export const secretSignalSourceShape = z
  .object({
    ...sourceFields,
    secret: z
      .string()
      .nullable()
      .openapi({ description: 'What its alerts are signed with. Shown here and never again.' }),
  })
  .openapi('SecretSignalSource', { example: examples.made });

export const alertSecretBody = z
  .strictObject({ former_valid_for: z.union([z.literal('PT0S'), periodText()]).optional() })
  .openapi('NewAlertSecret', { example: { former_valid_for: 'P1D' } });

export const signalSourceListShape = z
  .object({ items: z.array(signalSourceShape) })
  .openapi('SignalSourceList');

export const signalShape = z
  .object({
    id: z.string(),
    source: z.object({ id: z.string(), name: z.string() }),
    organization: keyedShape,
    kind: z.enum(signalKinds),
    name: z.string().nullable().openapi({ description: 'What policies call it.' }),
    effect: z.enum(signalEffects).openapi({
      description:
        '`opens`: that it is so. `closes`: that it is over. `nothing`: it says nothing about access.',
    }),
    state: z.enum(signalStates).openapi({
      description:
        '`open`: it counts until `ends_at`. `noted`: it closed another, or says nothing about access. `superseded`: something later was said before it came. `unmatched`: nobody of the organization is known by it.',
    }),
    person: personShape.nullable(),
    event_at: instantShape,
    received_at: instantShape,
    ends_at: instantShape.nullable(),
    closed_at: instantShape.nullable(),
    closed_by: personShape.nullable(),
    close_reason: z.string().nullable(),
  })
  .openapi('Signal', { example: examples.signal });

export const signalListShape = listShape(signalShape, 'SignalList');
export const signalQuery = z.strictObject({ ...pageQuery('sig'), state: z.enum(signalStates).optional() });
export const signalParam = idParam('A signal’s id.', examples.signal.id);
export const signalSourceParam = idParam('A source’s id.', examples.source.id);
export const closingBody = z
  .strictObject({ reason: freeText(1_000) })
  .openapi('SignalClosing', { example: { reason: 'The laptop was returned.' } });

export const signalRefusalShape = z
  .object({ err: z.string(), description: z.string() })
  .openapi('SignalRefusal', {
    example: { err: 'invalid_key', description: 'The token is not signed by a key of this source.' },
  });
