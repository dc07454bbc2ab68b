import { assertNever } from './errors.ts';

/**
 * The planner: what must change in one resource so that it holds what it should. Pure, and the same for all four
 * stories. A holding is one account's entitlement in one target; a connector knows how to make it real.
 */
export interface Holding {
  /** The account in the target that holds it; which one is the connector's choice (PostgreSQL: one per grant). */
  account: string;
  /** The entitlement's key, e.g. `read`. */
  entitlement: string;
  /** The customer's key that the access is confined to, or null where the resource has only one customer. */
  scope: string | null;
  /** When the target itself must refuse it, ISO 8601 UTC with milliseconds. Never null: no access without an end. */
  until: string;
}

export type Change =
  | { kind: 'add'; holding: Holding }
  | { kind: 'remove'; holding: Holding }
  | { kind: 'move-end'; holding: Holding; until: string };

/** Two holdings are the same thing when account, entitlement and scope agree; then only their end can differ. */
export function holdingKey(holding: Holding): string {
  return JSON.stringify([holding.account, holding.entitlement, holding.scope]);
}

/** The union of what several grants give: the same thing held twice is held until the later end. */
export function union(holdings: readonly Holding[]): Holding[] {
  const latest = new Map<string, Holding>();
  for (const holding of holdings) {
    const known = latest.get(holdingKey(holding));
    if (!known || known.until < holding.until) latest.set(holdingKey(holding), holding);
  }
  return [...latest.values()];
}

/** The ordered changes from what is observed to what is desired; removals first. Empty when nothing is to do. */
export function plan(desired: readonly Holding[], observed: readonly Holding[]): Change[] {
  const wanted = new Map(union(desired).map((holding) => [holdingKey(holding), holding]));
  const present = new Map(union(observed).map((holding) => [holdingKey(holding), holding]));
  const changes: Change[] = [];
  for (const [key, holding] of present) if (!wanted.has(key)) changes.push({ kind: 'remove', holding });
  for (const [key, holding] of wanted) {
    const now = present.get(key);
    if (!now) changes.push({ kind: 'add', holding });
    else if (now.until !== holding.until)
      changes.push({ kind: 'move-end', holding: now, until: holding.until });
  }
  return changes;
}

/** The change that undoes this one. */
export function inverse(change: Change): Change {
  switch (change.kind) {
    case 'add':
      return { kind: 'remove', holding: change.holding };
    case 'remove':
      return { kind: 'add', holding: change.holding };
    case 'move-end':
      return {
        kind: 'move-end',
        holding: { ...change.holding, until: change.until },
        until: change.holding.until,
      };
    default:
      return assertNever(change);
  }
}

/** What a plan makes of a state, without any target: the model that the property tests and contract tests check against. */
export function applied(observed: readonly Holding[], changes: readonly Change[]): Holding[] {
  const state = new Map(union(observed).map((holding) => [holdingKey(holding), holding]));
  for (const change of changes) {
    const key = holdingKey(change.holding);
    if (change.kind === 'remove') state.delete(key);
    else if (change.kind === 'add') state.set(key, change.holding);
    else state.set(key, { ...change.holding, until: change.until });
  }
  return [...state.values()];
}
