import { readPrincipal } from '../../db/queries/person.ts';
import { TenureError } from '../../domain/errors.ts';
import type { ApiDeps } from '../deps.ts';
import type { Principal } from '../principal.ts';
import type { RateLimiter } from './rate-limit.ts';

const bearer = /^Bearer +([\w~+/.-]+=*)$/i;

/**
 * Who calls, from the Authorization header. The token says who; whether they are still one of ours, and what they hold, is
 * read anew each time, so that a suspension counts at once.
 * @throws TenureError `unauthenticated`: the same answer for every fault; `too-many-requests`
 */
export async function authenticate(
  deps: ApiDeps,
  rate: RateLimiter,
  authorization: string | undefined,
): Promise<Principal> {
  const token = bearer.exec(authorization ?? '')?.[1];
  const claims = token === undefined ? null : await deps.verifyToken(token);
  if (claims) rate.take(claims.personId);
  const person = claims ? await readPrincipal(deps.ledger, claims.personId) : null;
  if (!claims || !person) throw new TenureError('unauthenticated', 'A valid bearer token is needed.');
  return { ...person, kind: 'person', amr: claims.amr, expiresAt: claims.expiresAt };
}
