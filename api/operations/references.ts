import type { Executor } from '../../db/client.ts';
import { type References, type ResolvedReferences, resolveReferences } from '../../db/queries/catalog.ts';
import { type FieldError, TenureError } from '../../domain/errors.ts';

/** The ids behind what a list's filters name. A name that stands for nothing the caller may know is refused. */
export async function resolveFilters(tx: Executor, named: References): Promise<ResolvedReferences> {
  const isNamed = Object.values(named).some((name) => name !== undefined);
  if (!isNamed) return { person: null, customer: null, resource: null, entitlements: [] };
  const found = await resolveReferences(tx, named);
  const errors: FieldError[] = [];
  if (named.person !== undefined && !found.person) errors.push(unknown('person'));
  if (named.customer !== undefined && !found.customer) errors.push(unknown('customer'));
  if (named.resource !== undefined && !found.resource) errors.push(unknown('resource'));
  if (named.entitlement !== undefined && found.entitlements.length === 0) errors.push(unknown('entitlement'));
  if (errors.length > 0) throw new TenureError('unknown-reference', 'Something named is not known.', errors);
  return found;
}

function unknown(name: string): FieldError {
  return { pointer: name, detail: `There is no such ${name}.` };
}

/** [from, to) when both are given; null when neither is. Half a period, or one that ends before it begins, is refused. */
export function duringOf(query: { from?: string | undefined; to?: string | undefined }): {
  from: string;
  to: string;
} | null {
  const { from, to } = query;
  if (from === undefined && to === undefined) return null;
  if (from === undefined || to === undefined) throw invalidPeriod('`from` and `to` belong together.');
  if (from >= to) throw invalidPeriod('`to` must be later than `from`.');
  return { from, to };
}

/** A period of a list that makes no sense. */
export function invalidPeriod(detail: string): TenureError {
  return new TenureError('invalid-input', detail, [{ pointer: 'from', detail }]);
}
