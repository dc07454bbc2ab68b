import type { Executor } from '../../db/client.ts';
import { type References, type ResolvedReferences, resolveReferences } from '../../db/queries/catalog.ts';
import { type FieldError, TenureError } from '../../domain/errors.ts';

/** The ids behind what a list's filters name. A name that stands for nothing the caller may know is refused. */
export async function resolveFilters(tx: Executor, named: References): Promise<ResolvedReferences> {
  const isNamed = Object.values(named).some((name) => name !== undefined);
  if (!isNamed) return { person: null, customer: null, resource: null, entitlements: [] };
  const found = await resolveReferences(tx, named);
  const { entitlements, ...others } = found;
  refuseUnknown(named, { ...others, entitlement: entitlements[0] ?? null });
  return found;
}

/** Refuses every name that stands for nothing which the caller may know, all at once. */
export function refuseUnknown<Name extends string>(
  named: { [N in Name]?: string | undefined },
  found: Record<Name, string | null>,
): void {
  const names = Object.keys(named).filter((name): name is Name => name in found);
  const errors: FieldError[] = names
    .filter((name) => named[name] !== undefined && found[name] === null)
    .map((name) => ({ pointer: name, detail: `There is no such ${name}.` }));
  if (errors.length > 0) throw new TenureError('unknown-reference', 'Something named is not known.', errors);
}

/** [from, to); instants, ISO 8601 UTC. */
export interface Stretch {
  from: string;
  to: string;
}

/** [from, to) when both are given; null when neither is. Half a period, or one that ends before it begins, is refused. */
export function duringOf(query: { from?: string | undefined; to?: string | undefined }): Stretch | null {
  const { from, to } = query;
  if (from === undefined && to === undefined) return null;
  if (from === undefined || to === undefined) throw invalidPeriod('`from` and `to` belong together.');
  refuseBackwards({ from, to });
  return { from, to };
}

/** A period must end after it began. */
export function refuseBackwards({ from, to }: Stretch): void {
  if (from >= to) throw invalidPeriod('`to` must be later than `from`.');
}

/** Parameters of a list that make no sense together; each of them is named. */
export function invalidPeriod(detail: string, pointers: readonly string[] = ['from', 'to']): TenureError {
  return new TenureError(
    'invalid-input',
    detail,
    pointers.map((pointer) => ({ pointer, detail })),
  );
}
