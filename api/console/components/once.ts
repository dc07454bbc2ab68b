import { raw } from 'hono/html';
import type { Child } from 'hono/jsx';
import type { JSX } from 'hono/jsx/jsx-runtime';
import { draw } from '../draw.ts';

/**
 * What is the same on many pages, drawn once instead of with each of them. It must say nothing of who looks, nor of when.
 * @throws TypeError for what has to be waited for
 */
export function once(drawing: JSX.Element): Child {
  return raw(draw(drawing));
}
