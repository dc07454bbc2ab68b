import type { SQL } from 'drizzle-orm';
import { type ResourceKind, scimCondition, scimOrder } from '../../db/queries/scim-search.ts';
import { readScimAttribute, readScimFilter, ScimFilterError } from '../../domain/scim-filter.ts';
import { patchScim, ScimPatchError } from '../../domain/scim-patch.ts';
import { ScimRefusal } from './refusal.ts';
import type { Json } from './json.ts';

export type { ResourceKind };

/** A filter as a condition. @throws ScimRefusal `invalidFilter` */
export function filterOf(kind: ResourceKind, text: string): SQL {
  return refusing('invalidFilter', () => scimCondition(kind, readScimFilter(text)));
}

/** What a list is ordered by; null: its usual order. @throws ScimRefusal `invalidPath` */
export function orderOf(kind: ResourceKind, sortBy: string | null, sortOrder: string | null): SQL | null {
  if (sortBy === null) return null;
  const isDescending = sortOrder?.toLowerCase() === 'descending';
  return refusing('invalidPath', () => scimOrder(kind, readScimAttribute(sortBy), isDescending));
}

/** A resource as a patch makes it, which must keep what every one of its kind has (RFC 7644, section 3.5.2.2). @throws ScimRefusal */
export function patched(kind: ResourceKind, resource: Json, body: Json): Json {
  const required = kind === 'User' ? 'userName' : 'displayName';
  try {
    const after = patchScim(resource, body);
    if ([undefined, null, ''].some((one) => after[required] === one))
      throw new ScimRefusal(400, 'mutability', `${required}: this is required.`);
    return after;
  } catch (error) {
    if (error instanceof ScimPatchError) throw new ScimRefusal(400, error.scimType, error.message);
    throw error;
  }
}

function refusing<T>(scimType: 'invalidFilter' | 'invalidPath', work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof ScimFilterError) throw new ScimRefusal(400, scimType, error.message);
    throw error;
  }
}
