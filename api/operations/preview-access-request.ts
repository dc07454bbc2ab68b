import { type Executor, readingWithin } from '../../db/client.ts';
import { type PersonView, readDeciders } from '../../db/queries/person.ts';
import type { NeedKind } from '../../domain/policy.ts';
import { previewNeeds } from '../../policy/preview.ts';
import type { ApiDeps } from '../deps.ts';
import { type PersonPrincipal, scopeOf } from '../principal.ts';
import { deciderOrganization, type Weighed, type Wish, weigh } from './wish.ts';

/** What policy would want, in its own words. */
export interface Preview {
  outcome: 'refused' | 'automatic' | 'needs_approval';
  needs: { kind: NeedKind | 'approval'; text: string; people: PersonView[] }[];
  /** Of the needs, what the caller has not brought. */
  missing: NeedKind[];
  /** ISO 8601; null when refused. */
  longest: string | null;
  policy_version: string;
  policies: { id: string; title: string }[];
  /** Policy marks the access as reported; it stands in the records. */
  reported: boolean;
}

/** Says what policy will want, without asking for anything and without leaving a trace. */
export function previewAccessRequest(deps: ApiDeps, caller: PersonPrincipal, wish: Wish): Promise<Preview> {
  return readingWithin(deps.ledger, scopeOf(caller), async (tx) => {
    const weighed = await weigh(deps, tx, caller, wish);
    const { outcome, longest, missing, policyVersion, policies, reported } = weighed.verdict;
    const needs = await needsWithPeople(tx, caller, weighed);
    return { outcome, needs, missing, longest, policy_version: policyVersion, policies, reported };
  });
}

async function needsWithPeople(
  tx: Executor,
  caller: PersonPrincipal,
  weighed: Weighed,
): Promise<Preview['needs']> {
  const needs: Preview['needs'] = [];
  for (const { kind, text, stage } of previewNeeds(weighed.verdict)) {
    const people = stage
      ? await readDeciders(tx, {
          roleKey: stage.roleKey,
          organizationId: deciderOrganization(weighed, stage),
          without: [caller.personId, weighed.person.id],
        })
      : [];
    needs.push({ kind, text, people });
  }
  return needs;
}
