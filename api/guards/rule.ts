import { hasDuty, type PersonPrincipal, recordsOf } from '../principal.ts';

/**
 * Who may call a route. A rule says what is checked before the operation runs; where it depends on the thing that is named
 * (its holder, its approvers), the operation checks it, and the ledger once more.
 */
export interface Rule {
  /** In words, for the OpenAPI document. */
  text: string;
  /** Nobody needs to sign in. */
  isPublic?: true;
  admits(person: PersonPrincipal): boolean;
}

const anyPerson = () => true;

export const rules = {
  public: { text: 'Anyone, without signing in.', isPublic: true, admits: anyPerson },
  person: { text: 'Any signed-in person; what they may not see is not there.', admits: anyPerson },
  requester: { text: 'Who made the request, or for whom it was made.', admits: anyPerson },
  holder: { text: 'The holder of the access alone.', admits: anyPerson },
  approver: {
    text: 'Who holds the role of one of its stages, and neither made it nor gains by it.',
    admits: anyPerson,
  },
  revoker: { text: 'Who could approve it, security, and the customer’s administrators.', admits: anyPerson },
  'record-reader': {
    text: 'Who reads all records, and a customer’s administrators for what concerns it.',
    admits: (person) => recordsOf(person) !== 'none',
  },
  'event-source': {
    text: 'A system that signs what it sends with its secret; nobody signs in.',
    isPublic: true,
    admits: anyPerson,
  },
  directory: {
    text: 'A customer’s directory, with a token that is good for this customer; nobody signs in.',
    isPublic: true,
    admits: anyPerson,
  },
  service: {
    text: 'An application of the vendor’s, with its token; nobody signs in.',
    isPublic: true,
    admits: anyPerson,
  },
  'stream-receiver': {
    text: 'Who takes a stream of security events, with its token; nobody signs in.',
    isPublic: true,
    admits: anyPerson,
  },
  'user-manager': {
    text: 'A customer’s administrators for its own users, and the vendor’s people who manage access.',
    admits: (person) => hasDuty(person, 'administer-customer') || hasDuty(person, 'manage-access'),
  },
  'user-reader': {
    text: 'A customer’s administrators for its own users, and the vendor’s people who manage access or read all records.',
    admits: (person) => recordsOf(person) !== 'none' || hasDuty(person, 'manage-access'),
  },
  'customer-administrator': {
    text: 'A customer’s administrators, for their own customer.',
    admits: (person) => hasDuty(person, 'administer-customer'),
  },
  'sign-in-manager': {
    text: 'A customer’s administrators for how its own people sign in, and the vendor’s people who manage access.',
    admits: (person) => hasDuty(person, 'administer-customer') || hasDuty(person, 'manage-access'),
  },
  'webhook-manager': {
    text: 'A customer’s administrators for its own, and the vendor’s people who manage access; they have its own events sent only if they read all records, too.',
    admits: (person) => hasDuty(person, 'administer-customer') || hasDuty(person, 'manage-access'),
  },
  'domain-accepter': {
    text: 'The vendor’s people who manage access or release fences, but for whoever claimed the domain.',
    admits: (person) => hasDuty(person, 'manage-access') || hasDuty(person, 'release-fences'),
  },
  'manage-access': {
    text: 'The vendor’s people who manage access: administrators and operations.',
    admits: (person) => hasDuty(person, 'manage-access'),
  },
  'people-reader': {
    text: 'The vendor’s people who manage access or read all records.',
    admits: (person) => recordsOf(person) === 'all' || hasDuty(person, 'manage-access'),
  },
  'whole-record-reader': {
    text: 'The vendor’s people who read all records.',
    admits: (person) => recordsOf(person) === 'all',
  },
  'catalog-reader': {
    text: 'The vendor’s own people.',
    admits: (person) => person.organization.kind === 'vendor',
  },
  'fence-reader': {
    text: 'The vendor’s people who release fences, manage access or read all records.',
    admits: (person) =>
      hasDuty(person, 'release-fences') || hasDuty(person, 'manage-access') || recordsOf(person) === 'all',
  },
  'fence-releaser': {
    text: 'The vendor’s people who release fences, but for whoever set the changes off and whom they are about.',
    admits: (person) => hasDuty(person, 'release-fences'),
  },
  'task-closer': { text: 'Whose task it is, and who manages access.', admits: anyPerson },
} as const satisfies Record<string, Rule>;

export type RuleName = keyof typeof rules;
