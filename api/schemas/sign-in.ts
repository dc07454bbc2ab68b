import { z } from '@hono/zod-openapi';
import { domainProofs, newPeopleRules, providerStates } from '../../domain/sign-in.ts';
import { instantShape, keyedShape, lineText, listShape, nameText, pageQuery, personShape } from './common.ts';
import { examples } from './examples.ts';

const claimName = () =>
  z
    .string()
    .regex(/^[\w:./-]{1,200}$/, 'A claim’s name.')
    .refine(
      (name) => !['sub', 'iss', 'aud', 'nonce', '__proto__'].includes(name),
      'This claim says something else.',
    );

export const providerBody = z
  .strictObject({
    name: lineText(100).openapi({ description: 'What people call it, e.g. on the way there.' }),
    issuer: z.string().min(1).max(500).openapi({ description: 'Exactly as the provider’s metadata say.' }),
    client_id: z
      .string()
      .regex(/^[\x21-\x7e]{1,255}$/, 'Visible ASCII characters.')
      .openapi({ description: 'What the provider knows us as; its tokens must be for this client.' }),
    client_secret: z
      .string()
      .regex(/^[\x20-\x7e]{1,1000}$/, 'Printable ASCII characters.')
      .nullable()
      .optional()
      .openapi({ description: 'Never shown again. Left out on a change: as it was; null: none.' }),
    claims: z
      .strictObject({
        email: claimName().optional(),
        email_verified: claimName().optional(),
        name: claimName().optional(),
        groups: claimName().optional(),
      })
      .optional()
      .openapi({ description: 'Under which names the provider says it; OpenID Connect’s own unless given.' }),
    group_roles: z
      .array(z.strictObject({ group: lineText(256), role: nameText() }))
      .max(100, 'At most 100 groups.')
      .refine(
        (lines) => new Set(lines.map(({ group, role }) => `${group}\n${role}`)).size === lines.length,
        'A line stands there twice.',
      )
      .optional()
      .openapi({
        description:
          'Which role comes with which group, named as the provider’s token does: of a customer a contract role of its tier, and of several the first that fits counts; of the vendor a role’s key without duties.',
      }),
    new_people: z.enum(newPeopleRules).optional().openapi({
      description:
        'Somebody of a proven domain whom nobody has added: refused, or added by their first sign-in as long as a seat is free. The vendor’s are refused.',
    }),
    default_role: nameText().nullable().optional().openapi({
      description: 'The contract role of who is added so, and of whom a group gives nothing any more.',
    }),
    replaces: nameText().optional().openapi({
      description:
        'Of a new draft: the provider in whose place it shall be. Without a `client_secret` it has that one’s, as long as issuer and client are the same.',
    }),
  })
  .openapi('SignInProviderDraft', { example: examples.signInProviderDraft });

export const providerShape = z
  .object({
    id: z.string(),
    organization: keyedShape,
    name: z.string(),
    issuer: z.string(),
    client_id: z.string(),
    has_client_secret: z.boolean(),
    claims: z.object({
      email: z.string(),
      email_verified: z.string(),
      name: z.string(),
      groups: z.string(),
    }),
    group_roles: z.array(z.object({ group: z.string(), role: z.string() })),
    new_people: z.enum(newPeopleRules),
    default_role: z.string().nullable(),
    state: z.enum(providerStates),
    created_at: instantShape,
    changed_at: instantShape,
    changed_by: personShape.nullable().openapi({ description: 'Whoever lets it live is somebody else.' }),
    tried_at: instantShape.nullable(),
    live_at: instantShape.nullable(),
    retired_at: instantShape.nullable(),
  })
  .openapi('SignInProvider', { example: examples.signInProvider });

export const providerListShape = z.object({ items: z.array(providerShape) }).openapi('SignInProviderList');

export const trialShape = z
  .object({
    url: z
      .string()
      .openapi({ description: 'To be opened by the browser that got this answer, within ten minutes.' }),
  })
  .openapi('SignInTrial', { example: examples.signInTrial });

export const domainBody = z
  .strictObject({ domain: z.string().min(1).max(260) })
  .openapi('SignInDomainClaim', { example: { domain: 'acme.example' } });

export const domainShape = z
  .object({
    id: z.string(),
    organization: keyedShape,
    domain: z.string(),
    token: z.string(),
    txt_record: z.string().openapi({ description: 'What a TXT record of the domain says, to prove it.' }),
    asked_by: personShape.nullable(),
    asked_at: instantShape,
    proof: z.enum(domainProofs).nullable(),
    proven_at: instantShape.nullable(),
    accepted_by: z
      .array(personShape)
      .openapi({ description: 'Two of the vendor’s people who did not ask prove it, too.' }),
  })
  .openapi('SignInDomain', { example: examples.signInDomain });

export const domainListShape = z.object({ items: z.array(domainShape) }).openapi('SignInDomainList');

export const waitingDomainListShape = listShape(domainShape, 'WaitingSignInDomainList');
export const waitingDomainQuery = z.strictObject(pageQuery('dom'));

export const signedOutShape = z
  .object({ ended: z.int().min(0).openapi({ description: 'How many sessions have ended by it.' }) })
  .openapi('SignedOutOfProvider', { example: { ended: 12 } });
