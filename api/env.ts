import type { ApiDeps } from './deps.ts';
import type { RateLimiter } from './guards/rate-limit.ts';
import type { PersonPrincipal } from './principal.ts';

/** What travels with a request through guards and routes. */
export interface ApiEnv {
  Variables: {
    deps: ApiDeps;
    rate: RateLimiter;
    /** Set by the guard of every route that is not public. */
    principal: PersonPrincipal;
    /** The mark that this session's forms carry; empty where no browser is behind the call. */
    csrf: string;
  };
}
