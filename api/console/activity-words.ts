import type { ActivityView } from '../../db/queries/activity.ts';
import type { Outside } from '../outside.ts';
import { activityTexts as texts } from './texts/admin-activity.ts';

type Activity = Outside<ActivityView>;

/** What happened, in a sentence for a customer's people. */
export function activitySentence(event: Activity, customer: string): string {
  const { about, access, type } = event;
  return texts.sentence(type, {
    who: actorOf(event, customer),
    whom: personOf(event),
    what: type === 'sign_in.refused' ? (about.name ?? texts.yourSignIn) : whatOf(event),
    access: access ? texts.access(access.entitlement.toLowerCase(), access.resource) : texts.noAccess,
  });
}

/** Why, as far as somebody has said it; our own codes in words or not at all. */
export function activityDetail({ type, actor, reason, access }: Activity): string | null {
  const said = reasonOf(type, actor.kind, reason);
  return [access?.reference, said].filter(Boolean).join(' · ') || null;
}

function reasonOf(type: Activity['type'], actor: string, reason: string | null): string | null {
  if (reason === null) return null;
  if (type === 'sign_in.refused') {
    const [code = '', address] = reason.split(': ');
    const words = texts.signInRefusal(code);
    return words && address?.includes('@') ? `${address}. ${words}` : words;
  }
  if (type === 'groups.ignored') return texts.groupRefusal(reason) ?? reason;
  // What no person or provider has said is a word of ours.
  const isSaid = actor === 'person' || actor === 'source';
  return isSaid && !isOurs.has(type) ? reason : null;
}

/** Whose reason is a code, or said by the sentence already. */
const isOurs = new Set<Activity['type']>([
  'session.begun',
  'session.stepped_up',
  'session.ended',
  'identity.linked',
  'sign_in_domain.claimed',
  'sign_in_domain.accepted',
  'sign_in_domain.proven',
  'sign_in_domain.removed',
  'decision.refused',
]);

function actorOf({ actor, actor_organization: organization }: Activity, customer: string): string {
  if (actor.kind === 'source') return actor.name ?? texts.somebody;
  if (actor.kind !== 'person') return texts.nobody;
  const name = actor.name ?? texts.somebody;
  return organization !== null && organization !== customer ? texts.vendorPerson(name, organization) : name;
}

function personOf({ person, about }: Activity): string {
  return person?.name ?? about.name ?? texts.somebody;
}

function whatOf({ about, actor, type }: Activity): string {
  if (type === 'groups.ignored') return actor.name ?? texts.something;
  return about.name ?? texts.something;
}
