import type { Moment } from './components/story.tsx';
import { type AccessRequest, decisionsOf, endingSentence, nameOf, thingWords } from './request-words.ts';
import { periodWords } from './words.ts';

/** What happened to a request and to the access it led to, and what is still to come. Instants are ISO 8601 UTC. */
export function storyOf(request: AccessRequest, now: string): Moment[] {
  const { grant } = request;
  const moments: Moment[] = [
    {
      at: request.asked_at,
      fact: `${nameOf(request.requested_by)} asked for ${periodWords(request.period)}`,
      detail: `“${request.justification}”`,
    },
    ...decisionsOf(request).map(({ person, decision, comment, decided_at }): Moment => {
      const verb = decision === 'approve' ? 'approved' : 'denied';
      return {
        at: decided_at,
        fact: `${nameOf(person)} ${verb}`,
        detail: comment ? `“${comment}”` : undefined,
      };
    }),
  ];
  if (request.state === 'waiting')
    moments.push({ at: request.lapses_at, fact: 'Lapses, if nobody answers', next: undefined });
  if (!grant || request.kind === 'extension') return inOrder(moments);
  const isOver = grant.ended_at !== null;
  if (grant.state !== 'failed' && grant.state !== 'provisioning')
    moments.push({
      at: grant.from,
      fact: 'Access began',
      detail: 'Read back from the system and confirmed.',
      next: 'used',
    });
  if (grant.credential_shown_at)
    moments.push({ at: grant.credential_shown_at, fact: 'The credential was shown', next: 'used' });
  for (const { former_until, until } of grant.extensions)
    moments.push({
      at: former_until < now ? former_until : now,
      fact: `Extended until ${until.slice(11, 16)} UTC`,
      next: 'used',
    });
  if (grant.ended_at)
    moments.push({ at: grant.ended_at, fact: 'Access ended', detail: endingSentence(grant) });
  else if (grant.state === 'held') {
    moments.push({ at: now, fact: 'Now', next: 'to-come' });
    moments.push({
      at: grant.due_at,
      fact: 'Access ends',
      detail: `${thingWords(grant)} is taken back by itself.`,
    });
  } else if (grant.state === 'overdue' && !isOver)
    moments.push({
      at: grant.due_at,
      fact: 'Access should have ended',
      detail: 'We keep trying until the system confirms it.',
    });
  return inOrder(moments);
}

function inOrder(moments: readonly Moment[]): Moment[] {
  return moments.toSorted((one, other) => (one.at < other.at ? -1 : one.at > other.at ? 1 : 0));
}
