import type { AuditEventType } from './audit-event.ts';

/** What a customer's people read of what happened, by kind. Our inner workings are none of it: tasks, fences, processes, plans. */
export const activityKinds = {
  people: [
    'person.added',
    'person.changed',
    'person.suspended',
    'person.restored',
    'person.offboarded',
    'membership.begun',
    'membership.changed',
    'membership.ended',
    'role.given',
    'role.taken',
    'welcome.confirmed',
    'access.reviewed',
    'groups.ignored',
  ],
  access: [
    'access_request.asked',
    'access_request.refused',
    'access_request.approved',
    'access_request.denied',
    'access_request.lapsed',
    'access_request.cancelled',
    'access_request.failed',
    'decision.recorded',
    'decision.refused',
    'grant.begun',
    'grant.reported',
    'grant.extended',
    'grant.ended',
    'grant.overdue',
    'credential.shown',
    'credential.replaced',
    'revocation.recorded',
    'return.recorded',
  ],
  'sign-in': [
    'session.begun',
    'session.stepped_up',
    'session.ended',
    'sign_in.refused',
    'identity.linked',
    'sign_in_provider.saved',
    'sign_in_provider.tried',
    'sign_in_provider.live',
    'sign_in_provider.retired',
    'sign_in_domain.claimed',
    'sign_in_domain.accepted',
    'sign_in_domain.proven',
    'sign_in_domain.removed',
  ],
  plan: [
    'organization.onboarded',
    'organization.changed',
    'organization.suspended',
    'organization.restored',
    'organization.offboarded',
    'organization.styled',
    'consent.changed',
  ],
} as const satisfies Record<string, readonly AuditEventType[]>;

export type ActivityKind = keyof typeof activityKinds;
export type ActivityType = (typeof activityKinds)[ActivityKind][number];

/** In the order in which pages offer them. */
export const activityKindNames = ['people', 'access', 'sign-in', 'plan'] as const satisfies ActivityKind[];
