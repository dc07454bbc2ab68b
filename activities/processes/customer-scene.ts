import type { Executor } from '../../db/client.ts';
import type { ContractStanding } from '../../db/queries/contract.ts';
import type { Catalog } from '../../domain/catalog.ts';
import type { Contract } from '../../domain/contract.ts';
import type { ContractEffect } from '../../domain/contract-effects.ts';
import type { MayHoldMany } from '../../domain/policy.ts';
import type { ProcessKind } from '../../domain/process.ts';

/** A customer under the lock on its contract, folded, with the catalog of now. */
export interface Step {
  tx: Executor;
  was: ContractStanding;
  contract: Contract;
  /** All that is new since the last step. */
  effects: ContractEffect[];
  catalog: Catalog;
  mayHoldMany: MayHoldMany;
}

/** A process that a step has made. */
export interface Made {
  id: string;
  kind: ProcessKind;
  /** Nothing keeps it from beginning now. */
  isReady: boolean;
}

/** The first of some instants (ISO 8601 UTC); null when none is given. */
export function earliest(instants: readonly (string | null)[]): string | null {
  const given = instants.filter((instant) => instant !== null);
  return given.length > 0 ? given.reduce((a, b) => (a < b ? a : b)) : null;
}
