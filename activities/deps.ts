import type { Logger } from 'pino';
import type { SealingKeys } from '../crypto/keys.ts';
import type { Ledger } from '../db/client.ts';
import type { Decide, MayHoldMany } from '../domain/policy.ts';
import type { Connector, Target } from './connectors/connector.ts';
import { ConnectorError } from './connectors/errors.ts';
import type { Reach } from './fault-points.ts';
import { unseal } from '../crypto/sealing.ts';

/** What the activities work with; bin/ puts it together. */
export interface ActivityDeps {
  /** Opened as the system role. */
  ledger: Ledger;
  connectors: ReadonlyMap<string, Connector>;
  sealing: SealingKeys;
  decide: Decide;
  /** May be held by roles, without asking. */
  mayHoldMany: MayHoldMany;
  /** Does nothing outside crash tests. */
  reach: Reach;
  /** Ids only, never personal data or secrets. */
  log: Logger;
}

/** The part of a case that says where the access lies. */
export interface TargetCase {
  connector: string;
  resourceKey: string;
  settings: Record<string, unknown>;
  sealedSecret: string;
  targetKey: string;
}

/** Finds the connector of a case and opens what it signs in with. @throws ConnectorError `misconfigured` */
export function reachTarget(
  deps: ActivityDeps,
  subject: TargetCase,
): { connector: Connector; target: Target } {
  const connector = deps.connectors.get(subject.connector);
  if (!connector) throw new ConnectorError('misconfigured');
  const secret = unseal(deps.sealing, subject.sealedSecret, `target:${subject.targetKey}`);
  return { connector, target: { resource: subject.resourceKey, settings: subject.settings, secret } };
}
