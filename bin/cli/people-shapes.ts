import { z } from 'zod';
import { processKinds, processStates } from '../../domain/process.ts';
import { entity } from './shapes.ts';

/** What the command line reads of the API's answers about customers, their users and what happens to them. */
const customer = z.object({
  id: z.string(),
  key: z.string(),
  name: z.string(),
  state: z.string(),
  tier: z.string().nullish(),
  region: z.string().nullish(),
  customer_type: z.string().nullish(),
  approves_vendor_access: z.boolean().nullish(),
  contract: z
    .object({
      state: z.string(),
      until: z.string().nullish(),
      dunning: z.string(),
      dunning_since: z.string().nullish(),
      over_seats_since: z.string().nullish(),
    })
    .nullish(),
  users: z.number(),
  onboarded_at: z.string().nullish(),
  offboarded_at: z.string().nullish(),
});

export const customerShape = customer;
export type Customer = z.infer<typeof customerShape>;

export const customerWithSeatsShape = customer.extend({
  seats: z.object({
    limit: z.number().nullish(),
    used: z.number(),
    left: z.number().nullish(),
    source: z.string(),
    until: z.string().nullish(),
  }),
});
export type CustomerWithSeats = z.infer<typeof customerWithSeatsShape>;

export const userShape = z.object({
  person: entity,
  state: z.string(),
  contract_role: z.string().nullish(),
  given_roles: z.array(z.string()),
  roles: z.array(z.string()),
  since: z.string(),
  until: z.string().nullish(),
  invited_at: z.string().nullish(),
  confirmed_at: z.string().nullish(),
});
export type User = z.infer<typeof userShape>;

export const processShape = z.object({
  id: z.string(),
  kind: z.enum(processKinds),
  state: z.enum(processStates),
  organization: entity,
  person: entity.nullish(),
  cause: z.string(),
  source: z.string().nullish(),
  requested_by: entity.nullish(),
  reason: z.string().nullish(),
  due_at: z.string(),
  created_at: z.string(),
  started_at: z.string().nullish(),
  settled_at: z.string().nullish(),
  catalog_revision: z.number().nullish(),
  last_error: z.string().nullish(),
  replaced_by: z.string().nullish(),
  progress: z.object({
    total: z.number(),
    waiting: z.number(),
    fenced: z.number(),
    applying: z.number(),
    done: z.number(),
    failed: z.number(),
    undone: z.number(),
  }),
  tasks: z.array(z.string()),
});
export type Process = z.infer<typeof processShape>;

/** How far a process is with somebody. */
export const processPersonShape = z.object({
  person: entity,
  state: z.string(),
  last_error: z.string().nullish(),
  tried_at: z.string().nullish(),
});
export type ProcessPerson = z.infer<typeof processPersonShape>;

export const userProcessShape = z.object({ user: userShape, process: processShape });

export const fenceShape = z.object({
  id: z.string(),
  kind: z.enum(['source', 'people']),
  state: z.enum(['open', 'closed']),
  source: z.string().nullish(),
  organization: entity.nullish(),
  cause: z.string(),
  author: entity.nullish(),
  limit: z.number(),
  opened_at: z.string(),
  closed_at: z.string().nullish(),
  waiting: z.number(),
  released: z.number(),
  discarded: z.number(),
  difference: z.array(z.string()),
});
export type Fence = z.infer<typeof fenceShape>;

export const decidedFenceShape = fenceShape.extend({
  returns_to: z.number().nullish(),
  stays: z.string().nullish(),
});
export type DecidedFence = z.infer<typeof decidedFenceShape>;

export const fenceItemShape = z.object({
  id: z.string(),
  state: z.string(),
  process_id: z.string(),
  process_kind: z.enum(processKinds),
  person: entity.nullish(),
  organization: entity,
  difference: z.object({ gain: z.array(z.string()), lose: z.array(z.string()) }),
  suspended: z.boolean(),
  decided_by: entity.nullish(),
  comment: z.string().nullish(),
});
export type FenceItem = z.infer<typeof fenceItemShape>;
