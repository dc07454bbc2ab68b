import { knownRoles } from '../db/queries/catalog.ts';
import type { Decide, PolicyVerdict } from '../domain/policy.ts';
import type { Service } from './service.ts';

/** Policies may be loaded before the catalog that they speak of: it is looked at again until it has every role. */
const lookEveryMs = 1_000;

/** Deciding, with an eye on whether there can be anybody who approves. */
export interface CheckedDecide {
  decide: Decide;
  /** Compares policies with the catalog, and says in the log which roles it lacks. Fails when the ledger does not answer. */
  check(): Promise<void>;
}

/**
 * Refuses what would need an approval by a role that the catalog does not have, instead of failing when the request is
 * written: nobody could ever approve it. A policy's author reads the role's name in the log and in the refusal.
 */
export function refusingUnknownRoles({
  policies,
  ledger,
  log,
}: Pick<Service, 'policies' | 'ledger' | 'log'>): CheckedDecide {
  const roleKeys = approverRolesOf(policies);
  let missing: string[] = [];
  let nextLook: NodeJS.Timeout | undefined;

  async function look(): Promise<void> {
    const known = await knownRoles(ledger.db, roleKeys);
    const lacking = roleKeys.filter((key) => !known.includes(key));
    if (lacking.join() !== missing.join() && lacking.length > 0)
      log.error({ roles: lacking }, 'the catalog lacks roles that policies want approvals of: refused');
    missing = lacking;
  }

  async function check(): Promise<void> {
    try {
      await look();
    } finally {
      // Also after a failure: what is missing would else be refused for as long as this process lives.
      clearTimeout(nextLook);
      if (missing.length > 0)
        nextLook = setTimeout(() => void check().catch(() => undefined), lookEveryMs).unref();
    }
  }

  return {
    check,
    decide(question) {
      const verdict = policies.decide(question);
      const lacking = verdict.stages.find((stage) => missing.includes(stage.roleKey));
      return lacking ? refusedFor(verdict, lacking.roleKey) : verdict;
    },
  };
}

/** Keys of the roles whose holders policy asks for approvals. */
export function approverRolesOf({ policies }: Pick<Service['policies'], 'policies'>): string[] {
  const stages = policies.flatMap((policy) => policy.obligations?.stages ?? []);
  return [...new Set(stages.map((stage) => stage.roleKey))];
}

function refusedFor(verdict: PolicyVerdict, roleKey: string): PolicyVerdict {
  const title = `Policy wants an approval by the role ${roleKey}, which the catalog does not have`;
  const nothing = { stages: [], needs: [], missing: [], freshMs: null, longest: null, reported: false };
  return { ...verdict, ...nothing, outcome: 'refused', policies: [{ id: 'role-unknown', title }] };
}
