import type { Context } from 'hono';
import type { ApiEnv } from '../env.ts';

/**
 * Whether a browser says that a page of ours sends this. Those that do not yet send the word for it send the origin, which our
 * pages hide; who says nothing at all is no browser, or hides it.
 */
export function isFromHere(c: Context<ApiEnv>): boolean {
  const site = c.req.header('sec-fetch-site');
  if (site !== undefined) return site === 'same-origin';
  const origin = c.req.header('origin');
  return origin === 'null' || origin === new URL(c.get('deps').publicUrl).origin;
}
