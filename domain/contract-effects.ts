import { confirmedAt, type Contract, type ContractTerms, standingStates } from './contract.ts';
import type { ContractStatus } from './contract-fact.ts';

/** The difference between two terms that somebody must act on. */
export type ContractEffect =
  /** The contract stands for the first time, or (`again`) after it had ended: a new beginning, nothing is revived. */
  | { kind: 'onboarded'; again: boolean }
  /** A trial became a paid contract. */
  | { kind: 'converted' }
  | { kind: 'tier-changed'; from: string; to: string }
  | { kind: 'seats-changed'; from: number | null; to: number | null }
  | { kind: 'dunning'; state: 'past_due' | 'unpaid' }
  | { kind: 'paused' }
  /** Paid again, or resumed. */
  | { kind: 'recovered' }
  | { kind: 'cancellation-planned'; at: string }
  | { kind: 'cancellation-withdrawn' }
  /** What is held until the contract's end moves with it. */
  | { kind: 'end-moved'; from: string | null; to: string | null }
  /** It names no end, and was said to stand on a later day than before: what is held because of it lasts from then. */
  | { kind: 'confirmed'; at: string }
  | { kind: 'region-changed'; from: string | null; to: string }
  | { kind: 'renamed'; to: string }
  /** E-mail addresses that the contract names now, no longer, or (`changed`) in another role than before. */
  | { kind: 'people-changed'; added: string[]; removed: string[]; changed: string[] }
  | { kind: 'churned' };

/** What somebody must act on when a contract becomes another; nothing when its terms are the same. */
export function contractEffects(before: Contract, after: Contract): ContractEffect[] {
  const [was, is] = [before.terms, after.terms];
  if (!stands(was)) return stands(is) ? beginning(was, is) : [];
  if (!stands(is)) return [{ kind: 'churned' }];
  return [
    ...standingEffects(was.state, is.state),
    ...changed(was.tier, is.tier, (from, to) => ({ kind: 'tier-changed', from, to })),
    ...changed(was.seats, is.seats, (from, to) => ({ kind: 'seats-changed', from, to })),
    ...cancellationEffects(was.cancelAt, is.cancelAt),
    ...changed(was.until, is.until, (from, to) => ({ kind: 'end-moved', from, to })),
    ...confirmation(before, after),
    ...named(was.region, is.region, (from, to) => ({ kind: 'region-changed', from, to })),
    ...named(was.name, is.name, (_, to) => ({ kind: 'renamed', to })),
    ...peopleEffects(was, is),
  ];
}

/** A contract stands when it has begun, is not over and somebody has said which tier it is for. */
export function stands(terms: ContractTerms): terms is ContractTerms & { tier: string } {
  return terms.tier !== null && standingStates.some((state) => state === terms.state);
}

/** A contract may be heard of late: one that begins with a failed payment is both. */
function beginning(was: ContractTerms, is: ContractTerms): ContractEffect[] {
  const again = was.state === 'ended';
  return [
    { kind: 'onboarded', again },
    ...standingEffects('active', is.state),
    ...cancellationEffects(null, is.cancelAt),
  ];
}

function standingEffects(was: ContractTerms['state'], is: ContractTerms['state']): ContractEffect[] {
  if (was === is) return [];
  if (is === 'past_due' || is === 'unpaid') return [{ kind: 'dunning', state: is }];
  if (is === 'paused') return [{ kind: 'paused' }];
  const troubled: readonly (ContractStatus | 'none')[] = ['past_due', 'unpaid', 'paused'];
  if (troubled.includes(was)) return [{ kind: 'recovered' }];
  return was === 'trialing' && is === 'active' ? [{ kind: 'converted' }] : [];
}

function cancellationEffects(was: string | null, is: string | null): ContractEffect[] {
  if (was === is) return [];
  return is === null ? [{ kind: 'cancellation-withdrawn' }] : [{ kind: 'cancellation-planned', at: is }];
}

/** Days, because a source may say it every minute, and each time is about everybody's access. */
function confirmation(before: Contract, after: Contract): ContractEffect[] {
  const [was, is] = [confirmedAt(before), confirmedAt(after)];
  if (after.terms.until !== null || is === null) return [];
  return was === null || dayOf(is) > dayOf(was) ? [{ kind: 'confirmed', at: is }] : [];
}

function dayOf(instant: string): string {
  return new Date(instant).toISOString().slice(0, 10);
}

function peopleEffects(was: ContractTerms, is: ContractTerms): ContractEffect[] {
  const [former, present] = [rolesByEmail(was), rolesByEmail(is)];
  const added = [...present.keys()].filter((email) => !former.has(email));
  const removed = [...former.keys()].filter((email) => !present.has(email));
  const changed = [...present.keys()].filter(
    (email) => former.has(email) && former.get(email) !== present.get(email),
  );
  if (added.length + removed.length + changed.length === 0) return [];
  return [{ kind: 'people-changed', added: added.sort(), removed: removed.sort(), changed: changed.sort() }];
}

/** Of somebody who is named twice the last word counts. */
function rolesByEmail(terms: ContractTerms): Map<string, string> {
  return new Map(terms.people.map(({ email, role }) => [email, role]));
}

function changed<T>(was: T, is: T, effect: (from: T, to: T) => ContractEffect): ContractEffect[] {
  return was === is ? [] : [effect(was, is)];
}

/** For what may be unknown at first and is not acted on when it becomes unknown again. */
function named(
  was: string | null,
  is: string | null,
  effect: (from: string | null, to: string) => ContractEffect,
): ContractEffect[] {
  return is === null || was === is ? [] : [effect(was, is)];
}
