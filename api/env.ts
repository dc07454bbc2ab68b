import type { ApiDeps } from './deps.ts';
import type { RateLimiter } from './guards/rate-limit.ts';
import type { LiveRoom } from './live/room.ts';
import type { PersonPrincipal } from './principal.ts';
import type { SignInRoom } from './sign-in/room.ts';
import type { OpenSession } from './sign-in/session.ts';

/** What travels with a request through guards and routes. */
export interface ApiEnv {
  Variables: {
    deps: ApiDeps;
    rate: RateLimiter;
    signIn: SignInRoom;
    live: LiveRoom;
    /** The browser's session, once it was looked for. */
    openSession: Promise<OpenSession | null> | undefined;
    /** Set by the guard of every route that is not public. */
    principal: PersonPrincipal;
  };
}
