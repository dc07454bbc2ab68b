import type { Moment } from './components/story.tsx';
import { type AccessRequest, decisionsOf, endingSentence, nameOf, thingWords } from './request-words.ts';
import { texts as requestTexts } from './texts/access-request.ts';
import { periodWords } from './words.ts';

const texts = requestTexts.happened;

/** What happened to a request and to the access it led to, and what is still to come. Instants are ISO 8601 UTC. */
export function storyOf(request: AccessRequest, now: string): Moment[] {
  const { grant } = request;
  const moments: Moment[] = [
    {
      at: request.asked_at,
      fact: texts.asked(nameOf(request.requested_by), periodWords(request.period)),
      detail: texts.said(request.justification),
    },
    ...decisionsOf(request).map(
      ({ person, decision, comment, decided_at }): Moment => ({
        at: decided_at,
        fact: decision === 'approve' ? texts.approved(nameOf(person)) : texts.denied(nameOf(person)),
        detail: comment ? texts.said(comment) : undefined,
      }),
    ),
  ];
  if (request.state === 'waiting') moments.push({ at: request.lapses_at, fact: texts.lapses });
  if (!grant || request.kind === 'extension') return inOrder(moments);
  const isOver = grant.ended_at !== null;
  if (grant.state !== 'failed' && grant.state !== 'provisioning')
    moments.push({
      at: grant.from,
      fact: texts.began,
      detail: texts.confirmed,
      next: 'used',
    });
  if (grant.credential_shown_at)
    moments.push({ at: grant.credential_shown_at, fact: texts.shown, next: 'used' });
  for (const { former_until, until } of grant.extensions)
    moments.push({
      at: former_until < now ? former_until : now,
      fact: texts.extended(until.slice(11, 16)),
      next: 'used',
    });
  if (grant.ended_at) moments.push({ at: grant.ended_at, fact: texts.ended, detail: endingSentence(grant) });
  else if (grant.state === 'held') {
    moments.push({ at: now, fact: texts.now, next: 'to-come' });
    moments.push({
      at: grant.due_at,
      fact: texts.ends,
      detail: texts.takenBack(thingWords(grant)),
    });
  } else if (grant.state === 'overdue' && !isOver)
    moments.push({
      at: grant.due_at,
      fact: texts.shouldHaveEnded,
      detail: texts.trying,
    });
  return inOrder(moments);
}

function inOrder(moments: readonly Moment[]): Moment[] {
  return moments.toSorted((one, other) => (one.at < other.at ? -1 : one.at > other.at ? 1 : 0));
}
