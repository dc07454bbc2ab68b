import type { AccessRequestView } from '../../db/queries/access-request.ts';
import type { GrantView } from '../../db/queries/grant.ts';
import type { KeyedView } from '../../db/queries/organization.ts';
import type { PersonView } from '../../db/queries/person.ts';
import type { Outside } from '../outside.ts';
import { texts } from './texts/common.ts';
import { texts as endings } from './texts/endings.ts';
import { oneOf } from './words.ts';

export type AccessRequest = Outside<AccessRequestView>;
export type Grant = Outside<GrantView>;

/** What a thing is called; one that the viewer may not see has no name. */
export function nameOf(one: Pick<KeyedView, 'key' | 'name'> | Pick<PersonView, 'name' | 'email'>): string {
  const other = 'key' in one ? one.key : one.email;
  return one.name ?? other ?? texts.somebody;
}

/** What is asked for or held: `Acme’s environment, read data`; of a shared resource with whose data it is. */
export function thingWords(
  access:
    | Pick<AccessRequest, 'resource' | 'entitlement' | 'organization'>
    | Pick<Grant, 'resource' | 'entitlement' | 'organization'>,
): string {
  const resource = nameOf(access.resource);
  const customer = nameOf(access.organization);
  const whose = resource.includes(customer) ? '' : `, ${customer}`;
  return `${resource}, ${nameOf(access.entitlement).toLowerCase()}${whose}`;
}

/** Who is waited for, by name, in the order of the stages: `Priya or Marek`, `Anna at Acme`. */
export function waitedFor(request: Pick<AccessRequest, 'stages'>): string[] {
  return request.stages
    .filter(({ state }) => state === 'waiting')
    .map(({ people, decisions }) => {
      const decided = new Set(decisions.map(({ person }) => person.id));
      return oneOf(people.filter(({ id }) => !decided.has(id)).map(nameOf)) || texts.nobodyYet;
    });
}

/** Who approved, in the order in which they did. */
export function approvedBy(request: AccessRequest): string[] {
  return decisionsOf(request)
    .filter(({ decision }) => decision === 'approve')
    .map(({ person }) => nameOf(person));
}

/** All decisions on a request, in the order in which they were made. */
export function decisionsOf(request: AccessRequest) {
  return request.stages
    .flatMap(({ name, decisions }) => decisions.map((decision) => ({ ...decision, stage: name })))
    .toSorted((one, other) => (one.decided_at < other.decided_at ? -1 : 1));
}

/** What ended a grant, as a sentence; null while it is open. */
export function endingSentence({
  ended_by,
  ended_by_person,
}: Pick<Grant, 'ended_by' | 'ended_by_person'>): string | null {
  if (ended_by === null) return null;
  const who = ended_by_person ? nameOf(ended_by_person) : null;
  if (who && ended_by === 'revocation') return endings.by.revocation(who);
  if (who && ended_by === 'return') return endings.by.return(who);
  if (who) return `${endings.of[ended_by]} ${endings.by.other(who)}`;
  return endings.of[ended_by];
}
