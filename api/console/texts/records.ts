import type { AuditEventType } from '../../../domain/audit-event.ts';

/** What a sentence about an event is made of. */
export interface EventNames {
  /** Who did it: a person's name, or the part of Tenure that acted. */
  who: string;
  /** Whom it is about; as good a name as is known. */
  whom: string;
  /** What access it is about: `read data on Acme’s environment`. */
  what: string;
  /** What the event's organization is called. */
  where: string;
}

type Sentence = (names: EventNames) => string;

const sentences: Partial<Record<AuditEventType, Sentence>> = {
  'access_request.asked': ({ who, what }) => `${who} asked for access: ${what}`,
  'access_request.refused': ({ who, what }) => `${who} asked for access and was refused by policy: ${what}`,
  'access_request.approved': ({ whom, what }) => `${whom}’s request was approved: ${what}`,
  'access_request.denied': ({ whom, what }) => `${whom}’s request was denied: ${what}`,
  'access_request.lapsed': ({ whom, what }) => `${whom}’s request lapsed: ${what}`,
  'access_request.cancelled': ({ who, what }) => `${who} withdrew the request: ${what}`,
  'access_request.failed': ({ whom, what }) => `${whom}’s access couldn’t be set up: ${what}`,
  'decision.recorded': ({ who, whom, what }) => `${who} decided on ${whom}’s request: ${what}`,
  'decision.refused': ({ who, whom }) => `${who} tried to decide on ${whom}’s request and was refused`,
  'grant.intended': ({ whom, what }) => `${whom} is to get access: ${what}`,
  'grant.begun': ({ whom, what }) => `${whom}’s access began: ${what}`,
  'grant.extended': ({ whom, what }) => `${whom}’s access was extended: ${what}`,
  'grant.end_intended': ({ whom, what }) => `${whom}’s access is to end: ${what}`,
  'grant.ended': ({ whom, what }) => `${whom}’s access ended: ${what}`,
  'grant.overdue': ({ whom, what }) => `${whom}’s access is past its end: ${what}`,
  'grant.rolled_back': ({ whom, what }) => `${whom}’s access was undone: ${what}`,
  'grant.renewed': ({ whom, what }) => `${whom}’s access has another end: ${what}`,
  'credential.shown': ({ who, what }) => `${who} saw the credential: ${what}`,
  'credential.replaced': ({ who, what }) => `${who} replaced the credential: ${what}`,
  'revocation.recorded': ({ who, whom, what }) => `${who} ended ${whom}’s access: ${what}`,
  'return.recorded': ({ who, what }) => `${who} gave access back: ${what}`,
  'access.reviewed': ({ who, whom, what }) => `${who} reviewed ${whom}’s access: ${what}`,
  'task.opened': () => 'A task was opened for somebody',
  'task.closed': ({ who }) => `${who} closed a task`,
  'config.applied': ({ who }) => `${who} changed the catalog`,
  'policy.loaded': () => 'Another policy is in force',
  'mail.sent': () => 'A mail was sent',
  'mail.failed': () => 'A mail couldn’t be sent',
  'mail.resent': () => 'A mail is sent again',
  'mail.dropped': () => 'A mail was not sent any more',
  'welcome.confirmed': ({ whom }) => `${whom} followed the welcome link`,
  'process.asked': ({ who }) => `${who} set off a process`,
  'process.started': () => 'A process began',
  'process.completed': () => 'A process is done',
  'process.failed': () => 'A process failed and was taken back',
  'process.discarded': () => 'A process was discarded',
  'process.fenced': () => 'A process is held by a fence',
  'process.cancelled': () => 'A process was cancelled',
  'membership.begun': ({ whom, where }) => `${whom} became a user of ${where}`,
  'membership.changed': ({ whom, where }) => `${whom}’s part at ${where} changed`,
  'membership.ended': ({ whom, where }) => `${whom} is no user of ${where} any more`,
  'person.added': ({ whom, where }) => `${whom} was added to ${where}`,
  'person.changed': ({ whom }) => `What is known of ${whom} changed`,
  'person.suspended': ({ whom }) => `${whom} was suspended`,
  'person.restored': ({ whom }) => `${whom} was let in again`,
  'person.offboarded': ({ whom }) => `${whom} has left`,
  'organization.onboarded': ({ where }) => `${where} became a customer`,
  'organization.changed': ({ where }) => `${where} changed`,
  'organization.suspended': ({ where }) => `${where} was suspended`,
  'organization.restored': ({ where }) => `${where} was let in again`,
  'organization.offboarded': ({ where }) => `${where} has left`,
  'role.given': ({ whom }) => `${whom} got a role`,
  'role.taken': ({ whom }) => `${whom} lost a role`,
  'fence.opened': () => 'A fence holds changes for a second person',
  'fence.released': ({ who }) => `${who} let through what a fence held`,
  'fence.discarded': ({ who }) => `${who} discarded what a fence held`,
  'event.received': () => 'An event came in',
  'event.refused': () => 'An event was refused',
  'event.waiting': () => 'An event waits to be understood',
  'import.applied': ({ who }) => `${who} imported people`,
  'session.begun': ({ who }) => `${who} signed in`,
  'session.stepped_up': ({ who }) => `${who} confirmed who they are`,
  'session.ended': ({ who }) => `A session of ${who} ended`,
  'sign_in.refused': ({ who }) => `A sign-in of ${who} was refused`,
  'identity.linked': ({ whom }) => `${whom} signed in for the first time`,
  'passkey.enrolled': ({ who }) => `${who} made a passkey`,
  'passkey.revoked': ({ who }) => `${who} removed a passkey`,
  'passkey.renamed': ({ who }) => `${who} renamed a passkey`,
};

/** What the pages of records say. */
export const recordTexts = {
  title: 'What happened, and who did it',
  titleOf: (name: string) => `What happened around ${name}`,
  lead: 'The newest first. Nothing of it can be changed or removed.',
  list: 'Records',
  all: 'Show all records',
  none: 'Nothing of that kind is recorded',
  noneMore: 'Try a longer period, or another kind of event.',
  find: {
    type: 'What',
    anyType: 'Anything',
    person: 'Person',
    customer: 'Customer',
    request: 'Request',
    from: 'From',
    to: 'To',
    act: 'Find',
    backwards: 'The period ends before it begins.',
    noDay: 'There is no such day.',
  },
  parts: { engine: 'The engine', reaper: 'The reaper', source: 'A source', system: 'Tenure' },
  forgotten: 'forgotten since',
  somebody: 'somebody',
  something: 'access',
  here: 'Tenure',
  on: (entitlement: string, resource: string) => `${entitlement.toLowerCase()} on ${resource}`,
  /** What kind of event it is, for a list to choose from: `grant.end_intended` is `Grant: end intended`. */
  kind: (type: AuditEventType) => {
    const [noun = '', verb = ''] = type.split('.');
    const words = noun.replaceAll('_', ' ');
    return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}: ${verb.replaceAll('_', ' ')}`;
  },
  sentence: (type: AuditEventType, names: EventNames) =>
    sentences[type]?.(names) ?? `${recordTexts.kind(type)}, by ${names.who}`,
  because: (reason: string) => `“${reason}”`,
};
