import { serviceTokens } from '../../crypto/service-token.ts';
import type { Ledger } from '../../db/client.ts';
import { findService, type Service } from '../../db/queries/service-token.ts';
import { TenureError } from '../../domain/errors.ts';
import { createRateLimiter } from '../guards/rate-limit.ts';

/** Applications that have shown who they are. */
export interface Services {
  /** The application that is known by this Authorization header to be good a moment ago; undefined when the ledger has to be asked. */
  recall(authorization: string | undefined): Service | undefined;
  /** The same as the ledger says it now. @throws TenureError `unauthenticated`, the same for every fault; `too-many-requests`; what the ledger throws */
  find(authorization: string | undefined): Promise<Service>;
}

/** A token that was good is taken to be for so long, in milliseconds; one that was revoked meanwhile is refused no later. */
const goodForMs = 1_000;
/** After this it is looked up again, while it still serves. */
const againAfterMs = 500;
const rememberedAtMost = 1_000;
/** So often the ledger is asked about tokens that are not known, all together: those who guess keep nobody waiting who is. */
const strangers = { burst: 200, perSecond: 50 };
const bearer = /^Bearer +([\w-]+)$/i;

interface Remembered {
  service: Service;
  /** When the look began that found it. */
  at: number;
  isAsked: boolean;
}

export function createServices(ledger: Ledger): Services {
  const known = new Map<string, Remembered>();
  const rate = createRateLimiter(strangers);

  async function find(authorization: string | undefined): Promise<Service> {
    const at = performance.now();
    const token = bearer.exec(authorization ?? '')?.[1];
    const hash = token === undefined ? null : serviceTokens.hashOf(token);
    if (hash !== null && !known.has(authorization ?? '')) rate.take('all');
    const service = hash === null ? null : await findService(ledger, hash);
    if (authorization === undefined || !service) {
      known.delete(authorization ?? '');
      throw new TenureError('unauthenticated', 'A bearer token of an application is needed.');
    }
    const oldest = known.size >= rememberedAtMost ? known.keys().next().value : undefined;
    if (oldest !== undefined) known.delete(oldest);
    known.set(authorization, { service, at, isAsked: false });
    return service;
  }

  return {
    find,
    recall(authorization) {
      const remembered = authorization === undefined ? undefined : known.get(authorization);
      if (!remembered) return undefined;
      const age = performance.now() - remembered.at;
      if (age >= goodForMs) return undefined;
      if (age >= againAfterMs && !remembered.isAsked) {
        remembered.isAsked = true;
        // Whoever needs the answer asks again, and is told what went wrong.
        find(authorization).catch(() => undefined);
      }
      return remembered.service;
    },
  };
}
