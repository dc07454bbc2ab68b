import type { StandingGrantRow } from '../../db/queries/standing.ts';
import type { Begun } from './begin-grants.ts';

/** An account that a page's plan is about, and where it is. */
export interface TouchedAccount {
  personId: string;
  resourceId: string;
  account: string;
  targetKey: string;
  connector: string;
  /** Something of it ends. */
  isEnding: boolean;
}

/** Where these grants are, and those that begin. */
export function accountsOf(
  grants: readonly StandingGrantRow[],
  begun: readonly Begun[],
  isEnding: (grant: StandingGrantRow) => boolean,
): TouchedAccount[] {
  const open = grants.map((grant) => {
    const { personId, resourceId, account, targetKey, connector } = grant;
    return { personId, resourceId, account, targetKey, connector, isEnding: isEnding(grant) };
  });
  const fresh = begun.map(({ grant: { personId, resourceId, account }, fact: { targetKey, connector } }) => {
    return { personId, resourceId, account, targetKey, connector, isEnding: false };
  });
  return [...open, ...fresh];
}
