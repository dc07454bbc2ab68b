import { z } from 'zod';
import { requestKinds, requestStates } from '../../domain/access-request.ts';
import { endings, grantStates } from '../../domain/grant.ts';

/**
 * What the command line reads of the API's answers: only the members it prints. Whatever else an answer carries is
 * left alone (and printed by `--json`, which does not pass through here).
 */
export const entity = z.object({
  id: z.string(),
  key: z.string().nullish(),
  email: z.string().nullish(),
  name: z.string().nullish(),
});

/** A person, organization, resource or entitlement as it appears inside other answers. */
export type Entity = z.infer<typeof entity>;

const decision = z.object({
  person: entity,
  decision: z.enum(['approve', 'deny']),
  comment: z.string().nullish(),
  decided_at: z.string(),
});

const stage = z.object({
  id: z.string(),
  name: z.string(),
  state: z.enum(['waiting', 'approved', 'denied']),
  needed: z.number(),
  people: z.array(entity).nullish(),
  decisions: z.array(decision).nullish(),
});

export type Stage = z.infer<typeof stage>;

const namedPolicy = z.object({ id: z.string(), title: z.string().nullish() });

const grantInRequest = z.object({
  id: z.string(),
  state: z.enum(grantStates),
  from: z.string().nullish(),
  until: z.string().nullish(),
  due_at: z.string().nullish(),
  ended_at: z.string().nullish(),
  ended_by: z.enum(endings).nullish(),
});

/** A grant as far as its course goes: enough to say whether and until when access is held. */
export type GrantCourse = z.infer<typeof grantInRequest>;

export const accessRequestShape = z.object({
  id: z.string(),
  reference: z.string(),
  kind: z.enum(requestKinds),
  state: z.enum(requestStates),
  person: entity,
  requested_by: entity.nullish(),
  organization: entity.nullish(),
  holder_organization: entity.nullish(),
  resource: entity,
  entitlement: entity,
  period: z.string(),
  starts_at: z.string().nullish(),
  justification: z.string().nullish(),
  ticket: z.string().nullish(),
  asked_at: z.string(),
  lapses_at: z.string().nullish(),
  longest: z.string().nullish(),
  policy_version: z.union([z.string(), z.number()]).nullish(),
  policies: z.array(namedPolicy).nullish(),
  reported: z.boolean().nullish(),
  last_error: z.string().nullish(),
  stages: z.array(stage),
  grant: grantInRequest.nullish(),
});

export type AccessRequest = z.infer<typeof accessRequestShape>;

export const grantShape = grantInRequest.extend({
  request_id: z.string().nullish(),
  origin: z.string(),
  person: entity,
  organization: entity.nullish(),
  resource: entity,
  entitlement: entity,
  ended_by_person: entity.nullish(),
  attempts: z.number().nullish(),
  last_error: z.string().nullish(),
  credential_shown_at: z.string().nullish(),
});

export type Grant = z.infer<typeof grantShape>;

/** Work that only a person can finish. */
export const taskShape = z.object({
  id: z.string(),
  kind: z.string(),
  state: z.enum(['open', 'closed']),
  grant_id: z.string().nullish(),
  process_id: z.string().nullish(),
  person: entity.nullish(),
  people: z.number().nullish(),
  organization: entity.nullish(),
  resource: entity.nullish(),
  owner: entity,
  cause: z.string().nullish(),
  opened_at: z.string(),
  closed_at: z.string().nullish(),
});

export type Task = z.infer<typeof taskShape>;

export const previewShape = z.object({
  outcome: z.enum(['refused', 'automatic', 'needs_approval']),
  needs: z.array(
    z.object({
      kind: z.enum(['mfa', 'fresh', 'ticket', 'approval']),
      text: z.string(),
      people: z.array(entity).nullish(),
    }),
  ),
  longest: z.string().nullish(),
  policy_version: z.union([z.string(), z.number()]).nullish(),
  policies: z.array(namedPolicy),
  reported: z.boolean().nullish(),
});

export type Preview = z.infer<typeof previewShape>;

export const decisionShape = z.object({
  id: z.string(),
  request_id: z.string(),
  decision: z.enum(['approve', 'deny']),
});

/** A recorded return, revocation or cancellation. */
export const recordShape = z.object({
  id: z.string(),
  kind: z.string(),
  request_id: z.string().nullish(),
  grant_id: z.string().nullish(),
  recorded_at: z.string(),
});

export const credentialShape = z.object({
  grant_id: z.string(),
  kind: z.string(),
  username: z.string(),
  password: z.string(),
  host: z.string(),
  port: z.number(),
  database: z.string(),
  url: z.string(),
  valid_until: z.string(),
});

export const listShape = z.object({ items: z.array(z.unknown()), next_cursor: z.string().nullish() });
