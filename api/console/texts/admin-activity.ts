import type { ActivityKind, ActivityType } from '../../../domain/activity.ts';

/** The names in a sentence about something that happened. */
export interface Told {
  /** Who did it. */
  who: string;
  /** The person it is about; `themselves` where it is who did it. */
  whom: string;
  /** A provider, a domain or a browser. */
  what: string;
  /** `operate on Acme’s environment`. */
  access: string;
}

const sentences: Record<ActivityType, (told: Told) => string> = {
  'person.added': ({ who, whom }) => `${who} added ${whom}`,
  'person.changed': ({ who, whom }) => `${who} changed what is known of ${whom}`,
  'person.suspended': ({ who, whom }) => `${who} suspended ${whom}`,
  'person.restored': ({ who, whom }) => `${who} let ${whom} back in`,
  'person.offboarded': ({ who, whom }) => `${who} removed ${whom}`,
  'membership.begun': ({ who, whom }) => `${who} gave ${whom} a seat`,
  'membership.changed': ({ who, whom }) => `${who} changed what ${whom} may do`,
  'membership.ended': ({ who, whom }) => `${who} took the seat of ${whom}`,
  'role.given': ({ who, whom }) => `${who} gave ${whom} a role`,
  'role.taken': ({ who, whom }) => `${who} took a role of ${whom}`,
  'welcome.confirmed': ({ who }) => `${who} accepted the invitation`,
  'access.reviewed': ({ who, whom }) => `${who} confirmed what ${whom} holds`,
  'groups.ignored': ({ what }) => `What ${what} says of groups changed nothing`,
  'access_request.asked': ({ who, access }) => `${who} asked to ${access}`,
  'access_request.refused': ({ who, access }) => `${who} asked to ${access} and was refused`,
  'access_request.approved': ({ whom, access }) => `Everybody agreed that ${whom} may ${access}`,
  'access_request.denied': ({ whom, access }) => `It was denied to ${whom} to ${access}`,
  'access_request.lapsed': ({ whom, access }) => `Nobody answered ${whom} in time, who asked to ${access}`,
  'access_request.cancelled': ({ who, access }) => `${who} withdrew the wish to ${access}`,
  'access_request.failed': ({ whom, access }) => `It didn’t work out for ${whom} to ${access}`,
  'decision.recorded': ({ who, whom, access }) => `${who} decided whether ${whom} may ${access}`,
  'decision.refused': ({ who }) => `${who} tried to decide what is for others to decide`,
  'grant.begun': ({ whom, access }) => `${whom} began to ${access}`,
  'grant.reported': ({ whom, access }) => `You were told that ${whom} may ${access} in an emergency`,
  'grant.extended': ({ whom, access }) => `${whom} may ${access} for longer`,
  'grant.ended': ({ whom, access }) => `${whom} no longer may ${access}`,
  'grant.overdue': ({ whom, access }) => `${whom} should no longer ${access}, but that isn’t confirmed`,
  'credential.shown': ({ who, access }) => `${who} took the credential to ${access}`,
  'credential.replaced': ({ who, access }) => `${who} replaced the credential to ${access}`,
  'revocation.recorded': ({ who, whom, access }) => `${who} ended that ${whom} may ${access}`,
  'return.recorded': ({ who, access }) => `${who} gave back the right to ${access}`,
  'session.begun': ({ whom, what }) => `${whom} signed in with ${what}`,
  'session.stepped_up': ({ whom }) => `${whom} confirmed who they are`,
  'session.ended': ({ whom, what }) => `${whom} was signed out of ${what}`,
  'sign_in.refused': ({ what }) => `Somebody couldn’t sign in with ${what}`,
  'identity.linked': ({ whom }) => `${whom} signed in for the first time`,
  'sign_in_provider.saved': ({ who, what }) => `${who} wrote down the sign-in ${what}`,
  'sign_in_provider.tried': ({ who, what }) => `${who} tried the sign-in ${what}`,
  'sign_in_provider.live': ({ who, what }) => `${who} let the sign-in ${what} go live`,
  'sign_in_provider.retired': ({ who, what }) => `${who} retired the sign-in ${what}`,
  'sign_in_domain.claimed': ({ who, what }) => `${who} claimed the domain ${what}`,
  'sign_in_domain.accepted': ({ who, what }) => `${who} accepted the domain ${what}`,
  'sign_in_domain.proven': ({ what }) => `The domain ${what} is proven`,
  'sign_in_domain.removed': ({ who, what }) => `${who} gave up the domain ${what}`,
  'scim_token.made': ({ who }) => `${who} made a token for your directory`,
  'scim_token.revoked': ({ who }) => `${who} revoked a token of your directory`,
  'scim_token.many_left': ({ who }) =>
    `${who} has unusually many of your people leave: the others are suspended until a second person has looked`,
  'signal.source_changed': ({ who }) => `${who} changed who tells us of risks about your people`,
  'signal.closed': ({ who }) => `${who} closed what was said of somebody`,
  'webhook.made': ({ who }) => `${who} has your events sent to an address`,
  'webhook.tested': ({ who }) => `${who} tested a webhook`,
  'webhook.paused': ({ who }) => `${who} paused a webhook`,
  'webhook.resumed': ({ who }) => `${who} let a webhook go on`,
  'webhook.secret_rotated': ({ who }) => `${who} made a new secret for a webhook`,
  'webhook.replayed': ({ who }) => `${who} had events sent again to a webhook`,
  'webhook.disabled': () => 'A webhook took nothing any more and was stopped',
  'webhook.removed': ({ who }) => `${who} removed a webhook`,
  'organization.onboarded': () => 'Your space was made',
  'organization.changed': () => 'Your plan changed',
  'organization.suspended': () => 'Your space was suspended',
  'organization.restored': () => 'Your space is open again',
  'organization.offboarded': () => 'Your space was closed',
  'consent.changed': ({ who }) => `${who} changed which vendor access you approve`,
  'consent.overridden': ({ who }) => `${who} confirmed an exception from the vendor access you approve`,
  'organization.styled': ({ who }) => `${who} changed how these pages look`,
};

