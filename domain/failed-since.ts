import { type ContractFact, statusRank } from './contract-fact.ts';

/**
 * Since when payment has failed without a good word after it: the first bad word about the contract's carrier after the last
 * good one. Null when the last word is good, or none was said. ISO 8601 UTC. Independent of the order of the facts.
 */
export function failedSince(
  facts: readonly ContractFact[],
  carrier: { source: string; objectId: string } | null,
): string | null {
  const words = facts
    .filter((fact) => fact.source === carrier?.source && fact.objectId === carrier.objectId)
    .flatMap((fact) => {
      const verdict = verdictOf(fact);
      return verdict === null ? [] : [{ at: fact.occurredAt, verdict }];
    });
  const lastGood = words.reduce((at, word) => (word.verdict === 'good' && word.at > at ? word.at : at), '');
  const bad = words.filter((word) => word.verdict === 'bad' && word.at > lastGood).map((word) => word.at);
  return bad.length > 0 ? bad.reduce((a, b) => (a < b ? a : b)) : null;
}

function verdictOf({ payment, status }: ContractFact): 'good' | 'bad' | null {
  if (payment !== undefined) return payment === 'failed' ? 'bad' : 'good';
  if (status === 'active' || status === 'trialing') return 'good';
  const isBad = status !== undefined && statusRank(status) >= statusRank('past_due') && status !== 'ended';
  return isBad ? 'bad' : null;
}
