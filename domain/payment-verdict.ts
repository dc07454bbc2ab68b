import { type ContractFact, statusRank } from './contract-fact.ts';

/** What a fact says of payments: `bad`, one failed or the contract rests for it; `good`, all is paid; null: nothing. */
export type PaymentVerdict = 'good' | 'bad' | null;

export function paymentVerdict({
  payment,
  status,
}: Pick<ContractFact, 'payment' | 'status'>): PaymentVerdict {
  if (payment !== undefined) return payment === 'failed' ? 'bad' : 'good';
  if (status === 'active' || status === 'trialing') return 'good';
  const isBad = status !== undefined && statusRank(status) >= statusRank('past_due') && status !== 'ended';
  return isBad ? 'bad' : null;
}
