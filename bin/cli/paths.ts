import { readAs } from './client.ts';
import { UsageError } from './errors.ts';
import type { Session } from './session.ts';
import { grantShape } from './shapes.ts';

/** True for the id of a grant, which some routes take where others take a request. */
export function isGrantId(id: string): boolean {
  return id.startsWith('grant_');
}

/**
 * The id as the API takes it. What could not be any id is refused here: it would change the path it is put in.
 * @throws UsageError
 */
export function checkedId(id: string): string {
  if (!/^[A-Za-z][\w-]{0,63}$/.test(id)) throw new UsageError('An id looks like AR-2207, req_… or grant_….');
  return /^ar-\d+$/i.test(id) ? id.toUpperCase() : id;
}

/**
 * A key, an id or an e-mail as one part of a path.
 * @throws UsageError for what would be another path
 */
export function pathPart(text: string): string {
  if (/^\.{0,2}$/.test(text)) throw new UsageError('Name one: a key, an id or an e-mail address.');
  return encodeURIComponent(text);
}

/** `/v1/access-requests/{id}`; for a grant's id, that of the request it came from, which is asked for first. */
export async function requestPath(session: Session, typed: string): Promise<string> {
  const id = checkedId(typed);
  if (!isGrantId(id)) return `/v1/access-requests/${id}`;
  const grant = readAs(grantShape, await session.client.get(`/v1/grants/${id}`));
  if (grant.request_id) return `/v1/access-requests/${grant.request_id}`;
  throw new UsageError(
    `${id} does not come from a request (its origin: ${grant.origin}); such a grant can be revoked only.`,
  );
}
