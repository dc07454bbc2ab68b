import type { Context } from 'hono';
import { scimTokens } from '../../crypto/scim-token.ts';
import { withinOrganization } from '../../db/client.ts';
import { type Directory, findDirectory, noteScimUse } from '../../db/queries/scim-token.ts';
import { TenureError } from '../../domain/errors.ts';
import type { ApiEnv } from '../env.ts';
import { createRateLimiter, type RateLimit } from '../guards/rate-limit.ts';
import { unstorable } from './request.ts';

/** A directory's first run comes all at once; twice the 25 requests a second that large directories are built for follow. */
export const defaultDirectoryLimit: RateLimit = { burst: 200, perSecond: 50 };

/** So often the ledger is asked about tokens that are not known, all together: who guesses keeps nobody waiting who is. */
const strangers: RateLimit = { burst: 200, perSecond: 50 };
const knownAtMost = 10_000;

/** Who may call, and how often. */
export function createDoor(limit: RateLimit = defaultDirectoryLimit) {
  return {
    rate: createRateLimiter(limit),
    strangers: createRateLimiter(strangers),
    known: new Set<string>(),
  };
}

export type Door = ReturnType<typeof createDoor>;

const bearer = /^Bearer +([\w-]+)$/i;

/**
 * The directory that calls, by its bearer token (RFC 6750), which must be one of the customer that the path names. Whatever else
 * comes, another customer's token, a person's or a session, is nobody. Each token that was good has a bucket of
 * its own, which is asked before the ledger is, so that one directory's flood costs the others nothing; all others have one together.
 * @throws TenureError `unauthenticated`: the same answer for every fault; `too-many-requests`
 */
export async function directoryOf(c: Context<ApiEnv>, { rate, strangers, known }: Door): Promise<Directory> {
  const { ledger } = c.get('deps');
  const token = bearer.exec(c.req.header('authorization') ?? '')?.[1];
  const hash = token === undefined ? null : scimTokens.hashOf(token);
  if (hash === null) throw unknown();
  const isKnown = known.has(hash);
  if (isKnown) rate.take(hash);
  else strangers.take('all');
  const customer = c.req.param('customer') ?? '';
  if (unstorable.test(customer)) throw unknown();
  const directory = await findDirectory(ledger, hash, customer);
  if (!directory) {
    known.delete(hash);
    throw unknown();
  }
  if (known.size >= knownAtMost) known.clear();
  known.add(hash);
  if (!isKnown) rate.take(hash);
  const { organizationId, tokenId } = directory;
  if (directory.isStale) await withinOrganization(ledger, organizationId, (tx) => noteScimUse(tx, tokenId));
  return directory;
}

function unknown(): TenureError {
  return new TenureError('unauthenticated', 'A bearer token of this customer’s directory is needed.');
}
