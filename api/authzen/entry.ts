import type { UsableGrant, WorkingPerson } from '../../db/queries/evaluation.ts';
import type { Catalog } from '../../domain/catalog.ts';
import { featuresOf, overridesOf } from '../../domain/catalog-tier.ts';
import type { HoldVerdict } from '../../domain/policy.ts';
import type { Answer } from './evaluate.ts';

/** A grant as answers need it at once. */
export interface Usable extends UsableGrant {
  /** ISO 8601 UTC. */
  until: string;
  /** What policy said of using it, where that depends on nothing but facts; null: not asked yet. */
  verdict: HoldVerdict | null;
  /** What was last answered where it allows; null: nothing yet. */
  yes: Answer | null;
}

/** A person with what they hold, found by what is asked of. */
export interface Entry {
  facts: WorkingPerson;
  /** By resource, each by its id and by its key, then by entitlement. */
  grants: ReadonlyMap<string, ReadonlyMap<string, readonly Usable[]>>;
  /** What the product switches on for their organization. */
  features: Readonly<Record<string, boolean>>;
  /** When something of this changes by itself, in milliseconds since 1970; infinite: never. */
  changesAtMs: number;
}

/** Puts together what is known of a person under a catalog. */
export function entryOf(facts: WorkingPerson, catalog: Catalog): Entry {
  const { key, tier } = facts.organization;
  const at = new Date(facts.nowMs).toISOString();
  const ends = overridesOf(catalog, key, at).map(({ until }) => Date.parse(until));
  return {
    facts,
    grants: byThing(facts),
    features: tier === null ? {} : featuresOf(catalog, { key, tier }, at),
    changesAtMs: Math.min(facts.changesAtMs ?? Number.POSITIVE_INFINITY, ...ends),
  };
}

/** Puts a person's grants where questions look for them; those that last longest first. */
function byThing(facts: WorkingPerson): Entry['grants'] {
  const grants = new Map<string, Map<string, Usable[]>>();
  const put = (resource: string, grant: Usable) => {
    const held = grants.get(resource) ?? new Map<string, Usable[]>();
    grants.set(resource, held);
    held.set(grant.entitlement, [...(held.get(grant.entitlement) ?? []), grant]);
  };
  for (const grant of [...facts.grants].sort((a, b) => b.untilMs - a.untilMs)) {
    const usable = { ...grant, until: new Date(grant.untilMs).toISOString(), verdict: null, yes: null };
    put(grant.resource.id, usable);
    put(grant.resource.key, usable);
  }
  return grants;
}
