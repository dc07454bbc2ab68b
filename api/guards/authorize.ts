import { createMiddleware } from 'hono/factory';
import { TenureError } from '../../domain/errors.ts';
import type { ApiEnv } from '../env.ts';
import { isPerson } from '../principal.ts';
import { authenticate } from './authenticate.ts';
import { type Rule, type RuleName, rules } from './rule.ts';

/** Lets through whom the route's rule admits, and tells the operation who it is. */
export function authorize(ruleName: RuleName) {
  const rule: Rule = rules[ruleName];
  return createMiddleware<ApiEnv>(async (c, next) => {
    if (!rule.isPublic) {
      const caller = await authenticate(c.get('deps'), c.get('rate'), c.req.header('authorization'));
      if (!isPerson(caller)) throw new TenureError('forbidden', 'This is for people.');
      if (!rule.admits(caller)) throw new TenureError('forbidden', `Allowed: ${rule.text}`);
      c.set('principal', caller);
    }
    await next();
  });
}
