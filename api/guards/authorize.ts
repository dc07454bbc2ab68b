import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { TenureError } from '../../domain/errors.ts';
import type { ApiEnv } from '../env.ts';
import { isPerson, type Principal } from '../principal.ts';
import { authenticate } from './authenticate.ts';
import { type Rule, type RuleName, rules } from './rule.ts';

/** How a route is called, besides by whom. */
export interface Calling {
  /** What its body is. */
  reads: 'json' | 'form' | 'bytes';
  /** A page for people: who is not signed in is led to sign in, and back. */
  isPage: boolean;
}

/** Lets through whom the route's rule admits, and tells the operation who it is. */
export function authorize(ruleName: RuleName, calling: Calling = { reads: 'json', isPage: false }) {
  const rule: Rule = rules[ruleName];
  return createMiddleware<ApiEnv>(async (c, next) => {
    const caller = rule.isPublic ? null : await callerOf(c, calling);
    // Said without a return value, so that the answers of the routes behind keep their types.
    if (caller === 'nobody') {
      c.res = c.redirect(signInPath(c), 303);
      return;
    }
    if (caller !== null) c.set('principal', admitted(rule, caller));
    await next();
  });
}

async function callerOf(c: Context<ApiEnv>, { reads, isPage }: Calling): Promise<Principal | 'nobody'> {
  try {
    return await authenticate(c, reads);
  } catch (error) {
    if (isPage && error instanceof TenureError && error.code === 'unauthenticated') return 'nobody';
    throw error;
  }
}

function admitted(rule: Rule, caller: Principal) {
  if (!isPerson(caller)) throw new TenureError('forbidden', 'This is for people.');
  if (!rule.admits(caller)) throw new TenureError('forbidden', `Allowed: ${rule.text}`);
  return caller;
}

/** Where to sign in, and from there back to what was asked for; what a form sent is not sent again. */
function signInPath(c: Context<ApiEnv>): string {
  const { pathname, search } = new URL(c.req.url);
  return c.req.method === 'GET' ? `/sign-in?return=${encodeURIComponent(pathname + search)}` : '/sign-in';
}