const signInRefusals: Record<string, string> = {
  'no-attempt': 'It was begun elsewhere, or too long ago.',
  'provider-gone': 'The provider was changed meanwhile.',
  'provider-unreachable': 'The provider didn’t answer.',
  declined: 'The provider said no.',
  'not-genuine': 'What came back couldn’t be trusted. If it happens again, look into it.',
  'no-address': 'The provider didn’t say their address.',
  'unverified-address': 'Their address isn’t confirmed at the provider.',
  'foreign-domain': 'Their address isn’t of a proven domain.',
  unknown: 'Nobody here has their address, or they were removed.',
  'other-subject': 'Another account of the provider has this address.',
  'other-person': 'Somebody else was signed in.',
  'no-seat': 'No seat was free.',
};

const groupRefusals: Record<string, string> = {
  overage: 'They are in too many groups, and the provider didn’t name them.',
  malformed: 'The provider said no list of names.',
  'no-seat-left': 'No seat was free.',
  'already-a-user': 'Their address is in use elsewhere.',
  'role-not-allowed': 'What they give excludes what the person holds.',
};

/** The page on which a customer's administrators read what happened. */
export const activityTexts = {
  title: (customer: string) => `What happened at ${customer}`,
  lead: 'The newest first. It is written as it happens, and nobody can change it.',
  kinds: {
    all: 'All',
    people: 'People',
    access: 'Vendor access',
    'sign-in': 'Sign-in',
    plan: 'Plan',
  } satisfies Record<ActivityKind | 'all', string>,
  kind: 'What',
  person: 'Who',
  personHint: 'name@example.com',
  show: 'Show',
  day: 'Events',
  nothing: 'Nothing of that kind has happened',
  nothingMore: 'What happens stands here within a second, and stays.',
  older: 'Show older',
  newest: 'Back to the newest',
  export: 'Export as CSV',
  exportMore: (most: number) =>
    `The export has all of the chosen, at most ${most.toLocaleString('en')} lines, with times in UTC.`,
  unknownPerson: 'Nobody here has this address.',
  nobody: 'Tenure',
  somebody: 'somebody',
  vendorPerson: (name: string, vendor: string) => `${name} at ${vendor}`,
  something: 'something',
  access: (entitlement: string, resource: string) => `${entitlement} on ${resource}`,
  noAccess: 'use your data',
  yourSignIn: 'your sign-in',
  sentence: (type: ActivityType, told: Told) => sentences[type](told),
  signInRefusal: (code: string) => signInRefusals[code] ?? null,
  groupRefusal: (code: string) => groupRefusals[code] ?? null,
};
