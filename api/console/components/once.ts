import { raw } from 'hono/html';
import type { Child } from 'hono/jsx';
import type { JSX } from 'hono/jsx/jsx-runtime';

/**
 * What is the same on many pages, drawn once instead of with each of them. It must say nothing of who looks, nor of when.
 * @throws TypeError for what has to be waited for
 */
export function once(drawing: JSX.Element): Child {
  if (drawing instanceof Promise) throw new TypeError('What is drawn once cannot be waited for.');
  return raw(String(drawing));
}
