import { z } from '@hono/zod-openapi';
import { passkeyEnds, passkeyMakers, signedKinds } from '../../domain/passkey.ts';
import { askBody, extensionBody } from './access-request.ts';
import { freeText, instantShape, lineText, listShape, nameText, pageQuery, personShape } from './common.ts';
import { passkeyExamples as examples } from './examples/passkey.ts';

export const passkeyShape = z
  .object({
    id: z.string(),
    person: personShape,
    name: z.string(),
    made_by: z.enum(passkeyMakers),
    backed_up: z.boolean().openapi({ description: 'It is copied between devices.' }),
    made_at: instantShape,
    last_used_at: instantShape.nullable(),
    revoked_at: instantShape.nullable(),
    revoked_by: z.enum(passkeyEnds).nullable(),
  })
  .openapi('Passkey', { example: examples.passkey });

export const passkeyListShape = listShape(passkeyShape, 'PasskeyList');

export const passkeyQuery = z.strictObject({
  ...pageQuery('pk'),
  person: nameText().optional().openapi({
    description: 'A person’s id or e-mail address; yourself unless given.',
    example: 'sam@northwind.example',
  }),
});

export const passkeyRevocationBody = z
  .strictObject({ reason: freeText(500).optional() })
  .openapi('PasskeyRevocation', { example: { reason: 'The phone was lost' } });

export const passkeyNameBody = z
  .strictObject({ name: lineText(60) })
  .openapi('PasskeyName', { example: { name: 'The key on my ring' } });

/** How long a base64url text of an authenticator may be: attestation objects are the longest, and none is asked for. */
const base64url = z
  .string()
  .max(16_384, 'At most 16384 characters.')
  .regex(/^[\w-]+$/, 'Not base64url.');
const credential = {
  id: base64url,
  rawId: base64url,
  type: z.literal('public-key'),
  clientExtensionResults: z.record(z.string(), z.unknown()).default({}),
};

const registration = z
  .object({
    ...credential,
    response: z.object({
      clientDataJSON: base64url,
      attestationObject: base64url,
      transports: z.array(z.string().max(40)).max(20).optional(),
    }),
  })
  .openapi({ description: '`RegistrationResponseJSON` of Web Authentication.' });
const assertion = z
  .object({
    ...credential,
    response: z.object({
      clientDataJSON: base64url,
      authenticatorData: base64url,
      signature: base64url,
      userHandle: base64url.optional(),
    }),
  })
  .openapi({ description: '`AuthenticationResponseJSON` of Web Authentication.' });

export const emptyBody = z.strictObject({});

export const makingBody = z
  .strictObject({ name: lineText(60), credential: registration })
  .openapi('PasskeyMaking', { example: examples.making });

export const welcomeMakingBody = z
  .strictObject({ credential: registration })
  .openapi('PasskeyWelcome', { example: { credential: examples.making.credential } });

export const answerBody = z
  .strictObject({ credential: assertion })
  .openapi('PasskeyAnswer', { example: examples.answer });

export const signInAnswerBody = z
  .strictObject({
    credential: assertion,
    return: z.string().max(1_000).optional().openapi({ description: 'A path of ours to go on to.' }),
  })
  .openapi('PasskeySignIn', { example: { ...examples.answer, return: '/approvals' } });

export const stepUpBody = z
  .strictObject({
    for: z
      .discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('access_request'), ask: askBody }),
        z.strictObject({ kind: z.literal('extension'), request: nameText(), extension: extensionBody }),
        z.strictObject({
          kind: z.literal('decision'),
          request: nameText(),
          decision: z.enum(['approve', 'deny']),
        }),
        z.strictObject({ kind: z.literal('credential'), request: nameText() }),
        z.strictObject({ kind: z.literal('session') }),
      ])
      .default({ kind: 'session' })
      .openapi({ description: 'What is signed; nothing but that it is them unless given.' }),
  })
  .openapi('PasskeyStepUp', { example: examples.signing });

export const creationShape = z.looseObject({ challenge: z.string() }).openapi('PasskeyCreation', {
  example: examples.creation,
  description: '`PublicKeyCredentialCreationOptionsJSON` of Web Authentication.',
});

export const requestShape = z.looseObject({ challenge: z.string() }).openapi('PasskeyRequest', {
  example: examples.request,
  description: '`PublicKeyCredentialRequestOptionsJSON` of Web Authentication.',
});

export const stepUpShape = z
  .object({
    id: z.string(),
    signs: z.object({
      kind: z.enum(signedKinds),
      words: z.string().openapi({ description: 'What is signed, for whoever signs to read before.' }),
    }),
    options: requestShape,
  })
  .openapi('PasskeySigning', { example: { ...examples.stepUp, options: examples.request } });

export const steppedUpShape = z
  .object({
    id: z.string().openapi({ description: 'Say it as `signed` where what was signed is done.' }),
    amr: z.array(z.string()),
    auth_time: instantShape,
  })
  .openapi('PasskeySigned', { example: examples.steppedUp });

export const onwardShape = z
  .object({ return: z.string().openapi({ description: 'Where the browser goes on.' }) })
  .openapi('PasskeyOnward', { example: examples.onward });
