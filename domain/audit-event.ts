export const auditEventTypes = [
  'access_request.asked',
  'access_request.refused',
  'access_request.approved',
  'access_request.denied',
  'access_request.lapsed',
  'access_request.cancelled',
  'access_request.failed',
  'decision.recorded',
  'decision.refused',
  'grant.intended',
  'grant.begun',
  'grant.extended',
  'grant.end_intended',
  'grant.ended',
  'grant.overdue',
  'grant.rolled_back',
  'credential.shown',
  'credential.replaced',
  'revocation.recorded',
  'return.recorded',
  'task.opened',
  'task.closed',
  'config.applied',
  'policy.loaded',
  'mail.sent',
  'mail.failed',
  'welcome.confirmed',
  'process.asked',
  'process.started',
  'process.completed',
  'process.failed',
  'process.discarded',
  'process.fenced',
  'process.cancelled',
  'membership.begun',
  'membership.changed',
  'membership.ended',
  'person.added',
  'person.changed',
  'person.suspended',
  'person.restored',
  'person.offboarded',
  'organization.onboarded',
  'organization.changed',
  'organization.suspended',
  'organization.restored',
  'organization.offboarded',
  'fence.opened',
  'fence.released',
  'fence.discarded',
  'event.received',
  'event.refused',
  'event.mapped',
  'event.waiting',
  'event.replayed',
  'event.discarded',
  'event.conflicting',
  'source.changed',
  'grant.renewed',
  'access.reviewed',
  'role.given',
  'role.taken',
  'import.applied',
  'account.adopted',
  'account.left',
] as const;
export type AuditEventType = (typeof auditEventTypes)[number];

export const actorKinds = ['person', 'engine', 'reaper', 'source', 'system'] as const;
export type ActorKind = (typeof actorKinds)[number];

export interface Actor {
  kind: ActorKind;
  /** A person's id, or the name of the part of the system that acted. */
  id: string;
  /** A person's name; it is kept beside the event, where it can be forgotten. */
  name: string | null;
}

export const actors = {
  engine: { kind: 'engine', id: 'engine', name: null },
  reaper: { kind: 'reaper', id: 'reaper', name: null },
  system: { kind: 'system', id: 'system', name: null },
} as const satisfies Record<string, Actor>;
