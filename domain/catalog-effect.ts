/** What one change means for people, each counted once: one entitlement that they gain or lose. */
export interface CountedEffect {
  kind: 'gain' | 'lose';
  resource: string;
  entitlement: string;
  people: number;
  /** How many organizations they are of. */
  organizations: number;
}

/** `12 people gain read on acme-env`, `1 person loses write on globex-env`. */
export function effectInWords({
  kind,
  resource,
  entitlement,
  people,
}: Omit<CountedEffect, 'organizations'>): string {
  const who = people === 1 ? `1 person ${kind}s` : `${people} people ${kind}`;
  return `${who} ${entitlement} on ${resource}`;
}
