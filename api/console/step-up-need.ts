import { lackingForApproval } from '../operations/decide-access-request.ts';
import { mustProveAnew, readStepUpWays } from '../operations/read-step-up-ways.ts';
import type { PageContext } from './answer.tsx';
import type { StepUpNeed } from './components/step-up.tsx';
import type { AccessRequest } from './request-words.ts';
import { texts } from './texts/passkeys.ts';

/**
 * The step-up that the viewer needs for something about a request: what policy wanted when it was asked for, and a fresh one where a
 * source has spoken of their credentials since they signed in. Else null.
 */
export async function stepUpNeed(
  c: PageContext,
  request: AccessRequest,
  kind: 'decision' | 'extension' | 'credential',
  now: string,
): Promise<StepUpNeed | null> {
  const caller = c.get('principal');
  const { id: about, needs_mfa: needsMfa, max_age: maxAge } = request;
  // Taking up what was asked for needs the factor, but no fresh sign-in.
  const freshMs = maxAge === null || kind === 'credential' ? null : maxAge * 1_000;
  const isForAny = kind !== 'credential' && (await mustProveAnew(c.get('deps'), caller));
  const lacking =
    lackingForApproval(caller, { needsMfa, freshMs, nowMs: Date.parse(now) }) ?? (isForAny ? 'fresh' : null);
  if (lacking === null) return null;
  const ways = await readStepUpWays(c.get('deps'), caller);
  return { lacking, isForAny, kind, about, ways, ...wordsFor(request, kind) };
}

function wordsFor(request: AccessRequest, kind: 'decision' | 'extension' | 'credential') {
  const { signs, stepUp } = texts;
  if (kind === 'decision')
    return { words: signs.decide.approve(request.person.name ?? '', request), when: stepUp.approve };
  if (kind === 'credential') return { words: signs.credential(request), when: stepUp.show };
  return { words: signs.more(request), when: stepUp.ask };
}
