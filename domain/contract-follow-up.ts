import type { ContractTerms } from './contract.ts';
import { type ContractEffect, stands } from './contract-effects.ts';

type EffectKind = ContractEffect['kind'];

/** Where a customer is, whatever its contract says. */
export type CustomerStanding = 'prospect' | 'customer' | 'leaving' | 'former';

/** What of a contract has become facts. */
export interface AppliedTerms {
  tier: string | null;
  region: string | null;
  seats: number | null;
  until: string | null;
}

export interface ContractSituation {
  /** What is new since the last look. */
  effects: readonly ContractEffect[];
  terms: ContractTerms;
  applied: AppliedTerms;
  standing: CustomerStanding;
  /** Its contract or its unpaid bills made it leave, and nothing has begun since. */
  mayReturn: boolean;
  /** It gives users another role than before, which is not a fact yet. */
  hasNewRoles: boolean;
  /** Failed payments, or a pause, had taken access away, and do so no more. */
  isRecovered: boolean;
}

/** What follows from a contract: at most one process, in place of those that have not begun. */
export interface FollowUp {
  process: {
    kind: 'onboarding' | 'role-change' | 'offboarding';
    effects: EffectKind[];
    again: boolean;
  } | null;
  /** Kinds of process about the whole customer that are of no use any more, as far as they have not begun. */
  discards: readonly ('onboarding' | 'role-change' | 'offboarding')[];
}

const nothing: FollowUp = { process: null, discards: [] };
const everything = ['onboarding', 'role-change', 'offboarding'] as const;

/**
 * What must be done about a contract. A prospect is onboarded with the terms of now, however they came about; a contract that
 * ends before that is forgotten. One that is won back before its grace is over only differs as far as its terms do.
 */
export function followUp(situation: ContractSituation): FollowUp {
  const { effects, terms, standing, mayReturn } = situation;
  const kinds = effects.map((effect) => effect.kind);
  if (!stands(terms)) {
    if (!kinds.includes('churned')) return nothing;
    const process = { kind: 'offboarding', effects: kinds, again: false } as const;
    return { process: standing === 'customer' ? process : null, discards: everything };
  }
  if (standing === 'prospect' || standing === 'former') {
    const isAgain = standing === 'former';
    if (isAgain ? !mayReturn && !kinds.includes('onboarded') : kinds.length === 0) return nothing;
    return { process: { kind: 'onboarding', effects: ['onboarded'], again: isAgain }, discards: everything };
  }
  if (standing === 'leaving' || (kinds.length === 0 && !situation.isRecovered)) return nothing;
  const changes = changesOf(situation, kinds);
  const process = { kind: 'role-change', effects: changes, again: false } as const;
  return { process: changes.length > 0 ? process : null, discards: ['role-change', 'offboarding'] };
}

/** What differs from what holds, and what else has people looked at anew. */
function changesOf(
  { terms, applied, hasNewRoles, isRecovered }: ContractSituation,
  kinds: readonly EffectKind[],
): EffectKind[] {
  const differs: [EffectKind, boolean][] = [
    ['tier-changed', terms.tier !== applied.tier],
    ['seats-changed', terms.seats !== applied.seats],
    ['end-moved', terms.until !== applied.until],
    ['region-changed', terms.region !== null && terms.region !== applied.region],
    ['confirmed', kinds.includes('confirmed')],
    ['converted', kinds.includes('converted')],
    ['renamed', kinds.includes('renamed')],
    ['people-changed', hasNewRoles],
    ['recovered', isRecovered],
  ];
  return differs.flatMap(([kind, isSo]) => (isSo ? [kind] : []));
}
