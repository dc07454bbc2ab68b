import { readPolicyQuestion } from '../db/queries/policy-question.ts';
import { type ActivationPolicy, readApprovedNeeds } from '../db/queries/activation.ts';
import { periodMsOrThrow } from '../domain/period.ts';
import type { Assurance, PolicyVerdict } from '../domain/policy.ts';
import { ConnectorError } from './connectors/errors.ts';
import type { ActivityDeps } from './deps.ts';

/** What is about to be made real, as far as policy is asked about it once more. */
export interface Activation {
  requestId: string;
  personId: string;
  resourceId: string;
  entitlementId: string;
  organizationId: string;
  assurance: Assurance;
  hasTicket: boolean;
  /** From the beginning of the access to its end, in milliseconds. */
  wholeMs: number;
}

/** What policy says now, and whether that still covers what was approved. */
export interface Reconsidered {
  isCovered: boolean;
  policy: ActivationPolicy;
}

/**
 * Decides anew at activation: rules, roles and people may have changed since it was asked. An approval covers what was
 * approved only while policy asks for nothing more than was given: no further stage, no shorter period.
 */
export async function reconsider(deps: ActivityDeps, wish: Activation): Promise<Reconsidered> {
  const { person, resource, organization, entitlement, signals, nowMs } = await readPolicyQuestion(
    deps.ledger.db,
    {
      person: wish.personId,
      resource: wish.resourceId,
      entitlement: wish.entitlementId,
      organization: wish.organizationId,
    },
  );
  // The catalog has lost what was asked for, e.g. a resource that was retired meanwhile.
  if (!person || !resource || !organization || !entitlement) throw new ConnectorError('misconfigured');
  const verdict = deps.decide({
    person,
    resource,
    organization,
    entitlement: entitlement.key,
    // As they are now: what was said since it was asked counts.
    assurance: { ...wish.assurance, signals },
    hasTicket: wish.hasTicket,
    now: new Date(nowMs).toISOString(),
  });
  const { policyVersion, policies } = verdict;
  return { isCovered: await covers(deps, wish, verdict), policy: { policyVersion, policies } };
}

async function covers(deps: ActivityDeps, wish: Activation, verdict: PolicyVerdict): Promise<boolean> {
  if (verdict.outcome === 'refused' || verdict.longest === null || verdict.missing.length > 0) return false;
  if (wish.wholeMs > periodMsOrThrow(verdict.longest)) return false;
  if (verdict.stages.length === 0) return true;
  const given = await readApprovedNeeds(deps.ledger.db, wish.requestId);
  return verdict.stages.every((stage) =>
    given.some(
      (had) => had.roleKey === stage.roleKey && had.of === stage.of && had.approvals >= stage.needed,
    ),
  );
}
